"""The nurse's pages: worklist, one alert, tasks; and who may not see them (P9, P10, P13)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db import leases
from rsm.db.work import NOWHERE, Database
from rsm.flow import triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState, Channel, Level, Role
from rsm.schedules import timers
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic
from tests.web_desk import at_desk, browser, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def actions(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(query, {"action": action}).scalar_one())


def worklist(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/alerts"


# --- the worklist --------------------------------------------------------------------------


def test_after_signing_in_she_comes_to_her_own_sites_worklist(
    ward: Ward, nurse: TestClient
) -> None:
    assert nurse.get("/").headers["location"] == "/alerts"
    assert nurse.get("/alerts").headers["location"] == worklist(ward)


def test_an_empty_worklist_says_so_and_whether_the_watch_runs(
    ward: Ward, nurse: TestClient
) -> None:
    assert "The watch is not running" in nurse.get(worklist(ward)).text
    with ward.clinic.db.begin(NOWHERE) as tx:
        leases.beat(tx, "worker:1", "test")
    page = nurse.get(worklist(ward)).text
    assert "The watch is not running" not in page
    assert "Nothing is waiting for you." in page


def test_the_worst_stands_first_then_the_oldest(ward: Ward, nurse: TestClient) -> None:
    soon = ward.alarm(Level.SOON, "text:1")
    ward.clock.advance(timedelta(minutes=1))
    first = ward.alarm(Level.URGENT, "text:2")
    ward.clock.advance(timedelta(minutes=1))
    second = ward.alarm(Level.URGENT, "text:3")
    emergency = ward.alarm(Level.EMERGENCY, "text:4")
    page = nurse.get(worklist(ward)).text
    shown = re.findall(r'href="/alerts/([0-9a-f-]{36})" data-open', page)
    assert shown == [str(each.id) for each in (emergency, first, second, soon)]


def test_a_row_says_who_and_what_and_what_happens_next(ward: Ward, nurse: TestClient) -> None:
    ward.report(PAIN)
    page = nurse.get(worklist(ward)).text
    assert "Maria Alvarez" in page
    assert "Pain" in page
    assert re.search(r"next, .*: Ben Okafor", page)
    assert "Dana Reyes, to" in page


def test_a_worklist_is_audited_as_one_reading(ward: Ward, nurse: TestClient, owner: Engine) -> None:
    ward.report(PAIN)
    before = actions(owner, "patients.listed")
    nurse.get(worklist(ward))
    assert actions(owner, "patients.listed") == before + 1


def test_the_version_moves_with_every_event_and_names_nobody(
    ward: Ward, nurse: TestClient, owner: Engine
) -> None:
    url = f"/sites/{ward.clinic.site}/version"
    before = nurse.get(url).text
    assert nurse.get(url).text == before
    listed = actions(owner, "patients.listed")
    ward.alarm()
    after = nurse.get(url).text
    assert before.isdigit()
    assert after != before
    assert actions(owner, "patients.listed") == listed


def test_the_part_that_is_polled_is_the_list_alone(ward: Ward, nurse: TestClient) -> None:
    ward.report(PAIN)
    part = nurse.get(worklist(ward) + "/list").text
    assert "Maria Alvarez" in part
    assert "<html" not in part


def test_mine_and_unowned(ward: Ward, nurse: TestClient) -> None:
    mine, free = ward.alarm(key="text:1"), ward.alarm(key="text:2")
    ward.take(mine, ward.clinic.nurse)
    only_mine = nurse.get(worklist(ward) + "?show=mine").text
    assert str(mine.id) in only_mine
    assert str(free.id) not in only_mine
    unowned = nurse.get(worklist(ward) + "?show=unowned").text
    assert str(free.id) in unowned
    assert str(mine.id) not in unowned


# --- one alert -----------------------------------------------------------------------------


def test_an_alert_shows_why_the_last_weeks_and_what_happened(
    ward: Ward, clock: VirtualClock, owner: Engine
) -> None:
    ward.report({"pain.frequency": 1, "pain.severity": 1})
    ward.clock.advance(timedelta(days=7))
    alert = ward.report(PAIN)
    assert alert is not None
    read, viewed = actions(owner, "patient.read"), actions(owner, "alert.viewed")
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        page = nurse.get(f"/alerts/{alert.id}")
    assert page.status_code == 200
    assert "Maria Alvarez" in page.text
    assert "Pain went from 1 to 3." in page.text
    assert "Rule severe" in page.text
    assert "Told by text: you." in page.text
    assert "first-pack" in page.text
    assert actions(owner, "patient.read") == read + 1
    assert actions(owner, "alert.viewed") == viewed + 1
    assert ward.now(alert).first_viewed_at == ward.clock.now()


def test_no_health_information_in_title_or_address(ward: Ward, nurse: TestClient) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    page = nurse.get(f"/alerts/{alert.id}").text
    title = re.search(r"<title[^>]*>(.*?)</title>", page)
    assert title is not None
    assert "Maria" not in title[1]
    assert "ain" not in title[1].replace("Maintenance", "")
    assert not re.search(r'(href|action)="[^"]*(Maria|pain)', page)


def test_looking_twice_marks_once_and_takes_nothing(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    nurse.get(f"/alerts/{alert.id}")
    first = ward.now(alert).first_viewed_at
    ward.clock.advance(timedelta(minutes=1))
    nurse.get(f"/alerts/{alert.id}")
    assert ward.now(alert).first_viewed_at == first
    assert ward.now(alert).state is AlertState.OPEN


def test_taking_it(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    done = submit(nurse, f"/alerts/{alert.id}", f"/alerts/{alert.id}/take")
    assert done.status_code == 303
    now = ward.now(alert)
    assert (now.state, now.owner_id) == (AlertState.ACKNOWLEDGED, ward.clinic.nurse)
    assert "You have it until" in nurse.get(f"/alerts/{alert.id}").text


def test_who_is_second_reads_who_was_faster(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    shown = f"/alerts/{alert.id}"
    ward.alarm(key="text:2")  # the page of another alert lends its form's token
    ward.take(alert, ward.clinic.second)
    late = submit(nurse, worklist(ward), f"{shown}/take")
    assert late.status_code == 409
    assert "Ben Okafor has had it since" in late.text
    assert ward.now(alert).owner_id == ward.clinic.second


def test_a_form_of_nobodys_page_takes_nothing(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    assert nurse.post(f"/alerts/{alert.id}/take").status_code == 403
    assert ward.now(alert).state is AlertState.OPEN


def test_noting_keeps_it_open_closing_closes_it(ward: Ward, nurse: TestClient) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    page = f"/alerts/{alert.id}"
    note = {"code": "phone_advice", "note": "Second dose at noon", "do": "note"}
    assert submit(nurse, page, f"{page}/do", note).status_code == 303
    assert ward.now(alert).state is AlertState.OPEN
    assert "Second dose at noon" in nurse.get(page).text
    closing = {"code": "visit_today", "note": "", "do": "close", "version": version_of(nurse, page)}
    assert submit(nurse, page, f"{page}/do", closing).status_code == 303
    now = ward.now(alert)
    assert (now.state, now.outcome) == (AlertState.CLOSED, "visit_today")
    assert now.closed_by == ward.clinic.nurse


def version_of(client: TestClient, page: str) -> str:
    found = re.search(r'name="version" value="([^"]*)"', client.get(page).text)
    assert found is not None
    return found[1]


def test_closing_needs_a_code_and_keeps_what_was_typed(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    page = f"/alerts/{alert.id}"
    answer = submit(nurse, page, f"{page}/do", {"note": "Called twice", "do": "close"})
    assert answer.status_code == 422
    assert "Say what was done" in answer.text
    assert "Called twice" in answer.text
    assert ward.now(alert).state is AlertState.OPEN


def test_what_came_in_since_the_page_was_loaded_is_not_closed_unseen(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    page = f"/alerts/{alert.id}"
    old = {"code": "known", "do": "close", "version": "0"}
    assert submit(nurse, page, f"{page}/do", old).status_code == 409
    assert ward.now(alert).state is AlertState.OPEN


def test_a_closed_alert_can_be_opened_again(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    page = f"/alerts/{alert.id}"
    closing = {"code": "known", "do": "close", "version": version_of(nurse, page)}
    submit(nurse, page, f"{page}/do", closing)
    assert "Open again" in nurse.get(page).text
    assert submit(nurse, page, f"{page}/reopen").status_code == 303
    assert ward.now(alert).state is AlertState.OPEN


def test_escalating_now_tells_the_next_one(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    submit(nurse, f"/alerts/{alert.id}", f"/alerts/{alert.id}/escalate")
    assert ward.told(alert) == ["nurse", "second"]


def test_opening_what_she_took_by_text_makes_it_hers_for_longer(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse, Channel.SMS)
    nurse.get(f"/alerts/{alert.id}")
    assert ward.now(alert).loan_until == ward.clock.now() + timedelta(hours=2)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN])
def test_who_may_close(ward: Ward, clock: VirtualClock, role: Role) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        staff.grant(tx, ward.clinic.administrator, ward.clinic.site, role)
    with at_desk(ward.clinic, clock, ward.clinic.administrator) as client:
        page = f"/alerts/{alert.id}"
        shown = client.get(page)
        assert shown.status_code == 200
        may = role is Role.CLINICIAN
        assert ("Close alert" in shown.text) is may
        closing = {"code": "known", "do": "close"}
        with ward.clinic.begin() as tx:
            closing["version"] = triage.version(tx, alert.id)
        answer = submit(client, worklist(ward), f"{page}/do", closing)
    assert answer.status_code == (303 if may else 403)
    assert (ward.now(alert).state is AlertState.CLOSED) is may


def test_another_sites_alert_is_not_found_and_that_is_written_down(
    ward: Ward, clock: VirtualClock, owner: Engine
) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    with at_desk(other, clock, other.nurse) as stranger:
        refused = actions(owner, "access.refused")
        assert stranger.get(f"/alerts/{alert.id}").status_code == 404
        assert stranger.get(worklist(ward)).status_code == 404
        assert actions(owner, "access.refused") == refused + 2
        own, take = f"/sites/{other.site}/alerts", f"/alerts/{alert.id}/take"
        assert submit(stranger, own, take).status_code == 404
    assert ward.now(alert).state is AlertState.OPEN


def test_nobody_signed_in_is_sent_to_the_log_in(ward: Ward) -> None:
    alert = ward.alarm()
    with browser(ward.clinic) as client:
        for url in ("/", "/alerts", worklist(ward), f"/alerts/{alert.id}", "/tasks"):
            answer = client.get(url)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_an_alert_of_the_whole_site_has_a_page_as_well(ward: Ward, nurse: TestClient) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)
    ward.report(PAIN)
    page = nurse.get(worklist(ward)).text
    assert "Nobody on duty" in page
    for alert in ward.worklist():
        assert nurse.get(f"/alerts/{alert.id}").status_code == 200


# --- tasks ---------------------------------------------------------------------------------


def ask(ward: Ward) -> str:
    with ward.clinic.begin() as tx:
        new = NewTask(
            "stop:1",
            TaskKind.REACH_ANOTHER_WAY,
            ward.clinic.site,
            "Texted STOP: reach the patient another way.",
            ward.patient,
        )
        task_id = tasks.open_task(tx, new)
        assert task_id is not None
        assert tasks.open_task(tx, new) is None
    return f"/tasks/{task_id}"


def test_a_task_is_listed_taken_and_done(ward: Ward, nurse: TestClient) -> None:
    task = ask(ward)
    assert nurse.get("/tasks").headers["location"] == f"/sites/{ward.clinic.site}/tasks"
    listed = nurse.get(f"/sites/{ward.clinic.site}/tasks").text
    assert "Reach another way" in listed
    assert "Maria Alvarez" in listed
    assert submit(nurse, task, f"{task}/take").status_code == 303
    assert "You have it" in nurse.get(task).text
    done = {"code": "done", "note": "Called her sister", "do": "done"}
    assert submit(nurse, task, f"{task}/do", done).status_code == 303
    assert "Called her sister" in nurse.get(task).text
    with ward.clinic.begin() as tx:
        assert tasks.open_tasks(tx, ward.clinic.site) == []


def test_a_task_is_on_the_worklist_too(ward: Ward, nurse: TestClient) -> None:
    task = ask(ward)
    assert task in nurse.get(worklist(ward)).text


def test_a_task_is_not_done_without_saying_how_it_went(ward: Ward, nurse: TestClient) -> None:
    task = ask(ward)
    assert submit(nurse, task, f"{task}/do", {"do": "done"}).status_code == 422
    with ward.clinic.begin() as tx:
        assert len(tasks.open_tasks(tx, ward.clinic.site)) == 1


def test_a_note_keeps_a_task_open(ward: Ward, nurse: TestClient) -> None:
    task = ask(ward)
    submit(nurse, task, f"{task}/do", {"do": "note", "note": "No answer yet"})
    assert "No answer yet" in nurse.get(task).text


def test_the_check_of_a_row_that_was_set_aside_releases_it(
    ward: Ward, nurse: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[UUID] = []
    monkeypatch.setattr(timers, "release", lambda _tx, patient, _site: released.append(patient))
    with ward.clinic.begin() as tx:
        new = NewTask("row:1", TaskKind.CHECK_ROW, ward.clinic.site, "Look.", ward.patient)
        task_id = tasks.open_task(tx, new)
    task = f"/tasks/{task_id}"
    submit(nurse, task, f"{task}/do", {"do": "note", "note": "Looking"})
    assert released == []
    assert submit(nurse, task, f"{task}/do", {"do": "done", "code": "done"}).status_code == 303
    assert released == [ward.patient]
