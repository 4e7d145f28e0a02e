"""A patient's hands on the survey's pages: choose, go on, answer everything."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from playwright.sync_api import expect

from rsm.instruments.library import find
from tests.browser.chromium import Window

SEVERE: Mapping[str, str] = MappingProxyType(
    {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}
)
NOTHING: Mapping[str, str] = MappingProxyType({})
WHERE = re.compile(r"^(Question|Pregunta) \d+ (of|de) \d+$")


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
    phone.listens()


def answer_all(
    phone: Window, answers: Mapping[str, str] = NOTHING, *, button: str = "Next"
) -> None:
    """Answer each question as it is asked, 0 unless told, up to the page to check."""
    for _ in range(40):
        if phone.page.locator("#first").count() == 0:
            return
        choose(phone, answers.get(asked(phone), "0"))
        go_on(phone, button)
    raise AssertionError("the survey does not end")


def answered(phone: Window, link: str, answers: Mapping[str, str] = NOTHING) -> None:
    """Start and answer everything in this browser without looking; the page to check is open.

    The requests carry the browser's cookies, so that it has given these answers.
    """
    phone.page.request.post(f"{link}/start", form={"by": "self"})
    for number, item in enumerate(find("weekly-symptoms").items, start=1):
        phone.page.request.post(f"{link}/q/{number}", form={item.code: answers.get(item.code, "0")})
    phone.open(f"{link}/review")
