"""Severe answers are met with whom to call at once: on the next page, and in the site's words."""

import pytest

from rsm.db.work import Database
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import TextKey
from tests.flow.one_rule_more import judged_by
from tests.patient_browser import Browser, asked, browser_of, first_link
from tests.survey_world import BORN, World, build_world

TITLE = "Please call now"
BREATH = "shortness-of-breath.severity"


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def link(world: World, worker_db: Database) -> str:
    return first_link(world, worker_db)


@pytest.fixture
def phone(web_db: Database, link: str) -> Browser:
    return browser_of(web_db, link)


def publish(world: World, purpose: str, body: str, language: str = "en") -> None:
    """As a manager does, with somebody else's name."""
    key = TextKey(purpose, language, Channel.WEB)
    with world.begin() as tx:
        drafted = site_texts.draft(tx, world.clinic.site, key, body)
        site_texts.publish(tx, world.clinic.site, drafted.id, "Somebody Else, RN")


def up_to_breath(phone: Browser) -> None:
    """Answer what comes before, then that she can hardly breathe."""
    page = phone.start()
    while (item := asked(page)[1]) != BREATH:
        page = phone.choose(page, "0")
    assert TITLE not in page.text
    phone.choose(page, "4")
    assert item == BREATH


def test_the_page_after_such_an_answer_says_whom_to_call(phone: Browser) -> None:
    up_to_breath(phone)
    page = phone.pages[-1]
    assert TITLE in page.text
    assert 'href="tel:911"' in page.text
    assert "Call 911 now" in page.text.replace('<span class="nw" dir="ltr">', "")
    assert 'type="radio"' in page.text  # and the survey goes on


def test_so_does_the_page_after_an_answer_that_makes_one_with_another(
    world: World, phone: Browser, web_db: Database, link: str
) -> None:
    judged_by(
        world,
        'about = "pain"\nwhen = { kind = "total", value = 6, '
        'items = ["pain.frequency", "pain.severity"] }\n',
    )
    page = phone.start()
    while asked(page)[1] != "pain.severity":
        page = phone.choose(page, "3")
        assert TITLE not in page.text
    page = phone.choose(page, "3")
    assert TITLE in page.text
    assert TITLE in phone.choose(page, "0").text
    assert TITLE not in browser_of(web_db, link).get("/q").text


def test_it_stays_on_the_pages_that_follow_and_in_her_language(phone: Browser) -> None:
    up_to_breath(phone)
    assert TITLE in phone.choose(phone.pages[-1], "0").text
    assert "Llame ahora, por favor" in phone.get("/q?lang=es").text


def test_another_browser_with_the_link_learns_nothing_by_it(
    phone: Browser, web_db: Database, link: str
) -> None:
    up_to_breath(phone)
    other = browser_of(web_db, link)
    assert TITLE not in other.get("/q").text
    assert TITLE not in other.get("").text


def test_a_browser_that_keeps_no_cookie_reads_it_once(
    phone: Browser, web_db: Database, link: str
) -> None:
    page = phone.start()
    while asked(page)[1] != BREATH:
        page = phone.choose(page, "0")
    without = browser_of(web_db, link)
    answered = without.choose(page, "4")
    assert TITLE in answered.text


def test_the_site_s_own_words_are_said_on_the_way_and_at_the_end(
    phone: Browser, world: World
) -> None:
    publish(world, "advice_emergency", "Ring the ward: {help_phone}.\nOr {emergency_number}.")
    up_to_breath(phone)
    assert "Ring the ward:" in phone.pages[-1].text
    page = phone.answer_all(phone.pages[-1])
    sent = phone.post("/review", words="")
    assert "Please call us now" in sent.text
    assert "Ring the ward:" in sent.text
    assert TITLE not in sent.text  # the closing page says it in full
    assert page.status_code == 200


def test_advice_about_a_symptom_follows_the_answers_that_this_browser_gave(
    phone: Browser, world: World, web_db: Database, link: str
) -> None:
    publish(world, "symptom_advice.pain", "Take the tablets of your pain plan.")
    publish(world, "symptom_advice.nausea", "Small meals help.")
    phone.answer_all(phone.start(), pain_frequency="1", pain_severity="1")
    sent = phone.post("/review", words="")
    assert "About Pain" in sent.text
    assert "Take the tablets of your pain plan." in sent.text
    assert "Small meals help." not in sent.text
    assert "About" not in browser_of(web_db, link).get("/done").text.split("<main")[1][:2000]


def test_advice_in_another_language_than_the_page_is_left_out(phone: Browser, world: World) -> None:
    publish(world, "symptom_advice.pain", "Take the tablets of your pain plan.")
    phone.answer_all(phone.start(), pain_frequency="1", pain_severity="1")
    phone.post("/review", words="")
    shown = phone.get("/done?lang=es")
    assert "tablets" not in shown.text


def test_her_last_weeks_are_shown_after_the_birth_date_alone(phone: Browser) -> None:
    phone.answer_all(phone.start(), pain_frequency="1", pain_severity="2")
    sent = phone.post("/review", words="")
    assert "<figure" not in sent.text
    born = {"day": str(BORN.day), "month": str(BORN.month), "year": str(BORN.year)}
    assert "<figure" in phone.post("/birth-date?to=done", **born).text
