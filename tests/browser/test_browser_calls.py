"""A coordinator at the call list: calls are noted and answers entered without a mouse."""

from datetime import date

import pytest
from playwright.sync_api import Locator, expect

from rsm.flow.calls import ON_LIST
from rsm.instruments.library import find
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.tasks import service as tasks
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.security_world import Person

pytestmark = pytest.mark.browser
MONDAY = date(2026, 10, 19)
PEOPLE = (
    {"name": "Maria Alvarez", "phone": "+12025550131", "language": "es", "interpreter": True},
    {"name": "Walter Pruitt", "phone": "+12025550132", "zone": "America/Los_Angeles"},
    {"name": "Ruth Okafor", "phone": "+12025550133"},
    {"name": "Samuel Nowak", "phone": "+12025550134"},
)


@pytest.fixture
def ben(house: House) -> Person:
    """Thursday: four patients have not answered, and Ben coordinates."""
    for one in PEOPLE:
        house.clinic.enrol_patient(**one)
    house.goes_to(MONDAY)
    for _ in range(3):
        house.passes(days=1, hours=1)
    house.works()
    ben = house.clinic.second
    with house.clinic.begin() as tx:
        staff.grant(tx, ben, house.clinic.site, Role.COORDINATOR)
        staff.revoke(tx, ben, house.clinic.site, Role.NURSE)
    return house.person(ben)


def row(desk: Window, name: str) -> Locator:
    return desk.page.get_by_role("listitem").filter(has=desk.page.get_by_role("heading", name=name))


def test_the_call_list_from_the_first_call_to_the_last(
    window: Opener, house: House, ben: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ben)
    desk.press("Calls", exact=False)
    desk.heading("4 patients to call now.")
    expect(row(desk, "Maria Alvarez")).to_contain_text("Spanish, interpreter")
    expect(row(desk, "Walter Pruitt")).to_contain_text("there now")
    desk.look("calls")

    voicemail = row(desk, "Ruth Okafor").get_by_role("button", name="Voicemail")
    desk.key("j")
    desk.tab_to(voicemail)
    desk.key("Enter")
    desk.sees("Noted: voicemail. Next try 1")
    desk.heading("3 patients to call now.")
    row(desk, "Samuel Nowak").get_by_role("button", name="Too ill to answer").click()
    desk.sees("A nurse is being told now.")
    row(desk, "Walter Pruitt").get_by_role("button", name="Does not want to").click()
    desk.sees("Is a break from the check-ins wanted?")
    row(desk, "Ruth Okafor").get_by_text("Note, other time").click()
    desk.look("calls-noted")


def test_the_list_keeps_itself_up_to_date(window: Opener, house: House, ben: Person) -> None:
    desk = window(desk=True)
    desk.page.clock.install()
    sign_in(desk, ben)
    desk.open("/calls")
    desk.heading("4 patients to call now.")
    with house.clinic.begin() as tx:
        listed = tasks.open_tasks(tx, house.clinic.site, ON_LIST)
    assert listed[0].patient_id is not None
    house.report(listed[0].patient_id)
    desk.page.clock.run_for(11_000)
    desk.heading("3 patients to call now.")


def test_an_empty_list_says_that_the_watch_runs(window: Opener, house: House) -> None:
    desk = window(desk=True)
    house.works()
    sign_in(desk, house.person(house.clinic.nurse))
    desk.open("/calls")
    desk.heading("Nobody is waiting for a call.")
    desk.sees("An empty list is not silence")
    desk.look("calls-none")


