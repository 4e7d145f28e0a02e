"""Nothing that was typed is lost: whichever button is pressed, it is kept first."""

from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.kernel.clock import VirtualClock
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from tests.every_kind import build_every_kind, place
from tests.patient_browser import Browser, browser_of, first_link, rows
from tests.survey_world import BORN, CLOSES, World, build_world

MINE = {"day": str(BORN.day), "month": str(BORN.month), "year": str(BORN.year)}
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def link(world: World, worker_db: Database) -> str:
    return first_link(world, worker_db)


@pytest.fixture
def phone(web_db: Database, link: str) -> Browser:
    browser = browser_of(web_db, link)
    browser.answer_all(browser.start())
    return browser


def written(world: World) -> str:
    """The words at the end of the report, as staff read them."""
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return responses.words(tx, report.id) if report else ""


def box(page: Response) -> str:
    return page.text.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>")[0]


@pytest.mark.parametrize("button", ["back", "1", "4"])
def test_words_at_the_end_are_there_again_after_a_change(phone: Browser, button: str) -> None:
    page = phone.post("/review", words="since Friday", go=button)
    assert f"/q/{button}" in str(page.url) or button == "back"
    assert box(phone.get("/review")) == "since Friday"


def test_they_arrive_with_the_answers(phone: Browser, world: World) -> None:
    phone.post("/review", words="since Friday", go="1")
    phone.post("/review", words="since Friday, and worse")
    assert written(world) == "since Friday, and worse"


def test_they_can_be_taken_back(phone: Browser, world: World) -> None:
    phone.post("/review", words="since Friday", go="1")
    phone.post("/review", words="")
    assert written(world) == ""


def test_they_arrive_when_nobody_presses_send(
    phone: Browser, world: World, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    phone.post("/review", words="since Friday", go="1")
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    assert written(world) == "since Friday"
    assert rows(owner, "SELECT count(*) FROM alert WHERE kind = 'text'") == [(1,)]


def test_too_long_words_stay_on_the_page_of_a_change_too(phone: Browser) -> None:
    page = phone.post("/review", words="x" * 1001, go="1")
    assert page.status_code == 422
    assert box(page) == "x" * 1001


def test_words_of_another_device_are_not_shown_before_the_birth_date_and_not_lost(
    phone: Browser, web_db: Database, link: str, world: World, clock: VirtualClock
) -> None:
    phone.post("/review", words="since Friday", go="1")
    clock.advance(SECOND)
    other = browser_of(web_db, link)
    other.start()
    assert box(other.get("/review")) == ""
    other.post("/review", words="from the other phone", go="back")
    assert "since Friday" not in other.get("/review").text
    other.post("/birth-date", **MINE)
    assert "since Friday" in other.get("/review").text
    phone.post("/review", words="")
    assert written(world) == "since Friday\n\nfrom the other phone"


def test_back_keeps_what_was_typed_and_not_what_a_finger_touched(
    web_db: Database, worker_db: Database, owner: Engine
) -> None:
    phone = browser_of(web_db, first_link(build_every_kind(web_db), worker_db))
    phone.start()
    phone.post(f"/q/{place('wish')}", wish="A visit", go="back")
    assert "A visit" in phone.get(f"/q/{place('wish')}").text
    phone.post(f"/q/{place('mood')}", mood="2", go="back")
    assert rows(owner, "SELECT item FROM answer_event") == [("wish",)]


def test_words_too_long_to_keep_stay_on_the_screen_when_she_goes_back(
    web_db: Database, worker_db: Database
) -> None:
    phone = browser_of(web_db, first_link(build_every_kind(web_db), worker_db))
    phone.start()
    page = phone.post(f"/q/{place('wish')}", wish="x" * 5001, go="back")
    assert page.status_code == 422
    assert "x" * 5001 in page.text
