"""A section a page: stored together, in part, one by one; what an answer opens; earlier answers."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.instruments.library import body, find
from rsm.kernel.answers import SKIPPED, answered
from rsm.kernel.clock import VirtualClock
from tests.every_kind import ask_on_one_page, ask_only, build_every_kind
from tests.patient_browser import Browser, browser_of, first_link, rows
from tests.survey_world import World, build_world
from tests.web.test_web_survey_kinds import stored

BREATH = ("shortness-of-breath.severity", "constipation.severity")
HOW, WHERE, WORDS = 1, 3, 6  # the numbers of the first items
FIRST = {"mood": "1", "pain.scale": "60"}
SECOND = {"pain.place:3": "3", "helps:2": "2", "since:why": "not_applicable"}
THIRD = {"weight": "80", "wish": "Sun"}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_every_kind(web_db, page="section")


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    phone = browser_of(web_db, first_link(world, worker_db))
    phone.start()
    return phone


def give(phone: Browser, number: int, fields: Mapping[str, str], **more: str) -> Response:
    return phone.post(f"/q/{number}", **fields, **more)


def test_each_section_is_a_page_and_the_survey_ends(phone: Browser, world: World) -> None:
    first = phone.get("/q")
    assert "Part 1 of 3" in first.text
    assert "<h1>How you feel</h1>" in first.text
    assert first.text.count("<fieldset") == 2
    assert first.text.count("<h1") == 2  # the template of "not sent" holds one
    second = give(phone, HOW, FIRST)
    assert "Part 2 of 3" in second.text
    assert "<h1>Where and when</h1>" in second.text
    third = give(phone, WHERE, SECOND)
    assert "Part 3 of 3" in third.text
    assert "This was the last question." in third.text
    review = give(phone, WORDS, THIRD)
    assert "Check your answers" in review.text
    assert "Thank you" in phone.post("/review").text
    assert len(stored(world)) == 7


def test_what_is_right_is_stored_where_something_else_is_to_be_mended(
    phone: Browser, world: World
) -> None:
    wrong = give(phone, HOW, {"mood": "1", "pain.scale": "61"})
    assert wrong.status_code == 422
    assert '<a href="#f1">How strong was your pain?</a>' in wrong.text
    assert 'name="mood" value="1" checked' in wrong.text.replace(' id="first"', "")
    assert 'value="61"' in wrong.text
    assert stored(world) == {"mood": answered(1)}
    assert "Error: part 1 of 3" in wrong.text


def test_the_script_stores_one_answer_and_is_told_nothing(phone: Browser, world: World) -> None:
    kept = give(phone, HOW, {"pain.scale": "60"}, go="keep")
    assert (kept.status_code, kept.content) == (204, b"")
    assert stored(world) == {"pain.scale": answered(60)}
    wrong = give(phone, WORDS, {"weight": "700"}, go="keep")
    assert wrong.status_code == 204
    assert stored(world) == {"pain.scale": answered(60)}  # neither the wrong one nor the empty


def test_the_same_answer_sent_twice_is_one(phone: Browser, world: World) -> None:
    give(phone, HOW, {"mood": "1"}, go="keep")
    give(phone, HOW, FIRST)
    give(phone, HOW, FIRST)
    give(phone, WORDS, THIRD, go="keep")
    give(phone, WORDS, THIRD)
    with world.begin() as tx:
        count = tx.session.connection().exec_driver_sql(
            "SELECT item, count(*) FROM answer_event GROUP BY item ORDER BY item"
        )
        assert [tuple(row) for row in count] == [
            ("mood", 1),
            ("pain.scale", 1),
            ("weight", 1),
            ("wish", 1),
        ]


def test_back_loses_nothing_of_a_page(phone: Browser, world: World) -> None:
    give(phone, HOW, FIRST)
    before = give(phone, WHERE, {"helps:2": "2", "since:day": "40"}, go="back")
    assert "<h1>How you feel</h1>" in before.text
    assert stored(world)["helps"].picked == (2,)
    assert "since" not in stored(world)


def test_of_questions_left_empty_all_may_be_left_out_together(phone: Browser, world: World) -> None:
    wrong = give(phone, HOW, {})
    assert wrong.text.count('<li><a href="#') == 2
    assert "Go on without an answer" in wrong.text
    give(phone, HOW, {"mood": "1"}, go="leave")
    assert stored(world) == {"mood": answered(1), "pain.scale": SKIPPED}


def test_what_an_answer_opens_is_asked_on_the_same_page(phone: Browser, world: World) -> None:
    give(phone, HOW, {"mood": "1", "pain.scale": "0"})
    page = phone.get("/q")
    assert "Where does it hurt?" not in page.text
    give(phone, WHERE + 1, {"helps:8": "8", "since:why": "refused"})
    give(phone, HOW, {"mood": "1", "pain.scale": "30"})
    opened = phone.get("/q")
    assert "Where does it hurt?" in opened.text
    assert "A question on this page is still open." in opened.text
    assert 'href="#first"' in opened.text


def test_after_a_break_only_what_is_open_is_asked_and_nothing_of_before_is_shown(
    phone: Browser, world: World, web_db: Database, clock: VirtualClock
) -> None:
    give(phone, HOW, {"mood": "2"}, go="keep")
    clock.advance(timedelta(hours=2))
    other = browser_of(web_db, phone.link)
    assert "What is your birth date?" in other.start().text
    page = other.get("/q")
    assert "How do you feel today?" not in page.text
    assert "How strong was your pain?" in page.text
    give(other, HOW, {"pain.scale": "5"})
    assert stored(world) == {"mood": answered(2), "pain.scale": answered(5)}
    other.post("/birth-date", day="4", month="3", year="1957")
    both = other.get(f"/q/{HOW}").text
    assert 'name="mood" value="2" checked' in both
    assert 'value="5"' in both


def test_on_a_line_that_drops_what_was_sent_before_stays(
    phone: Browser, world: World, web_db: Database
) -> None:
    """Another device goes on where this one was."""
    give(phone, HOW, FIRST)
    other = browser_of(web_db, phone.link)
    other.start()
    other.post("/birth-date", day="4", month="3", year="1957")
    assert "<h1>Where and when</h1>" in other.get("/q").text
    give(other, WHERE, SECOND)
    assert "<h1>In your own words</h1>" in phone.get("/q").text


def test_what_a_form_of_another_page_brings_is_not_stored(phone: Browser, world: World) -> None:
    give(phone, HOW, {**FIRST, "weight": "80"})
    assert "weight" not in stored(world)


def test_a_question_that_her_answer_closes_on_the_same_page_is_not_asked_for(
    web_db: Database, worker_db: Database
) -> None:
    world = build_world(web_db)
    ask_only(world, find("short-measure"), body("short-measure"))
    phone = browser_of(web_db, first_link(world, worker_db))
    phone.start()
    phone.post("/q/1", **{"feeling.severity": "1", "week-overall": "7"})
    opened = phone.post("/q/3", **{"ache.presence": "1"})
    assert "Where did it hurt?" in opened.text
    wrong = phone.post("/q/3", **{"ache.presence": "1"})
    assert wrong.status_code == 422
    after = phone.post("/q/3", **{"ache.presence": "0"})
    assert "<h1>Your week</h1>" in after.text


@pytest.fixture
def breathless(web_db: Database, worker_db: Database) -> Browser:
    """The weekly survey's questions on breath and on pain, on one page."""
    world = ask_on_one_page(build_world(web_db), *BREATH)
    phone = browser_of(web_db, first_link(world, worker_db))
    phone.start()
    return phone


