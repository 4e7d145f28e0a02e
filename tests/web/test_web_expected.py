"""Expected levels on the pages: set from a patient or an alert, shown, ended, and by whom."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.alerts import expected
from rsm.alerts.expected_words import ExpectedView
from rsm.db.work import Database
from rsm.flow import enrol
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.patients.model import EndReason
from rsm.responses import service as responses
from rsm.security import staff
from tests.alert_world import Ward, build_ward
from tests.web_desk import at_desk, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}
WISH: Mapping[str, object] = MappingProxyType(
    {"symptom": "pain", "grade": "3", "until": "14", "reason": "The oncologist knows"}
)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def patient_page(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/patients/{ward.patient}"


def set_one(ward: Ward, nurse: TestClient, **other: str) -> Response:
    page = f"{patient_page(ward)}/expected"
    return submit(nurse, page, fields={**WISH, **other})


def history(ward: Ward) -> list[ExpectedView]:
    with ward.clinic.begin() as tx:
        return expected.history(tx, ward.patient)


def panel(page: str) -> str:
    found = re.search(r'aria-labelledby="exp">(.*?)</section>', page, re.DOTALL)
    assert found is not None
    return found[1]


# --- from the patient's page -----------------------------------------------------------------


def test_whoever_opens_the_form_has_read_her_record(
    ward: Ward, nurse: TestClient, owner: Engine
) -> None:
    set_one(ward, nurse)
    before = reads(owner)
    assert "The oncologist knows" in nurse.get(f"{patient_page(ward)}/expected").text
    assert reads(owner) == before + 1


def reads(owner: Engine) -> int:
    query = text("SELECT count(*) FROM audit_event WHERE action = 'patient.read'")
    with owner.connect() as connection:
        return int(connection.execute(query).scalar_one())


def test_a_nurse_sets_one_and_her_page_says_what_until_when_by_whom_and_why(
    ward: Ward, nurse: TestClient
) -> None:
    answer = set_one(ward, nurse)
    assert (answer.status_code, answer.headers["location"]) == (303, patient_page(ward))
    page = nurse.get(patient_page(ward)).text
    shown = panel(page)
    assert "Pain: up to 3, until Monday 2 November" in shown
    assert "Set by Dana Reyes on Monday 19 October: The oncologist knows" in shown
    assert "Expected level set by Dana Reyes" in page


def test_the_form_says_what_is_never_held_back(ward: Ward, nurse: TestClient) -> None:
    page = nurse.get(f"{patient_page(ward)}/expected").text
    assert "Emergency rules and the red set are never held back" in page
    assert "the patient reads on screen what always stands there" in page
    assert "7 days, to Monday 26 October" in page
    assert "30 days, to Wednesday 18 November" in page


@pytest.mark.parametrize(
    "other",
    [{"grade": "4"}, {"symptom": "hunger"}, {"until": "90"}, {"reason": " "}, {"grade": ""}],
)
def test_what_may_not_be_expected_is_shown_as_typed_with_its_problem(
    ward: Ward, nurse: TestClient, other: dict[str, str]
) -> None:
    answer = set_one(ward, nurse, **other)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert history(ward) == []


def test_it_is_ended_from_her_page_and_stays_in_the_history(ward: Ward, nurse: TestClient) -> None:
    set_one(ward, nurse)
    (level,) = history(ward)
    end = f"{patient_page(ward)}/expected/{level.id}/end"
    assert "End: Pain" in panel(nurse.get(patient_page(ward)).text)
    assert submit(nurse, patient_page(ward), end).status_code == 303
    assert submit(nurse, patient_page(ward), end).status_code == 303  # a second press
    shown = panel(nurse.get(patient_page(ward)).text)
    assert "Nothing is expected now." in shown
    assert "Ended on Monday 19 October by Dana Reyes." in shown
    assert "The oncologist knows" in shown


def test_a_worse_report_that_ended_it_is_named_with_its_day(
    ward: Ward, nurse: TestClient, clock: VirtualClock
) -> None:
    set_one(ward, nurse, grade="2")
    clock.advance(timedelta(days=7))
    alert = ward.report(PAIN)
    assert alert is not None
    assert alert.response_id is not None
    (level,) = history(ward)
    with ward.clinic.begin() as tx:
        expected.end_broken(tx, [level.id], alert.response_id)
        assert responses.view(tx, alert.response_id).at == tx.now
    with at_desk(ward.clinic, clock, ward.clinic.second) as second:
        shown = panel(second.get(patient_page(ward)).text)
        page = second.get(f"/alerts/{alert.id}").text
    assert "Ended: worse was reported on Monday 26 October." in shown
    assert "Expected level ended: worse was reported on Monday 26 October." in page


def test_one_that_ran_out_says_so(ward: Ward, nurse: TestClient, clock: VirtualClock) -> None:
    set_one(ward, nurse, until="3")
    clock.advance(timedelta(days=5))
    with at_desk(ward.clinic, clock, ward.clinic.second) as second:
        assert "Ran out." in panel(second.get(patient_page(ward)).text)


# --- from an alert ----------------------------------------------------------------------------


def links(page: str) -> list[str]:
    return [
        each.replace("&amp;", "&") for each in re.findall(r'href="([^"]*/expected[^"]*)"', page)
    ]


def test_an_alert_offers_it_with_symptom_and_grade_and_leads_back(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    (link,) = links(nurse.get(f"/alerts/{alert.id}").text)
    assert "pain" not in link  # no health information in an address
    form = nurse.get(link).text
    assert '<option value="pain" selected>' in form
    assert '<option value="3" selected>' in form
    answer = submit(nurse, link, fields=WISH)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alert.id}")
    page = nurse.get(f"/alerts/{alert.id}").text
    assert "Expected up to 3 until Monday 2 November: The oncologist knows (Dana Reyes)." in page


@pytest.mark.parametrize(
    "values",
    [
        {"pain.frequency": 2, "pain.severity": 4},  # above what may be expected
        {"shortness-of-breath.severity": 4},  # an emergency
    ],
)
def test_what_may_never_be_expected_is_not_offered(
    ward: Ward, nurse: TestClient, values: dict[str, int]
) -> None:
    alert = ward.report(values)
    assert alert is not None
    assert links(nurse.get(f"/alerts/{alert.id}").text) == []


def test_another_patients_alert_fills_in_nothing(ward: Ward, nurse: TestClient) -> None:
    other = ward.clinic.enrol_patient("Ann Webb", "+12025550132")
    alert = ward.report(PAIN, other)
    assert alert is not None
    form = nurse.get(f"{patient_page(ward)}/expected?alert={alert.id}&line=0").text
    assert "selected" not in form


# --- who may ----------------------------------------------------------------------------------


def hire(ward: Ward, role: Role) -> UUID:
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.second, ward.clinic.site, Role.NURSE)
        staff.grant(tx, ward.clinic.second, ward.clinic.site, role)
    return ward.clinic.second


@pytest.mark.parametrize(("role", "status"), [(Role.CLINICIAN, 200), (Role.COORDINATOR, 403)])
def test_only_who_triages_sets_one(
    ward: Ward, clock: VirtualClock, role: Role, status: int
) -> None:
    with at_desk(ward.clinic, clock, hire(ward, role)) as client:
        assert client.get(f"{patient_page(ward)}/expected").status_code == status
        page = client.get(patient_page(ward)).text
    assert ("Expect a level" in page) is (status == 200)


def test_of_whoever_has_left_nothing_is_offered(ward: Ward, nurse: TestClient) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        enrol.end(tx, ward.patient, EndReason.OTHER)
    assert "Expected levels" not in nurse.get(patient_page(ward)).text
    assert set_one(ward, nurse).status_code == 422
