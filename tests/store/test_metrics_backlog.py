"""A long backlog of roll-ups: in portions, bounded, and by several workers at once."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, insert, select, text

from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.messaging.model import MessageState
from rsm.metrics import rollup, rollup_messages, rollup_surveys
from rsm.metrics.tables import Due, MeasureChange, MessageDay, RollupDue, SurveyDay, SurveySpan
from rsm.sites import service as sites
from tests import bulk_year
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import C, Rows, notes_waiting

PEOPLE, DAYS, WEEKS = 12, 200, 3
ROLLUPS = (SurveyDay, SurveySpan, MessageDay)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def written(owner: Engine, clinic: Clinic) -> Clinic:
    """Some months of a dozen people, of which a note says that all has changed."""
    bulk_year.write(owner, clinic, bulk_year.draw(7, PEOPLE, DAYS))
    return clinic


def standing(owner: Engine) -> dict[str, list[tuple[object, ...]]]:
    with owner.begin() as connection:
        return {
            table.__tablename__: sorted(
                (tuple(row) for row in connection.execute(select(table.__table__))), key=repr
            )
            for table in ROLLUPS
        }


def afresh(owner: Engine, clinic: Clinic) -> None:
    names = ", ".join(each.__tablename__ for each in ROLLUPS)
    with owner.begin() as connection:
        connection.execute(text(f"TRUNCATE {names}"))
        connection.execute(insert(MeasureChange).values(site_id=clinic.site))


def put_off(db: Database) -> set[tuple[Due, date]]:
    with db.begin(EVERYWHERE) as tx:
        found = tx.session.execute(select(RollupDue.what, RollupDue.begins))
        return {(what, begins) for what, begins in found}


def days_made(db: Database) -> set[date]:
    with db.begin(EVERYWHERE) as tx:
        return set(tx.session.scalars(select(SurveyDay.day).distinct()))


def test_in_whatever_portions_it_comes_to_the_same(
    written: Clinic, owner: Engine, worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollup.roll_up_all(worker_db)
    whole = standing(owner)
    assert all(whole.values())
    for name in ("_SURVEYS", "_SURVEYS_AT_ONCE", "_COURSES", "_COURSES_AT_ONCE", "_PASS"):
        monkeypatch.setattr(rollup, name, 7)
    monkeypatch.setattr(rollup, "_AT_ONCE", dict.fromkeys(Due, 3))
    afresh(owner, written)
    rollup.roll_up_all(worker_db)
    assert standing(owner) == whole


def test_one_round_takes_about_so_many_surveys_and_writes_the_other_days_back(
    written: Clinic, owner: Engine, worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a week or month is put off with its days, not before: else it would be made in vain.
    Notes that are of a day each are not all taken, to be written back again and again."""
    monkeypatch.setattr(rollup, "_SURVEYS", 20)
    monkeypatch.setattr(rollup, "_SURVEYS_AT_ONCE", 8)
    with worker_db.begin(EVERYWHERE) as tx:
        several = bulk_year.BEGINS + timedelta(days=bulk_year.DAYS - DAYS)
        days = [several + timedelta(days=number) for number in range(DAYS + 7)]
        counts = rollup_surveys.how_many(tx, written.site, days)
    assert rollup.roll_up_due(worker_db)
    made = days_made(worker_db)
    assert made == set(sorted(counts)[: len(made)])
    assert 20 <= sum(counts[day] for day in made) <= 20 + 8
    with worker_db.begin(EVERYWHERE) as tx:
        assert notes_waiting(tx) >= len(counts) - len(made) > 0
    weeks = {begins for what, begins in put_off(worker_db) if what is Due.WEEK}
    assert weeks == {day - timedelta(days=day.weekday()) for day in made}
    monkeypatch.setattr(rollup, "_FIRST", 30)
    monkeypatch.setattr(rollup, "_DAYS", 20)
    assert rollup.roll_up_due(worker_db) == 30


