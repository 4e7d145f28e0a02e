"""Old answers leave for files: whoever reads how they were given is told the same as before."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from rsm.bootstrap import metadata
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.instruments import service as instruments
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.metrics import extract, replay_store
from rsm.metrics.model import Period
from rsm.reports import archive_parquet, archive_service, archive_store
from rsm.responses import origins, store
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import patient_keys
from tests.archive_world import MARCH
from tests.survey_world import World, build_world

SELF = Author()
CHILD = Author(reporter=Reporter.PROXY, relation=Relation.CHILD, channel=Channel.TABLET)
YEARS = Period(MARCH - timedelta(days=100), MARCH + timedelta(days=500))
LATER = timedelta(minutes=3)
SECRET = "Grandmother's quinces disagree with me"
GIVEN = 10  # answers of reports that were sent, in `told`


@dataclass
class Place:
    """A clinic of long ago, by the database's own clock as well; the archive's folder."""

    world: World
    worker: Database
    owner: Engine
    clock: VirtualClock
    folder: Path

    def answer(self, *saved: tuple[Answers, Author], sent: bool = True) -> UUID:
        """A survey of the next day: these answers, minutes apart, one after the other."""
        world = self.world
        self.clock.advance(timedelta(days=1))
        with world.begin() as tx:
            pin = instruments.publish_shipped(tx, "short-measure")
            survey = schedules.report_now(tx, world.facts(tx), pin)
        for given, by in saved:
            self.clock.advance(LATER)
            with world.begin() as tx:
                world.facts(tx)
                report = responses.save(tx, survey, given, by).id
        self.clock.advance(LATER)
        if sent:
            with world.begin() as tx:
                world.facts(tx)
                responses.record(tx, survey, "", SELF)
        return report

    def told(self) -> list[UUID]:
        """Two reports, one of which was corrected, and a draft that was never sent: on the way
        answers changed, in words and otherwise, and others than she gave some of them."""
        first = self.answer(
            ({"feeling.severity": answered(3), "tell-us": words(SECRET)}, SELF),
            ({"feeling.severity": answered(1), "troubles": picked(1, 4)}, CHILD),
            ({"troubles": picked(2), "tell-us": SKIPPED, "ache.presence": REFUSED}, SELF),
        )
        second = self.answer(({"feeling.severity": answered(2), "tell-us": words("Better")}, SELF))
        with self.world.begin() as tx:
            nurse = Author(channel=Channel.STAFF, recorded_by=self.world.clinic.nurse)
            changes = {"feeling.severity": answered(0)}
            corrected = responses.correct(tx, second, changes, nurse).response.id
        draft = self.answer(({"feeling.severity": answered(3)}, SELF), sent=False)
        return [first, second, corrected, draft]

    def read(self, reports: list[UUID]) -> dict[str, object]:
        """What every reader of answers as they were given finds."""
        site = self.world.clinic.site
        with self.world.as_patient() as tx:
            own = [responses.saved_at(tx, report) for report in reports]
        with self.world.begin() as tx:
            exported = extract.given(tx, reports)
            return {
                "her own page": own,
                "origins": origins.of_reports(tx, reports),
                "words": [store.wrote_at(tx, report) for report in reports],
                "export": {key: dict(row) for key, row in exported.items()},
                "replay": replay_store.saved(tx, site, YEARS, None),
                "of an item": replay_store.saved(tx, site, YEARS, ["feeling.severity"]),
            }

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def change(self, statement: str) -> None:
        with self.owner.begin() as connection:
            connection.execute(text(statement))

    def events(self) -> list[UUID]:
        with self.owner.connect() as connection:
            return list(connection.scalars(text("SELECT id FROM answer_event ORDER BY seq")))

    def let_go(self, ids: list[UUID], scope: Scope = EVERYWHERE) -> int:
        with self.worker.begin(scope) as tx:
            return archive_store.let_go(tx, "answer_event", ids)

    def years_pass(self) -> None:
        self.clock.set(datetime(2026, 10, 19, 13, tzinfo=UTC))

    def archive(self) -> list[tuple[str, int, int, str]]:
        done = archive_service.run(self.worker, self.folder, self.folder.parent / "data")
        return [(each.month.table, each.stored, each.let_go, each.refused) for each in done]


def words(what: str) -> Answer:
    return Answer(AnswerStatus.ANSWERED, 1, text=what)


def picked(*codes: int) -> Answer:
    return Answer(AnswerStatus.ANSWERED, len(codes), codes)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MARCH)


@pytest.fixture
def place(
    web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock, tmp_path: Path
) -> Place:
    metadata()  # every table is known, as wherever a database is opened
    folder = tmp_path / "archive"
    folder.mkdir()
    world = build_world(web_db, consent_on=MARCH.date())
    return Place(world, worker_db, owner, clock, folder)


# --- who reads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_readers_are_told_the_same_while_events_leave_in_any_order(place: Place, seed: int) -> None:
    reports = place.told()
    before, ids = place.read(reports), place.events()
    assert all(before.values())
    random.Random(seed).shuffle(ids)
    while ids:
        some, ids = ids[: seed + 1], ids[seed + 1 :]
        place.let_go(some)
        after = place.read(reports)
        assert [name for name in before if before[name] != after[name]] == []
    assert place.rows("SELECT response_id FROM answer_event") == [(reports[3],)]
    assert place.rows("SELECT sum(cardinality(seq)) FROM answer_trail") == [(GIVEN,)]


def test_what_was_given_alike_is_one_row(place: Place) -> None:
    first, *_ = place.told()
    assert place.let_go(place.events()) == GIVEN
    query = f"SELECT relation, cardinality(item) FROM answer_trail WHERE response_id = '{first}'"
    assert place.rows(f"{query} ORDER BY relation") == [("child", 2), (None, 5)]


# --- what may go, and who writes ----------------------------------------------------------------


def test_a_draft_and_what_was_set_aside_keep_their_events(place: Place) -> None:
    draft = place.answer(({"feeling.severity": answered(3)}, SELF), sent=False)
    aside = place.answer(({"feeling.severity": answered(2)}, SELF))
    place.change(f"UPDATE response SET quarantined_at = started_at WHERE id = '{aside}'")
    place.years_pass()
    assert list(archive_service.due(place.worker)) == []
    assert place.let_go(place.events()) == 0
    place.change("UPDATE response SET state = 'final', submitted_at = started_at")
    assert [each.table for each in archive_service.due(place.worker)] == ["answer_event"]
    assert place.let_go(place.events()) == 1
    assert place.rows("SELECT response_id FROM answer_trail") == [(draft,)]


def test_what_is_young_or_another_sites_stays(place: Place) -> None:
    place.answer(({"feeling.severity": answered(3), "tell-us": SKIPPED}, SELF))
    old, young = place.events()
    almost = "statement_timestamp() - interval '394 days'"
    place.change(f"UPDATE answer_event SET at = {almost} WHERE id = '{young}'")
    assert place.let_go([old, young], NOWHERE) == 0
    assert place.let_go([old, young], Scope.site(UUID(int=1))) == 0
    assert place.let_go([old, young], Scope.site(place.world.clinic.site)) == 1
    assert place.events() == [young]


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO answer_trail DEFAULT VALUES",
        "UPDATE answer_trail SET seq = '{}'",
        "DELETE FROM answer_trail",
    ],
)
def test_nobody_writes_the_trail_but_the_database(
    place: Place, web_db: Database, change: str
) -> None:
    for db in (web_db, place.worker):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            db.begin(Scope.site(place.world.clinic.site)) as tx,
        ):
            tx.session.execute(text(change))


# --- the files ----------------------------------------------------------------------------------


def killed_after(batches: int) -> Callable[..., int]:
    real, left = archive_store.let_go, [None] * batches

    def dying(*told: object) -> int:
        left.pop()  # an IndexError once none is left
        return real(*told)  # type: ignore[arg-type]  # as it was called

    return dying


@pytest.mark.parametrize("batches", range(4))
def test_a_run_that_is_killed_on_the_way_loses_no_answer_and_keeps_none_twice(
    place: Place, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = place.told()
    made, before = place.events(), place.read(reports)
    place.years_pass()
    monkeypatch.setattr(archive_service, "_AT_ONCE", 3)
    with monkeypatch.context() as patch:
        patch.setattr(archive_store, "let_go", killed_after(batches))
        with pytest.raises(IndexError):
            place.archive()
    assert place.read(reports) == before
    assert place.archive() == [("answer_event", 0, GIVEN - 3 * batches, "")]
    assert place.read(reports) == before
    (path,) = place.folder.rglob("*.parquet")
    assert sorted(UUID(row.id) for row in archive_parquet.read(path)) == sorted(made[:GIVEN])
    assert archive_service.verify(place.worker, place.folder).faults == ()
    assert place.events() == made[GIVEN:]
    assert place.archive() == []


def test_her_words_are_sealed_in_the_file_and_closed_with_her_key(place: Place) -> None:
    place.told()
    place.years_pass()
    place.archive()
    (path,) = place.folder.rglob("*.parquet")
    assert SECRET.encode() not in path.read_bytes()
    sealed = [row.cells["text_sealed"] for row in archive_parquet.read(path)]

    def opened() -> list[str]:
        with place.world.begin() as tx:
            boxes = patient_keys.boxes(tx, [place.world.patient]).values()
            return [
                box.open(each, "answer_event.text")
                for box in boxes
                for each in sealed
                if isinstance(each, bytes)
            ]

    assert opened() == [SECRET, "Better"]
    with place.world.begin() as tx:
        patient_keys.destroy(tx, place.world.patient)
    assert opened() == []
