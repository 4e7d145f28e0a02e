"""The whole path by keyboard alone, with and without JavaScript."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import SEVERE
from tests.clinic import PATIENT_PHONE

pytestmark = pytest.mark.browser


def enter(phone: Window, wanted: Locator) -> None:
    """Go there by Tab, press Enter, and wait for the next page."""
    before = phone.page.title()
    phone.tab_to(wanted)
    phone.page.keyboard.press("Enter")
    expect(phone.page).not_to_have_title(before)
    phone.listens()


def button(phone: Window, name: str) -> Locator:
    return phone.page.get_by_role("button", name=name, exact=True)


def answer_by_keys(phone: Window) -> None:
    """Tab to the answers, choose by Space and the arrow keys, send by Enter."""
    first = phone.page.locator("#first")
    phone.tab_to(first)
    phone.page.keyboard.press("Space")
    for _ in range(int(SEVERE.get(first.get_attribute("name") or "", "0"))):
        phone.page.keyboard.press("ArrowDown")
    enter(phone, button(phone, "Next"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_whole_path_by_keyboard(window: Opener, house: House, script: bool) -> None:
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone = window(script=script)
    phone.open(house.link(PATIENT_PHONE))
    phone.page.keyboard.press("Tab")
    expect(phone.page.get_by_role("link", name="Skip to the page")).to_be_focused()
    phone.look("skip-link")
    enter(phone, button(phone, "Start"))

    enter(phone, button(phone, "Next"))  # nothing chosen
    phone.sees("Choose one answer to go on.")
    answer_by_keys(phone)
    enter(phone, button(phone, "Back"))
    expect(phone.page.locator("input:checked")).to_have_value("3")
    phone.tab_to(phone.page.locator("input:checked"))
    phone.look("keyboard-question")
    enter(phone, button(phone, "Next"))

    while phone.page.locator("#first").count():
        answer_by_keys(phone)
    phone.heading("Check your answers")
    enter(phone, button(phone, "Send to my nurses"))
    phone.heading("Thank you. A nurse is being told now.")
    phone.sees("Dana Reyes", "202-555-0140")
