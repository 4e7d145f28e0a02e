"""A nurse at her desk: sign in, the worklist, one alert from taking to closing; lock; the site."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in, wrong_code
from tests.clinic import build_clinic
from tests.security_world import PASSWORD

pytestmark = pytest.mark.browser
QUARTER = timedelta(minutes=15)


@pytest.fixture
def maria(house: House) -> UUID:
    """Three quiet weeks, then very severe pain and a word about it."""
    patient = house.clinic.enrol_patient()
    first = date(2026, 10, 19)
    for week, pain in enumerate((1, 2, 1)):
        house.goes_to(first + timedelta(weeks=week))
        house.report(patient, pain__frequency=pain, pain__severity=pain, nausea__frequency=1)
    house.goes_to(first + timedelta(weeks=3))
    house.report(
        patient,
        "It keeps me awake.",
        pain__frequency=3,
        pain__severity=4,
        pain__interference=3,
        anxiety__frequency=2,
    )
    house.works()
    return patient


def test_signing_in_takes_the_password_and_the_code(window: Opener, house: House) -> None:
    dana = house.person(house.clinic.nurse)
    desk = window(desk=True)
    desk.open("/")
    desk.heading("Sign in")
    desk.look("login")
    desk.fill("E-mail", dana.email)
    desk.fill("Password", "not her password")
    desk.press("Sign in")
    desk.sees("E-mail or password is not right")
    desk.look("login-failed")

    desk.fill("Password", PASSWORD)
    desk.press("Sign in")
    desk.heading("Six-digit code")
    desk.look("code")
    desk.fill("Code", wrong_code(dana))
    desk.press("Go on")
    desk.sees("This code is not right")
    desk.look("code-failed")

    house.works()
    desk.fill("Code", dana.code())
    desk.press("Go on")
    desk.sees("No alert was opened today")
    desk.look("worklist-empty")


def test_an_alert_is_taken_worked_on_and_closed(window: Opener, house: House, maria: UUID) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    row = desk.page.get_by_role("row", name="Maria Alvarez")
    expect(row).to_contain_text("Pain")
    expect(row).to_contain_text("Nobody yet")
    desk.look("worklist")

    row.get_by_role("link", name="Maria Alvarez").click()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Maria Alvarez")
    heat = desk.page.get_by_role("region", name="Symptoms by week")
    expect(heat.get_by_role("row", name="Pain")).to_contain_text("4")
    desk.sees("It keeps me awake.", "Nobody has taken it.")
    desk.look("alert")

    desk.press("Take it", exact=False)
    desk.sees("You have it")
    desk.look("alert-taken")
    house.passes(minutes=10)

    desk.press("Save, keep open")  # nothing said yet
    desk.sees("Say what was done")
    desk.look("alert-problem")
    desk.page.get_by_label("Patient not reached").check()
    desk.fill("Note", "No answer at 9:10, again in ten minutes.")
    desk.press("Save, keep open")
    desk.sees("No answer at 9:10")

    house.passes(minutes=10)
    desk.page.get_by_label("Phone advice").check()
    desk.fill("Note", "Morphine dose agreed with Dr. Cole.")
    desk.press("Close alert")
    desk.sees("The last one was closed at 9:21 by Dana Reyes")
    desk.look("worklist-all-closed")
    desk.page.go_back()
    desk.page.reload()
    desk.sees("Closed 9:21", "Open again")
    desk.look("alert-closed")


def test_a_patients_page_shows_her_weeks_and_what_happened(
    window: Opener, house: House, maria: UUID
) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.charge))
    desk.page.get_by_role("searchbox", name="Find a patient").fill("Alva")
    desk.page.keyboard.press("Enter")
    desk.heading("1 found for “Alva”")
    desk.look("search")
    desk.press("Maria Alvarez")
    expect(desk.page.get_by_role("region", name="Symptoms by week")).to_be_visible()
    desk.look("patient")

    desk.press("Pause …")
    desk.heading("Why pause?")
    desk.look("pause")


def test_the_site_page_counts_what_happened(window: Opener, house: House, maria: UUID) -> None:
    house.counts()
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.charge))
    desk.open(f"/sites/{house.clinic.site}")
    desk.sees("Surveys completed, of surveys due, by week")
    completed = desk.page.locator("figure.panel").first
    completed.get_by_text("The figures", exact=True).click()
    expect(completed.get_by_role("table")).to_be_visible()
    desk.look("site")


def test_a_new_site_and_empty_lists_say_what_is_the_case(window: Opener, house: House) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.charge))
    for name, url in (
        ("site-empty", f"/sites/{house.clinic.site}"),
        ("patients-empty", "/patients"),
        ("tasks-empty", "/tasks"),
    ):
        desk.open(url)
        desk.look(name)


def test_what_a_wrong_number_and_a_call_ask_of_staff_stands_on_the_task_list(
    window: Opener, house: House
) -> None:
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone = window()
    phone.open(house.link("+12025550131"))
    phone.press("I would rather be called on the phone")
    phone.heading("Somebody will call you")

    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.look("worklist-task")
    desk.open("/tasks")
    desk.look("tasks")
    desk.page.get_by_role("row", name="Maria Alvarez").get_by_role("link").first.click()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Maria Alvarez")
    desk.look("task")
    desk.page.get_by_label("Not needed").check()
    desk.press("Done", exact=True)
    desk.heading("No task is open.")


def test_an_idle_page_locks_itself_and_opens_with_the_password(
    window: Opener, house: House, maria: UUID
) -> None:
    desk = window(desk=True)
    desk.context.clock.install()
    sign_in(desk, house.person(house.clinic.nurse))
    desk.sees("Maria Alvarez")
    desk.page.wait_for_load_state()
    desk.page.clock.fast_forward(QUARTER.seconds * 1000 + 1_000)
    desk.heading("Locked")
    expect(desk.page.get_by_text("Maria Alvarez")).to_have_count(0)
    desk.look("locked")
    desk.fill("Password", "not her password")
    desk.press("Unlock")
    desk.sees("This password is not right")
    desk.fill("Password", PASSWORD)
    desk.press("Unlock")
    desk.sees("Maria Alvarez")


def test_the_server_locks_an_idle_session_by_itself(
    window: Opener, house: House, maria: UUID
) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.sees("Maria Alvarez")
    house.clock.advance(QUARTER)
    desk.page.reload()
    desk.heading("Locked")


def test_another_sites_patient_is_not_found(window: Opener, house: House) -> None:
    other = build_clinic(house.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    stranger = other.enrol_patient(name="Somebody Else", phone="+12025550139")
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.heading("This list may be incomplete.")  # no worker runs here
    for site in (other.site, house.clinic.site):
        answer = desk.page.goto(f"{desk.origin}/sites/{site}/patients/{stranger}")
        assert answer is not None
        assert answer.status == 404
        expect(desk.page.get_by_text("Somebody Else")).to_have_count(0)
    desk.heading("Not found")
    desk.look("not-found")


def test_signed_out_the_pages_are_closed(window: Opener, house: House, maria: UUID) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.page.get_by_text("Dana Reyes").first.click()
    desk.press("Sign out")
    desk.heading("Sign in")
    desk.page.go_back()
    desk.page.reload()
    desk.heading("Sign in")


def test_on_her_phone_the_alert_is_as_good_as_at_the_desk(
    window: Opener, house: House, maria: UUID
) -> None:
    phone = window()
    sign_in(phone, house.person(house.clinic.nurse))
    phone.sees("Maria Alvarez")
    phone.look("phone-worklist")
    phone.press("Maria Alvarez")
    phone.look("phone-alert")
    phone.press("Take it", exact=False)
    phone.sees("You have it")
