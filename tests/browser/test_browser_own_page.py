"""Her own page on a phone: found from the survey, changed by thumb, by keyboard, without script.

And what is said at once, and the picture of her weeks: looked at by axe, in light and dark.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import answer_all, answered, asked, choose, go_on
from tests.clinic import PATIENT_PHONE
from tests.every_kind import ask_every_kind
from tests.survey_world import World

pytestmark = pytest.mark.browser
BORN = ("March", "4", "1957")
OWN = "Your check-ins: day, hour, how we ask, a pause, stopping"


@pytest.fixture
def link(house: House) -> str:
    """Maria's first text has come: its link."""
    house.clinic.enrol_patient()
    house.passes(hours=1)
    return house.link(PATIENT_PHONE)


def says_birth_date(phone: Window) -> None:
    phone.heading("What is your birth date?")
    phone.page.get_by_label("Month").select_option(BORN[0])
    phone.fill("Day", BORN[1])
    phone.fill("Year", BORN[2])
    phone.press("Show my earlier answers")


def comes_to_own_page(phone: Window, link: str) -> None:
    phone.open(link)
    phone.press(OWN)
    says_birth_date(phone)
    phone.heading("Your check-ins")


def test_she_changes_her_hour_her_way_and_her_language(window: Opener, link: str) -> None:
    phone = window()
    comes_to_own_page(phone, link)
    phone.sees("Monday, 9:00", "A text with a link", "Anything else?")
    phone.look("own")

    phone.page.get_by_role("link", name="Change Day and hour").click()
    phone.heading("When shall we ask you?")
    phone.look("own-when")
    phone.page.get_by_label("Day").select_option("Thursday")
    phone.page.get_by_label("Hour").select_option(label="4:30\xa0pm")
    phone.press("Save")
    phone.sees("Changed: day and hour.", "Thursday, 4:30")
    phone.look("own-changed")

    phone.page.get_by_role("link", name="Change How we ask you").click()
    phone.look("own-how")
    choose(phone, "texts")
    phone.press("Save")
    phone.sees("Nothing was changed yet")
    phone.look("own-how-wrong")
    phone.page.get_by_label("For replies to texts", exact=False).check()
    phone.press("Save")
    phone.sees("Texts that you reply to")

    phone.page.get_by_role("link", name="Change Language").click()
    phone.look("own-language")
    choose(phone, "es")
    phone.press("Save")
    phone.heading("Sus encuestas")
    phone.sees("Cambiado: el idioma.")
    phone.look("own-es")


def test_somebody_may_answer_for_her_until_she_ends_it(window: Opener, link: str) -> None:
    phone = window()
    comes_to_own_page(phone, link)
    phone.page.get_by_role("link", name="Add somebody").click()
    phone.look("own-proxy")
    phone.fill("Name", "Ann Lee")
    phone.press("Let them answer for me")
    phone.sees("Nothing was changed yet")
    phone.look("own-proxy-wrong")
    expect(phone.page.get_by_label("Name")).to_have_value("Ann Lee")
    phone.fill("Their mobile phone", "202-555-0177")
    phone.page.get_by_label("Who is this person to you?").select_option("Sibling")
    phone.press("Let them answer for me")
    phone.sees("Ann Lee (Sibling)")
    phone.page.get_by_role("link", name="End this").click()
    phone.heading("Shall nobody answer for you any more?")
    phone.look("own-proxy-end")
    phone.press("Yes, end it")
    phone.sees("Done: nobody answers for you any more.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_pause_and_the_end_by_keyboard(
    window: Opener, house: House, link: str, script: bool
) -> None:
    phone = window(script=script)
    comes_to_own_page(phone, link)
    enter(phone, "link", "Begin one A pause")
    phone.heading("A pause")
    phone.look("own-pause")
    phone.tab_to(phone.page.locator('[name="weeks"]').first)
    phone.page.keyboard.press("Space")
    enter(phone, "button", "Begin the pause")
    phone.sees("You have a pause until Monday 26 October")
    phone.look("own-paused")
    enter(phone, "button", "End the pause now")
    phone.sees("Your pause is over.")

    enter(phone, "link", "I want no more messages")
    phone.heading("No more messages?")
    phone.look("own-stop")
    before = len(house.texts(PATIENT_PHONE))
    enter(phone, "button", "Yes, send me nothing more")
    phone.sees("You get no more messages")
    phone.look("own-stopped")
    house.passes(days=8)
    assert len(house.texts(PATIENT_PHONE)) == before


