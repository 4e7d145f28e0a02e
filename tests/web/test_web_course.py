"""A patient's pause, treatment, stops and consent: on the pages and through the interface."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rsm.db.work import Database
from rsm.flow import enrol, inbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import IncomingText
from rsm.patients import consents, pauses
from rsm.patients import service as patients
from rsm.patients.model import EndReason, PatientStatus, PauseReason, TreatmentEventKind
from rsm.security import api_keys
from rsm.security.model import ApiScope
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, Clinic, build_clinic
from tests.web_desk import at_desk, browser, submit

WORDS = "You agree that we ask you every week how you are. You may end this at any time."


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        sender = "checkins@lakeside.example.org"
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL, sender)
    return clinic


@pytest.fixture
def maria(clinic: Clinic) -> UUID:
    return clinic.enrol_patient(email="maria@example.org")


@pytest.fixture
def nurse(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.nurse) as client:
        yield client


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


@pytest.fixture
def machine(clinic: Clinic) -> Iterator[TestClient]:
    with browser(clinic) as client:
        with clinic.begin() as tx:
            key = api_keys.create(tx, clinic.site, "records", tuple(ApiScope), None)[1]
        client.headers["authorization"] = f"Bearer {key}"
        yield client


def fill(
    client: TestClient, shown: str, fields: Mapping[str, object], action: str = ""
) -> Response:
    """Post the fields as a form of the page `shown`."""
    return submit(client, shown, action, fields)


def page(clinic: Clinic, who: UUID, *more: str) -> str:
    return "/".join((f"/sites/{clinic.site}/patients/{who}", *more))


def status(clinic: Clinic, who: UUID) -> tuple[PatientStatus, PauseReason | None]:
    with clinic.begin() as tx:
        return patients.peek(tx, who).status, patients.paused_since(tx, who)


def texted(clinic: Clinic, body: str) -> None:
    said = IncomingText("twilio", f"SM{len(body)}", PATIENT_PHONE, PATIENT_SENDER, body)
    inbound.receive_text(clinic.db, said)


# --- pauses ---------------------------------------------------------------------------------------


def test_a_pause_with_its_day_and_note_stands_on_the_page(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    values = {"reason": "travel", "until": "2026-11-02", "note": "With her sister in Ohio"}
    answer = fill(nurse, page(clinic, maria, "pause"), values)
    assert answer.status_code == 303, answer.text
    assert status(clinic, maria) == (PatientStatus.PAUSED, PauseReason.TRAVEL)
    shown = nurse.get(page(clinic, maria)).text
    for words in ("Travelling, since 2026-10-19", "Until 2026-11-02", "With her sister in Ohio"):
        assert words in shown


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": "travel", "until": "2026-10-01"}, "is not a day to come"),
        ({"reason": "travel", "until": "soon"}, "is not a date"),
        ({"reason": "reported_death"}, "choose one from the list"),
        ({}, "choose one from the list"),
    ],
)
def test_a_pause_that_cannot_be_is_refused_with_what_was_typed(
    clinic: Clinic, maria: UUID, nurse: TestClient, values: dict[str, str], words: str
) -> None:
    answer = fill(nurse, page(clinic, maria, "pause"), {**values, "note": "her words"})
    assert answer.status_code == 422
    assert words in answer.text
    assert "her words" in answer.text
    assert status(clinic, maria) == (PatientStatus.ENROLLED, None)


def test_a_pause_goes_on_and_ends_from_her_page(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    with clinic.begin() as tx:
        enrol.pause(tx, maria, PauseReason.INPATIENT)
    goes_on = {"reason": "inpatient", "until": "2026-10-30"}
    assert fill(nurse, page(clinic, maria, "still-away"), goes_on).status_code == 303
    assert "Until 2026-10-30" in nurse.get(page(clinic, maria)).text
    assert fill(nurse, page(clinic, maria), {}, page(clinic, maria, "resume")).status_code == 303
    assert status(clinic, maria) == (PatientStatus.ENROLLED, None)


@pytest.mark.parametrize(
    ("answer", "after"),
    [("undo-pause", PatientStatus.ENROLLED), ("confirm-pause", PatientStatus.ENDED)],
)
def test_what_a_text_says_is_confirmed_or_undone_with_one_click(
    clinic: Clinic, maria: UUID, nurse: TestClient, answer: str, after: PatientStatus
) -> None:
    texted(clinic, "my husband passed away")
    shown = nurse.get(page(clinic, maria)).text
    assert "A text speaks of a death" in shown
    assert "Resume" not in shown
    assert fill(nurse, page(clinic, maria), {}, page(clinic, maria, answer)).status_code == 303
    assert status(clinic, maria)[0] is after


def test_the_task_offers_both_answers(clinic: Clinic, maria: UUID, nurse: TestClient) -> None:
    texted(clinic, "mom is in the hospital")
    with clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, clinic.site, (TaskKind.CONFIRM_PAUSE,))
    here = f"/tasks/{task.id}"
    assert fill(nurse, here, {"action": "confirm"}, f"{here}/act").status_code == 303
    assert status(clinic, maria) == (PatientStatus.PAUSED, PauseReason.INPATIENT)
    with clinic.begin() as tx:
        assert tasks.open_tasks(tx, clinic.site, (TaskKind.CONFIRM_PAUSE,)) == []


# --- stops ----------------------------------------------------------------------------------------


def test_a_stop_that_she_told_a_nurse_holds_and_stands_on_the_page(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    assert "Text message: nothing is stopped" in nurse.get(page(clinic, maria)).text
    values = {
        "action": "stop",
        "channel": "sms",
        "purpose": "reminders",
        "reason": "asked_by_phone",
    }
    assert fill(nurse, page(clinic, maria, "stops"), values).status_code == 303
    shown = nurse.get(page(clinic, maria)).text
    assert "Text message: stopped for reminders (recorded by staff)" in shown
    assert "asked by phone) by Dana Reyes" in shown


def test_a_stop_by_text_and_what_followed_stand_on_the_page(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    texted(clinic, "STOP")
    shown = nurse.get(page(clinic, maria)).text
    assert "Text message: stopped for everything (by text)" in shown
    assert "E-mail: stopped for everything (stopped with another channel" in shown


@pytest.mark.parametrize(("action", "stopped"), [("meant_stop", True), ("not_stop", False)])
def test_an_unclear_stop_is_cleared_up_with_one_click(
    clinic: Clinic, maria: UUID, nurse: TestClient, action: str, stopped: bool
) -> None:
    texted(clinic, "please stop texting me so early")
    with clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, clinic.site, (TaskKind.UNCLEAR_STOP,))
    here = f"/tasks/{task.id}"
    assert fill(nurse, here, {"action": action}, f"{here}/act").status_code == 303
    shown = nurse.get(page(clinic, maria)).text
    assert ("Text message: stopped for everything" in shown) is stopped
    with clinic.begin() as tx:
        assert tasks.open_tasks(tx, clinic.site, (TaskKind.UNCLEAR_STOP,)) == []


# --- treatment ------------------------------------------------------------------------------------


def test_dates_of_treatment_are_added_moved_and_removed(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    here = page(clinic, maria, "treatment")
    first = {"cycles": "2026-10-01\n2026-10-22", "surgery": "2026-12-01"}
    assert fill(nurse, here, first).status_code == 303
    shown = nurse.get(page(clinic, maria)).text
    assert "Cycle 2: 2026-10-22" in shown
    assert "Surgery: 2026-12-01" in shown
    assert fill(nurse, here, {"cycles": "2026-10-08", "surgery": ""}).status_code == 303
    with clinic.begin() as tx:
        record = patients.read(tx, maria)
    assert [day.isoformat() for day in record.cycles] == ["2026-10-08"]
    assert record.events == ()


def test_a_date_that_is_none_changes_nothing(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    values = {"cycles": "next week", "surgery": "2026-12-01"}
    answer = fill(nurse, page(clinic, maria, "treatment"), values)
    assert answer.status_code == 422
    assert "next week" in answer.text
    with clinic.begin() as tx:
        assert patients.read(tx, maria).events == ()


# --- consent --------------------------------------------------------------------------------------


def test_a_manager_publishes_words_for_good(clinic: Clinic, manager: TestClient) -> None:
    here = f"/sites/{clinic.site}/consent-texts"
    values = {"version": "2", "language": "en", "body": WORDS}
    assert fill(manager, here, values).status_code == 303
    assert WORDS in manager.get(here).text
    again = fill(manager, here, {**values, "body": f"{WORDS} And sleep."})
    assert again.status_code == 422
    assert "is published in this language" in again.text
    assert fill(manager, here, {**values, "version": "3", "body": "no"}).status_code == 422


def test_a_nurse_may_not_publish_words(clinic: Clinic, nurse: TestClient) -> None:
    assert nurse.get(f"/sites/{clinic.site}/consent-texts").status_code in {403, 404}


def test_the_page_says_on_which_words_she_stands(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    with clinic.begin() as tx:
        new = consents.NewConsentText(version="2", language="en", body=WORDS)
        consents.publish(tx, clinic.site, new)
    assert "The newest version is 2; the one given holds." in nurse.get(page(clinic, maria)).text
    values = {
        "what": "given",
        "on": "2026-10-19",
        "by": "Maria Alvarez",
        "version": "2",
        "form": "paper",
        "evidence": "Chart, folder 3",
    }
    assert fill(nurse, page(clinic, maria, "consent"), values).status_code == 303
    shown = nurse.get(page(clinic, maria)).text
    assert "Text version 2, English, hash" in shown
    assert "Evidence: Chart, folder 3" in shown


def test_a_withdrawal_ends_it(clinic: Clinic, maria: UUID, nurse: TestClient) -> None:
    values = {"what": "withdrawn", "on": "2026-10-19", "by": "Maria Alvarez"}
    assert fill(nurse, page(clinic, maria, "consent"), values).status_code == 303
    assert status(clinic, maria) == (PatientStatus.ENDED, None)
    shown = nurse.get(page(clinic, maria)).text
    assert "Withdrawn on 2026-10-19 by Maria Alvarez" in shown
    assert "Given on 2026-10-01" in shown


# --- the interface --------------------------------------------------------------------------------


def api(clinic: Clinic, who: UUID, *more: str) -> str:
    return f"/api/v1{page(clinic, who, *more)}"


def test_a_machine_pauses_until_a_day(clinic: Clinic, maria: UUID, machine: TestClient) -> None:
    pause = {"reason": "travel", "until": "2026-11-02", "note": "away"}
    assert machine.post(api(clinic, maria, "pause"), json=pause).status_code == 200
    assert status(clinic, maria) == (PatientStatus.PAUSED, PauseReason.TRAVEL)
    with clinic.begin() as tx:
        running = pauses.running(tx, maria)
    assert running is not None
    assert running.note == "away"


def test_a_machine_moves_dates_of_treatment(
    clinic: Clinic, maria: UUID, machine: TestClient
) -> None:
    event = api(clinic, maria, "events", TreatmentEventKind.SURGERY)
    assert machine.put(event, json={"on": "2026-12-01"}).status_code == 200
    cycles = {"starts": ["2026-10-08", "2026-10-01"]}
    assert machine.put(api(clinic, maria, "cycles"), json=cycles).status_code == 200
    found = machine.get(api(clinic, maria)).json()
    assert found["events"] == {"surgery": "2026-12-01"}
    assert found["cycle_starts"] == ["2026-10-01", "2026-10-08"]
    assert machine.put(event, json={"on": None}).status_code == 200
    assert machine.get(api(clinic, maria)).json()["events"] == {}


def test_a_machine_records_a_stop_and_reads_the_ledger(
    clinic: Clinic, maria: UUID, machine: TestClient
) -> None:
    stop = {"action": "stop", "purpose": "surveys", "reason": "in_writing"}
    assert machine.post(api(clinic, maria, "stops"), json=stop).status_code == 200
    (follows, first) = machine.get(api(clinic, maria, "stops")).json()
    assert (first["channel"], first["purpose"], first["reason"]) == ("sms", "surveys", "in_writing")
    assert (follows["channel"], follows["source"]) == ("email", "follows")


def test_a_machine_withdraws_a_consent(clinic: Clinic, maria: UUID, machine: TestClient) -> None:
    taken_back = {"on": "2026-10-19", "by": "Maria Alvarez"}
    assert machine.post(api(clinic, maria, "withdrawal"), json=taken_back).status_code == 200
    assert status(clinic, maria) == (PatientStatus.ENDED, None)
    with clinic.begin() as tx:
        assert patients.read(tx, maria).end_reason is EndReason.WITHDRAWAL
    assert machine.post(api(clinic, maria, "withdrawal"), json=taken_back).status_code == 409
