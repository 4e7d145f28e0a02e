"""Patients on the staff pages: list, search, record, form, steps, file; and who may not."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, enrol
from rsm.instruments import service as instruments
from rsm.kernel.answers import REFUSED, Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.patients import service as patients
from rsm.patients.model import PatientStatus, PauseReason
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, browser, submit

OTHER_PHONE = "+12025550132"
HEAD = "name,record_number,birth_date,status,phone,consent_on,consent_by\n"
ROW = "Joan Price,R77,1949-05-06,enrolled,202-555-0139,2026-10-01,Joan Price\n"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def maria(clinic: Clinic) -> UUID:
    return clinic.enrol_patient(record_number="MRN-77123")


@pytest.fixture
def nurse(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.nurse) as client:
        yield client


def home(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/patients"


def form_of(clinic: Clinic, **others: object) -> dict[str, object]:
    return {
        "status": "enrolled",
        "name": "Joan Price",
        "record_number": "R77",
        "birth_date": "1949-05-06",
        "phone": "202-555-0139",
        "language": "es",
        "zone": "America/Chicago",
        "channel": "sms",
        "weekday": "thursday",
        "hour": "18:30",
        "regimen": "FOLFOX",
        "cycle_starts": "2026-10-01\n2026-10-15",
        "consent_date": "2026-10-12",
        "consent_by": "Joan Price",
        "sex": "female",
        "race_ethnicity": ["black", "hispanic"],
        "postcode": "606",
        "insurance": "medicare",
        "interpreter": "yes",
        **others,
    }


def actions(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(query, {"action": action}).scalar_one())


def test_the_list_shows_the_sites_patients_the_active_first(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    clinic.enrol_patient("Aaron Able", OTHER_PHONE, status=PatientStatus.ELIGIBLE)
    page = nurse.get(home(clinic))
    assert page.status_code == 200
    assert page.text.index("Maria Alvarez") < page.text.index("Aaron Able")
    only = nurse.get(f"{home(clinic)}?status=eligible").text
    assert "Aaron Able" in only
    assert "Maria Alvarez" not in only


def test_the_bars_link_leads_to_the_site_at_work(clinic: Clinic, nurse: TestClient) -> None:
    assert nurse.get("/patients").headers["location"] == home(clinic)


def test_a_search_is_posted_and_no_address_holds_a_name(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    clinic.enrol_patient("Clarence Webb", OTHER_PHONE)
    found = submit(nurse, home(clinic), f"{home(clinic)}/find", {"q": "alva"})
    assert "Maria Alvarez" in found.text
    assert "Clarence Webb" not in found.text
    assert "MRN-77123" in submit(nurse, home(clinic), "/patients/find", {"q": "77123"}).text
    links = re.findall(r'(?:href|action)="([^"]+)"', found.text)
    assert not any("alva" in link.casefold() for link in links)


def test_a_patients_page_shows_record_and_story_and_is_audited(
    clinic: Clinic, maria: UUID, nurse: TestClient, owner: Engine
) -> None:
    page = nurse.get(f"{home(clinic)}/{maria}")
    assert page.status_code == 200
    for told in ("Maria Alvarez, 69", "MRN-77123", "202-555-0131", "Text message, Mondays 9:00"):
        assert told in page.text
    for told in ("Enrolled by Dana Reyes", "Given on 2026-10-01 by Maria Alvarez", "Pause …"):
        assert told in page.text
    assert actions(owner, "patient.read") == 1


def test_a_form_enters_and_enrols_with_every_field(clinic: Clinic, nurse: TestClient) -> None:
    new = f"{home(clinic)}/new"
    sent = submit(nurse, new, "", form_of(clinic))
    assert sent.status_code == 303, sent.text
    with clinic.begin() as tx:
        record = patients.read(tx, UUID(sent.headers["location"].rpartition("/")[2]))
    facts = record.facts
    assert facts.status is PatientStatus.ENROLLED
    assert (facts.weekday, facts.local_time.isoformat("minutes")) == (3, "18:30")
    assert (facts.language, facts.zone, facts.regimen) == ("es", "America/Chicago", "FOLFOX")
    assert (facts.interpreter, facts.is_test) == (True, False)
    assert (record.sex, record.insurance, record.postcode_area) == ("female", "medicare", "606")
    assert record.ethnicity == "black; hispanic"
    assert len(record.cycles) == 2


def test_a_form_with_mistakes_comes_back_with_them_and_what_was_typed(
    clinic: Clinic, nurse: TestClient
) -> None:
    typed = form_of(clinic, birth_date="6.5.1949", phone="12", consent_date="", consent_by="")
    sent = submit(nurse, f"{home(clinic)}/new", "", typed)
    assert sent.status_code == 422
    assert 'href="#f-birth_date"' in sent.text
    assert 'value="6.5.1949"' in sent.text
    typed = form_of(clinic, phone="", consent_date="", consent_by="", status="declined")
    sent = submit(nurse, f"{home(clinic)}/new", "", typed)
    assert 'href="#f-declined_reason"' in sent.text
    with clinic.begin() as tx:
        assert patients.find(tx, clinic.site) == []


def test_a_known_record_number_is_told_at_its_field(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    sent = submit(nurse, f"{home(clinic)}/new", "", form_of(clinic, record_number="mrn-77123"))
    assert sent.status_code == 422
    assert 'href="#f-record_number"' in sent.text


def shown_form(page: str) -> dict[str, object]:
    """The form as the browser would send it unchanged."""
    given = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page)
    areas = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    fields: dict[str, object] = dict(given) | dict(areas)
    for name, body in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else ""
    for name in ("interpreter", "answers_by_text", "test_patient", "race_ethnicity", "q"):
        fields.pop(name, None)
    return fields


def test_saving_the_form_unchanged_changes_nothing_but_the_version(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    here = f"{home(clinic)}/{maria}"
    fields = shown_form(nurse.get(f"{here}/change").text)
    with clinic.begin() as tx:
        before = patients.read(tx, maria)
    assert nurse.post(f"{here}/change", data=fields).headers["location"] == here
    with clinic.begin() as tx:
        after = patients.read(tx, maria)
    assert (after.label, after.contacts, after.consent) == (
        before.label,
        before.contacts,
        before.consent,
    )
    assert (after.facts.weekday, after.facts.zone) == (before.facts.weekday, before.facts.zone)


def test_of_two_editors_the_second_is_told(clinic: Clinic, maria: UUID, nurse: TestClient) -> None:
    here = f"{home(clinic)}/{maria}"
    fields = shown_form(nurse.get(f"{here}/change").text)
    assert nurse.post(f"{here}/change", data=fields | {"regimen": "TC"}).status_code == 303
    late = nurse.post(f"{here}/change", data=fields | {"regimen": "CAPOX"})
    assert late.status_code == 422
    assert "Somebody else changed this patient meanwhile" in late.text
    with clinic.begin() as tx:
        assert patients.peek(tx, maria).regimen == "TC"


@pytest.mark.parametrize(
    ("step", "reason", "status"),
    [
        ("pause", "inpatient", PatientStatus.PAUSED),
        ("end", "moved_away", PatientStatus.ENDED),
    ],
)
def test_a_step_is_taken_with_its_reason_and_not_without(
    clinic: Clinic, nurse: TestClient, step: str, reason: str, status: PatientStatus
) -> None:
    maria = clinic.enrol_patient()
    page = f"{home(clinic)}/{maria}/{step}"
    assert submit(nurse, page, "", {"reason": "because"}).status_code == 422
    assert submit(nurse, page, "", {"reason": reason}).status_code == 303
    with clinic.begin() as tx:
        assert patients.peek(tx, maria).status is status


def test_a_paused_patient_is_resumed_by_a_button(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    with clinic.begin() as tx:
        enrol.pause(tx, maria, PauseReason.TRAVEL)
    here = f"{home(clinic)}/{maria}"
    assert "Paused: travelling" in nurse.get(here).text
    assert submit(nurse, here, f"{here}/resume").status_code == 303
    with clinic.begin() as tx:
        assert patients.peek(tx, maria).is_active


def test_from_asked_to_declined_to_enrolled(clinic: Clinic, nurse: TestClient) -> None:
    with clinic.begin() as tx:
        new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
        here = f"{home(clinic)}/{patients.register(tx, clinic.site, new)}"
    assert submit(nurse, here, f"{here}/approach").status_code == 303
    assert submit(nurse, f"{here}/decline", "", {"reason": "burden"}).status_code == 303
    assert "Declined: too much to do" in nurse.get(here).text
    assert submit(nurse, here, f"{here}/enrol").status_code == 303
    assert "<b>Enrolled</b>" in nurse.get(here).text


def test_nobody_is_enrolled_by_the_button_without_consent(
    clinic: Clinic, nurse: TestClient
) -> None:
    with clinic.begin() as tx:
        new = clinic.new_patient(status=PatientStatus.ELIGIBLE, consent_on=None, consent_by=None)
        here = f"{home(clinic)}/{patients.register(tx, clinic.site, new)}"
    refused = submit(nurse, here, f"{here}/enrol")
    assert refused.status_code == 422
    assert "nobody is enrolled without consent" in refused.text


def upload(client: TestClient, clinic: Clinic, content: str) -> str:
    page = f"{home(clinic)}/import"
    file = {"file": ("patients.csv", content.encode(), "text/csv")}
    return submit(client, page, "", {}, file).text


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def test_a_file_is_checked_then_imported_and_stands_nowhere_in_clear_in_between(
    clinic: Clinic, nurse: TestClient
) -> None:
    page = upload(nurse, clinic, HEAD + ROW)
    assert "The row can be imported" in page
    with clinic.begin() as tx:
        assert patients.find(tx, clinic.site) == []
    token = token_of(page)
    done = submit(
        nurse, f"{home(clinic)}/import", f"{home(clinic)}/import/confirm", {"token": token}
    )
    assert "1 patient was imported" in done.text
    with clinic.begin() as tx:
        assert [label.name for _, label in patients.find(tx, clinic.site)] == ["Joan Price"]


def test_a_file_with_a_refused_row_offers_no_import(clinic: Clinic, nurse: TestClient) -> None:
    page = upload(nurse, clinic, HEAD + ROW + "Ann,R78,2015-01-01,,,,\n")
    assert "1 of 2 rows cannot be imported" in page
    assert "questionnaire is not for this age" in page
    assert 'name="token"' not in page


def test_a_file_that_is_none_is_told(clinic: Clinic, nurse: TestClient) -> None:
    assert "unknown column `nam`" in upload(nurse, clinic, "nam\nx\n")


@pytest.mark.parametrize("spoiled", ["", "x", "AAAA", "é"])
def test_a_spoiled_token_imports_nothing(clinic: Clinic, nurse: TestClient, spoiled: str) -> None:
    page = f"{home(clinic)}/import"
    assert submit(nurse, page, f"{page}/confirm", {"token": spoiled}).status_code == 422


def test_a_check_is_good_for_ten_minutes(
    clinic: Clinic, nurse: TestClient, clock: VirtualClock
) -> None:
    token = token_of(upload(nurse, clinic, HEAD + ROW))
    page = f"{home(clinic)}/import"
    clock.advance(timedelta(minutes=10))
    late = submit(nurse, page, f"{page}/confirm", {"token": token})
    assert late.status_code == 422
    assert "too long ago" in late.text


def test_another_sites_patient_is_not_found_and_that_is_audited(
    clinic: Clinic, web_db: Database, nurse: TestClient, owner: Engine
) -> None:
    hillside = build_clinic(
        web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    stranger = hillside.enrol_patient("Wanda Testperson")
    for number, path in enumerate(
        (
            f"{home(clinic)}/{stranger}",
            f"{home(clinic)}/{stranger}/change",
            f"{home(hillside)}/{stranger}",
            home(hillside),
            f"{home(clinic)}/{uuid4()}",
        ),
        start=1,
    ):
        told = nurse.get(path)
        assert told.status_code == 404
        assert "Wanda" not in told.text
        assert actions(owner, "access.refused") == number


def test_a_form_of_another_page_changes_nothing(
    clinic: Clinic, maria: UUID, nurse: TestClient
) -> None:
    sent = nurse.post(f"{home(clinic)}/{maria}/end", data={"reason": "death"})
    assert sent.status_code == 403
    with clinic.begin() as tx:
        assert patients.peek(tx, maria).is_active


def test_a_clinician_reads_and_does_not_enrol(
    clinic: Clinic, maria: UUID, clock: VirtualClock
) -> None:
    with clinic.begin() as tx:
        staff.revoke(tx, clinic.second, clinic.site, Role.NURSE)
        staff.grant(tx, clinic.second, clinic.site, Role.CLINICIAN)
    with at_desk(clinic, clock, clinic.second) as clinician:
        page = clinician.get(f"{home(clinic)}/{maria}").text
        assert "Pause …" not in page
        assert clinician.get(f"{home(clinic)}/new").status_code == 403
        assert clinician.get(f"{home(clinic)}/import").status_code == 403


def test_an_administrator_sees_no_patient(clinic: Clinic, maria: UUID, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.administrator) as client:
        assert client.get(home(clinic)).status_code == 403
        assert client.get(f"{home(clinic)}/{maria}").status_code == 403


def test_whoever_is_not_signed_in_is_sent_to_the_door(clinic: Clinic, maria: UUID) -> None:
    with browser(clinic) as client:
        sent = client.get(f"{home(clinic)}/{maria}")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")


def report(clinic: Clinic, who: UUID, **given: Answer) -> None:
    """A survey answered with 0 throughout, but for these (`pain__frequency`)."""
    with clinic.begin() as tx:
        pin = sites.get(tx, clinic.site).instrument
        survey = schedules.report_now(tx, patients.peek(tx, who), pin)
        answers = {name.replace("__", "."): value for name, value in given.items()}
        for item in instruments.load(tx, pin).items:
            if item.code in answers or item.asked_when is None:
                chosen = answers.get(item.code, answered(0))
                answer.save(tx, survey.id, item.code, chosen, Author())
        answer.submit(tx, survey.id, "", Author())


def test_symptoms_by_week_show_the_worst_answer_and_never_a_gap_as_zero(
    clinic: Clinic, maria: UUID, nurse: TestClient, clock: VirtualClock
) -> None:
    worse = {"pain__frequency": answered(2), "pain__severity": answered(3)}
    report(clinic, maria, **worse, pain__interference=answered(1))
    clock.advance(timedelta(minutes=5))
    report(clinic, maria, pain__frequency=REFUSED, pain__severity=REFUSED)
    page = nurse.get(f"{home(clinic)}/{maria}").text
    row = re.search(r'<th scope="row">Pain</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    cells = re.findall(r'<span class="(g [^"]*)"', row[1])
    assert cells == ["g g3", "g gq"]
    assert "preferred not to answer" in row[1]
    assert "Alert opened" in page
