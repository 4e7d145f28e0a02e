"""What a task's page offers besides "done": each kind its own, to whoever may."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.flow import calls, enrol, outbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role, TaskState
from rsm.messaging import breaker
from rsm.patients import service as patients
from rsm.patients.model import PatientStatus, PauseReason
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from rsm.web.staff_words import word
from tests.survey_world import World, build_world
from tests.web_desk import at_desk, submit


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def nurse(world: World, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


def ask(world: World, kind: TaskKind) -> str:
    """A task of this kind about the patient: its page."""
    with world.begin() as tx:
        new = NewTask(f"test:{kind}", kind, world.clinic.site, "a reason", world.patient)
        return f"/tasks/{tasks.open_task(tx, new)}"


def state(world: World, page: str) -> TaskState:
    with world.begin() as tx:
        return tasks.get(tx, UUID(page.removeprefix("/tasks/"))).state


def status(world: World) -> PatientStatus:
    with world.begin() as tx:
        return patients.peek(tx, world.patient).status


def pause(world: World, reason: PauseReason) -> None:
    with world.begin() as tx:
        enrol.pause(tx, world.patient, reason)


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_kind_has_words_and_a_page(world: World, nurse: TestClient, kind: TaskKind) -> None:
    page = nurse.get(ask(world, kind))
    assert page.status_code == 200
    assert f'<h2 id="what">{word("tasks", kind)}</h2>' in page.text


def test_texts_that_were_held_back_are_let_go(world: World, nurse: TestClient) -> None:
    with world.begin() as tx:
        breaker.trip(tx, world.patient, world.clinic.site)
    task = ask(world, TaskKind.RELEASE_TEXTS)
    assert submit(nurse, task, f"{task}/act", {"action": "release"}).headers["location"] == task
    assert state(world, task) is TaskState.DONE
    with world.begin() as tx:
        assert breaker.standing(tx, [world.patient]) == set()


def test_a_reported_death_is_confirmed(world: World, nurse: TestClient) -> None:
    pause(world, PauseReason.REPORTED_DEATH)
    task = ask(world, TaskKind.CONFIRM_PAUSE)
    assert submit(nurse, task, f"{task}/act", {"action": "confirm"}).status_code == 303
    assert (status(world), state(world, task)) == (PatientStatus.ENDED, TaskState.DONE)


def test_or_undone(world: World, nurse: TestClient) -> None:
    pause(world, PauseReason.REPORTED_HOSPITAL)
    task = ask(world, TaskKind.CONFIRM_PAUSE)
    assert submit(nurse, task, f"{task}/act", {"action": "deny"}).status_code == 303
    assert (status(world), state(world, task)) == (PatientStatus.ENROLLED, TaskState.DONE)


def test_a_pause_is_ended_or_goes_on(world: World, nurse: TestClient) -> None:
    pause(world, PauseReason.INPATIENT)
    task = ask(world, TaskKind.END_PAUSE)
    assert "Still away" in nurse.get(task).text
    assert submit(nurse, task, f"{task}/act", {"action": "resume"}).status_code == 303
    assert (status(world), state(world, task)) == (PatientStatus.ENROLLED, TaskState.DONE)


def test_what_cannot_be_done_any_more_is_told_and_the_task_stays(
    world: World, nurse: TestClient
) -> None:
    task = ask(world, TaskKind.CONFIRM_PAUSE)  # nothing is paused
    assert submit(nurse, task, f"{task}/act", {"action": "confirm"}).status_code == 409
    assert state(world, task) is TaskState.OPEN


def test_a_page_about_a_hospital_confirms_no_death(world: World, nurse: TestClient) -> None:
    """Another text has come since the page was opened, and its question took this one's place."""
    task = ask(world, TaskKind.CONFIRM_PAUSE)
    pause(world, PauseReason.REPORTED_DEATH)
    with world.begin() as tx:
        tasks.withdraw(tx, world.patient, (TaskKind.CONFIRM_PAUSE,), "reported")
    assert submit(nurse, task, f"{task}/act", {"action": "confirm"}).status_code == 409
    assert status(world) is PatientStatus.PAUSED


def test_a_button_that_the_task_does_not_have_is_not_found(world: World, nurse: TestClient) -> None:
    task = ask(world, TaskKind.SILENT)
    assert submit(nurse, task, f"{task}/act", {"action": "release"}).status_code == 404


def test_who_may_not_enrol_sees_no_button_and_presses_none(
    world: World, clock: VirtualClock
) -> None:
    clinic = world.clinic
    with clinic.begin() as tx:
        staff.grant(tx, clinic.administrator, clinic.site, Role.CLINICIAN)
    pause(world, PauseReason.REPORTED_DEATH)
    task = ask(world, TaskKind.CONFIRM_PAUSE)
    with at_desk(clinic, clock, clinic.administrator) as client:
        assert "It is so" not in client.get(task).text
        assert submit(client, task, f"{task}/act", {"action": "confirm"}).status_code == 404
    assert status(world) is PatientStatus.PAUSED


def test_silence_offers_to_take_answers_at_once(world: World, nurse: TestClient) -> None:
    page = nurse.get(ask(world, TaskKind.SILENT)).text
    patient = f"/sites/{world.clinic.site}/patients/{world.patient}"
    assert f'action="{patient}/entry"' in page


def test_the_page_says_which_check_in_it_is_about(
    world: World, nurse: TestClient, worker_db: Database, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        task = f"/tasks/{calls.put_on_list(tx, survey, world.facts(tx))}"
    page = nurse.get(task).text
    assert "Check-in of Monday 19 October: open until 21:00" in page
    assert f'href="/sites/{world.clinic.site}/calls"' in page
    clock.advance(timedelta(days=6))
    outbound.advance_due(worker_db)
    assert state(world, task) is TaskState.DONE


def test_the_list_is_filtered_by_kind(world: World, nurse: TestClient) -> None:
    ask(world, TaskKind.SILENT)
    ask(world, TaskKind.CHECK_CONTACT)
    here = f"/sites/{world.clinic.site}/tasks"
    page = nurse.get(here).text
    assert f'href="{here}?show=silent"' in page
    assert "show=unreached" not in page
    only = nurse.get(f"{here}?show=silent").text
    assert only.count("data-row") == 1
