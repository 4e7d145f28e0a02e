"""Other doors in a browser: the tablet from hand to hand, paper typed in, forms to print."""

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from rsm.flow import answer
from rsm.flow import proxies as proxy_flow
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.words import Channel, Relation
from rsm.patients.proxy_model import NewProxy
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.clinic import PATIENT_PHONE
from tests.security_world import PASSWORD, Person

pytestmark = pytest.mark.browser
MONDAY = date(2026, 10, 19)
DAUGHTER_PHONE = "+12025550151"
ITEMS = find("weekly-symptoms").items
NAME = "Maria Alvarez"
STOP = "Stop here, store what there is"


@pytest.fixture
def maria(house: House) -> UUID:
    """Monday at nine: her survey is open."""
    patient = house.clinic.enrol_patient(NAME, PATIENT_PHONE)
    house.goes_to(MONDAY)
    return patient


@pytest.fixture
def dana(house: House, maria: UUID) -> Person:
    return house.person(house.clinic.nurse)


def patient_page(desk: Window, dana: Person) -> None:
    sign_in(desk, dana)
    desk.open("/patients")
    desk.press(NAME)


def hand_over(desk: Window, dana: Person) -> None:
    patient_page(desk, dana)
    desk.press("Hand over the tablet")
    desk.sees("I have finished: close this")


def answer_by_keys(window: Window, **values: str) -> None:
    """Each question as it comes, by the keyboard alone, up to the page to check."""
    for _ in range(40):
        first = window.page.locator("#first")
        window.listens()
        if first.count() == 0:
            return
        name = first.get_attribute("name") or ""
        before = window.page.title()
        wanted = window.page.locator(f'[name="{name}"][value="{values.get(name, "0")}"]')
        wanted.focus()
        window.page.keyboard.press("Space")
        window.page.keyboard.press("Enter")
        expect(window.page).not_to_have_title(before)
    raise AssertionError("the survey does not end")


