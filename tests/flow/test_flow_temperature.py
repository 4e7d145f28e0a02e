"""Fever, asked as a number: 38 °C is an emergency, 37.9 is none, and not measured is neither."""

from datetime import timedelta

import pytest

from rsm.alerts import handling, suppressed
from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import answer, asking, outbound
from rsm.instruments.library import find
from rsm.instruments.numbers import number_items, parse
from rsm.kernel.answers import Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level, Reporter
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.patient_browser import asked, browser_of, first_link
from tests.safety_world import build_safety_world
from tests.survey_world import World

BY = Author()
NOT_MEASURED = Answer(AnswerStatus.NOT_APPLICABLE)
TEMPERATURE = number_items(find("safety-questions"))["temperature"]


@pytest.fixture
def world(web_db: Database) -> World:
    return build_safety_world(web_db)


@pytest.fixture
def survey(world: World, worker_db: Database) -> OccurrenceView:
    outbound.open_due(worker_db)
    return newest(world)


def newest(world: World) -> OccurrenceView:
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 1)[0]


def send(world: World, survey: OccurrenceView, given: Answer, by: Author = BY) -> None:
    """All questions answered with none, but for the temperature."""
    with world.as_patient() as tx:
        asks = asking.asked_of(tx, survey, by.reporter)
        answers = {item.code: answered(0) for item in asks.items if not item.asked_when}
        answer.enter(tx, survey.id, {**answers, "temperature": given}, "", by)


def measured(text: str) -> Answer:
    value = parse(TEMPERATURE, text)
    assert isinstance(value, int)
    return answered(value)


def alerts_of(world: World) -> list[AlertView]:
    with world.begin() as tx:
        return handling.worklist(tx, world.clinic.site)


def test_fever_typed_on_her_phone_is_an_emergency_at_once_with_its_number(
    world: World, web_db: Database, worker_db: Database
) -> None:
    browser = browser_of(web_db, first_link(world, worker_db))
    page = browser.answer_all(browser.start(), temperature="38,2")
    assert "38.2\N{NO-BREAK SPACE}°C" in page.text
    (alert,) = alerts_of(world)  # before she sent it (P15)
    assert (alert.kind, alert.level) == (AlertKind.SYMPTOM, Level.EMERGENCY)
    assert alert.reason.startswith("Temperature: 38.2 °C")
    browser.post("/review")
    assert [each.id for each in alerts_of(world)] == [alert.id]


@pytest.mark.parametrize("given", [measured("37.9"), NOT_MEASURED], ids=["37.9", "not measured"])
def test_no_fever_and_no_thermometer_are_no_alert_and_no_review(
    world: World, survey: OccurrenceView, given: Answer
) -> None:
    send(world, survey, given)
    assert alerts_of(world) == []


def test_the_rules_on_grades_still_hold_beside_a_number(
    world: World, survey: OccurrenceView
) -> None:
    with world.as_patient() as tx:
        answers = {"pain.severity": answered(4), "temperature": measured("36.6")}
        answer.enter(tx, survey.id, {"pain.frequency": answered(3), **answers}, "", BY)
    (alert,) = alerts_of(world)
    assert alert.reason.startswith("Pain")
    assert (alert.kind, alert.level) == (AlertKind.SYMPTOM, Level.URGENT)


def test_the_number_before_is_said_as_a_number(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock
) -> None:
    send(world, survey, measured("37.4"))
    clock.advance(timedelta(weeks=1))
    outbound.open_due(worker_db)
    send(world, newest(world), measured("100.4 F"))
    (alert,) = alerts_of(world)
    assert "Temperature: 38 °C, was 37.4 °C a week ago" in alert.reason


def test_a_relative_may_tell_of_fever(world: World, survey: OccurrenceView) -> None:
    send(world, survey, measured("39"), Author(reporter=Reporter.PROXY))
    (alert,) = alerts_of(world)
    assert alert.level is Level.EMERGENCY


def test_the_page_asks_for_it_after_the_weekly_questions(
    world: World, web_db: Database, worker_db: Database
) -> None:
    browser = browser_of(web_db, first_link(world, worker_db))
    page = browser.start()
    order = []
    while "/review" not in str(page.url):
        order.append(asked(page)[1])
        page = browser.choose(page, "37" if order[-1] == "temperature" else "0")
    assert order[-4:] == [item.code for item in find("safety-questions").items]


def test_a_fever_that_rises_twice_before_sending_is_told_and_kept_each_time(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    epochs = []
    for shown in ("38.2", "38.9", "39.5", "39.5"):
        with world.as_patient() as tx:
            answer.save(tx, survey.id, "temperature", measured(shown), BY)
        (alert,) = alerts_of(world)
        epochs.append(alert.epoch)
        clock.advance(timedelta(minutes=1))
    assert epochs == [1, 2, 3, 3]
    with world.begin() as tx:
        (found,) = handling.findings(tx, [alert.id])[alert.id]
        kept = suppressed.of_alert(tx, alert.id)
        now = tx.now + timedelta(hours=1)
        assert suppressed.of_site(tx, world.clinic.site, alert.opened_at, now) == []  # was told
    assert (found.current, [each.current for each in kept]) == (38.2, [38.9, 39.5])
