"""The call list and answers by phone, through the pages: who may, what is shown, what follows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, calls, enrol, outbound
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role, SurveyState
from rsm.patients.model import EndReason
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import build_clinic
from tests.survey_world import OPENS, World, build_world
from tests.web_desk import at_desk, browser, csrf_of, submit

THURSDAY = OPENS + timedelta(hours=72)
NOBODY = UUID(int=1)


@dataclass
class Ward:
    """Lakeside on Thursday morning: Maria stands on the call list."""

    world: World

    @property
    def calls(self) -> str:
        return f"/sites/{self.world.clinic.site}/calls"

    @property
    def survey(self) -> OccurrenceView:
        with self.world.begin() as tx:
            return schedules.recent(tx, self.world.patient, 60)[0]

    @property
    def call(self) -> str:
        with self.world.begin() as tx:
            about = (self.survey.patient_id, self.survey.id)
            task = tasks.of_survey(tx, *about, TaskKind.CALL_PATIENT)
        assert task is not None
        return f"/calls/{task.id}"

    @property
    def patient(self) -> str:
        return f"/sites/{self.world.clinic.site}/patients/{self.world.patient}"

    @property
    def entry(self) -> str:
        return f"{self.patient}/entry/{self.survey.id}"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    ward = Ward(build_world(web_db, language="es", interpreter=True))
    outbound.open_due(worker_db)
    clock.set(THURSDAY)
    survey = ward.survey
    with ward.world.begin() as tx:
        calls.put_on_list(tx, survey, ward.world.facts(tx))
    return ward


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.world.clinic, clock, ward.world.clinic.nurse) as client:
        yield client


def audited(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        found = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(found, {"action": action}).scalar_one())


def form(**values: str) -> dict[str, str]:
    """The whole survey as herself: every item 0 but these."""
    items = {item.code: "0" for item in find("weekly-symptoms").items}
    named = {name.replace("__", "."): value for name, value in values.items()}
    return {"_by": "self", "_do": "store", **items, **named}


# --- the list ------------------------------------------------------------------------------------


def test_the_list_says_whom_to_call_in_what_language_and_when(
    ward: Ward, nurse: TestClient, owner: Engine
) -> None:
    assert nurse.get("/calls").headers["location"] == ward.calls
    page = nurse.get(ward.calls).text
    assert "1 patient to call now." in page
    assert "Maria Alvarez" in page
    assert 'href="tel:+12025550131"' in page
    assert "Spanish, interpreter" in page
    assert "Not called yet" in page
    assert audited(owner, "patients.listed") == 1
    assert re.search(r'href="/calls" aria-current="page">Calls <span class="num">1</span>', page)


def test_no_health_information_stands_on_the_list(ward: Ward, nurse: TestClient) -> None:
    page = nurse.get(ward.calls).text.casefold()
    for word in ("pain", "dolor", "nausea", "folfox", "severe", "born"):
        assert word not in page


def test_calls_stand_on_their_own_list_and_not_between_the_alerts(
    ward: Ward, nurse: TestClient
) -> None:
    worklist = nurse.get(f"/sites/{ward.world.clinic.site}/alerts").text
    assert "Maria Alvarez" not in worklist
    tasks_page = nurse.get(f"/sites/{ward.world.clinic.site}/tasks?show=call_patient").text
    assert "Call for a check-in" in tasks_page


def test_a_call_is_noted_by_one_press(ward: Ward, nurse: TestClient) -> None:
    noted = submit(nurse, ward.calls, ward.call, {"outcome": "voicemail", "seen": "0"})
    assert noted.status_code == 303
    page = nurse.get(noted.headers["location"]).text
    assert "Noted: voicemail." in page
    assert "Next try 13:0" in page  # four hours later, and the minute that signing in took
    assert "1 call<" in page
    assert "Nobody to call now, 1 later." in page
    assert "Called (voicemail) by Dana Reyes" in nurse.get(ward.patient).text


def test_who_is_second_with_the_same_page_is_told_and_keeps_her_note(
    ward: Ward, nurse: TestClient
) -> None:
    submit(nurse, ward.calls, ward.call, {"outcome": "voicemail", "seen": "0"})
    late = submit(
        nurse, ward.calls, ward.call, {"outcome": "no_answer", "seen": "0", "note": "It rang"}
    )
    assert late.status_code == 409
    assert "somebody noted a call meanwhile" in late.text
    assert "It rang</textarea>" in late.text


def test_who_answered_meanwhile_is_gone_from_the_list_and_no_call_is_noted(
    ward: Ward, nurse: TestClient
) -> None:
    call, page = ward.call, nurse.get(ward.calls)
    before = nurse.get(f"{ward.calls}/version").text
    with ward.world.as_patient() as tx:
        answer.enter(tx, ward.survey.id, {"pain.frequency": answered(0)}, "", Author())
    assert nurse.get(f"{ward.calls}/version").text != before
    late = nurse.post(call, data={"csrf": csrf_of(page), "outcome": "voicemail"})
    assert late.status_code == 409
    assert "has left the list" in late.text
    assert "Nobody is waiting for a call." in nurse.get(f"{ward.calls}/list").text


def test_an_outcome_that_is_none_is_refused(ward: Ward, nurse: TestClient) -> None:
    assert submit(nurse, ward.calls, ward.call, {"outcome": "asleep"}).status_code == 422
    at = {"outcome": "reached", "next_try": "tomorrow"}
    assert submit(nurse, ward.calls, ward.call, at).status_code == 422


def test_who_refuses_is_asked_whether_she_wants_a_break(ward: Ward, nurse: TestClient) -> None:
    noted = submit(nurse, ward.calls, ward.call, {"outcome": "refused"})
    page = nurse.get(noted.headers["location"]).text
    assert "Is a break from the check-ins wanted?" in page
    assert f'href="{ward.patient}/pause"' in page


def test_too_ill_says_what_to_do_at_once(ward: Ward, nurse: TestClient) -> None:
    noted = submit(nurse, ward.calls, ward.call, {"outcome": "too_ill"})
    assert "call 911" in nurse.get(noted.headers["location"]).text
    worklist = nurse.get(f"/sites/{ward.world.clinic.site}/alerts").text
    alert = re.search(r'href="(/alerts/[^"]+)" data-open>Too ill to answer', worklist)
    assert alert is not None
    assert "Too ill to answer the check-in, as was said on the phone." in nurse.get(alert[1]).text


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.COORDINATOR, 200), (Role.CLINICIAN, 200), (Role.MANAGER, 403)],
)
def test_who_may_call(ward: Ward, clock: VirtualClock, role: Role, status: int) -> None:
    clinic = ward.world.clinic
    with clinic.begin() as tx:
        staff.grant(tx, clinic.administrator, clinic.site, role)
        staff.revoke(tx, clinic.administrator, clinic.site, Role.ADMINISTRATOR)
    with at_desk(clinic, clock, clinic.administrator) as client:
        assert client.get(ward.calls).status_code == status
        assert client.get(ward.entry).status_code == status


def test_another_sites_calls_are_not_found_and_that_is_written_down(
    ward: Ward, clock: VirtualClock, owner: Engine
) -> None:
    other = build_clinic(
        ward.world.clinic.db, name="Hill Clinic", numbers=("+12025550102", "+12025550103")
    )
    with at_desk(other, clock, other.nurse) as stranger:
        token = csrf_of(stranger.get(f"/sites/{other.site}/calls"))
        assert "Maria" not in stranger.get(f"/sites/{other.site}/calls").text
        for page in (ward.calls, ward.entry, f"{ward.entry}/done"):
            assert stranger.get(page).status_code == 404
        for page in (ward.call, ward.entry, f"{ward.patient}/entry"):
            sent = {"csrf": token, "outcome": "reached", **form()}
            assert stranger.post(page, data=sent).status_code == 404
        own = f"/sites/{other.site}/patients/{ward.world.patient}/entry/{ward.survey.id}"
        assert stranger.get(own).status_code == 404
    assert audited(owner, "access.refused") == 7
    assert audited(owner, "call.made") == 0


def test_whoever_is_not_signed_in_is_sent_to_the_door(ward: Ward) -> None:
    with browser(ward.world.clinic) as client:
        assert client.get(ward.calls).headers["location"] == "/login"
        assert client.post(ward.call, data={"outcome": "reached"}).status_code == 303
    with ward.world.begin() as tx:
        assert tasks.count_open(tx, ward.world.clinic.site, calls.ON_LIST) == 1


def test_a_form_of_nobodys_page_notes_nothing(ward: Ward, nurse: TestClient) -> None:
    assert nurse.post(ward.call, data={"outcome": "reached"}).status_code == 403
    assert nurse.post(ward.entry, data=form()).status_code == 403


# --- answers by phone ----------------------------------------------------------------------------


def test_the_survey_is_read_out_in_her_language_with_the_english_below(
    ward: Ward, nurse: TestClient, owner: Engine
) -> None:
    page = nurse.get(ward.entry).text
    assert '<blockquote lang="es" dir="ltr">Le llamo de Lakeside Clinic' in page
    assert "I am calling from Lakeside Clinic" in page
    assert 'name="pain.severity" value="refused"' in page
    assert " checked" not in page  # no answer is chosen beforehand
    assert audited(owner, "patient.read") == 1


def test_what_was_said_is_stored_and_the_list_is_empty(ward: Ward, nurse: TestClient) -> None:
    stored = submit(nurse, ward.entry, fields=form(_words="Gracias", _interpreter="yes"))
    assert (stored.status_code, stored.headers["location"]) == (303, f"{ward.entry}/done")
    page = nurse.get(f"{ward.entry}/done").text
    assert "Stored. " in page
    assert "Nobody is waiting for a call." in nurse.get(ward.calls).text
    with ward.world.begin() as tx:
        report = responses.of_occurrence(tx, ward.survey.id)
    assert report is not None
    assert (report.is_final, report.has_words) == (True, True)


def test_severe_answers_show_at_once_what_to_say_and_whom_to_put_through(
    ward: Ward, nurse: TestClient
) -> None:
    severe = form(pain__frequency="4", pain__severity="4", pain__interference="4")
    stored = submit(nurse, ward.entry, fields=severe)
    page = nurse.get(stored.headers["location"]).text
    assert "Stay on the line" in page
    assert '<blockquote lang="es"' in page
    assert "Ben Okafor" in page
    assert 'href="tel:+12025550112"' in page


def test_nothing_is_stored_until_every_question_is_settled_and_what_was_typed_stays(
    ward: Ward, nurse: TestClient
) -> None:
    wanting = form(pain__frequency="2", pain__severity="", _words="Her own words")
    refused = submit(nurse, ward.entry, fields={**wanting, "_by": ""})
    assert refused.status_code == 422
    assert "Nothing was stored yet" in refused.text
    assert "Choose who answers" in refused.text
    assert 'href="#f-pain.severity"' in refused.text
    assert 'name="pain.frequency" value="2" checked' in refused.text
    assert "Her own words</textarea>" in refused.text
    assert ward.survey.state is SurveyState.OPEN


def test_she_may_stop_in_the_middle_and_the_rest_was_not_asked(
    ward: Ward, nurse: TestClient
) -> None:
    first = find("weekly-symptoms").items[0].code
    stored = submit(nurse, ward.entry, fields={"_by": "self", "_do": "stop", first: "1"})
    assert stored.status_code == 303
    assert ward.survey.state is SurveyState.PARTIAL


def test_nothing_at_all_is_no_report(ward: Ward, nurse: TestClient) -> None:
    assert submit(nurse, ward.entry, fields={"_by": "self", "_do": "stop"}).status_code == 422


def test_whoever_answers_for_her_is_named_by_relation(ward: Ward, nurse: TestClient) -> None:
    unnamed = submit(nurse, ward.entry, fields=form(_by="proxy"))
    assert unnamed.status_code == 422
    assert "Choose who it is" in unnamed.text
    assert submit(nurse, ward.entry, fields=form(_by="proxy", _relation="child")).is_redirect


def test_answers_for_a_survey_that_she_sent_meanwhile_are_offered_as_a_report_of_today(
    ward: Ward, nurse: TestClient
) -> None:
    page, entry = nurse.get(ward.entry), ward.entry
    with ward.world.as_patient() as tx:
        answer.enter(tx, ward.survey.id, {"pain.frequency": answered(0)}, "", Author())
    late = nurse.post(entry, data={"csrf": csrf_of(page), **form(pain__frequency="3")})
    assert late.status_code == 409
    assert "NOT stored" in late.text
    assert 'name="pain.frequency" value="3" checked' in late.text
    again = re.search(r'action="([^"]+)" class="entry', late.text)
    assert again is not None
    assert again[1] != entry
    assert nurse.post(again[1], data={"csrf": csrf_of(late), **form()}).is_redirect


def test_what_is_said_of_somebody_who_has_ended_is_not_thrown_away_in_silence(
    ward: Ward, nurse: TestClient
) -> None:
    page, entry = nurse.get(ward.entry), ward.entry
    with ward.world.begin() as tx:
        enrol.end(tx, ward.world.patient, EndReason.WITHDRAWAL)
    late = nurse.post(entry, data={"csrf": csrf_of(page), **form()})
    assert late.status_code == 409
    assert "this patient takes part no more" in late.text


def test_p3_a_fault_in_saying_what_follows_leaves_the_page_that_says_it_is_stored(
    ward: Ward, nurse: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no outcome")

    submit(nurse, ward.entry, fields=form())
    monkeypatch.setattr("rsm.web.entry_pages.outcome_of", fail)
    page = nurse.get(f"{ward.entry}/done")
    assert page.status_code == 200
    assert "The answers are stored." in page.text


def test_the_patients_page_offers_to_take_answers_without_an_open_survey(
    ward: Ward, nurse: TestClient
) -> None:
    planned = ward.entry
    submit(nurse, planned, fields=form())
    begun = submit(nurse, ward.patient, f"{ward.patient}/entry")
    assert begun.headers["location"].startswith(f"{ward.patient}/entry/")
    assert begun.headers["location"] != planned
    assert submit(nurse, begun.headers["location"], fields=form()).is_redirect
    assert not ward.survey.scheduled


def test_a_survey_of_another_patient_is_not_found(ward: Ward, nurse: TestClient) -> None:
    assert nurse.get(f"{ward.patient}/entry/{NOBODY}").status_code == 404
