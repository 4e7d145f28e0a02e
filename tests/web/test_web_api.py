"""The JSON interface: keys and scopes, patients in and out, pages, repeats, refusals."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer
from rsm.instruments import service as instruments
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.patients import service as patients
from rsm.patients.model import PatientStatus
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import api_keys
from rsm.security.model import ApiScope
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.web_desk import browser

JOAN = {
    "name": "Joan Price",
    "record_number": "R77",
    "birth_date": "1949-05-06",
    "status": "enrolled",
    "phone": "202-555-0139",
    "language": "es",
    "weekday": "thursday",
    "local_time": "18:30",
    "consent_on": "2026-10-12",
    "consent_by": "Joan Price",
    "cycle_starts": ["2026-10-01", "2026-10-15"],
}
HEAD = "name,record_number,birth_date\n"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def client(clinic: Clinic) -> Iterator[TestClient]:
    """A machine that may do everything at Lakeside."""
    with browser(clinic) as machine:
        machine.headers["authorization"] = f"Bearer {key_for(clinic, *ApiScope)}"
        yield machine


def key_for(clinic: Clinic, *scopes: ApiScope) -> str:
    with clinic.begin() as tx:
        return api_keys.create(tx, clinic.site, "records", scopes, None)[1]


def base(clinic: Clinic) -> str:
    return f"/api/v1/sites/{clinic.site}"


def events(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(query, {"action": action}).scalar_one())


def status_of(clinic: Clinic, patient_id: object) -> PatientStatus:
    with clinic.begin() as tx:
        return patients.peek(tx, UUID(str(patient_id))).status


def test_a_patient_is_enrolled_and_read_back(
    clinic: Clinic, client: TestClient, owner: Engine
) -> None:
    made = client.post(f"{base(clinic)}/patients", json=JOAN)
    assert made.status_code == 201, made.text
    document = made.json()
    assert document["status"] == "enrolled"
    found = client.get(f"{base(clinic)}/patients/{document['id']}").json()
    assert found["phone"] == "+12025550139"
    assert found["consent"] == {
        "given": True,
        "on": "2026-10-12",
        "by": "Joan Price",
        "text_version": "1",
        "text_hash": None,
        "language": "es",
        "form": None,
        "purposes": ["surveys"],
        "evidence": "",
    }
    same = ("name", "record_number", "birth_date", "language", "weekday", "cycle_starts")
    assert {name: found[name] for name in same} == {name: JOAN[name] for name in same}
    assert found["local_time"] == "18:30:00"
    assert events(owner, "patient.read") == 1


def test_every_act_stands_in_the_trail_under_the_key(
    clinic: Clinic, client: TestClient, owner: Engine
) -> None:
    client.post(f"{base(clinic)}/patients", json=JOAN)
    with owner.connect() as connection:
        who = connection.execute(
            text("SELECT actor_kind FROM audit_event WHERE action = 'patient.enrolled'")
        ).scalar_one()
    assert who == "machine"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"birth_date": "2015-01-01"}, "birth_date"),
        ({"birth_date": "soon"}, "birth_date"),
        ({"weekday": 3}, "weekday"),
        ({"status": "ended"}, "status"),
        ({"phone": None}, "phone"),
        ({"consent_on": None, "consent_by": None}, "consent_on"),
        ({"language": "pl"}, "language"),
        ({"interpreter": "yes"}, "interpreter"),
        ({"nickname": "Jo"}, "nickname"),
        ({"record_number": 77}, "record_number"),
    ],
)
def test_what_is_wrong_is_told_as_problem_details(
    clinic: Clinic, client: TestClient, wrong: dict[str, object], field: str
) -> None:
    answered_with = client.post(f"{base(clinic)}/patients", json=JOAN | wrong)
    assert answered_with.status_code == 422
    assert answered_with.headers["content-type"] == "application/problem+json"
    document = answered_with.json()
    assert document["status"] == 422
    assert field in {one["where"] for one in document["errors"]}
    assert "Joan" not in answered_with.text


def test_a_known_record_number_is_a_conflict(clinic: Clinic, client: TestClient) -> None:
    client.post(f"{base(clinic)}/patients", json=JOAN)
    again = client.post(f"{base(clinic)}/patients", json=JOAN)
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"


def test_a_repeat_with_the_same_key_gets_the_first_answer_and_does_nothing(
    clinic: Clinic, client: TestClient
) -> None:
    once = {"idempotency-key": "7f3a"}
    first = client.post(f"{base(clinic)}/patients", json=JOAN, headers=once)
    again = client.post(f"{base(clinic)}/patients", json=JOAN, headers=once)
    assert (again.status_code, again.content) == (201, first.content)
    other = client.post(f"{base(clinic)}/patients", json=JOAN | {"name": "J"}, headers=once)
    assert other.status_code == 409
    with clinic.begin() as tx:
        assert len(patients.find(tx, clinic.site)) == 1


def test_a_refused_request_may_be_mended_under_the_same_key(
    clinic: Clinic, client: TestClient
) -> None:
    once = {"idempotency-key": "7f3b"}
    wrong = client.post(f"{base(clinic)}/patients", json=JOAN | {"phone": "12"}, headers=once)
    assert wrong.status_code == 422
    assert client.post(f"{base(clinic)}/patients", json=JOAN, headers=once).status_code == 201


def test_the_list_comes_in_pages_without_a_gap_or_a_double(
    clinic: Clinic, client: TestClient, clock: VirtualClock
) -> None:
    made = []
    for number in range(5):
        clock.advance(timedelta(seconds=1))
        made.append(str(clinic.enrol_patient(f"Patient {number}")))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"{base(clinic)}/patients", params={"limit": 2, "cursor": cursor}).json()
        assert len(page["items"]) <= 2
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == made
    assert client.get(f"{base(clinic)}/patients?cursor=x").status_code == 422


def test_pause_resume_end_and_what_is_not_possible(clinic: Clinic, client: TestClient) -> None:
    who = clinic.enrol_patient()
    here = f"{base(clinic)}/patients/{who}"
    paused = client.post(f"{here}/pause", json={"reason": "travel"})
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert client.post(f"{here}/pause", json={"reason": "travel"}).status_code == 409
    assert client.post(f"{here}/pause", json={"reason": "because"}).status_code == 422
    assert client.post(f"{here}/resume").json()["status"] == "enrolled"
    assert client.post(f"{here}/end", json={"reason": "hospice"}).json()["status"] == "ended"
    assert client.post(f"{here}/enrol").status_code == 409
    assert status_of(clinic, who) is PatientStatus.ENDED


def test_a_registered_patient_is_enrolled_once_consent_is_there(
    clinic: Clinic, client: TestClient
) -> None:
    eligible = JOAN | {"status": "eligible", "consent_on": None, "consent_by": None}
    who = client.post(f"{base(clinic)}/patients", json=eligible).json()["id"]
    here = f"{base(clinic)}/patients/{who}/enrol"
    assert client.post(here).status_code == 422
    given = {"consent": {"on": "2026-10-18", "by": "Joan Price"}}
    assert client.post(here, json=given).json()["status"] == "enrolled"


def test_a_file_is_a_dry_run_unless_asked_otherwise(clinic: Clinic, client: TestClient) -> None:
    here = f"{base(clinic)}/patients/import"
    csv = {"content-type": "text/csv"}
    body = f"{HEAD}Ann,R1,1950-01-01\nBen,R2,1951-01-01\n"
    dry = client.post(here, content=body, headers=csv).json()
    assert (dry["done"], dry["add"], [row["line"] for row in dry["rows"]]) == (False, 2, [2, 3])
    real = client.post(f"{here}?dry_run=false", content=body, headers=csv).json()
    assert (real["done"], real["add"]) == (True, 2)
    again = client.post(f"{here}?dry_run=false", content=body, headers=csv).json()
    assert (again["add"], again["same"]) == (0, 2)


def test_a_file_with_a_refused_row_is_refused_with_its_line(
    clinic: Clinic, client: TestClient
) -> None:
    here = f"{base(clinic)}/patients/import?dry_run=false"
    body = f"{HEAD}Ann,R1,1950-01-01\nBen,R2,2015-01-01\n"
    refused = client.post(here, content=body, headers={"content-type": "text/csv"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "line 3: birth_date"
    with clinic.begin() as tx:
        assert patients.find(tx, clinic.site) == []


def answer_a_survey(clinic: Clinic, who: UUID) -> None:
    with clinic.begin() as tx:
        pin = sites.get(tx, clinic.site).instrument
        survey = schedules.report_now(tx, patients.peek(tx, who), pin)
        items = [item.code for item in instruments.load(tx, pin).items if item.asked_when is None]
        for item in items:
            answer.save(tx, survey.id, item, answered(0), Author())
        answer.submit(tx, survey.id, "", Author())


def test_surveys_come_with_answers_by_item_and_the_exact_version(
    clinic: Clinic, client: TestClient, owner: Engine
) -> None:
    who = clinic.enrol_patient()
    answer_a_survey(clinic, who)
    survey = client.get(f"{base(clinic)}/patients/{who}/surveys").json()["items"][0]
    assert survey["state"] == "completed"
    assert survey["instrument"]["key"] == "weekly-symptoms"
    assert len(survey["instrument"]["hash"]) == 64
    answers = survey["report"]["answers"]
    assert answers["pain.frequency"] == {"status": "answered", "value": 0, "picked": []}
    zero = {"status": "structural_zero", "value": 0, "picked": []}
    assert answers["pain.interference"] == zero
    assert events(owner, "surveys.read") == 1


def test_alerts_are_listed_and_that_is_audited(
    clinic: Clinic, client: TestClient, owner: Engine
) -> None:
    who = clinic.enrol_patient()
    assert client.get(f"{base(clinic)}/alerts").json() == {"items": []}
    assert client.get(f"{base(clinic)}/patients/{who}/alerts").json() == {"items": []}
    assert events(owner, "alerts.listed") == 2


def test_without_a_good_key_nothing_is_said(clinic: Clinic, client: TestClient) -> None:
    who = clinic.enrol_patient()
    good = client.headers["authorization"]
    for shown in ("", "Bearer rsm_x", "Basic abc", good + "x"):
        client.headers["authorization"] = shown
        answer_ = client.get(f"{base(clinic)}/patients/{who}")
        assert answer_.status_code == 401
        assert answer_.headers["www-authenticate"] == "Bearer"
        assert answer_.headers["content-type"] == "application/problem+json"


def test_a_key_opens_only_what_its_scopes_name(clinic: Clinic, owner: Engine) -> None:
    who = clinic.enrol_patient()
    reader = {"authorization": f"Bearer {key_for(clinic, ApiScope.PATIENTS_READ)}"}
    here = f"{base(clinic)}/patients"
    with browser(clinic) as machine:
        assert machine.get(f"{here}/{who}", headers=reader).status_code == 200
        refused = [
            machine.post(here, json=JOAN, headers=reader),
            machine.post(f"{here}/{who}/end", json={"reason": "other"}, headers=reader),
            machine.get(f"{here}/{who}/surveys", headers=reader),
            machine.get(f"{base(clinic)}/alerts", headers=reader),
        ]
    assert [one.status_code for one in refused] == [403] * 4
    assert events(owner, "access.refused") == 4


def test_another_sites_patients_are_not_found_and_that_is_audited(
    clinic: Clinic, web_db: Database, client: TestClient, owner: Engine
) -> None:
    hillside = build_clinic(
        web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    stranger = hillside.enrol_patient("Wanda Testperson")
    for path in (
        f"{base(clinic)}/patients/{stranger}",
        f"{base(clinic)}/patients/{stranger}/surveys",
        f"{base(hillside)}/patients/{stranger}",
        f"{base(hillside)}/patients",
        f"{base(clinic)}/patients/{uuid4()}",
    ):
        answer_ = client.get(path)
        assert answer_.status_code == 404
        assert "Wanda" not in answer_.text
    assert events(owner, "access.refused") == 5
    ended = client.post(f"{base(clinic)}/patients/{stranger}/end", json={"reason": "death"})
    assert ended.status_code == 404
    assert status_of(hillside, stranger) is PatientStatus.ENROLLED


def test_the_interface_describes_itself_and_nothing_else(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/v1/sites/{site_id}/figures",
        "/api/v1/sites/{site_id}/patients",
        "/api/v1/sites/{site_id}/patients/import",
        "/api/v1/sites/{site_id}/patients/{patient_id}",
        "/api/v1/sites/{site_id}/patients/{patient_id}/enrol",
        "/api/v1/sites/{site_id}/patients/{patient_id}/pause",
        "/api/v1/sites/{site_id}/patients/{patient_id}/resume",
        "/api/v1/sites/{site_id}/patients/{patient_id}/end",
        "/api/v1/sites/{site_id}/patients/{patient_id}/cycles",
        "/api/v1/sites/{site_id}/patients/{patient_id}/events/{kind}",
        "/api/v1/sites/{site_id}/patients/{patient_id}/consents",
        "/api/v1/sites/{site_id}/patients/{patient_id}/withdrawal",
        "/api/v1/sites/{site_id}/patients/{patient_id}/stops",
        "/api/v1/sites/{site_id}/patients/{patient_id}/surveys",
        "/api/v1/sites/{site_id}/patients/{patient_id}/alerts",
        "/api/v1/sites/{site_id}/alerts",
        *(
            f"/api/v1/sites/{{site_id}}/alerts/{{alert_id}}/{move}"
            for move in ("take-over", "assign", "snooze", "escalate")
        ),
    }
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path in ("/api/docs", "/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404
