"""A patient at her phone: from the link in the text to who will look, and what else may happen."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import SEVERE, WHERE, answer_all, answered, asked, choose, go_on
from tests.clinic import NURSE_PHONE, PATIENT_PHONE

pytestmark = pytest.mark.browser
BORN = ("March", "4", "1957")


@pytest.fixture
def link(house: House) -> str:
    """Maria's first text has come: its link."""
    house.clinic.enrol_patient()
    house.passes(hours=1)
    return house.link(PATIENT_PHONE)


def test_she_answers_by_tapping_and_learns_who_will_look(
    window: Opener, house: House, link: str
) -> None:
    phone = window()
    phone.open(link)
    phone.heading("How have you been this week?")
    phone.look("start")

    go_on(phone, "Start")
    expect(phone.page.get_by_text(WHERE)).to_have_count(1)
    expect(phone.page.get_by_role("radiogroup").or_(phone.page.locator("fieldset"))).to_have_count(
        1
    )
    phone.look("question")

    go_on(phone)  # nothing is chosen
    expect(phone.page.get_by_role("alert")).to_be_focused()
    phone.look("question-error")

    choose(phone, "3")
    go_on(phone)
    assert asked(phone) == "pain.severity"
    go_on(phone, "Back")
    expect(phone.page.locator('[name="pain.frequency"][value="3"]')).to_be_checked()
    go_on(phone)

    answer_all(phone, SEVERE)
    phone.heading("Check your answers")
    phone.sees("Very severe")
    phone.look("review")
    assert house.texts(NURSE_PHONE) == []

    phone.fill("Anything else", "It keeps me awake.")
    go_on(phone, "Send to my nurses")
    phone.heading("Thank you. A nurse is being told now.")
    phone.sees("Dana Reyes", "Call 202-555-0140")
    phone.look("done")
    house.works()
    assert len(house.texts(NURSE_PHONE)) == 1


def test_after_a_break_earlier_answers_come_back_only_with_the_birth_date(
    window: Opener, house: House, link: str
) -> None:
    first = window()
    first.open(link)
    go_on(first, "Start")
    choose(first, "3")
    go_on(first)
    choose(first, "2")
    go_on(first)

    house.passes(hours=2)
    second = window()
    second.open(link)
    second.heading("Welcome back")
    second.look("welcome-back")
    go_on(second, "Go on")
    second.heading("What is your birth date?")
    second.look("birth-date")

    go_on(second, "Show my earlier answers")
    second.sees("This is not a full date")
    give_birth_date(second, "March", "5", "1957")
    second.sees("This is not the birth date that we have")
    second.look("birth-date-wrong")

    give_birth_date(second, *BORN)
    assert asked(second) == "pain.interference"
    go_on(second, "Back")
    expect(second.page.locator('[name="pain.severity"][value="2"]')).to_be_checked()


def give_birth_date(phone: Window, month: str, day: str, year: str) -> None:
    phone.page.get_by_label("Month").select_option(month)
    phone.fill("Day", day)
    phone.fill("Year", year)
    phone.press("Show my earlier answers")


def test_without_the_birth_date_she_goes_on_and_sees_nothing_of_before(
    window: Opener, house: House, link: str
) -> None:
    first = window()
    first.open(link)
    go_on(first, "Start")
    choose(first, "4")
    go_on(first)

    house.passes(hours=2)
    second = window()
    second.open(link)
    go_on(second, "Go on")
    go_on(second, "Go on without my earlier answers")
    assert asked(second) == "pain.severity"
    go_on(second, "Back")
    assert asked(second) == "pain.frequency"
    expect(second.page.locator("input:checked")).to_have_count(0)


def test_a_finished_link_says_so_and_she_may_report_again(
    window: Opener, house: House, link: str
) -> None:
    first = window()
    answered(first, link)
    go_on(first, "Send to my nurses")
    first.heading("Thank you. Your answers have arrived.")
    first.look("done-normal")

    second = window()
    second.open(link)
    second.heading("You have already sent this check-in")
    second.look("finished")
    go_on(second, "What happens with my answers")
    second.heading("Thank you. Your answers have arrived.")
    go_on(second, "Report again")
    second.heading("How have you been this week?")


