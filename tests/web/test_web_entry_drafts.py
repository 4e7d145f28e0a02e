"""Entry by staff goes on with what was begun by another door, and knows every kind of question."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import answer
from rsm.instruments.library import find
from rsm.kernel.answers import Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses import origins
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.every_kind import build_every_kind
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


def entry(world: World, survey: OccurrenceView) -> str:
    return f"/sites/{world.clinic.site}/patients/{world.patient}/entry/{survey.id}"


def begun(world: World, by: Author, *values: int) -> OccurrenceView:
    """A draft with the first answers given."""
    survey = world.open_survey()
    with world.begin() as tx:
        for code, value in zip(CODES, values, strict=False):
            answer.save(tx, survey.id, code, answered(value), by)
    return survey


def report_of(world: World, survey: OccurrenceView) -> ResponseView:
    with world.begin() as tx:
        found = responses.of_occurrence(tx, survey.id)
    assert found is not None
    return found


def test_what_was_begun_by_text_is_shown_with_who_gave_it_and_not_asked_twice(
    world: World, nurse: TestClient, owner: Engine
) -> None:
    survey = begun(world, Author(channel=Channel.SMS), 2, 1)
    page = nurse.get(entry(world, survey)).text
    assert page.count("Given already: the patient, by text, 9:0") == 2
    assert 'name="pain.frequency" value="2" checked' in page
    rest = dict.fromkeys(CODES[2:], "0")
    assert submit(nurse, entry(world, survey), fields={"_by": "self", **rest}).is_redirect
    report = report_of(world, survey)
    assert (report.answers[CODES[0]], report.answers[CODES[1]]) == (answered(2), answered(1))
    with world.begin() as tx:
        found = origins.of_report(tx, report.id)
    assert found[CODES[0]].channel is Channel.SMS
    assert found[CODES[2]].channel is Channel.STAFF
    assert found[CODES[2]].recorded_by == world.clinic.nurse
    assert rows(owner, "SELECT count(*) FROM answer_event") == [
        (len(report.answers) - zeros(report),)
    ]


def zeros(report: ResponseView) -> int:
    """Answers that were concluded, and that nobody gave."""
    return sum(1 for each in report.answers.values() if each.status is AnswerStatus.STRUCTURAL_ZERO)


def test_an_answer_that_is_changed_on_the_phone_counts_as_it_was_said_last(
    world: World, nurse: TestClient
) -> None:
    survey = begun(world, Author(), 2)
    changed = dict.fromkeys(CODES, "0") | {CODES[0]: "3", "pain.severity": "1"}
    submit(nurse, entry(world, survey), fields={"_by": "self", **changed})
    assert report_of(world, survey).answers[CODES[0]] == answered(3)


def test_a_relative_on_the_phone_does_not_go_on_with_the_patients_own_answers(
    world: World, nurse: TestClient
) -> None:
    survey = begun(world, Author(), 2, 1)
    fields = {"_by": "proxy", "_relation": "child"} | dict.fromkeys(CODES, "0")
    told = submit(nurse, entry(world, survey), fields=fields)
    assert told.status_code == 409
    assert "The patient has begun this check-in." in told.text
    action = told.text.split('action="')[1:]
    own = next(one.split('"')[0] for one in action if "/entry/" in one)
    assert own != entry(world, survey)
    assert submit(nurse, own, fields=fields).is_redirect
    with world.begin() as tx:
        (other,) = (one for one in schedules.recent(tx, world.patient, 1) if one.id != survey.id)
    theirs = report_of(world, other)
    assert (theirs.reporter, theirs.relation) == (Reporter.PROXY, Relation.CHILD)
    assert not report_of(world, survey).is_final


def test_every_kind_of_question_is_taken_down(web_db: Database, clock: VirtualClock) -> None:
    world = build_every_kind(web_db)
    survey = world.open_survey()
    fields = {
        "_by": "self",
        "mood": "2",
        "pain.scale": "35",
        "pain.place:2": "2",
        "pain.place:5": "5",
        "helps:why": "refused",
        "since:day": "3",
        "since:month": "10",
        "since:year": "2026",
        "weight": "70.5",
        "wish": "More sleep",
    }
    with at_desk(world.clinic, clock, world.clinic.nurse) as nurse:
        shown = nurse.get(entry(world, survey)).text
        for label in ("Chest", "Somewhere else", "A walk", "Month", "The worst pain", "kg"):
            assert label in shown
        wrong = submit(nurse, entry(world, survey), fields=fields | {"pain.place:9": "9"})
        assert wrong.status_code == 422
        sent = submit(nurse, entry(world, survey), fields=fields)
        assert sent.is_redirect, sent.text
        here = f"/sites/{world.clinic.site}/patients/{world.patient}/reports/{survey.id}"
        page = nurse.get(here).text
    for told in ("Not well", "35", "Chest, Left leg", "would not say", "3 October 2026", "70.5"):
        assert told in page
    assert "More sleep" in page
    report = report_of(world, survey)
    assert report.answers["pain.place"] == Answer(AnswerStatus.ANSWERED, 2, (2, 5))
    assert report.answers["helps"] == Answer(AnswerStatus.REFUSED)
