"""A temperature on a phone: typed with the thumb, mended where it was mistyped, and read back."""

import re

import pytest
from playwright.sync_api import expect

from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.browser.survey import go_on
from tests.clinic import NURSE_PHONE, PATIENT_PHONE
from tests.safety_world import ask_safety_questions
from tests.survey_world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def world(house: House) -> World:
    """Maria's plan asks her temperature; her first text has come."""
    world = ask_safety_questions(World(house.clinic, house.clinic.enrol_patient()))
    house.passes(hours=1)
    return world


def begin(phone: Window, house: House, world: World) -> None:
    """Everything but the temperature is answered; its question is open."""
    link = house.link(PATIENT_PHONE)
    phone.page.request.post(f"{link}/start", form={"by": "self"})
    items = (*find("weekly-symptoms").items, *find("safety-questions").items)
    with world.as_patient() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        rest = {item.code: answered(0) for item in items if item.code != "temperature"}
        responses.save(tx, survey, rest, Author())
    phone.open(f"{link}/q")
    phone.heading("What was your highest temperature?")


def test_she_types_it_mends_it_and_a_nurse_is_told_at_once(
    window: Opener, house: House, world: World
) -> None:
    phone = window()
    begin(phone, house, world)
    phone.look("number")
    field = phone.page.get_by_label("Highest temperature")
    expect(field).to_have_attribute("inputmode", "decimal")

    field.fill("382")
    go_on(phone)
    expect(phone.page.get_by_role("alert")).to_be_focused()
    phone.look("number-error")
    phone.page.get_by_role("alert").get_by_role("link").click()
    expect(field).to_be_focused()
    expect(field).to_have_value("382")

    phone.page.get_by_label("I have not measured it").check()
    expect(field).to_have_value("")
    phone.look("number-not-measured")
    field.fill("38,2")
    expect(phone.page.get_by_label("I have not measured it")).not_to_be_checked()
    go_on(phone)
    phone.heading("Check your answers")
    phone.sees("38.2\N{NO-BREAK SPACE}°C (100.8\N{NO-BREAK SPACE}°F)")
    phone.look("number-review")
    house.works()
    assert house.texts(NURSE_PHONE) != []


def test_without_script_it_is_the_same(window: Opener, house: House, world: World) -> None:
    phone = window(script=False)
    begin(phone, house, world)
    phone.page.get_by_label("Highest temperature").fill("37.1")
    phone.page.get_by_label("I have not measured it").check()
    go_on(phone)
    phone.sees("not both")
    phone.page.get_by_label("I have not measured it").uncheck()
    go_on(phone)
    phone.sees("37.1\N{NO-BREAK SPACE}°C")


def test_at_a_desk_and_with_text_of_twice_the_size_it_fits(
    window: Opener, house: House, world: World
) -> None:
    desk = window(desk=True)
    begin(desk, house, world)
    desk.look("number-desk")
    phone = window()
    begin(phone, house, world)
    phone.page.evaluate("document.documentElement.style.fontSize = '225%'")  # twice the usual
    phone.page.screenshot(path=phone.folder / "number-large.png", full_page=True)
    wide = phone.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{wide} px run off the side"


def test_at_the_desk_digits_go_into_the_field_and_an_error_loses_nothing(
    window: Opener, house: House, world: World
) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
    desk.open(f"/sites/{house.clinic.site}/patients/{world.patient}/entry/{survey.id}")
    desk.page.get_by_label("The patient", exact=True).check()
    field = desk.page.get_by_label(re.compile("^Number"))
    field.press_sequentially("382")
    expect(field).to_have_value("382")
    desk.press("Stop here, store what there is")
    desk.sees("Nothing was stored yet")
    desk.look("number-entry-error")
    desk.page.get_by_role("link", name="It must be from 30 to 45").click()
    expect(field).to_have_value("382")
    field.fill("38.2")
    desk.press("Stop here, store what there is")
    expect(desk.page).to_have_title(re.compile("Stored"))
    desk.look("number-entry-done")
    desk.open(f"/sites/{house.clinic.site}/patients/{world.patient}")
    desk.sees("38.2")
    desk.look("number-record")
    desk.open("/alerts")
    desk.look("number-worklist")
