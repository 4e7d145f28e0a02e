"""The manager words a text, tries it on a phone, sets the hours, the senders and the plan."""

import pytest
from playwright.sync_api import expect

from rsm.sites import service as sites
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.clinic import CHARGE_PHONE, PATIENT_PHONE
from tests.security_world import Person

pytestmark = pytest.mark.browser
BODY = "{sender_name}: ¡hola! {link} {help_phone}, {emergency_number}. Responda STOP para salir."
OWN_PLAN = """\
key = "twice"
version = "1"
title = "Twice a week"
reminders_after_hours = [6]
closing = { after_hours = 40 }
sending_hours = { opens = "08:00", closes = "21:00" }

[[asks]]
rhythm = "times_a_week"
times = 2
"""


@pytest.fixture
def ruth(house: House) -> Person:
    return house.person(house.clinic.charge)


def page(house: House, name: str) -> str:
    return f"/sites/{house.clinic.site}/{name}"


def test_a_text_is_written_tried_on_a_phone_and_published(
    window: Opener, house: House, ruth: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ruth)
    desk.open(page(house, "texts"))
    desk.heading("All texts are in our words; none is in your own yet")
    desk.look("texts")
    desk.press("Invitation to a survey, text message, Spanish", exact=False)
    desk.heading("Invitation to a survey: text message in Spanish")
    desk.look("text-ours")

    # The preview follows what is typed, without a button.
    body = desk.page.locator("#f-body")
    body.fill("{sender_name}: ¿cómo está su dolor? {lnk}")
    desk.sees("unknown field {lnk}", "“ó” in “¿cómo” is not in the phones' alphabet")
    desk.press("Insert link")
    expect(body).to_have_value("{sender_name}: ¿cómo está su dolor? {lnk} {link}")
    desk.press("Keep as a draft")
    desk.sees("The draft is kept. Nobody gets it yet.")
    desk.look("text-draft-wrong")
    desk.press("Publish")
    desk.sees("Nothing was saved yet")
    desk.look("text-refused")

    desk.page.locator("#f-body").fill(BODY)
    desk.sees("Nothing stands against publishing it.")
    desk.page.get_by_label("Whose").select_option(label="Ruth Cole")
    desk.press("Keep the draft and send it")
    desk.sees("It is on its way to that phone.")
    house.works()
    (tried,) = house.texts(CHARGE_PHONE)
    assert tried.startswith("Lakeside: ¡hola! ")

    desk.fill("Read by", "Lucía Herrera, interpreter")
    desk.press("Publish")
    desk.sees("Published. It is sent from now on.")
    desk.look("text-published")
    house.clinic.enrol_patient(language="es")
    house.passes(hours=2)
    assert house.texts(PATIENT_PHONE)[-1].startswith("Lakeside: ¡hola! ")


def test_an_email_is_previewed_as_it_will_look(window: Opener, house: House, ruth: Person) -> None:
    desk = window(desk=True)
    sign_in(desk, ruth)
    desk.open(page(house, "texts/survey_invite/en/email"))
    desk.look("text-mail")


def test_hours_say_what_follows_before_they_are_saved(
    window: Opener, house: House, ruth: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, ruth)
    desk.open(page(house, "hours"))
    desk.look("hours")
    desk.page.get_by_label("Texts go out on weekends").uncheck()
    desk.page.get_by_label("Texts go out on public holidays").uncheck()
    desk.press("Save")
    desk.sees("Nothing was saved yet", "give the country, such as US")
    desk.look("hours-refused")
    desk.fill("Country", "us")
    desk.fill("State or region", "ny")
    desk.fill("Closed days of your own", "2026-12-24\n2026-12-31")
    desk.press("Show what follows")
    desk.sees("What would follow, if you saved it")
    desk.sees("Texts of Saturday and Sunday go out on Monday at 08:00.", "Christmas Day")
    desk.look("hours-tried")
    desk.press("Save")
    desk.sees("Saved. It holds for every text that leaves from now on.")
    with house.clinic.begin() as tx:
        assert sites.get(tx, house.clinic.site).calendar.subdivision == "NY"


def test_senders_and_their_registration(window: Opener, house: House, ruth: Person) -> None:
    desk = window(desk=True)
    sign_in(desk, ruth)
    desk.open(page(house, "senders"))
    desk.look("senders")
    desk.press("Texts to patients", exact=False)
    desk.page.get_by_label("Status").select_option(label="Registered")
    desk.press("Save")
    desk.sees("what is registered has a date")
    desk.look("sender-refused")
    desk.fill("Registered on", "2026-09-01")
    desk.press("Save")
    desk.sees("1 sender needs something before carriers let it pass")


def test_a_plan_is_looked_at_written_and_used(window: Opener, house: House, ruth: Person) -> None:
    desk = window(desk=True)
    sign_in(desk, ruth)
    desk.open(page(house, "plans"))
    desk.look("plans")
    desk.press("Days 3 and 7 after each cycle's start")
    desk.fill("First days of cycles", "2026-10-19\n2026-11-09")
    desk.press("Show")
    desk.sees("The next 4 surveys for this patient")
    desk.look("plan")
    desk.press("Write another like this")
    desk.page.locator("#f-body").fill(OWN_PLAN.replace("times = 2", "times = 9"))
    desk.press("See what it does")
    desk.sees("line 8", "9 times a week: at most 6")
    desk.look("plan-refused")
    desk.page.locator("#f-body").fill(OWN_PLAN)
    desk.press("See what it does")
    desk.sees("2 times a week.")
    desk.look("plan-new")
    desk.press("Publish")
    desk.heading("Twice a week")
    desk.press("Use this plan")
    desk.heading("Patients are asked by the plan “Twice a week”")

    patient = house.clinic.enrol_patient()
    desk.open(f"/sites/{house.clinic.site}/patients/{patient}")
    desk.press("Another plan")
    desk.page.locator("#f-plan").select_option("taper@1")
    desk.press("See what follows")
    desk.sees("The next 12 surveys for this patient")
    desk.look("patient-plan")
    desk.press("Give this plan")
    desk.sees("Weekly for 12 weeks, then monthly, since")


def test_on_a_phone_and_by_keys_alone_it_is_as_good(
    window: Opener, house: House, ruth: Person
) -> None:
    phone = window()
    sign_in(phone, ruth)
    for name in ("settings", "hours", "senders", "texts", "plans", "roster"):
        phone.open(page(house, name))
        phone.look(f"phone-{name}")
    for name in ("senders/patient/sms", "plans/taper/1", "plans/new"):
        phone.open(page(house, name))
        phone.look(f"phone-{name.replace('/', '-')}")
    phone.open(page(house, "texts/survey_invite/en/sms"))
    phone.look("phone-text")
    phone.page.locator("#f-body").focus()
    phone.tab_to(phone.page.get_by_role("button", name="Keep as a draft"))
    phone.page.keyboard.press("Enter")
    phone.sees("The draft is kept. Nobody gets it yet.")


def test_without_script_the_buttons_do_the_same(window: Opener, house: House, ruth: Person) -> None:
    desk = window(desk=True, script=False)
    sign_in(desk, ruth)
    desk.open(page(house, "texts/survey_invite/en/sms"))
    expect(desk.page.get_by_role("button", name="Insert link")).to_be_hidden()
    desk.page.locator("#f-body").fill("{sender_name}: hello")
    desk.press("Check")
    desk.sees("{link} is missing")
    expect(desk.page.locator("#f-body")).to_have_value("{sender_name}: hello")