def test_a_severe_answer_is_answered_at_once_though_she_has_not_gone_on(
    breathless: Browser, owner: Engine
) -> None:
    said = breathless.post("/q/1", go="keep", **{"shortness-of-breath.severity": "4"})
    assert said.status_code == 200
    assert 'aria-labelledby="call-now"' in said.text
    assert rows(owner, "SELECT level FROM alert") == [("emergency",)]
    wrong = breathless.post("/q/1", **{"shortness-of-breath.severity": "4"})
    assert wrong.status_code == 422
    nothing = breathless.post("/q/1", go="keep", **{"constipation.severity": "0"})
    assert nothing.status_code == 200  # she is told still, until she has sent it
    assert 'aria-labelledby="call-now"' in breathless.get("/q").text


def test_a_mild_answer_is_stored_and_nothing_is_said(breathless: Browser) -> None:
    kept = breathless.post("/q/1", go="keep", **{"shortness-of-breath.severity": "1"})
    assert kept.status_code == 204


def test_what_was_severe_stands_on_the_page_that_is_to_be_mended(breathless: Browser) -> None:
    wrong = breathless.post("/q/1", **{"shortness-of-breath.severity": "4"})
    assert wrong.status_code == 422
    assert 'aria-labelledby="call-now"' in wrong.text
    assert wrong.text.index('id="call-now"') < wrong.text.index('class="errors"')
