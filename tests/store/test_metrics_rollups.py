"""Roll-ups of the clinic that is worked out by hand, and what keeps them right."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, Executable, delete, select, text, update

from rsm.alerts.tables import Alert
from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Channel, Level, Reporter
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message
from rsm.metrics import changes, rollup, rollup_alerts
from rsm.metrics.decide import Ranked
from rsm.metrics.dimensions import Dimension
from rsm.metrics.durations import Waits
from rsm.metrics.figures import Together, by_week
from rsm.metrics.model import AlertCounts, Days
from rsm.metrics.tables import (
    AlertDay,
    MeasureChange,
    MessageDay,
    PatientCourse,
    SurveyDay,
    SurveySpan,
)
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence
from rsm.sites.tables import Site
from tests import hand_clinic
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.databases import Doors
from tests.hand_clinic import (
    FIRST,
    PIN,
    C,
    M,
    Rows,
    X,
    enrol_and_survey,
    notes_waiting,
    raise_alerts,
)

ROLLUPS = (SurveyDay, AlertDay, SurveySpan, MessageDay, PatientCourse)
TRUNCATE = text(f"TRUNCATE {', '.join(each.__tablename__ for each in ROLLUPS)}")
ALL_DAYS = Days(FIRST - timedelta(weeks=4), FIRST + timedelta(weeks=4))


def _live(doors: Doors) -> tuple[Clinic, SeededIds]:
    clinic = build_clinic(doors.web)
    rows = Rows(doors.owner, clinic.site, SeededIds("rollups"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    return clinic, rows.ids


@pytest.fixture
def lived(doors: Doors) -> tuple[Clinic, SeededIds]:
    return doors.furnished("clinic of roll-ups", _live)


@pytest.fixture
def clinic(lived: tuple[Clinic, SeededIds]) -> Clinic:
    return lived[0]


@pytest.fixture
def rows(owner: Engine, lived: tuple[Clinic, SeededIds]) -> Rows:
    clinic, ids = lived
    return Rows(owner, clinic.site, ids)


def _roll_up_first(doors: Doors) -> Clinic:
    clinic, _ = _live(doors)
    roll_up(doors.worker)
    return clinic


@pytest.fixture
def rolled_up(doors: Doors) -> Clinic:
    """The same clinic, rolled up."""
    return doors.furnished("clinic rolled up", _roll_up_first)


def roll_up(db: Database) -> int:
    """Until nothing waits; returns how many notes there were."""
    worked = 0
    while some := rollup.roll_up_due(db):
        worked += some
    rollup.roll_up_all(db)  # what was put off
    return worked


def surveys(db: Database, clinic: Clinic, by: Dimension = Dimension.ALL) -> dict[str, Counter[str]]:
    with db.begin(Scope.site(clinic.site)) as tx:
        return hand_clinic.surveys(tx, clinic.site, ALL_DAYS, by)


def took(db: Database, clinic: Clinic, *times: str) -> Iterator[Waits]:
    """By level, how long alerts took to each of these."""
    with db.begin(Scope.site(clinic.site)) as tx:
        yield from Together(tx, clinic.site, (ALL_DAYS,)).took(ALL_DAYS, times).values()


def everything(owner: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All roll-ups as they stand."""
    with owner.begin() as connection:
        return {
            table.__tablename__: sorted(
                (tuple(row) for row in connection.execute(select(table.__table__))), key=repr
            )
            for table in ROLLUPS
        }


