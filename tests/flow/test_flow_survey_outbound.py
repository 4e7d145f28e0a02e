"""Surveys go out: invited once, reminded once, closed; none lost, none twice (P1, P2, P16)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, outbound, set_aside
from rsm.kernel import faults
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, SurveyState
from rsm.patients import service as patients
from rsm.patients.model import PauseReason
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind, TaskOutcome
from tests.survey_world import CLOSES, OPENS, World, add_patient, build_world

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@dataclass
class Post:
    """What stands in the outbox, read past row-level security."""

    owner: Engine

    def texts(self) -> list[tuple[str, str]]:
        """Purpose and state of each message to a patient, in the order of writing."""
        with self.owner.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT purpose, state FROM message WHERE audience = 'patient'"
                    " ORDER BY created_at"
                )
            )
            return [(purpose, state) for purpose, state in rows]

    def all_arrive(self) -> None:
        with self.owner.begin() as connection:
            connection.execute(text("UPDATE message SET state = 'delivered', next_at = NULL"))

    def count(self, table: str) -> int:
        with self.owner.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def post(owner: Engine) -> Post:
    return Post(owner)


@pytest.fixture
def no_faults() -> Iterator[None]:
    yield
    faults.install(None)


def surveys(world: World) -> list[OccurrenceView]:
    """All surveys of the patient, the oldest first."""
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 60)[::-1]


def test_monday_nine_invites_once_and_a_day_later_reminds_once(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    assert outbound.open_due(worker_db) == 1
    assert outbound.open_due(worker_db) == 0
    assert post.texts() == [("survey_invite", "queued")]
    assert outbound.advance_due(worker_db) == 0
    clock.advance(DAY)
    assert outbound.advance_due(worker_db) == 1
    assert outbound.advance_due(worker_db) == 0
    assert [purpose for purpose, _ in post.texts()] == ["survey_invite", "survey_reminder"]


def test_the_outbox_names_the_survey_and_never_the_token(
    world: World, worker_db: Database, owner: Engine
) -> None:
    outbound.open_due(worker_db)
    with owner.connect() as connection:
        fields, key, until = connection.execute(
            text("SELECT fields, business_key, not_after FROM message")
        ).one()
    (survey,) = surveys(world)
    assert fields == {"occurrence": str(survey.id), "serial": 1}
    assert key == f"survey:{survey.id}:invite"
    assert until == CLOSES


def test_whoever_has_finished_is_not_reminded(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    clock.advance(timedelta(hours=1))
    with world.begin() as tx:
        answer.submit(tx, survey.id, "", Author())
    assert post.texts() == [("survey_invite", "cancelled")]  # it was still queued
    clock.advance(DAY)
    assert outbound.advance_due(worker_db) == 0
    assert len(post.texts()) == 1


def test_whoever_has_begun_but_not_finished_is_reminded(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    with world.begin() as tx:
        answer.start(tx, survey.id, Author())
    clock.advance(DAY)
    assert outbound.advance_due(worker_db) == 1
    assert [purpose for purpose, _ in post.texts()] == ["survey_invite", "survey_reminder"]


def test_a_window_that_nobody_answered_closes_as_missed(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    post.all_arrive()
    clock.set(CLOSES)
    assert outbound.advance_due(worker_db) == 1
    (survey,) = surveys(world)
    assert (survey.state, survey.miss_reason) == (SurveyState.MISSED, "not_answered")
    assert survey.next_at is None


def test_a_window_whose_text_waited_to_the_end_was_not_asked(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    clock.set(CLOSES)
    assert outbound.advance_due(worker_db) == 1
    (survey,) = surveys(world)
    assert (survey.state, survey.miss_reason) == (SurveyState.MISSED, "not_sent")
    assert post.texts() == [("survey_invite", "cancelled")]


def test_a_partial_report_is_judged_when_the_window_closes(
    world: World, worker_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    with world.begin() as tx:
        for item, value in (("pain.frequency", 3), ("pain.severity", 4)):
            answer.save(tx, survey.id, item, answered(value), Author())
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    assert [each.state for each in surveys(world)] == [SurveyState.PARTIAL]
    with owner.connect() as connection:
        level = connection.execute(text("SELECT level FROM alert")).scalar_one()
        kept = connection.execute(text("SELECT state, late FROM response")).one()
    assert level == "urgent"
    assert tuple(kept) == ("final", False)


def test_begun_without_an_answer_is_missed(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    with world.begin() as tx:
        answer.start(tx, survey.id, Author())
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    assert [each.state for each in surveys(world)] == [SurveyState.MISSED]


def test_after_downtime_every_window_stands_and_only_the_open_one_is_texted(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    clock.advance(3 * WEEK + DAY)
    assert outbound.open_due(worker_db) == 4
    assert [(each.window_key, each.state) for each in surveys(world)] == [
        ("2026-10-19", SurveyState.MISSED),
        ("2026-10-26", SurveyState.MISSED),
        ("2026-11-02", SurveyState.MISSED),
        ("2026-11-09", SurveyState.OPEN),
    ]
    assert post.texts() == [("survey_invite", "queued")]


def test_a_pause_between_keeps_its_windows_and_texts_nobody(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    with world.begin() as tx:
        patients.mark_paused(tx, world.facts(tx), PauseReason.TRAVEL)
    outbound.open_due(worker_db)
    assert post.texts() == []
    clock.advance(WEEK)
    with world.begin() as tx:
        patients.mark_resumed(tx, world.patient)
    outbound.open_due(worker_db)
    assert [each.state for each in surveys(world)] == [SurveyState.CANCELLED, SurveyState.OPEN]
    assert post.texts() == [("survey_invite", "queued")]


def test_a_pause_after_the_invitation_sends_no_reminder(
    world: World, worker_db: Database, post: Post, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    with world.begin() as tx:
        answer.start(tx, survey.id, Author())
        patients.mark_paused(tx, world.facts(tx), PauseReason.INPATIENT)
    clock.advance(DAY)
    outbound.advance_due(worker_db)
    assert [purpose for purpose, _ in post.texts()] == ["survey_invite"]


def test_who_wants_no_texts_becomes_a_call_for_staff(
    world: World, worker_db: Database, post: Post, owner: Engine
) -> None:
    other = add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132", channel=Channel.STAFF)
    outbound.open_due(worker_db)
    assert len(post.texts()) == 1
    with owner.connect() as connection:
        kind, patient = connection.execute(text("SELECT kind, patient_id FROM task")).one()
    assert (kind, patient) == ("call_patient", other)


class Killed(BaseException):
    """The process dies here: nothing after it runs."""


@pytest.mark.usefixtures("no_faults")
@pytest.mark.parametrize("where", ["window.opened", "survey.reminded", "survey.closed"])
def test_a_crash_loses_nothing_and_repeats_nothing(
    world: World,
    worker_db: Database,
    post: Post,
    clock: VirtualClock,
    where: str,
) -> None:
    def die(name: str) -> None:
        if name == where:
            raise Killed

    def week() -> None:
        outbound.open_due(worker_db)
        outbound.advance_due(worker_db)

    for instant in (OPENS, OPENS + DAY, CLOSES):
        clock.set(instant)
        faults.install(die)
        with suppress(Killed):
            week()
        faults.install(None)
        week()
    assert [purpose for purpose, _ in post.texts()] == ["survey_invite", "survey_reminder"]
    assert [each.state for each in surveys(world)] == [SurveyState.MISSED]


def test_one_plan_that_fails_stops_no_other_and_becomes_a_task(
    world: World,
    worker_db: Database,
    post: Post,
    owner: Engine,
    clock: VirtualClock,
) -> None:
    with world.begin() as tx:
        active = schedules.assignment(tx, world.patient)
        assert active is not None
    with owner.begin() as connection:
        broken = "UPDATE plan_assignment SET zone = 'Mars/Olympus' WHERE id = :id"
        connection.execute(text(broken), {"id": active.id})
    second = add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132")
    for _ in range(6):
        outbound.open_due(worker_db)
        clock.advance(timedelta(minutes=20))
    with owner.connect() as connection:
        tasks = connection.execute(text("SELECT kind, patient_id FROM task")).all()
        texted = connection.execute(text("SELECT patient_id FROM message")).scalars().all()
    assert [tuple(each) for each in tasks] == [("check_row", world.patient)]
    assert texted == [second]


def test_a_patient_whose_row_is_held_is_skipped_and_served_next_time(
    world: World, worker_db: Database, post: Post
) -> None:
    with world.begin() as tx:
        world.facts(tx)
        assert outbound.open_due(worker_db) == 0
    assert outbound.open_due(worker_db) == 1


def test_the_survey_pins_what_the_site_agreed_to_when_it_opened(
    world: World, worker_db: Database
) -> None:
    outbound.open_due(worker_db)
    (survey,) = surveys(world)
    with world.begin() as tx:
        assert survey.instrument == sites.get(tx, world.clinic.site).instrument
    assert survey.language == "en"


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No window opens and none closes."""

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(schedules, "open_due_windows", broken)
        patched.setattr(outbound, "next_step", broken)
        yield