def test_answers_are_entered_by_keys_alone_and_severe_ones_say_whom_to_put_through(
    window: Opener, house: House, ben: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ben)
    desk.open("/calls")
    desk.tab_to(row(desk, "Maria Alvarez").get_by_role("link", name="Enter answers"))
    desk.key("Enter")
    keys = desk.page.keyboard
    expect(desk.page.get_by_label("The patient", exact=True)).to_be_focused()
    desk.look("entry")
    keys.press("Space")
    desk.tab_to(question(desk, 0).get_by_role("radio").first)
    instrument = find("weekly-symptoms")
    severe = {"pain.frequency": "4", "pain.severity": "4", "pain.interference": "4"}
    shown = [item for item in instrument.items if item.asked_when is None or item.code in severe]
    for item in shown:
        expect(desk.page.locator(f'[name="{item.code}"]').first).to_be_focused()
        keys.press(severe.get(item.code, "0"))
    expect(desk.page.get_by_label("Anything else")).to_be_focused()
    desk.look("entry-filled")
    desk.tab_to(desk.page.get_by_role("button", name="Store the answers"))
    keys.press("Enter")
    desk.sees("Stay on the line", "Put the call through to")
    desk.look("entry-severe")
    desk.page.reload()
    desk.sees("Stay on the line")
    desk.press("Back to the call list")
    desk.heading("3 patients to call now.")


def question(desk: Window, number: int) -> Locator:
    return desk.page.locator("[data-question]").nth(number)


def test_what_is_missing_is_told_and_what_was_typed_stays(
    window: Opener, house: House, ben: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ben)
    desk.open("/calls")
    row(desk, "Ruth Okafor").get_by_role("link", name="Enter answers").click()
    desk.page.locator('[name="pain.frequency"][value="2"]').check()
    desk.press("Store the answers")
    desk.sees("Nothing was stored yet", "Choose who answers")
    expect(desk.page.locator('[name="pain.frequency"][value="2"]')).to_be_checked()
    expect(desk.page.locator('[name="pain.severity"]').first).to_be_visible()
    desk.look("entry-wrong")


def test_a_lost_connection_keeps_the_answers_on_the_screen(
    window: Opener, house: House, ben: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ben)
    desk.open("/calls")
    row(desk, "Ruth Okafor").get_by_role("link", name="Enter answers").click()
    desk.page.get_by_label("The patient", exact=True).check()
    desk.page.locator('[name="pain.frequency"][value="2"]').check()
    with house.database_lost():
        desk.offline = True
        desk.press("Stop here, store what there is")
        desk.sees("NOT stored", "The connection was lost.")
        expect(desk.page.locator('[name="pain.frequency"][value="2"]')).to_be_checked()
    desk.press("Stop here, store what there is")
    desk.sees("Stored. ")
    desk.offline = False


def test_all_of_it_works_without_javascript(window: Opener, house: House, ben: Person) -> None:
    desk = window(desk=True, script=False)
    sign_in(desk, ben)
    desk.open("/calls")
    row(desk, "Samuel Nowak").get_by_role("button", name="No answer ,").click()
    desk.sees("Noted: no answer.")
    row(desk, "Ruth Okafor").get_by_role("link", name="Enter answers").click()
    desk.page.get_by_label("Somebody else, for the patient").check()
    desk.page.get_by_label("Who is it?").select_option("Child")
    for item in find("weekly-symptoms").items:
        desk.page.locator(f'[name="{item.code}"][value="0"]').check()
    desk.look("entry-plain")
    desk.press("Store the answers")
    desk.sees("Stored. ")


def test_on_a_phone_the_list_is_cards_and_the_number_is_dialled(
    window: Opener, house: House, ben: Person
) -> None:
    phone = window()
    sign_in(phone, ben)
    phone.open("/calls")
    phone.heading("4 patients to call now.")
    call = row(phone, "Walter Pruitt").get_by_role("link", name="Call 202-555-0132")
    expect(call).to_have_attribute("href", "tel:+12025550132")
    phone.look("calls-phone")
    row(phone, "Ruth Okafor").get_by_role("link", name="Enter answers").click()
    phone.look("entry-phone")


def test_on_paper_the_numbers_stand_and_the_buttons_do_not(
    window: Opener, house: House, ben: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ben)
    desk.open("/calls")
    desk.page.emulate_media(media="print")
    desk.sees("Call 202-555-0132")
    expect(row(desk, "Ruth Okafor").get_by_role("button", name="Voicemail")).to_be_hidden()
    desk.look("calls-print")
