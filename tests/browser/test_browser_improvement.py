"""Journal, cycles, going live and the trial period in a browser: desk and phone, both languages."""

import re

import pytest
from sqlalchemy import Engine, text

from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.browser.test_browser_manage import page
from tests.not_live import not_live

pytestmark = pytest.mark.browser
PAGES = ("journal", "cycles", "go-live", "trial")


def test_a_manager_writes_what_was_changed_and_prepares_going_live(
    window: Opener, house: House, owner: Engine
) -> None:
    not_live(owner, house.clinic.site)
    desk, phone = window(desk=True), window()
    ruth = house.person(house.clinic.charge)
    sign_in(desk, ruth)
    desk.open(page(house, "journal"))
    desk.sees("This clinic is not live", "Nothing was written in this period.")
    desk.page.get_by_label("Kind").select_option(label="Champion named")
    desk.fill("In a few words", "Dana named as champion")
    desk.fill("Implementation strategy", "Identify and prepare champions")
    desk.press("Save")
    desk.heading("Dana named as champion")
    desk.page.get_by_label("Measure").select_option(value="completed")
    desk.page.get_by_label("Weeks on either side").select_option(label="4 weeks")
    desk.press("Compare")
    desk.sees("What this cannot show")
    desk.look("journal-entry")
    desk.open(page(house, "go-live"))
    desk.page.get_by_role("button", name=re.compile("^I have read")).first.click()
    desk.sees("Ruth Cole, 19 October 2026")
    desk.look("go-live")
    with owner.begin() as connection:
        connection.execute(text("UPDATE staff_account SET language = 'es'"))
    sign_in(phone, ruth)
    for name in PAGES:
        phone.open(page(house, name))
        phone.look(f"{name}-phone")
