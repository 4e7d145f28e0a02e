"""The tick by which a patient answers by replying to texts: said plainly, kept, audited, undone."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.patients import service as patients
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

FORM = {
    "status": "enrolled",
    "name": "Joan Price",
    "record_number": "R77",
    "birth_date": "1949-05-06",
    "phone": "202-555-0139",
    "language": "en",
    "zone": "America/New_York",
    "channel": "sms",
    "weekday": "thursday",
    "hour": "18:30",
    "consent_date": "2026-10-12",
    "consent_by": "Joan Price",
}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def nurse(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.nurse) as client:
        yield client


def chosen(owner: Engine) -> list[bool]:
    """What the trail says, in order."""
    query = "SELECT facts->>'wanted' FROM audit_event WHERE action = :action ORDER BY at"
    with owner.connect() as connection:
        rows = connection.execute(text(query), {"action": "patient.answers_by_text"})
        return [row[0] == "true" for row in rows]


def entered(clinic: Clinic) -> UUID:
    with clinic.begin() as tx:
        found = patients.by_record_number(tx, clinic.site, "R77")
    assert found is not None
    return found


def test_the_form_says_that_such_texts_speak_of_health(clinic: Clinic, nurse: TestClient) -> None:
    page = nurse.get(f"/sites/{clinic.site}/patients/new").text
    assert "Answers by replying to text messages" in page
    assert "speak of health" in page


def test_nobody_answers_by_text_without_the_tick(
    clinic: Clinic, nurse: TestClient, owner: Engine
) -> None:
    submit(nurse, f"/sites/{clinic.site}/patients/new", "", FORM)
    with clinic.begin() as tx:
        assert patients.peek(tx, entered(clinic)).answers_by_text_since is None
    assert chosen(owner) == []


def test_the_tick_is_kept_since_when_audited_and_can_be_undone(
    clinic: Clinic, nurse: TestClient, owner: Engine, clock: VirtualClock
) -> None:
    submit(nurse, f"/sites/{clinic.site}/patients/new", "", FORM | {"answers_by_text": "yes"})
    joan = entered(clinic)
    with clinic.begin() as tx:
        assert patients.peek(tx, joan).answers_by_text_since == clock.now()
    here = f"/sites/{clinic.site}/patients/{joan}"
    assert "answered by text" in nurse.get(here).text
    page = nurse.get(f"{here}/change").text
    assert 'name="answers_by_text" value="yes" id="f-answers_by_text" checked' in page
    with clinic.begin() as tx:
        seen = patients.peek(tx, joan).changes
    version = {"version": str(seen)}
    assert submit(nurse, f"{here}/change", "", FORM | version).status_code == 303
    with clinic.begin() as tx:
        assert patients.peek(tx, joan).answers_by_text_since is None
    assert chosen(owner) == [True, False]