def test_a_tablet_is_handed_over_answered_and_given_back(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    hand_over(desk, dana)
    desk.look("tablet-start")
    desk.page.locator('button[value="self"]').click()
    expect(desk.page.locator("#first")).to_be_visible()
    desk.look("tablet-question")
    answer_by_keys(desk)
    desk.page.get_by_role("button", name=re.compile("^Send")).click()
    desk.heading("Thank you. Please give the tablet back.")
    desk.look("tablet-given-back")
    expect(desk.page.locator("body")).not_to_contain_text("Maria")
    for _ in range(3):
        desk.page.go_back()
        expect(desk.page.locator("body")).not_to_contain_text("Maria")
        expect(desk.page.locator("#first")).to_have_count(0)
    desk.open("/patients")
    expect(desk.page).to_have_url(re.compile("/locked$"))


def test_left_alone_a_tablet_gives_itself_back(window: Opener, house: House, dana: Person) -> None:
    desk = window(desk=True)
    desk.page.clock.install()
    hand_over(desk, dana)
    desk.page.locator('button[value="self"]').click()
    expect(desk.page.locator("#first")).to_be_visible()
    desk.listens()
    desk.page.clock.run_for(181_000)
    desk.heading("Please give the tablet back")
    desk.page.go_back()
    desk.heading("Please give the tablet back")


def test_without_javascript_a_tablet_is_given_back_by_its_button(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True, script=False)
    hand_over(desk, dana)
    desk.page.locator('button[value="self"]').click()
    desk.press("I have finished: close this and give the tablet back")
    desk.heading("Please give the tablet back")
    desk.page.go_back()
    expect(desk.page.locator("body")).not_to_contain_text("Maria")


def test_what_was_begun_by_text_is_finished_on_the_phone_by_keys_alone(
    window: Opener, house: House, dana: Person, maria: UUID
) -> None:
    with house.clinic.begin() as tx:
        survey = schedules.recent(tx, maria, 1)[0]
        answer.save(tx, survey.id, ITEMS[0].code, answered(1), Author(channel=Channel.SMS))
    desk = window(desk=True)
    patient_page(desk, dana)
    desk.press("Take answers by phone")
    desk.sees("Given already: the patient, by text")
    desk.look("entry-draft")
    keys = desk.page.keyboard
    keys.press("Space")  # the patient answers
    asked = desk.page.locator("[data-question]:not([data-given])").first
    desk.tab_to(asked.locator("input").first)
    for item in ITEMS[1:]:
        field = desk.page.locator(f'[name="{item.code}"]').first
        if field.is_visible():
            expect(field).to_be_focused()
            keys.press("0")
    expect(desk.page.get_by_label("Anything else")).to_be_focused()
    desk.tab_to(desk.page.get_by_role("button", name="Store the answers"))
    keys.press("Enter")
    desk.sees("Stored. ")
    desk.press("Patient's record")
    desk.press("Open the report")
    desk.sees("the patient, by text", "by phone with Dana Reyes")
    desk.look("report")
    desk.press("Correct an answer …")
    desk.look("report-correct")


def test_signed_out_meanwhile_the_answers_stay_and_are_stored_once_signed_in_again(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    patient_page(desk, dana)
    desk.press("Take answers by phone")
    expect(desk.page.locator('[name="_by"]').first).to_be_focused()
    keys = desk.page.keyboard
    keys.press("Space")  # the patient answers
    keys.press("Enter")  # goes on, and stores nothing yet
    expect(desk.page.locator(f'[name="{ITEMS[0].code}"]').first).to_be_focused()
    keys.press("3")
    chosen = desk.page.locator(f'[name="{ITEMS[0].code}"][value="3"]')
    desk.page.evaluate("document.querySelector('[data-entry] [name=csrf]').value = 'former'")
    stop = desk.page.get_by_role("button", name=STOP)
    stop.click()
    desk.sees("NOT stored")
    expect(chosen).to_be_checked()
    stop.click()
    desk.sees("Stored. ")


def test_a_page_that_the_browser_kept_is_asked_for_anew_once_it_is_locked(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    patient_page(desk, dana)
    shown = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    desk.page.evaluate(shown)
    expect(desk.page.get_by_text(NAME).first).to_be_visible()
    other = desk.page.context.new_page()
    other.goto(desk.page.url)
    other.get_by_role("button", name="Hand over the tablet").click()
    expect(other.get_by_text("I have finished: close this")).to_be_visible()
    desk.page.evaluate(shown)
    expect(desk.page).to_have_url(re.compile("/locked$"))


def test_paper_is_typed_in_by_keys_alone(window: Opener, house: House, dana: Person) -> None:
    desk = window(desk=True)
    sign_in(desk, dana)
    desk.open("/calls")
    desk.press("Type in answers on paper")
    expect(desk.page.get_by_label("Mark or record number").first).to_be_focused()
    keys = desk.page.keyboard
    for text in ("R1001", "1957-03-04", "2026-10-19"):
        keys.type(text)
        keys.press("Enter")
    keys.press("Tab")  # the patient filled it in
    for item in ITEMS:
        field = desk.page.locator(f'[name="c1:{item.code}"]')
        expect(field).to_be_focused()
        if item.asked_when is None:
            keys.press("0")
        else:
            keys.press("Enter")
    desk.look("paper-filled")
    keys.press("Control+Enter")
    desk.sees("1 sheet is stored", "Maria Alvarez, paper of 19 October 2026")
    desk.look("paper-stored")


def appoint(house: House, maria: UUID) -> None:
    with house.clinic.begin(house.clinic.nurse) as tx:
        new = NewProxy(relation=Relation.CHILD, name="Lucia Alvarez", phone=DAUGHTER_PHONE)
        proxy_flow.appoint(tx, maria, new)


def test_forms_and_list_are_printed(
    window: Opener, house: House, dana: Person, maria: UUID
) -> None:
    appoint(house, maria)
    desk = window(desk=True)
    patient_page(desk, dana)
    desk.sees("Lucia Alvarez, child")
    desk.look("patient-proxy")
    desk.press("Form on paper")
    desk.sees("Mark:")
    desk.page.emulate_media(media="print")
    desk.look("paper-form")
    desk.page.emulate_media(media="screen")
    desk.open("/calls")
    desk.press("For a time without computers")
    desk.look("downtime")
    desk.press("Due today")
    desk.sees(NAME, "202-555-0131", "Lucia Alvarez")
    desk.page.emulate_media(media="print")
    desk.look("downtime-list")


def test_a_proxys_first_page_on_a_phone(window: Opener, house: House, maria: UUID) -> None:
    appoint(house, maria)
    house.works()
    phone = window()
    phone.open(house.link(DAUGHTER_PHONE))
    phone.sees("You answer for somebody in our care")
    phone.look("proxy-start")


def entry_form(desk: Window, dana: Person) -> None:
    """The first answer is chosen, and something is written."""
    patient_page(desk, dana)
    desk.press("Take answers by phone")
    desk.page.locator('[name="_by"][value="self"]').check()  # so that it is the page that listens
    desk.listens()
    desk.page.locator(f'[name="{ITEMS[0].code}"][value="3"]').check()
    desk.page.locator('[name="_words"]').fill("since Friday")


def left_alone(desk: Window) -> None:
    """For as long as a page waits, and once more: it may hear only in between that it scrolled as
    somebody wrote."""
    for _ in range(2):
        desk.page.clock.fast_forward(15 * 60_000 + 1_000)


def still_there(desk: Window) -> None:
    expect(desk.page.locator(f'[name="{ITEMS[0].code}"][value="3"]')).to_be_checked()
    expect(desk.page.locator('[name="_words"]')).to_have_value("since Friday")


def test_a_half_filled_form_is_there_again_after_the_idle_lock(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    desk.context.clock.install()
    entry_form(desk, dana)
    left_alone(desk)
    desk.heading("Locked")
    assert NAME not in desk.page.content()
    assert "since Friday" not in desk.page.content()
    expect(desk.page).to_have_title(re.compile("^Locked"))
    desk.look("locked-over-a-form")
    desk.fill("Password", "not her password")
    desk.press("Unlock")
    desk.sees("This password is not right")
    desk.fill("Password", PASSWORD)
    desk.press("Unlock")
    still_there(desk)
    desk.press(STOP)
    desk.sees("Stored. ")


def test_so_is_one_that_was_typed_in_for_longer_than_the_server_waits(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    entry_form(desk, dana)
    house.clock.advance(timedelta(minutes=16))
    desk.press(STOP)
    desk.heading("Locked")
    desk.fill("Password", PASSWORD)
    desk.press("Unlock")
    desk.sees("NOT stored")
    still_there(desk)
    desk.press(STOP)
    desk.sees("Stored. ")


def test_a_lock_that_was_opened_by_nobody_stays_when_she_has_signed_out_elsewhere(
    window: Opener, house: House, dana: Person
) -> None:
    desk = window(desk=True)
    desk.context.clock.install()
    entry_form(desk, dana)
    left_alone(desk)
    desk.heading("Locked")
    desk.context.clear_cookies()
    desk.fill("Password", PASSWORD)
    desk.press("Unlock")
    desk.sees("This password is not right")
    assert NAME not in desk.page.content()
