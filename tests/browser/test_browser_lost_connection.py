"""What was not stored says so, keeps the answers, and is sent once the connection is back."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import asked, choose, go_on
from tests.clinic import PATIENT_PHONE

pytestmark = pytest.mark.browser
NOT_SENT = "Your answers were NOT sent"


def at_first_question(phone: Window, house: House) -> None:
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone.open(house.link(PATIENT_PHONE))
    go_on(phone, "Start")
    choose(phone, "3")


def not_sent(phone: Window) -> None:
    expect(phone.page.get_by_role("alert")).to_be_focused()
    phone.sees(NOT_SENT, "Call 202-555-0140")


def test_a_lost_connection_is_told_and_retry_sends(window: Opener, house: House) -> None:
    phone = window()
    at_first_question(phone, house)
    phone.offline = True
    phone.page.route("**/q/*", lambda route: route.abort("connectionreset"))
    phone.press("Next")
    not_sent(phone)
    expect(phone.page.locator("input:checked")).to_have_value("3")
    phone.look("not-sent")
    phone.press("Try to send again")
    not_sent(phone)

    phone.page.unroute("**/q/*")
    go_on(phone, "Try to send again")
    assert asked(phone) == "pain.severity"
    expect(phone.page.get_by_role("alert")).to_have_count(0)


def test_once_the_phone_is_online_again_it_sends_by_itself(window: Opener, house: House) -> None:
    phone = window()
    at_first_question(phone, house)
    phone.offline = True
    phone.context.set_offline(True)
    phone.press("Next")
    not_sent(phone)
    phone.context.set_offline(False)
    expect(phone.page.get_by_text("Question 2 of")).to_be_visible()
    assert asked(phone) == "pain.severity"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_lost_database_is_told_and_retry_sends(
    window: Opener, house: House, script: bool
) -> None:
    phone = window()
    if not script:
        phone.without_our_script()
    at_first_question(phone, house)
    phone.offline = True
    with house.database_lost():
        phone.press("Next")
        phone.sees(NOT_SENT, "Call 202-555-0140")
        phone.look("database-lost")
    go_on(phone, "Try to send again")
    assert asked(phone) == "pain.severity"
    go_on(phone, "Back")
    expect(phone.page.locator("input:checked")).to_have_value("3")