def test_a_round_of_many_sites_weighs_the_few_days_of_each(
    clinic: Clinic, owner: Engine, worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would take as many surveys as all of them have, and others would wait for it."""
    numbers = "+12025550102", "+12025550103"
    places = (clinic, build_clinic(clinic.db, name="Hillside Clinic", numbers=numbers))
    for place in places:
        rows = Rows(owner, place.site, SeededIds(str(place.site)))
        ann = place.enrol_patient("Ann")
        for week in range(WEEKS):
            rows.survey(ann, week, C)
    monkeypatch.setattr(rollup, "_FEW", 2 * WEEKS - 1)
    monkeypatch.setattr(rollup, "_SURVEYS", WEEKS)
    assert rollup.roll_up_due(worker_db)
    assert len(made_by_site(worker_db)) == 1
    rollup.roll_up_all(worker_db)
    assert made_by_site(worker_db) == {place.site: WEEKS for place in places}


def made_by_site(db: Database) -> dict[UUID, int]:
    """How many days."""
    days = func.count(SurveyDay.day.distinct())
    with db.begin(EVERYWHERE) as tx:
        query = select(SurveyDay.site_id, days).group_by(SurveyDay.site_id)
        return {row[0]: row[1] for row in tx.session.execute(query)}


def test_what_another_worker_has_taken_is_left_to_it(
    written: Clinic, owner: Engine, worker_db: Database
) -> None:
    """It does not wait, and makes all that is free."""
    while rollup.roll_up_due(worker_db):
        pass
    weeks = sorted(begins for what, begins in put_off(worker_db) if what is Due.WEEK)
    with worker_db.begin(EVERYWHERE) as tx:
        assert rollup._take(tx, written.site, Due.WEEK, weeks[:2]) == weeks[:2]
        rollup.roll_up_slowly(worker_db)
        assert put_off(worker_db) == {(Due.WEEK, week) for week in weeks[:2]}
        with worker_db.begin(EVERYWHERE) as other:
            made = other.session.scalars(
                select(SurveySpan.begins).where(SurveySpan.span == "week").distinct()
            )
            assert set(made) == set(weeks[2:])
        tx.session.rollback()
    rollup.roll_up_all(worker_db)
    assert put_off(worker_db) == set()


def test_messages_of_many_days_are_those_of_each_day_alone(
    clinic: Clinic, owner: Engine, worker_db: Database
) -> None:
    """Over a night on which the clock is put back, at both ends of a day, and on days between
    that were not asked for."""
    rows = Rows(owner, clinic.site, SeededIds("messages"))
    ann = clinic.enrol_patient("Ann")
    survey = rows.survey(ann, 0, C)
    night = datetime(2026, 11, 1, 4, tzinfo=UTC)  # midnight in New York, where it is summer still
    instants = [
        night - timedelta(microseconds=1),
        night,
        night + timedelta(hours=25) - timedelta(microseconds=1),
        night + timedelta(hours=25),
        night + timedelta(days=3),
    ]
    for number, at in enumerate(instants):
        state = MessageState.DELIVERED
        key = f"many:{number}"
        rows.text(survey, ann, state, created_at=at, handed_over_at=at, business_key=key)
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2)]
    with worker_db.begin(EVERYWHERE) as tx:
        assert sites.get(tx, clinic.site).zone == "America/New_York"
        at_once = found(tx, clinic, days)
        each = [row for day in days for row in found(tx, clinic, [day])]
    assert sorted(at_once, key=repr) == sorted(each, key=repr)
    taken = {row["day"]: row["taken"] for row in at_once if row["dimension"] == "all"}
    assert taken == {days[0]: 1, days[1]: 2, days[2]: 1}


def found(tx: Tx, clinic: Clinic, days: list[date]) -> list[dict[str, object]]:
    made = rollup_messages.by_day(tx, clinic.site, days)
    return [dict(row) for row in tx.session.execute(made).mappings()]


PLACES = [UUID(int=number) for number in range(1, 5)]
LAST = PLACES[-1]


def test_no_site_waits_for_ever_behind_those_that_always_change(
    worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is put off: a pass takes less than there is, and there is as much again."""
    monkeypatch.setattr(rollup, "_PASS", 1)
    again = text(
        "INSERT INTO rollup_due (site_id, what, begins)"
        " SELECT id, 'week', DATE '2026-10-19' FROM unnest(CAST(:sites AS uuid[])) AS id"
        " ON CONFLICT DO NOTHING"
    )
    waits = select(RollupDue.site_id).where(RollupDue.site_id == LAST)
    for passes in range(100):
        clock.advance(timedelta(minutes=1))
        with worker_db.begin(EVERYWHERE) as tx:
            tx.session.execute(again, {"sites": PLACES[:-1] if passes else PLACES})
        rollup.roll_up_slowly(worker_db)
        with worker_db.begin(EVERYWHERE) as tx:
            if tx.session.scalar(waits) is None:
                return
    pytest.fail("the last site was never worked out")


def test_of_more_days_than_a_round_takes_each_site_has_its_turn(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock
) -> None:
    """And those that are taken are in the one order in which rounds hold them."""
    monkeypatch.setattr(rollup, "_DAYS", 3)
    several = [(place, date(2026, 10, day)) for place in PLACES for day in (19, 20)]
    seen: set[UUID] = set()
    for _ in range(100):
        clock.advance(timedelta(seconds=5))
        drawn = rollup._drawn(several, clock.now())
        assert sorted(drawn) == several
        assert drawn[:3] == sorted(drawn[:3])
        seen |= {place for place, _ in drawn[:3]}
    assert seen == set(PLACES)