def test_surveys_add_up_as_worked_out_by_hand(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    """Three baselines are due on 28 September, and Ann's and Cora's were completed. Of the three
    completed ones two are delivered: Cora's was a nurse's."""
    roll_up(worker_db)
    assert surveys(web_db, clinic) == {
        "": Counter(
            due=7,
            called_off=1,
            sent=5,
            delivered=3,
            started=4,
            completed=3,
            completed_delivered=2,
            by_self=3,
            partial=1,
            not_answered=2,
            not_sent=1,
            baseline_due=3,
            baseline_completed=2,
        )
    }
    with web_db.begin(Scope.site(clinic.site)) as tx:
        weeks = by_week(tx, clinic.site, ALL_DAYS, "completed")[""]
    assert {day: (one.part, one.whole) for day, one in weeks.items()} == {
        FIRST: (2, 3),
        FIRST + timedelta(weeks=1): (1, 3),
        FIRST + timedelta(weeks=2): (0, 1),
    }


def test_alerts_add_up_as_worked_out_by_hand(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    roll_up(worker_db)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        found = Together(tx, clinic.site, (ALL_DAYS,)).alerts(ALL_DAYS)
    taken, closed = took(web_db, clinic, "acknowledge", "close")
    assert found == {
        Level.URGENT: AlertCounts(opened=3, about_symptoms=3, taken_late=1, told=2, nobody=1),
        Level.SOON: AlertCounts(opened=1, about_symptoms=1, taken_late=1),
    }
    assert closed[Level.URGENT] == [Ranked.of({60: 1, 50 * 60: 1, None: 1})]
    assert taken[Level.URGENT] == [Ranked.of({10: 1, 120: 1, None: 1})]
    assert closed[Level.SOON] == [Ranked.of({8 * 24 * 60: 1})]
    assert closed[Level.EMERGENCY] == []


def test_minutes_of_service_are_counted_while_the_site_is_open(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    """Opened on a Friday at 9:00, closed 50 hours later, on Sunday: with hours from 8 to 18 on
    working days nine of them are service. Acknowledged after two hours: both are."""
    hours = {day: ["08:00", "18:00"] for day in ("monday", "tuesday", "friday")}
    with owner.begin() as connection:
        connection.execute(update(Site).values(service_hours=hours))
    roll_up(worker_db)
    taken, closed = took(web_db, clinic, "acknowledge_service", "close_service")
    assert closed[Level.URGENT] == [Ranked.of({60: 1, 9 * 60: 1, None: 1})]
    assert taken[Level.URGENT] == [Ranked.of({10: 1, 120: 1, None: 1})]


def test_by_a_dimension_everybody_is_counted_once(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    roll_up(worker_db)
    total = surveys(web_db, clinic)[""]
    for dimension in Dimension:
        divided = surveys(web_db, clinic, dimension).values()
        for name, count in total.items():
            assert sum(one[name] for one in divided) == count


def report(rows: Rows, survey: Occurrence, **values: object) -> None:
    """Her report of that survey, as she sent it herself."""
    fields = {
        "patient_id": survey.patient_id,
        "occurrence_id": survey.id,
        "revision": 1,
        "state": ResponseState.FINAL,
        "reporter": Reporter.SELF,
        "channel": Channel.WEB,
        "language": "en",
        "instrument": PIN,
        "answers": {},
        "started_at": survey.opens_at,
        "submitted_at": survey.opens_at,
        "is_test": False,
    }
    rows.add(Response, **(fields | values))


def first_completed(db: Database) -> Occurrence:
    with db.begin(EVERYWHERE) as tx:
        return tx.session.execute(select(Occurrence).where(FIRST_SURVEY)).scalar_one()


def test_what_staff_correct_was_answered_by_herself(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    survey = first_completed(worker_db)
    report(rows, survey, state=ResponseState.SUPERSEDED)
    report(rows, survey, revision=2, recorded_by=clinic.charge, channel=Channel.STAFF)
    roll_up(worker_db)
    found = surveys(web_db, clinic)[""]
    assert (found["by_self"], found["assisted"]) == (3, 0)


def test_what_staff_took_down_and_correct_was_assisted(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    survey, by = first_completed(worker_db), {"recorded_by": clinic.charge}
    draft = {"state": ResponseState.SUPERSEDED, "submitted_at": None}
    report(rows, survey, **draft, quarantined_at=MONDAY_NINE)
    report(rows, survey, revision=2, state=ResponseState.SUPERSEDED, **by)
    report(rows, survey, revision=3, **by)
    roll_up(worker_db)
    found = surveys(web_db, clinic)[""]
    assert (found["by_self"], found["assisted"]) == (2, 1)


def test_a_report_of_a_stranger_is_in_no_figure(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    """The number was wrong: her survey was never asked of her, as one that is called off."""
    report(rows, first_completed(worker_db))
    roll_up(worker_db)
    assert surveys(web_db, clinic)[""]["due"] == 7
    with owner.begin() as connection:
        connection.execute(update(Response).values(quarantined_at=MONDAY_NINE))
    roll_up(worker_db)
    found = surveys(web_db, clinic)[""]
    assert (found["due"], found["completed"], found["by_self"]) == (6, 2, 2)


_FIRST = select(Occurrence.id).where(Occurrence.state == C, ~Occurrence.is_test)
FIRST_SURVEY = Occurrence.id == (
    _FIRST.order_by(Occurrence.opens_at, Occurrence.id).limit(1).scalar_subquery()
)
MISSED = update(Occurrence).where(Occurrence.state == M)
TOLD = (
    "INSERT INTO alert_event (id, site_id, alert_id, kind, at)"
    " SELECT gen_random_uuid(), site_id, id, 'told', opened_at FROM alert"
)
STAY = (
    "INSERT INTO pause (id, site_id, patient_id, reason, started_at, ended_at)"
    " SELECT gen_random_uuid(), site_id, id, 'inpatient', '2026-10-01Z', '2026-10-02Z'"
    " FROM patient WHERE enrolled_at IS NOT NULL"
)
FOUND = (
    "WITH hers AS (UPDATE alert SET patient_id = (SELECT id FROM patient ORDER BY id LIMIT 1)"
    "  RETURNING id, site_id) INSERT INTO finding (id, site_id, alert_id, response_id, rule,"
    "  symptom, item, level, current_value, reason, at)"
    " SELECT gen_random_uuid(), site_id, id, id, 'r', 'pain', 'pain.severity', 'soon', 3, '', now()"
    " FROM hers"
)
CHANGES: dict[str, Executable] = {
    "a late answer": MISSED.values(state=C, miss_reason=None),
    "a callback days later": update(Message).values(state=MessageState.DELIVERED),
    "a text that never left": update(Message).values(
        state=MessageState.SUPPRESSED, handed_over_at=None
    ),
    "a baseline taken back": update(Occurrence)
    .where(FIRST_SURVEY)
    .values(state=X, miss_reason="paused"),
    "a window of another day": update(Occurrence)
    .where(FIRST_SURVEY)
    .values(local_date=FIRST + timedelta(days=1)),
    "a test patient after all": update(Patient).values(is_test=True),
    "another language": update(Patient).values(language="es"),
    "where she lives": update(Patient).values(rurality="rural"),
    "an alert closed at last": update(Alert)
    .where(Alert.closed_at.is_(None))
    .values(state="closed", closed_at=MONDAY_NINE, minutes_spent=7),
    "an alert grown worse": update(Alert).values(level=Level.EMERGENCY),
    "somebody told": text(TOLD),
    "the clock of the site": update(Site).values(zone="Pacific/Auckland"),
    "messages deleted": delete(Message),
    "a stay in hospital": text(STAY),
    "a death": update(Patient).values(
        status="ended", end_reason="death", ended_at=MONDAY_NINE, enrolled_at=MONDAY_NINE
    ),
    "enrolled earlier": update(Patient)
    .where(Patient.enrolled_at.is_not(None))
    .values(enrolled_at=MONDAY_NINE - timedelta(days=40)),
    "a text of two segments": update(Message)
    .where(Message.handed_over_at.is_not(None))
    .values(segments=2),
    "a target brought forward": update(Alert).values(target_at=Alert.opened_at),
    "a finding of the same symptom": text(FOUND),
    "surveys deleted": delete(Occurrence).where(Occurrence.state == C),
    "alerts deleted": text("WITH gone AS (DELETE FROM alert_event) DELETE FROM alert"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_later_every_figure_follows(
    change: str, rolled_up: Clinic, owner: Engine, worker_db: Database
) -> None:
    """Rolled up, changed, rolled up: the same as if all were worked out from the beginning."""
    before = everything(owner)
    with owner.begin() as connection:
        connection.execute(CHANGES[change])
    assert roll_up(worker_db)
    after = everything(owner)
    assert after != before
    with worker_db.begin(EVERYWHERE) as tx:
        tx.session.add(MeasureChange(site_id=rolled_up.site))  # says no more: all of the site
    with owner.begin() as connection:
        connection.execute(TRUNCATE)
    roll_up(worker_db)
    assert everything(owner) == after


def test_what_no_figure_depends_on_leaves_no_note(
    clinic: Clinic, rows: Rows, owner: Engine, worker_db: Database
) -> None:
    roll_up(worker_db)
    with owner.begin() as connection:
        connection.execute(update(Message).values(claimed_at=MONDAY_NINE, attempts=3))
        connection.execute(update(Occurrence).values(reminded=1))
        connection.execute(update(Patient).values(changes=9))
        connection.execute(update(Alert).values(reason="other words"))
    with worker_db.begin(EVERYWHERE) as tx:
        assert notes_waiting(tx) == 0


def test_a_round_that_dies_leaves_its_notes(
    clinic: Clinic, rows: Rows, worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        before = notes_waiting(tx)

    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(rollup_alerts, "work_out", dies)
        with pytest.raises(RuntimeError):
            rollup.roll_up_due(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        assert notes_waiting(tx) == before > 0
    assert roll_up(worker_db) == before


def test_more_days_than_one_round_takes_are_written_back(
    clinic: Clinic, rows: Rows, owner: Engine, worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll_up(worker_db)
    whole = everything(owner)
    monkeypatch.setattr(rollup, "_DAYS", 1)
    with owner.begin() as connection:
        connection.execute(TRUNCATE)
    with worker_db.begin(EVERYWHERE) as tx:
        tx.session.add(MeasureChange(site_id=clinic.site))  # says no more: everything of the site
    rounds = 0
    while rollup.roll_up_due(worker_db):
        rounds += 1
    rollup.roll_up_all(worker_db)
    assert rounds > 1
    assert everything(owner) == whole


def test_a_site_sees_its_own_figures_only(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    roll_up(worker_db)
    assert surveys(web_db, other) == {}
    with web_db.begin(Scope.site(other.site)) as tx:
        assert tx.session.scalar(select(SurveyDay.due).limit(1)) is None
        assert hand_clinic.surveys(tx, clinic.site, ALL_DAYS) == {}


def test_a_patients_session_sees_no_figures(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann", phone="+12025550139")
    roll_up(worker_db)
    with web_db.begin(Scope.of_patient(clinic.site, ann)) as tx:
        assert hand_clinic.surveys(tx, clinic.site, ALL_DAYS) == {}
        assert Together(tx, clinic.site, (ALL_DAYS,)).alerts(ALL_DAYS) == {}


def test_two_rounds_at_once_take_different_notes_and_lose_none(
    clinic: Clinic, rows: Rows, owner: Engine, worker_db: Database
) -> None:
    """One has taken its notes and not committed; the other sees none of them, and what changes
    meanwhile is worked out after it."""
    with worker_db.begin(EVERYWHERE) as tx:
        taken = len(changes.take(tx, 1_000))
        assert taken > 0
        assert rollup.roll_up_due(worker_db) == 0
        with owner.begin() as connection:
            connection.execute(update(Occurrence).where(Occurrence.state == M).values(state=C))
        assert rollup.roll_up_due(worker_db) > 0
    with worker_db.begin(EVERYWHERE) as tx:
        assert notes_waiting(tx) == 0
