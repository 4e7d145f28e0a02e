"""Every kind of question on a phone: by finger, by keyboard alone, without script, in three
languages, in large print; and what the script adds where it runs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from rsm.instruments.library import body, find
from rsm.kernel.answers import Answer
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from tests.browser.chromium import PHONE, Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import go_on
from tests.clinic import NURSE_PHONE, PATIENT_PHONE
from tests.every_kind import ask_every_kind, ask_on_one_page, ask_only, in_arabic_too, place
from tests.survey_world import World

pytestmark = pytest.mark.browser
START = {"en": "Start", "es": "Empezar", "ar": "بدء المتابعة"}
NEXT = {"en": "Next", "es": "Siguiente", "ar": "التالي"}
SEND = {"en": "Send to my nurses", "es": "Enviar a mis enfermeras", "ar": "إرسال إلى فريق التمريض"}
Asked = Callable[[str], World]


@pytest.fixture
def asked(house: House) -> Asked:
    """Maria is asked every kind of question, one a page or a section a page."""

    def ask(page: str) -> World:
        world = ask_every_kind(World(house.clinic, house.clinic.enrol_patient()), page)
        house.passes(hours=1)
        return world

    return ask


def stored(world: World) -> dict[str, Answer]:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return dict(report.answers) if report else {}


def begin(phone: Window, house: House, language: str = "en") -> str:
    link = house.link(PATIENT_PHONE)
    phone.open(f"{link}?lang={language}")
    go_on(phone, START[language])
    return link


def box(phone: Window, name: str, value: str) -> Locator:
    return phone.page.locator(f'[name="{name}"][value="{value}"]')


def field(phone: Window, name: str) -> Locator:
    return phone.page.locator(f'[name="{name}"]').first


# --- by finger, in each language ------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_by_finger_through_every_kind(
    window: Opener, house: House, asked: Asked, language: str
) -> None:
    world, phone = asked("question"), window()
    begin(phone, house, language)

    def next_page() -> None:
        go_on(phone, NEXT[language])

    expect(phone.page.locator("html")).to_have_attribute(
        "dir", "rtl" if language == "ar" else "ltr"
    )
    phone.look(f"kinds-{language}-choice")
    phone.page.locator("label.option", has=box(phone, "mood", "2")).tap()
    next_page()
    phone.look(f"kinds-{language}-scale")
    phone.page.locator(".slide").focus()
    phone.page.keyboard.press("End")
    expect(field(phone, "pain.scale")).to_have_value("100")
    phone.look(f"kinds-{language}-scale-set")
    next_page()
    phone.look(f"kinds-{language}-body")
    phone.page.locator('[data-part="pain.place:2"]').first.tap()
    phone.page.locator('[data-part="pain.place:4"]').first.tap()
    expect(box(phone, "pain.place:2", "2")).to_be_checked()
    phone.look(f"kinds-{language}-body-chosen")
    next_page()
    next_page()  # nothing was chosen
    phone.look(f"kinds-{language}-choices-error")
    box(phone, "helps:1", "1").tap()
    box(phone, "helps:8", "8").tap()
    expect(box(phone, "helps:1", "1")).not_to_be_checked()
    next_page()
    phone.page.locator(".day input").fill("2026-10-04")
    expect(field(phone, "since:month")).to_have_value("10")
    phone.look(f"kinds-{language}-date")
    next_page()
    field(phone, "weight").fill("71,5")
    phone.look(f"kinds-{language}-number")
    next_page()
    field(phone, "wish").fill("202-555-0140, 12 + 3")
    phone.look(f"kinds-{language}-text")
    next_page()
    phone.look(f"kinds-{language}-review")
    assert stored(world)["pain.place"].picked == (2, 4)
    assert stored(world)["helps"].picked == (8,)
    go_on(phone, SEND[language])
    phone.look(f"kinds-{language}-done")


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_the_short_measure_that_we_ship(window: Opener, house: House, language: str) -> None:
    world = World(house.clinic, house.clinic.enrol_patient())
    ask_only(world, find("short-measure"), body("short-measure"))
    in_arabic_too(world)
    house.passes(hours=1)
    phone = window()
    begin(phone, house, language)
    phone.look(f"short-{language}-1")
    box(phone, "feeling.severity", "3").tap()
    field(phone, "week-overall").fill("4")
    go_on(phone, NEXT[language])
    phone.page.locator("label.option", has=box(phone, "ache.presence", "1")).tap()
    phone.press(NEXT[language])
    opened = phone.page.locator('[data-part="ache.where:3"]')
    expect(opened.first).to_be_visible()
    opened.first.tap()
    phone.look(f"short-{language}-2")
    go_on(phone, NEXT[language])
    go_on(phone, NEXT[language])
    phone.look(f"short-{language}-3")
    assert stored(world)["ache.where"].picked == (3,)


# --- by keyboard alone, with and without script ---------------------------------------------------


def press(phone: Window, wanted: Locator, *keys: str) -> None:
    phone.tab_to(wanted)
    for key in keys:
        phone.page.keyboard.press(key)


def write(phone: Window, wanted: Locator, words: str) -> None:
    phone.tab_to(wanted)
    phone.page.keyboard.type(words)


def on_by_keys(phone: Window, name: str = "Next") -> None:
    before = phone.page.title()
    press(phone, phone.page.get_by_role("button", name=name, exact=True), "Enter")
    expect(phone.page).not_to_have_title(before)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("page", ["question", "section"])
def test_the_whole_survey_by_keyboard(
    window: Opener, house: House, asked: Asked, script: bool, page: str
) -> None:
    world, phone = asked(page), window(script=script)
    begin(phone, house)

    def next_question() -> None:
        if page == "question":
            on_by_keys(phone)

    press(phone, box(phone, "mood", "1"), "Space")
    next_question()
    write(phone, field(phone, "pain.scale"), "35")
    on_by_keys(phone)
    press(phone, box(phone, "pain.place:3", "3"), "Space")
    next_question()
    press(phone, box(phone, "helps:2", "2"), "Space")
    next_question()
    press(phone, field(phone, "since:month"), "M", "M")  # March, then May, however slowly
    write(phone, field(phone, "since:day"), "2")
    write(phone, field(phone, "since:year"), "2026")
    on_by_keys(phone)
    write(phone, field(phone, "weight"), "70")
    next_question()
    write(phone, field(phone, "wish"), "Sun")
    on_by_keys(phone)
    phone.heading("Check your answers")
    phone.sees("35 (0", "Belly", "A walk", "2 May 2026", "Sun")
    on_by_keys(phone, "Send to my nurses")
    phone.sees("Thank you")
    assert stored(world)["since"].value == 20575


def test_a_slider_that_was_not_touched_is_no_answer(
    window: Opener, house: House, asked: Asked
) -> None:
    world, phone = asked("question"), window()
    link = begin(phone, house)
    phone.open(f"{link}/q/{place('pain.scale')}")
    slide = phone.page.locator(".slide")
    expect(slide).to_have_attribute("aria-valuetext", "Nothing is chosen yet")
    go_on(phone)
    expect(phone.page.get_by_role("alert")).to_be_focused()
    assert stored(world) == {}
    slide.tap()  # in its middle: the value that it had all along
    expect(field(phone, "pain.scale")).to_have_value("50")
    expect(slide).not_to_have_attribute("aria-valuetext", re.compile("."))
    phone.page.get_by_label("I prefer not to answer").check()
    expect(field(phone, "pain.scale")).to_have_value("")
    expect(slide).to_have_attribute("aria-valuetext", "Nothing is chosen yet")


def test_without_script_what_contradicts_itself_is_asked_about(
    window: Opener, house: House, asked: Asked
) -> None:
    asked("question")
    phone = window(script=False)
    link = begin(phone, house)
    phone.open(f"{link}/q/{place('helps')}")
    box(phone, "helps:1", "1").tap()
    box(phone, "helps:8", "8").tap()
    go_on(phone)
    phone.sees("“None of these” does not go with another answer")
    expect(box(phone, "helps:1", "1")).to_be_checked()
    expect(box(phone, "helps:8", "8")).to_be_checked()


# --- a section on a page --------------------------------------------------------------------------


def test_a_section_is_stored_answer_by_answer_behind_her_back(
    window: Opener, house: House, asked: Asked
) -> None:
    world, phone = asked("section"), window()
    begin(phone, house)
    phone.look("section")
    phone.page.locator("label.option", has=box(phone, "mood", "2")).tap()
    with phone.page.expect_response("**/q/1*") as kept:
        field(phone, "pain.scale").fill("40")
    assert kept.value.status == 204
    assert stored(world).keys() == {"mood"}  # she is at the other one still
    field(phone, "pain.scale").fill("41")
    go_on(phone)
    phone.look("section-error")
    field(phone, "pain.scale").fill("40")
    go_on(phone)
    phone.heading("Where and when")
    phone.look("section-where")
    assert stored(world).keys() == {"mood", "pain.scale"}


def test_a_severe_answer_of_a_section_is_answered_while_she_is_at_the_next(
    window: Opener, house: House
) -> None:
    world = World(house.clinic, house.clinic.enrol_patient())
    ask_on_one_page(world, "shortness-of-breath.severity", "constipation.severity")
    house.passes(hours=1)
    phone = window()
    begin(phone, house)
    box(phone, "shortness-of-breath.severity", "4").tap()
    expect(phone.page.locator("main > [role=alert]")).to_have_count(0)
    box(phone, "constipation.severity", "2").tap()
    phone.sees("Call 911")
    expect(box(phone, "shortness-of-breath.severity", "4")).to_be_checked()
    expect(box(phone, "constipation.severity", "2")).to_be_checked()
    phone.look("section-severe")
    house.works()
    assert len(house.texts(NURSE_PHONE)) == 1
    box(phone, "shortness-of-breath.severity", "3").tap()
    go_on(phone)
    phone.heading("Check your answers")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_text_of_twice_the_size_fits_on_a_phone(
    window: Opener, house: House, asked: Asked, language: str
) -> None:
    asked("section")
    phone = window()
    link = begin(phone, house, language)
    for item in ("mood", "pain.scale", "helps", "weight"):
        phone.open(f"{link}/q/{place(item)}?lang={language}")
        phone.page.evaluate("document.documentElement.style.fontSize = '225%'")
        phone._shoot(f"large-{language}-{item}")
        wide = phone.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{item}: {wide} px"  # innerWidth would grow with it


def test_every_target_is_large_enough_for_a_thumb(
    window: Opener, house: House, asked: Asked
) -> None:
    """WCAG 2.2 asks for 24 px; ours have 44, with the words that belong to a box."""
    asked("section")
    phone = window()
    link = begin(phone, house)
    for item in ("mood", "helps", "weight"):
        phone.open(f"{link}/q/{place(item)}")
        targets = phone.page.locator("main label.option, main button, main a, main select")
        for one in [*targets.all(), *phone.page.locator("main input:not([type])").all()]:
            if one.is_visible():
                size = one.bounding_box()
                assert size is not None
                assert min(size["height"], size["width"]) >= 44, one.evaluate("e => e.outerHTML")