def set_aside_by(work: Callable[[], object], clock: VirtualClock) -> None:
    for _ in range(5):
        work()
        clock.advance(timedelta(hours=1))


def open_checks(world: World) -> list[UUID]:
    with world.begin() as tx:
        found = tasks.open_tasks(tx, world.clinic.site)
    return [each.id for each in found if each.kind is TaskKind.CHECK_ROW]


def finish(world: World, task_id: UUID) -> None:
    with world.begin() as tx:
        set_aside.finish_task(tx, task_id, TaskOutcome.DONE, "mended")


def test_a_plan_that_was_set_aside_runs_once_its_check_is_done(
    world: World,
    worker_db: Database,
    post: Post,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with failing(monkeypatch):
        set_aside_by(lambda: outbound.open_due(worker_db), clock)
    assert outbound.open_due(worker_db) == 0
    (check,) = open_checks(world)
    finish(world, check)
    assert outbound.open_due(worker_db) == 1
    assert post.texts() == [("survey_invite", "queued")]


def test_a_survey_that_was_set_aside_closes_once_its_check_is_done(
    world: World, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound.open_due(worker_db)
    clock.set(CLOSES)
    with failing(monkeypatch):
        set_aside_by(lambda: outbound.advance_due(worker_db), clock)
    assert outbound.advance_due(worker_db) == 0
    (check,) = open_checks(world)
    finish(world, check)
    assert outbound.advance_due(worker_db) == 1
    assert surveys(world)[0].state is SurveyState.MISSED


def test_what_is_set_aside_again_is_told_again(
    world: World, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(monkeypatch):
        set_aside_by(lambda: outbound.open_due(worker_db), clock)
        (first,) = open_checks(world)
        finish(world, first)
        assert open_checks(world) == []
        set_aside_by(lambda: outbound.open_due(worker_db), clock)
    (second,) = open_checks(world)
    assert second != first


def test_another_kind_of_task_releases_nothing(
    world: World, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(monkeypatch):
        set_aside_by(lambda: outbound.open_due(worker_db), clock)
    with world.begin() as tx:
        call = NewTask(
            "call:1", TaskKind.REACH_ANOTHER_WAY, world.clinic.site, "Call her.", world.patient
        )
        task_id = tasks.open_task(tx, call)
    assert task_id is not None
    finish(world, task_id)
    assert outbound.open_due(worker_db) == 0
