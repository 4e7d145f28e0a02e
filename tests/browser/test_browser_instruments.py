"""A site's own short measure: written at a desk from nothing, tried, published; read on a phone."""

import pytest

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.security_world import Person

READER = "Lucía Herrera, interpreter"


@pytest.fixture
def manager(house: House) -> Person:
    """Ruth Cole, who manages the site."""
    return house.person(house.clinic.charge)


def address(house: House) -> str:
    return f"/sites/{house.clinic.site}/instruments"


def words(window: Window, label: str, english: str, spanish: str) -> None:
    window.fill(f"{label}, English", english)
    window.fill(f"{label}, Spanish", spanish)


def answers(window: Window, *labels: tuple[str, str, str]) -> None:
    """Labels in both languages and a picture, row by row."""
    for row, (english, spanish, picture) in enumerate(labels):
        window.page.locator(f'[name="option:{row}:label:en"]').fill(english)
        window.page.locator(f'[name="option:{row}:label:es"]').fill(spanish)
        window.page.locator(f'[name="option:{row}:picture"]').select_option(picture)


def ask_of_sleep(desk: Window) -> None:
    desk.press("Yes or no")
    words(desk, "Question", "Did you sleep badly?", "¿Durmió mal?")
    words(desk, "Short name", "Bad sleep", "Mal sueño")
    desk.press("Save the question")


def ask_how_bad(desk: Window) -> None:
    desk.press("Graded scale")
    words(desk, "Question", "How bad was your sleep?", "¿Qué tan mal durmió?")
    words(desk, "Short name", "How bad the sleep was", "Qué tan mal durmió")
    answers(
        desk,
        ("Not bad at all", "Nada mal", "face-0"),
        ("A little bad", "Un poco mal", "face-2"),
        ("Very bad", "Muy mal", "face-4"),
    )
    desk.page.get_by_label("If the answer to").select_option("bad-sleep")
    desk.page.get_by_label("is", exact=True).select_option("gate")
    desk.page.locator('[name="when:value"]').fill("1")


def test_a_short_measure_from_nothing_to_a_phone(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.look("instruments")
    desk.press("Make a draft")
    desk.sees("No question yet", "to mend")
    desk.look("draft-begun")
    ask_of_sleep(desk)
    desk.sees("1 question", "Nothing stands in its way")
    ask_how_bad(desk)
    desk.look("item-filled")
    desk.press("Save the question")
    desk.sees("2 questions", "only after bad-sleep")
    desk.press("From all questions")
    desk.fill("Words", "tightness")
    desk.press("Search")
    desk.sees("1 question found")
    desk.look("bank")
    desk.press("Add Did you have pain, pressure or tightness in your chest?")
    desk.sees("The question is added to the draft.")
    desk.press("Back to the draft")
    desk.sees("3 questions")
    desk.press("Up Did you have pain, pressure or tightness in your chest?")
    desk.page.get_by_text("Add a score").click()
    desk.page.locator("#f-score").fill("Sleep")
    desk.page.get_by_label("bad-sleep", exact=True).check()
    desk.press("Add the score")
    desk.sees("sum of bad-sleep")
    desk.look("draft-whole")
    desk.press("By text")
    desk.fill("Reply", "yes")
    desk.press("Send")
    desk.sees("Read as: 1: Yes")
    desk.look("trial-text")
    desk.page.go_back()
    desk.page.go_back()
    publish(desk)
    on_a_phone(window(), house, manager)


def publish(desk: Window) -> None:
    desk.fill("English read by", READER)
    desk.press("Publish")
    desk.sees("Nothing was changed yet")
    desk.look("draft-unread")
    desk.fill("English read by", READER)
    desk.fill("Spanish read by", READER)
    desk.press("Publish")
    desk.sees("Published 19 October 2026", f"Read by {READER}")
    desk.look("instrument")


def on_a_phone(phone: Window, house: House, manager: Person) -> None:
    """The list, the measure as it reads, and the page that a patient would see."""
    sign_in(phone, manager)
    phone.open(address(house))
    phone.sees("Our short measure")
    phone.look("instruments-phone")
    phone.press("Our short measure")
    phone.look("instrument-phone")
    phone.press("On the page")
    phone.sees("This is a trial: nothing is stored.", "Did you sleep badly?")
    phone.look("trial-page-phone")
    phone.page.get_by_label("Yes").check()
    phone.press("Next")
    phone.press("Next")
    phone.page.get_by_label("No", exact=True).or_(phone.page.get_by_label("No")).first.check()
    phone.press("Next")
    phone.sees("How bad was your sleep?")
    phone.look("trial-pictures-phone")
    phone.page.get_by_label("Very bad").check()
    phone.press("Next")
    phone.sees("What would be stored", "Very bad")
    phone.look("trial-over-phone")


def test_all_kinds_of_questions_are_tried_and_several_measures_counted(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window()
    sign_in(phone, manager)
    phone.open(f"{address(house)}/short-measure/1.0.0")
    phone.press("On the page")
    phone.press("Español")
    phone.look("trial-section-phone")
    phone.page.get_by_role("link", name="This is a trial: nothing is stored. End it.").click()
    phone.press("By phone call")
    phone.look("trial-call-phone")
    phone.open(f"{address(house)}/safety-questions/1.0.0/try/call")
    phone.fill("Keys", "1")
    phone.press("Send")
    phone.sees("Read as: Yes")
    phone.look("trial-keys-phone")
    phone.open(f"{address(house)}/together")
    phone.page.get_by_label("Safety questions").check()
    phone.press("Count")
    phone.sees("29 questions at most, 6 minutes")
    phone.look("together-phone")


def test_it_works_without_javascript_and_tells_what_is_wrong(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window(script=False)
    sign_in(phone, manager)
    phone.open(address(house))
    phone.press("Make a draft")
    phone.press("Number")
    phone.fill("Question, English", "What is your weight?")
    phone.page.locator("#f-minimum").fill("low")
    phone.look("item-phone")
    phone.press("Save the question")
    phone.sees("Nothing was saved yet", "is no number")
    phone.page.locator("#f-minimum").fill("20")
    phone.press("Save the question")
    phone.sees("words missing: English, Spanish")
    phone.look("draft-phone")
    phone.press("Title, languages, licence")
    phone.look("about-phone")
