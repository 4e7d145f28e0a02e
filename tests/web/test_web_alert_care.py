"""What the nurse reads is what is there: numbers agree, gaps are seen (P7, P9)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow.escalate import overdue_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import ActorKind, AlertState, Role
from rsm.security import staff
from rsm.security.model import AuditEntry
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from rsm.web import patient_words
from tests.alert_world import Ward, build_ward
from tests.web_desk import at_desk, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def ask(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        kind, reason = TaskKind.NOT_DELIVERED, "A text did not arrive."
        tasks.open_task(tx, NewTask("late:1", kind, ward.clinic.site, reason, ward.patient))


# --- one number ----------------------------------------------------------------------------


def in_navigation(page: str) -> int:
    found = re.search(r'Worklist <span class="num">(\d+)</span>', page)
    assert found is not None
    return int(found[1])


def test_the_number_in_the_navigation_is_the_worklists_on_every_page(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    ward.alarm()
    ask(ward)
    site = f"/sites/{ward.clinic.site}"
    listed = nurse.get(f"{site}/alerts").text
    assert "3 open:" in listed
    pages = (f"{site}/alerts", f"/alerts/{alert.id}", f"{site}/patients/{ward.patient}", site)
    assert [in_navigation(nurse.get(page).text) for page in pages] == [3, 3, 3, 3]


# --- plain words ---------------------------------------------------------------------------


def test_an_overdue_task_is_called_that(ward: Ward, nurse: TestClient) -> None:
    ask(ward)
    ward.passes(minutes=24 * 60)
    assert overdue_due(ward.worker) == 1
    with at_desk(ward.clinic, ward.clock, ward.clinic.second) as second:
        listed = second.get(f"/sites/{ward.clinic.site}/alerts").text
        (alert,) = ward.worklist()
        page = second.get(f"/alerts/{alert.id}").text
    assert "Task overdue" in listed
    assert "could not be judged" not in listed
    assert "could not judge" not in page


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        ("survey_invite", "Text sent (invitation)"),
        ("not_monitored_reply", "Text sent (automatic reply: texts are not monitored)"),
        ("something_new", "Text sent (something new)"),
    ],
)
def test_a_text_is_called_what_it_is(ward: Ward, purpose: str, words: str) -> None:
    entry = AuditEntry(
        seq=1,
        at=ward.clock.now(),
        actor_kind=ActorKind.SYSTEM,
        actor_id=None,
        action="message.accepted",
        subject_kind="message",
        subject_id=None,
        facts={"purpose": purpose},
        sealed=True,
    )
    assert patient_words.story_line(entry, {}) == words


# --- gaps ----------------------------------------------------------------------------------


def test_what_a_report_leaves_out_is_a_gap_and_never_blank(ward: Ward, nurse: TestClient) -> None:
    ward.report({"nausea.frequency": 1, "nausea.severity": 1})
    alert = ward.report(PAIN)
    assert alert is not None
    page = nurse.get(f"/alerts/{alert.id}").text
    assert "not answered in this report" in page
    assert "not answered in that report" in page  # the legend
    assert not re.search(r'<span class="g">', page)


# --- one line a symptom --------------------------------------------------------------------


def test_the_findings_stand_by_symptom_the_highest_first_with_their_values(
    ward: Ward, clock: VirtualClock
) -> None:
    ward.report({"pain.frequency": 1, "pain.severity": 1})
    clock.advance(timedelta(days=7))
    severe = {"shortness-of-breath.severity": 4, "pain.interference": 3}
    alert = ward.report(PAIN | severe)
    assert alert is not None
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        page = nurse.get(f"/alerts/{alert.id}").text
    why = re.search(r'<ul class="why-list">(.*?)</ul>', page, re.DOTALL)
    assert why is not None
    lines = re.findall(r"<li>(.*?)</li>", why[1], re.DOTALL)
    assert [re.findall(r"<b>(.*?)</b>", line)[-1] for line in lines] == [
        "Shortness of breath",
        "Pain",
    ]
    assert "first 1, previous 1, now 3" in lines[1]
    assert "Severity is 3" in lines[1]
    assert "Interference is 3" in lines[1]


# --- whoever was told ----------------------------------------------------------------------


@pytest.fixture
def manager(ward: Ward) -> UUID:
    """A manager who is no nurse: the third step of the policy tells her."""
    clinic = ward.clinic
    with clinic.begin() as tx:
        staff.revoke(tx, clinic.charge, clinic.site, Role.NURSE)
    return clinic.charge


def told_everybody(ward: Ward) -> AlertView:
    alert = ward.report(PAIN)
    assert alert is not None
    for _ in range(2):
        ward.passes(minutes=15)
    assert "charge" in ward.told(alert)
    return alert


def test_a_manager_who_was_told_opens_the_alert_takes_it_and_closes_it(
    ward: Ward, clock: VirtualClock, manager: UUID
) -> None:
    alert = told_everybody(ward)
    page = f"/alerts/{alert.id}"
    with at_desk(ward.clinic, clock, manager) as client:
        shown = client.get(page)
        assert (shown.status_code, "Take it" in shown.text) == (200, True)
        assert "/patients/find" not in shown.text
        assert submit(client, page, f"{page}/take").status_code == 303
        assert ward.now(alert).owner_id == manager
        version = re.search(r'name="version" value="([^"]*)"', client.get(page).text)
        assert version is not None
        closing = {"code": "phone_advice", "do": "close", "version": version[1]}
        done = submit(client, page, f"{page}/do", closing)
        assert (done.status_code, done.headers["location"]) == (303, page)
    assert ward.now(alert).state is AlertState.CLOSED


def test_a_manager_who_was_told_of_one_alert_opens_no_other_and_no_record(
    ward: Ward, clock: VirtualClock, manager: UUID
) -> None:
    told_everybody(ward)
    other = ward.alarm(key="text:other")
    site = f"/sites/{ward.clinic.site}"
    with at_desk(ward.clinic, clock, manager) as client:
        pages = (f"/alerts/{other.id}", f"{site}/alerts", f"{site}/patients/{ward.patient}")
        assert [client.get(page).status_code for page in pages] == [403, 403, 403]
