"""By telephone: what is asked of the patient herself is asked of nobody else."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import outbound
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level, SurveyState
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from tests.safety_world import CRISIS, build_crisis_world
from tests.survey_world import World
from tests.web_desk import at_desk, submit

RELATIVE = {"_by": "proxy", "_relation": "child"}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_crisis_world(web_db)


@pytest.fixture
def nurse(world: World, worker_db: Database, clock: VirtualClock) -> Iterator[TestClient]:
    outbound.open_due(worker_db)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


@pytest.fixture
def entry(world: World, nurse: TestClient) -> str:
    """The address of the form."""
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
    return f"/sites/{world.clinic.site}/patients/{world.patient}/entry/{survey.id}"


def form(**fields: str) -> dict[str, str]:
    weekly = {item.code: "0" for item in find("weekly-symptoms").items}
    return {"_by": "self", "_do": "store", **weekly, **fields}


def stored(world: World) -> set[str]:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return set(report.answers) if report else set()


def test_the_form_says_so_at_the_question(nurse: TestClient, entry: str) -> None:
    page = nurse.get(entry).text
    assert page.count("Only of the patient in person") == 1
    assert page.count("data-of-herself") == 1


def test_a_relatives_report_is_whole_without_it(
    nurse: TestClient, entry: str, world: World
) -> None:
    assert submit(nurse, entry, fields=form(**RELATIVE)).is_redirect
    assert stored(world)
    assert CRISIS not in stored(world)
    with world.begin() as tx:
        assert schedules.recent(tx, world.patient, 1)[0].state is SurveyState.COMPLETED


def test_what_a_relative_is_marked_as_saying_of_it_is_not_taken_down(
    nurse: TestClient, entry: str, world: World
) -> None:
    fields = form(**RELATIVE) | {CRISIS: "2"}
    told = submit(nurse, entry, fields=fields)
    assert told.status_code == 422
    assert "tell a nurse now" in told.text
    assert stored(world) == set()
    assert submit(nurse, entry, fields=fields | {CRISIS: "skipped"}).is_redirect


def test_of_the_patient_it_is_asked_and_is_an_emergency(
    nurse: TestClient, entry: str, world: World
) -> None:
    assert submit(nurse, entry, fields=form()).status_code == 422  # it was left open
    told = submit(nurse, entry, fields=form() | {CRISIS: "1"})
    assert told.is_redirect
    page = nurse.get(told.headers["location"]).text
    assert page.index("Say this first") < page.index("text 988") < page.index('id="say"')
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        (alert,) = handling.worklist(tx, world.clinic.site)
    assert report is not None
    assert report.answers[CRISIS] == answered(1)
    assert alert.level is Level.EMERGENCY
