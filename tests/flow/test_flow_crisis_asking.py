"""A question that is a crisis when it is answered: of the patient herself, never by text."""

import pytest

from rsm.alerts import handling
from rsm.alerts.crisis import crisis_items
from rsm.alerts.model import AlertView
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.specs import spec_of
from rsm.db.work import Database
from rsm.flow import answer, asking, outbound
from rsm.instruments.decide import next_item, without
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.words import AlertKind, Level, Reporter, SurveyState
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.patient_browser import asked, browser_of, first_link
from tests.safety_world import CRISIS, build_crisis_world, build_safety_world
from tests.survey_world import World

RELATIVE = Author(reporter=Reporter.PROXY)
STAR = read_pack(folder() / "star.toml")[0]


@pytest.fixture
def world(web_db: Database) -> World:
    return build_crisis_world(web_db)


def survey_of(world: World, worker_db: Database) -> OccurrenceView:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 1)[0]


def alerts_of(world: World) -> list[AlertView]:
    with world.begin() as tx:
        return handling.worklist(tx, world.clinic.site)


def test_item_9_of_the_phq_is_such_a_question_in_every_survey_that_asks_it() -> None:
    assert crisis_items(STAR, spec_of(find("phq-9"))) == (CRISIS,)
    assert crisis_items(STAR, spec_of(find("weekly-symptoms"))) == ()
    assert crisis_items(STAR, spec_of(find("safety-questions"))) == ()


def test_it_is_never_asked_of_a_relative(
    world: World, web_db: Database, worker_db: Database
) -> None:
    browser = browser_of(web_db, first_link(world, worker_db))
    page = browser.start(by="helper")
    order = []
    while "/review" not in str(page.url):
        order.append(asked(page)[1])
        page = browser.choose(page, "0")
    assert CRISIS not in order
    assert "Dark thoughts" not in page.text
    number = 1 + len(find("weekly-symptoms").items)  # its place in the whole survey
    assert "dark thoughts" not in browser.get(f"/q/{number}").text
    assert browser.post("/review").status_code == 200
    assert alerts_of(world) == []
    with world.begin() as tx:  # she was asked all that a relative is asked
        assert schedules.recent(tx, world.patient, 1)[0].state is SurveyState.COMPLETED


def test_the_patient_herself_is_asked(world: World, web_db: Database, worker_db: Database) -> None:
    browser = browser_of(web_db, first_link(world, worker_db))
    page = browser.start()
    while asked(page)[1] != CRISIS:
        page = browser.choose(page, "0")
    browser.choose(page, "1")
    (alert,) = alerts_of(world)
    assert alert.level is Level.EMERGENCY


def test_what_a_relative_told_all_the_same_is_an_emergency_and_a_person_looks(
    world: World, worker_db: Database
) -> None:
    survey = survey_of(world, worker_db)
    with world.as_patient() as tx:
        answer.enter(tx, survey.id, {CRISIS: answered(1)}, "", RELATIVE)
    assert {each.kind for each in alerts_of(world)} == {AlertKind.SYMPTOM, AlertKind.REVIEW}


def test_a_survey_with_it_is_never_asked_by_text_message(world: World, worker_db: Database) -> None:
    survey = survey_of(world, worker_db)
    with world.begin() as tx:
        assert not asking.may_be_asked_by_text(tx, survey)


def test_a_survey_without_it_may_be_asked_by_text(web_db: Database, worker_db: Database) -> None:
    world = build_safety_world(web_db)
    survey = survey_of(world, worker_db)
    with world.begin() as tx:
        assert asking.may_be_asked_by_text(tx, survey)
        whole = asking.asked_of(tx, survey, Reporter.SELF)
        assert asking.asked_of(tx, survey, Reporter.PROXY) is whole


def test_leaving_questions_out_leaves_the_others_in_their_order() -> None:
    weekly = find("weekly-symptoms")
    fewer = without(weekly, {"pain.frequency"})
    assert [item.code for item in fewer.items] == [
        item.code for item in weekly.items if item.code != "pain.frequency"
    ]
    first = next_item(fewer, {})
    assert first is not None
    assert not first.code.startswith("pain.")  # its gate was never asked
    assert without(weekly, ()) is weekly
