"""Releases in a browser: a pack drafted, run in shadow and asked for; another person agrees."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from rsm.flow import shadow
from tests.alert_world import Ward
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.security_world import Person

REASON = "A third of our alerts led to nothing, and a rise from none to moderate is rarely urgent."
_GRADES = (1, 3, 2, 4, 0, 3)


@pytest.fixture
def manager(house: House) -> Person:
    """Ruth Cole, who manages the site."""
    return house.person(house.clinic.charge)


def address(house: House) -> str:
    return f"/sites/{house.clinic.site}/rules/releases"


def draft(desk: Window, house: House) -> None:
    desk.open(address(house))
    desk.page.get_by_label("Begin with").select_option(label="Severe answers only")
    desk.press("Make a draft")
    desk.sees("Nothing stands in its way", "What it changes", "Chest pain")


def weeks_of_reports(house: House) -> None:
    """Three patients, six weeks; the worker's turn after each."""
    clinic = house.clinic
    patients = [
        clinic.enrol_patient(name=f"Patient {n}", phone=f"+1202555013{n}") for n in range(3)
    ]
    ward = Ward(clinic, house.worker, house.clock, patients[0])
    for grade in _GRADES:
        for place, patient in enumerate(patients):
            house.clock.advance(timedelta(hours=1 + place))
            ward.report({"pain.frequency": 2, "pain.severity": (grade + place) % 5}, patient)
        house.clock.advance(timedelta(days=6, hours=18))
        shadow.judge_due(house.worker)


def test_a_pack_goes_from_draft_to_live_by_two_people(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.look("releases-none")
    draft(desk, house)
    desk.look("release-draft")
    desk.press("Start its shadow")
    desk.sees("No report came since its shadow began")
    weeks_of_reports(house)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.page.get_by_role("link", name="Severe answers only").click()
    desk.sees("would have raised", "18 surveys since")
    desk.page.get_by_label("Why is it to go live?").fill(REASON)
    desk.press("Ask a second person")
    desk.sees("You asked for it: somebody else decides.", REASON)
    desk.look("release-asked")
    page = desk.page.url
    nurse = window(desk=True)
    sign_in(nurse, house.person(house.clinic.nurse))
    nurse.open(address(house))
    nurse.look("releases-waiting")
    nurse.page.goto(page)
    nurse.look("release-agree")
    nurse.press("I agree: it goes live now")
    nurse.sees("is in force")
    nurse.look("release-live")
    nurse.open(address(house))
    nurse.sees("In force since")


def test_on_a_phone_nothing_is_wider_than_the_screen(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window()
    sign_in(phone, manager)
    draft(phone, house)
    phone.look("release-phone")
    phone.open(address(house))
    phone.look("releases-phone")


def test_it_works_without_javascript_and_tells_what_is_wrong(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True, script=False)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.press("Make a draft")
    desk.sees("Choose a pack, a file, or paste a text")
    draft(desk, house)
    desk.press("Ask without a shadow")
    desk.sees("Say why it is to go live.")
    expect(desk.page.get_by_label("Why is it to go live?")).to_be_visible()
