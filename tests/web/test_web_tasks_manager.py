"""The task list as a manager reads it: what is due and who has it, no names; her own she works."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.flow.readiness import readiness_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role, TaskState
from rsm.security import staff
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from tests.alert_world import Ward, build_ward
from tests.rota_clinic import clear
from tests.web_desk import at_desk, submit


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """Ruth manages the site and is no nurse."""
    ward = build_ward(web_db, worker_db, clock)
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.NURSE)
    return ward


@pytest.fixture
def manager(ward: Ward) -> Iterator[TestClient]:
    with at_desk(ward.clinic, ward.clock, ward.clinic.charge) as client:
        yield client


def ask(ward: Ward, kind: TaskKind, role: Role = Role.NURSE, *, about_her: bool = True) -> str:
    with ward.clinic.begin() as tx:
        who = ward.patient if about_her else None
        new = NewTask(f"test:{kind}", kind, ward.clinic.site, "a reason", who, role)
        return f"/tasks/{tasks.open_task(tx, new)}"


def test_a_manager_reads_the_list_without_the_patients_names(
    ward: Ward, manager: TestClient
) -> None:
    hers = ask(ward, TaskKind.NOT_READY, Role.MANAGER, about_her=False)
    theirs = ask(ward, TaskKind.REACH_ANOTHER_WAY)
    ward.clock.advance(timedelta(minutes=1))
    assert manager.get("/tasks").headers["location"] == f"/sites/{ward.clinic.site}/tasks"
    page = manager.get(f"/sites/{ward.clinic.site}/tasks")
    assert (page.status_code, "2 tasks are open" in page.text) == (200, True)
    assert "Alvarez" not in page.text
    assert f'href="{hers}"' in page.text
    assert theirs not in page.text
    assert "/tasks" in manager.get(f"/sites/{ward.clinic.site}").text


@pytest.mark.parametrize("kind", [TaskKind.REACH_ANOTHER_WAY, TaskKind.READ_DIGEST])
def test_the_nurses_tasks_stay_theirs(ward: Ward, manager: TestClient, kind: TaskKind) -> None:
    page = ask(ward, kind, about_her=kind is TaskKind.REACH_ANOTHER_WAY)
    assert manager.get(page).status_code == 403
    shown = f"/sites/{ward.clinic.site}/tasks"
    assert submit(manager, shown, f"{page}/take").status_code == 403


def test_a_task_about_a_patient_is_no_managers_even_if_it_asks_one(
    ward: Ward, manager: TestClient
) -> None:
    assert manager.get(ask(ward, TaskKind.CHECK_CONTACT, Role.MANAGER)).status_code == 403


def test_what_asks_the_manager_she_takes_and_finishes(ward: Ward, manager: TestClient) -> None:
    clear(ward.clinic)
    readiness_due(ward.worker)
    with ward.clinic.begin() as tx:
        gap = tasks.open_tasks(tx, ward.clinic.site, (TaskKind.ROSTER_GAP,))[0]
    page = f"/tasks/{gap.id}"
    assert submit(manager, page, f"{page}/take").status_code == 303
    done = submit(manager, page, f"{page}/do", {"code": "done", "do": "done"})
    assert done.status_code == 303
    with ward.clinic.begin() as tx:
        found = tasks.get(tx, gap.id)
    assert (found.state, found.done_by) == (TaskState.DONE, ward.clinic.charge)


def test_an_administrator_reads_no_tasks(ward: Ward) -> None:
    with at_desk(ward.clinic, ward.clock, ward.clinic.administrator) as client:
        assert client.get(f"/sites/{ward.clinic.site}/tasks").status_code == 403
