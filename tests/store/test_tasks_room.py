"""Tasks as rows: asked once, postponed, withdrawn by whoever brought it about, never another's."""

from datetime import timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import TaskState
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind, TaskOutcome
from tests.survey_world import World, add_patient, build_world

SURVEY, OTHER = UUID(int=7), UUID(int=8)
DAY = timedelta(days=1)
CALL = TaskKind.CALL_PATIENT


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def ask(
    world: World, kind: TaskKind = CALL, survey: UUID = SURVEY, patient: UUID | None = None
) -> UUID:
    whose = patient or world.patient
    with world.begin() as tx:
        task_id = tasks.open_task(
            tx,
            NewTask(
                business_key=f"{kind}:{survey}:{whose}",
                kind=kind,
                site_id=world.clinic.site,
                reason="a reason",
                patient_id=whose,
                due_at=tx.now + DAY,
                tell_at=tx.now + 2 * DAY,
                occurrence_id=survey,
                not_before=tx.now,
            ),
        )
    assert task_id is not None
    return task_id


def test_somebody_is_told_at_its_own_time_and_not_when_it_is_due(
    world: World, clock: VirtualClock
) -> None:
    task = ask(world)
    for days, told in ((1, []), (1, [task])):
        clock.advance(days * DAY)
        with world.begin() as tx:
            assert [each.task_id for each in tasks.due(tx)] == told


def test_a_postponed_task_is_nobodys_until_then(world: World) -> None:
    task, nurse = ask(world), world.clinic.nurse
    with world.clinic.begin(nurse) as tx:
        tasks.take(tx, task, nurse)
        later = tasks.postpone(tx, task, tx.now + DAY)
        assert (later.owner_id, later.not_before) == (None, tx.now + DAY)
        tasks.finish(tx, task, TaskOutcome.DONE)
    with pytest.raises(Conflict), world.begin() as tx:
        tasks.postpone(tx, task, tx.now)


def test_what_the_patient_does_herself_was_done_by_nobody(world: World) -> None:
    task = ask(world)
    with world.as_patient() as tx:
        assert tasks.withdraw(tx, world.patient, (CALL,), "answered") == 1
        assert tasks.withdraw(tx, world.patient, (CALL,), "answered") == 0
    with world.begin() as tx:
        done = tasks.get(tx, task)
    assert (done.state, done.outcome, done.done_by) == (
        TaskState.DONE,
        TaskOutcome.NOT_NEEDED,
        None,
    )


def test_what_a_nurse_brings_about_is_her_doing(world: World) -> None:
    task, nurse = ask(world), world.clinic.nurse
    with world.clinic.begin(nurse) as tx:
        tasks.withdraw(tx, world.patient, (CALL,), "answered")
        done = tasks.get(tx, task)
    assert (done.outcome, done.done_by) == (TaskOutcome.DONE, nurse)


def test_only_what_was_meant_is_withdrawn(world: World) -> None:
    other = add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132")
    ask(world)
    ask(world, survey=OTHER)
    kept = {
        ask(world, TaskKind.UNREACHED),
        ask(world, patient=other),
    }
    with world.begin() as tx:
        tasks.withdraw(tx, world.patient, (CALL,), "answered")
        assert {each.id for each in tasks.open_tasks(tx, world.clinic.site)} == kept
        assert tasks.count_open(tx, world.clinic.site, (CALL,)) == 1


def test_a_patients_session_touches_no_other_patients_task(world: World) -> None:
    other = add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132")
    task = ask(world, patient=other)
    with world.as_patient() as tx:
        assert tasks.withdraw(tx, other, (CALL,), "answered") == 0
    with world.begin() as tx:
        assert tasks.get(tx, task).state is TaskState.OPEN


def test_what_the_closing_ends_was_not_reached(world: World) -> None:
    task = ask(world)
    ask(world, survey=OTHER)
    with world.begin() as tx:
        assert tasks.lapse(tx, world.patient, CALL, SURVEY) == 1
        found = tasks.of_survey(tx, world.patient, SURVEY, CALL)
    assert found is not None
    assert (found.id, found.outcome, found.done_by) == (task, TaskOutcome.NOT_REACHED, None)