def test_once_seen_by_the_team_the_last_page_says_so_with_the_weeks_before(
    window: Opener, house: House, link: str
) -> None:
    phone = window()
    answered(phone, link, SEVERE)
    go_on(phone, "Send to my nurses")
    house.works()
    house.passes(minutes=10)
    house.take_all(house.clinic.nurse)
    phone.page.reload()
    phone.heading("Your team has seen your answers.")
    phone.sees("Dana Reyes")
    go_on(phone, "Show my last weeks")
    give_birth_date(phone, *BORN)
    expect(phone.page.locator("figure")).to_have_count(1)
    phone.look("done-seen")


def test_very_severe_breathlessness_says_what_to_do_now(
    window: Opener, house: House, link: str
) -> None:
    phone = window()
    answered(phone, link, {"shortness-of-breath.severity": "4"})
    house.works()
    assert len(house.texts(NURSE_PHONE)) == 1  # judged when saved, not only when sent
    go_on(phone, "Send to my nurses")
    phone.heading("Thank you. Please call us now.")
    phone.sees("What to do now", "Call 202-555-0140")
    phone.look("done-emergency")


def test_an_expired_link_leads_to_a_new_text(window: Opener, house: House, link: str) -> None:
    house.passes(days=6)
    phone = window()
    phone.open(link)
    phone.heading("This link is no longer open")
    phone.look("expired")
    before = len(house.texts(PATIENT_PHONE))
    go_on(phone, "Text me a new link")
    phone.heading("A new link is on its way")
    phone.look("new-link")
    house.works()
    assert len(house.texts(PATIENT_PHONE)) == before + 1

    phone.open(house.link(PATIENT_PHONE))
    phone.heading("How have you been this week?")
    go_on(phone, "Start")
    assert asked(phone) == "pain.frequency"


def test_not_me_stops_texts_to_this_phone(window: Opener, house: House, link: str) -> None:
    phone = window()
    phone.open(link)
    go_on(phone, "This message is not for me")
    phone.look("not-me")
    go_on(phone, "No, it is not for me: stop texting this phone")
    phone.heading("Thank you. We do not text this phone any more.")
    phone.look("not-me-done")
    phone.open(link)
    phone.heading("Thank you. We do not text this phone any more.")
    house.passes(days=8)
    assert len(house.texts(PATIENT_PHONE)) == 1


def test_she_may_ask_to_be_called(window: Opener, link: str) -> None:
    phone = window()
    phone.open(link)
    go_on(phone, "I would rather be called on the phone")
    phone.heading("Somebody will call you")
    phone.look("call-me")


def test_a_link_that_is_none_says_so_and_whom_to_call(window: Opener, link: str) -> None:
    phone = window()
    phone.open(f"{link[:-3]}xyz")
    phone.heading("This page does not exist")
    phone.sees("911")
    phone.look("no-such-link")


def test_in_spanish_from_the_text_to_the_thanks(window: Opener, house: House) -> None:
    house.clinic.enrol_patient(name="Rosa Jiménez", language="es")
    house.passes(hours=1)
    phone = window()
    phone.open(house.link(PATIENT_PHONE))
    expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    phone.look("es-start")
    go_on(phone, "Empezar")
    go_on(phone, "Siguiente")
    phone.look("es-question-error")
    answered(phone, house.link(PATIENT_PHONE), SEVERE)
    phone.look("es-review")
    go_on(phone, "Enviar a mis enfermeras")
    phone.sees("Dana Reyes")
    phone.look("es-done")
    assert not re.search(r"\b(the|your|and|answers|nurse)\b", phone.page.inner_text("body"))


def test_the_language_is_changed_on_any_page_and_stays(window: Opener, link: str) -> None:
    phone = window()
    phone.open(link)
    go_on(phone, "Start")
    phone.press("Español")
    expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    choose(phone, "0")
    go_on(phone, "Siguiente")
    expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    phone.press("English")
    expect(phone.page.get_by_text(WHERE)).to_contain_text("Question")
