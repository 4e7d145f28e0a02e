"""PHQ-9's item 9, live: an alert of its own, at once, with the crisis line on the screen."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rsm.alerts import handling
from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.flow.outcome import crisis_line
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.patient_browser import Browser, asked, browser_of, first_link, rows
from tests.safety_world import CRISIS, build_crisis_world
from tests.survey_world import World

LINE = "Call or text 988 now"
PAIN = {"pain.frequency": 3, "pain.severity": 3}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_crisis_world(web_db)


@pytest.fixture
def browser(world: World, web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(world, worker_db))


def open_alerts(world: World) -> list[AlertView]:
    with world.begin() as tx:
        return handling.worklist(tx, world.clinic.site)


def test_it_is_told_and_the_line_is_on_the_screen_as_soon_as_it_is_answered(
    browser: Browser, world: World, owner: Engine
) -> None:
    page = browser.start()
    while asked(page)[1] != CRISIS:
        assert LINE not in page.text
        page = browser.choose(page, "0")
    page = browser.choose(page, "1")
    assert page.text.index(LINE) < page.text.index("<h1>")
    (alert,) = open_alerts(world)
    assert (alert.level, alert.business_key.rsplit(":", 1)[1]) == (Level.EMERGENCY, "self-harm")
    assert rows(owner, "SELECT count(*) FROM message WHERE audience = 'staff'") != [(0,)]
    thanks = browser.post("/review")
    assert thanks.text.index(LINE) < thanks.text.index("Sent and stored")
    assert LINE in browser.get("/done").text
    assert len(open_alerts(world)) == 1


def test_a_browser_that_keeps_no_cookie_shows_it_all_the_same(browser: Browser) -> None:
    page = browser.start()
    browser.client.cookies.clear()
    while asked(page)[1] != CRISIS:
        page = browser.choose(page, "0")
        browser.client.cookies.clear()
    assert LINE in browser.choose(page, "2").text
    browser.client.cookies.clear()
    assert LINE not in browser.get("/review").text  # another who opens the link learns nothing
    assert LINE in browser.post("/review").text


def test_never_is_no_crisis(browser: Browser, world: World) -> None:
    browser.answer_all(browser.start())
    assert LINE not in browser.post("/review").text
    assert open_alerts(world) == []


def test_it_is_never_grouped_with_what_else_the_survey_raises(
    browser: Browser, world: World
) -> None:
    page = browser.answer_all(browser.start(), pain_frequency="3", pain_severity="3")
    assert "Check your answers" in page.text
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        answer.save(tx, survey.id, CRISIS, answered(2), Author())
        sent = answer.submit(tx, survey.id, "", Author())
        found = handling.findings(tx, [each.id for each in handling.worklist(tx, survey.site_id)])
    own, other = open_alerts(world)
    assert (own.level, other.level) == (Level.EMERGENCY, Level.URGENT)
    assert [each.item for each in found[own.id]] == [CRISIS]
    assert {each.symptom for each in found[other.id]} == {"pain"}
    assert (sent.alert_id, sent.level) == (own.id, Level.EMERGENCY)
    assert set(sent.items) == {CRISIS, *PAIN}


def test_the_line_is_there_too_when_the_alert_stands_already(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    for _ in range(2):
        with world.begin() as tx:
            asks = schedules.recent(tx, world.patient, 1)[0].instrument
            survey = schedules.report_now(tx, patients.locked(tx, world.patient), asks)
            sent = answer.enter(tx, survey.id, {CRISIS: answered(1)}, "", Author())
            assert LINE in crisis_line(tx, sent, "en")[0]
            assert sent.level is Level.EMERGENCY
        clock.advance(timedelta(minutes=1))
    assert len(open_alerts(world)) == 1
