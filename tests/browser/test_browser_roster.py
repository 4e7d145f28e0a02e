"""A roster that changes, at a desk and on a phone: a stand-in, a swap, the calendar's address."""

import pytest

from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.browser.test_browser_manage import page
from tests.rota_clinic import absence, clear, weekly
from tests.security_world import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def people(house: House) -> tuple[Person, Person]:
    """Ruth, the manager, and Dana, who works by day."""
    clinic = house.clinic
    clear(clinic)
    weekly(clinic, clinic.nurse, range(5), "08:00", "18:00")
    weekly(clinic, clinic.second, [5], "08:00", "12:00")
    absence(clinic, clinic.nurse, "2026-10-22T00:00", "2026-10-23T00:00")
    return house.person(clinic.charge), house.person(clinic.nurse)


def test_a_manager_fills_a_gap(window: Opener, house: House, people: tuple[Person, Person]) -> None:
    desk = window(desk=True)
    sign_in(desk, people[0])
    desk.open(page(house, "roster"))
    desk.look("roster")
    desk.page.get_by_text("Somebody stands in, or comes besides").click()
    stand_in = desk.page.locator("details[open] form")
    stand_in.get_by_label("Who", exact=True).select_option(label="Ben Okafor")
    stand_in.get_by_label("From").fill("2026-10-22T08:00")
    stand_in.get_by_label("Until").fill("2026-10-22T07:00")
    desk.press("Put on duty")
    desk.look("roster-refused")
    desk.page.get_by_label("Until", exact=True).and_(desk.page.locator("#f-until")).fill(
        "2026-10-22T18:00"
    )
    desk.press("Put on duty")
    desk.page.get_by_text("comes besides").first.wait_for()
    desk.look("roster-filled")


def test_a_nurse_asks_for_a_swap_on_her_phone(
    window: Opener, house: House, people: tuple[Person, Person]
) -> None:
    phone = window()
    sign_in(phone, people[1])
    phone.open(page(house, "duties"))
    phone.look("duties")
    phone.page.get_by_text("Ask for a swap").click()
    phone.page.get_by_label("I give").select_option(index=1)
    phone.page.get_by_label("I take").select_option(index=1)
    phone.press("Ask")
    phone.page.get_by_text("asked", exact=True).wait_for()
    phone.press("New address of my duties")
    phone.page.get_by_text("shown this once").wait_for()
    phone.look("duties-address")
