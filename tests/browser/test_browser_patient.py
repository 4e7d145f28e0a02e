"""A patient at her phone: from the link in the text to who will look, and what else may happen."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.clinic import NURSE_PHONE, PATIENT_PHONE

pytestmark = pytest.mark.browser
SEVERE: Mapping[str, str] = MappingProxyType(
    {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}
)
NOTHING: Mapping[str, str] = MappingProxyType({})
WHERE = re.compile(r"^(Question|Pregunta) \d+ (of|de) \d+$")


@pytest.fixture
def link(house: House) -> str:
    """Maria's first text has come: its link."""
    house.clinic.enrol_patient()
    house.passes(hours=1)
    return house.link(PATIENT_PHONE)


def asked(phone: Window) -> str:
    """The item that the page asks for."""
    first = phone.page.locator("#first")
    expect(first).to_be_visible()
    return first.get_attribute("name") or ""


def choose(phone: Window, value: str) -> None:
    """Tap an answer: its whole box is the target."""
    phone.page.locator("label.option", has=phone.page.locator(f'[value="{value}"]')).tap()


def go_on(phone: Window, button: str = "Next") -> None:
    """Press it, and wait until the next page has come."""
    before = phone.page.title()
    phone.press(button)
    expect(phone.page).not_to_have_title(before)


def answer_all(phone: Window, answers: Mapping[str, str] = NOTHING, *, next_: str = "Next") -> None:
    """Answer each question as it is asked, 0 unless told, up to the page to check."""
    for _ in range(40):
        if phone.page.locator("#first").count() == 0:
            return
        choose(phone, answers.get(asked(phone), "0"))
        go_on(phone, next_)
    raise AssertionError("the survey does not end")


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