def enter(phone: Window, role: str, name: str) -> None:
    found = phone.page.get_by_role(role, name=name)  # type: ignore[arg-type]  # two of its roles
    phone.tab_to(found)
    phone.page.keyboard.press("Enter")


def test_an_emergency_is_met_on_the_very_next_page(window: Opener, link: str) -> None:
    phone = window()
    phone.open(link)
    go_on(phone, "Start")
    while asked(phone) != "shortness-of-breath.severity":
        choose(phone, "0")
        go_on(phone)
    choose(phone, "4")
    go_on(phone)
    phone.sees("Please call now", "What you answered so far is kept.")
    expect(phone.page.get_by_role("link", name="Call 911").first).to_be_visible()
    phone.look("call-now")
    answer_all(phone)
    phone.press("Send to my nurses")
    phone.heading("Thank you. Please call us now.")
    phone.look("call-now-done")


def test_her_last_weeks_are_a_calm_picture_with_its_figures(
    window: Opener, house: House, link: str
) -> None:
    first = window()
    answered(first, link, {"pain.frequency": "2", "pain.severity": "1"})
    first.press("Send to my nurses")
    first.heading("Thank you. Your answers have arrived.")
    house.passes(days=7, hours=1)
    house.passes(days=7)  # nothing was answered in the second week
    phone = window()
    answered(phone, house.link(PATIENT_PHONE), {"pain.frequency": "3", "pain.severity": "3"})
    phone.press("Send to my nurses")
    phone.press("Show my last weeks")
    says_birth_date(phone)
    phone.sees("Pain: worse than in your last report")
    picture = phone.page.get_by_role("img", name="Pain: worse", exact=False)
    expect(picture).to_be_visible()
    expect(picture.locator(".none")).to_have_count(1)
    phone.page.get_by_text("The same as a table").first.click()
    table = phone.page.get_by_role("table").first
    expect(table).to_contain_text("No report")
    expect(table.get_by_role("row")).to_have_count(4)
    phone.look("weeks")


def test_from_right_to_left_nothing_is_turned_round(window: Opener, house: House) -> None:
    ask_every_kind(World(house.clinic, house.clinic.enrol_patient()), "question")
    house.passes(hours=1)
    link, phone = house.link(PATIENT_PHONE), window()
    phone.page.request.post(f"{link}/start", form={"by": "self", "lang": "ar"})
    items = {"mood": "2", "pain.scale": "70"}
    for number, (name, value) in enumerate(items.items(), start=1):
        phone.page.request.post(f"{link}/q/{number}", form={name: value})
    phone.page.request.post(f"{link}/review", form={"words": ""})
    phone.open(f"{link}/done?lang=ar")
    phone.look("ar-done")
    phone.press("عرض الأسابيع الأخيرة")
    phone.page.locator('[name="month"]').select_option("3")
    phone.page.locator('[name="day"]').fill(BORN[1])
    phone.page.locator('[name="year"]').fill(BORN[2])
    phone.page.locator("main form button").click()
    expect(phone.page.locator("figure svg").first).to_be_visible()
    phone.look("ar-weeks")

    phone.open(f"{link}/me?lang=ar")
    phone.heading("متابعاتكم")
    phone.look("ar-own")
    for path in ("when", "how", "proxy", "pause", "stop"):
        phone.open(f"{link}/me/{path}?lang=ar")
        expect(phone.page.locator("html")).to_have_attribute("dir", "rtl")
        phone.look(f"ar-own-{path}")
