"""A link on two devices: each shows what was given on it, and the rest after the birth date."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.web.patient_pass import COOKIE
from tests.every_kind import build_every_kind, place
from tests.patient_browser import Browser, asked, browser_of, first_link, rows
from tests.proxy_world import appoint, proxy_link
from tests.survey_world import BORN, World, build_world

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
    return browser_of(web_db, link)


@pytest.fixture
def other(web_db: Database, link: str) -> Browser:
    """The same link on another device."""
    return browser_of(web_db, link)


def chosen(browser: Browser, number: int) -> bool:
    return " checked" in browser.get(f"/q/{number}").text


def test_what_is_answered_later_elsewhere_is_not_shown_to_whoever_pressed_start_before(
    phone: Browser, other: Browser, clock: VirtualClock
) -> None:
    phone.start()
    other.start()
    clock.advance(SECOND)
    other.answer_all(other.get("/q"), pain_frequency="3", pain_severity="4")
    assert "Very severe" in other.get("/review").text
    assert not chosen(phone, 1)
    assert "Very severe" not in phone.get("/review").text


def test_it_is_shown_after_the_birth_date(
    phone: Browser, other: Browser, clock: VirtualClock
) -> None:
    phone.start()
    clock.advance(SECOND)
    other.answer_all(other.start(), pain_frequency="3", pain_severity="4")
    page = phone.get("/review")
    assert 'value="earlier"' in page.text
    asked_for = phone.post("/review", words="since Friday", go="earlier")
    assert "What is your birth date?" in asked_for.text
    page = phone.post("/birth-date", **MINE)
    assert "Very severe" in page.text
    assert "since Friday" in page.text
    assert 'value="earlier"' not in page.text


def test_an_answer_that_was_changed_elsewhere_is_hidden_again(
    phone: Browser, other: Browser, clock: VirtualClock
) -> None:
    phone.choose(phone.start(), "3")
    assert chosen(phone, 1)
    clock.advance(SECOND)
    other.start()
    other.choose(other.get("/q/1"), "1")
    assert not chosen(phone, 1)
    assert chosen(other, 1)


def test_nor_are_those_of_a_relatives_other_phone(
    world: World, web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    appoint(world)
    link = proxy_link(world, worker_db)
    one, two = browser_of(web_db, link), browser_of(web_db, link)
    one.start()
    clock.advance(SECOND)
    two.choose(two.start(), "3")
    assert chosen(two, 1)
    assert not chosen(one, 1)


def test_a_stored_answer_whose_page_was_lost_is_not_stored_twice(
    phone: Browser, owner: Engine, clock: VirtualClock
) -> None:
    page = phone.start()
    before = phone.client.cookies.get(COOKIE, path=phone.link)
    phone.choose(page, "3")
    clock.advance(SECOND)
    assert before is not None
    phone.client.cookies.set(COOKIE, before, domain="rsm.example.org", path=phone.link)
    assert asked(phone.choose(page, "3"))[1] == "pain.severity"
    assert len(rows(owner, "SELECT id FROM answer_event")) == 1
    assert chosen(phone, 1)


def test_nor_are_words_whose_page_was_lost(
    web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    phone = browser_of(web_db, first_link(build_every_kind(web_db), worker_db))
    phone.start()
    before = phone.client.cookies.get(COOKIE, path=phone.link)
    assert before is not None
    for _ in range(2):
        phone.client.cookies.set(COOKIE, before, domain="rsm.example.org", path=phone.link)
        phone.post(f"/q/{place('wish')}", wish="A visit")
        clock.advance(SECOND)
    assert len(rows(owner, "SELECT id FROM answer_event WHERE item = 'wish'")) == 1
    assert "A visit" in phone.get(f"/q/{place('wish')}").text


def test_without_a_question_left_the_review_says_that_some_answers_are_not_shown(
    phone: Browser, other: Browser, clock: VirtualClock
) -> None:
    phone.start()
    clock.advance(SECOND)
    other.answer_all(other.start())
    assert "given on another device" in phone.get("/review").text
    assert "given on another device" not in other.get("/review").text
