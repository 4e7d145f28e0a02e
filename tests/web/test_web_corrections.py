"""The page of one report: who gave each answer, how and when; and its correction by staff."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import answer
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Level, Relation, Reporter
from rsm.responses import service as responses
from rsm.responses.model import Author
from tests.patient_browser import rows
from tests.survey_world import World, build_world
from tests.web_desk import at_desk, submit

CODES = [item.code for item in find("weekly-symptoms").items]


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def nurse(world: World, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


@pytest.fixture
def page(world: World) -> str:
    """The address of a report: begun by text, sent on the web, with severe pain."""
    survey = world.open_survey()
    with world.begin() as tx:
        answer.save(tx, survey.id, CODES[0], answered(1), Author(channel=Channel.SMS))
        for code in CODES[1:]:
            value = 4 if code == "pain.severity" else 0 if not code.startswith("pain") else 3
            answer.save(tx, survey.id, code, answered(value), Author())
        answer.submit(tx, survey.id, "It is worse at night", Author())
    return f"/sites/{world.clinic.site}/patients/{world.patient}/reports/{survey.id}"


def fields(**changed: str) -> dict[str, str]:
    plain = {"_reason": "misheard", "_seen": "1"}
    return plain | {name.replace("__", "."): value for name, value in changed.items()}


def test_each_answer_says_who_gave_it_how_and_when(nurse: TestClient, page: str) -> None:
    shown = nurse.get(page).text

    assert "the patient, by text, 9:0" in shown
    assert "the patient, by the link, 9:0" in shown
    assert "It is worse at night" in shown


def test_the_story_leads_to_it(nurse: TestClient, page: str) -> None:
    assert f'href="{page}"' in nurse.get(page.rsplit("/reports", 1)[0]).text


def test_a_relatives_answers_by_phone_name_the_relation_and_the_nurse(
    world: World, nurse: TestClient
) -> None:
    survey = world.open_survey()
    author = Author(
        Reporter.PROXY, Channel.STAFF, recorded_by=world.clinic.nurse, relation=Relation.CHILD
    )
    with world.begin() as tx:
        answer.enter(tx, survey.id, {CODES[0]: answered(1)}, "", author)
    shown = nurse.get(f"/sites/{world.clinic.site}/patients/{world.patient}/reports/{survey.id}")
    assert "Child, for the patient, by phone with Dana Reyes, 9:0" in shown.text


def test_a_correction_is_a_revision_with_a_reason_and_the_alert_stays(
    world: World, nurse: TestClient, page: str, owner: Engine
) -> None:
    with world.begin() as tx:
        (before,) = handling.worklist(tx, world.clinic.site)
    assert before.level is Level.URGENT
    sent = submit(nurse, f"{page}/correct", fields=fields(pain__severity="1"))
    assert sent.headers["location"] == page
    shown = nurse.get(page).text
    assert "Corrected: this is version 2." in shown
    assert "by phone with Dana Reyes" in shown
    with world.begin() as tx:
        (after,) = handling.worklist(tx, world.clinic.site)
        (survey_id,) = rows(owner, "SELECT DISTINCT occurrence_id FROM response")[0]
        report = responses.of_occurrence(tx, survey_id)  # type: ignore[arg-type]  # a row's id
    assert (after.id, after.level) == (before.id, before.level)
    assert report is not None
    assert report.answers["pain.severity"] == answered(1)
    assert rows(owner, "SELECT state FROM response ORDER BY revision") == [
        ("superseded",),
        ("final",),
    ]
    facts = rows(owner, "SELECT facts FROM audit_event WHERE action = 'answers.corrected'")
    assert facts == [({"reason": "misheard"},)]


def test_a_worse_correction_is_told(world: World, nurse: TestClient, page: str) -> None:
    submit(nurse, f"{page}/correct", fields=fields(nausea__frequency="4", nausea__severity="4"))
    with world.begin() as tx:
        (alert,) = handling.worklist(tx, world.clinic.site)
        found = handling.findings(tx, [alert.id])[alert.id]
    assert {"pain", "nausea"} <= {one.symptom for one in found}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"_reason": "", "pain.severity": "1"}, "Choose why it is corrected"),
        ({}, "Nothing was changed."),
        ({"pain.severity": "9"}, "choose an answer"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_stored(
    nurse: TestClient, page: str, changed: dict[str, str], said: str, owner: Engine
) -> None:
    sent = submit(nurse, f"{page}/correct", fields=fields() | changed)
    assert sent.status_code == 422
    assert said in sent.text
    assert len(rows(owner, "SELECT 1 FROM response")) == 1


def test_of_two_correctors_the_second_is_told(nurse: TestClient, page: str) -> None:
    submit(nurse, f"{page}/correct", fields=fields(pain__severity="1"))
    late = submit(nurse, f"{page}/correct", fields=fields(pain__severity="2"))
    assert late.status_code == 409
    assert "somebody has corrected this report meanwhile" in late.text


def test_what_the_second_typed_stays_beside_what_the_first_has_stored(
    nurse: TestClient, page: str, owner: Engine
) -> None:
    submit(nurse, f"{page}/correct", fields=fields(pain__severity="1"))
    mine = {code: "0" if not code.startswith("pain") else "3" for code in CODES[1:]}
    mine |= {CODES[0]: "1", "pain.severity": "4", "nausea.frequency": "2", "_reason": "misread"}
    late = submit(nurse, f"{page}/correct", fields=fields() | mine)
    assert late.status_code == 409
    assert 'name="nausea.frequency" value="2" checked' in late.text  # typed here
    assert 'name="pain.severity" value="1" checked' in late.text  # stored meanwhile
    assert '<option value="misread" selected>' in late.text
    assert 'name="_seen" value="2"' in late.text
    again = submit(nurse, f"{page}/correct", fields=shown_fields(late.text))
    assert again.status_code == 303
    ((pain, nausea),) = rows(
        owner,
        "SELECT answers -> 'pain.severity' ->> 'value', answers -> 'nausea.frequency' ->> 'value'"
        " FROM response WHERE state = 'final'",
    )
    assert (pain, nausea) == ("1", "2")


def shown_fields(html: str) -> dict[str, str]:
    """The form as it would be posted."""
    chosen = dict(re.findall(r'name="([^"]+)" value="([^"]*)" checked', html))
    return chosen | {"_reason": "misread", "_seen": "2"}


def test_another_patients_page_does_not_show_it(world: World, nurse: TestClient, page: str) -> None:
    other = world.clinic.enrol_patient("Walter Pruitt", "+12025550132")
    assert nurse.get(page.replace(str(world.patient), str(other))).status_code == 404
