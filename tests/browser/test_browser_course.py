"""A nurse at one patient's page: pause, treatment, stops, consent; each page held against axe."""

from uuid import UUID

import pytest
from playwright.sync_api import expect

from rsm.flow import inbound
from rsm.messaging.model import IncomingText
from rsm.patients import consents
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER

pytestmark = pytest.mark.browser
WORDS = "You agree that we ask you every week how you are. You may end this at any time."


@pytest.fixture
def maria(house: House) -> UUID:
    clinic = house.clinic
    with clinic.begin() as tx:
        new = consents.NewConsentText(version="2", language="en", body=WORDS)
        consents.publish(tx, clinic.site, new)
    return clinic.enrol_patient(email="maria@example.org")


@pytest.fixture
def desk(window: Opener, house: House, maria: UUID) -> Window:
    made = window(desk=True)
    sign_in(made, house.person(house.clinic.nurse))
    made.open(f"/sites/{house.clinic.site}/patients/{maria}")
    made.heading("Maria Alvarez, 69 MRN R1001")
    return made


def test_a_pause_is_begun_goes_on_and_ends(desk: Window) -> None:
    desk.look("course-patient")
    desk.press("Pause …")
    desk.heading("Why pause?")
    desk.page.get_by_label("Reason").select_option("In hospital")
    desk.fill("Until", "yesterday")
    desk.press("Pause")
    expect(desk.page.get_by_label("Until")).to_have_attribute("aria-invalid", "true")
    desk.look("course-pause-problem")
    desk.fill("Until", "")
    desk.fill("Note", "4 West")
    desk.press("Pause")
    desk.sees("In hospital, since", "Somebody is asked on", "4 West")
    desk.look("course-paused")
    desk.press("Goes on …")
    desk.look("course-still-away")
    desk.press("Cancel")
    desk.press("Resume")
    desk.sees("Enrolled")


def test_what_a_text_says_is_undone_with_one_click(house: House, maria: UUID, desk: Window) -> None:
    said = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "my husband passed away")
    inbound.receive_text(house.db, said)
    desk.page.reload()
    desk.sees("A text speaks of a death")
    desk.look("course-reported")
    desk.press("Not so: undo")
    desk.sees("Enrolled")


def test_dates_stops_and_consent_are_recorded(desk: Window) -> None:
    desk.press("Change dates")
    desk.fill("Surgery", "2026-12-01")
    desk.look("course-treatment")
    desk.press("Save")
    desk.sees("Surgery: 2026-12-01")

    desk.press("Record a stop or start")
    desk.page.get_by_label("What", exact=True).select_option("Wants no more")
    desk.page.get_by_label("Which way").select_option("Text message")
    desk.page.get_by_label("Of what").select_option("reminders")
    desk.look("course-stops")
    desk.press("Record")
    desk.sees("choose one from the list")
    desk.page.get_by_label("How you know").select_option("In writing")
    desk.press("Record")
    desk.sees("Text message: stopped for reminders")

    desk.press("Record consent")
    desk.page.get_by_label("What", exact=True).select_option("Consent given")
    desk.page.locator("#f-on").fill("2026-10-19")
    desk.page.locator("#f-form").select_option("On paper")
    desk.look("course-consent")
    desk.press("Record")
    desk.sees("Text version 2, English")
    desk.look("course-recorded")


def test_a_manager_reads_and_publishes_the_words(house: House, maria: UUID, window: Opener) -> None:
    manager = window(desk=True)
    sign_in(manager, house.person(house.clinic.charge))
    manager.open(f"/sites/{house.clinic.site}/consent-texts")
    manager.heading("The text of consent")
    manager.fill("Version", "3")
    manager.page.get_by_label("Language").select_option("English")
    manager.page.locator("#f-body").fill("Too short")
    manager.press("Publish for good")
    manager.sees("is too short to be a consent")
    manager.look("course-consent-texts")
    manager.page.locator("#f-body").fill(f"{WORDS} And we ask about sleep.")
    manager.press("Publish for good")
    manager.sees("And we ask about sleep.")
