"""What was not stored says so, keeps the answers, and is sent once the connection is back."""

import pytest
from playwright.sync_api import Route, expect

from rsm.responses import service as responses
from rsm.schedules import service as schedules
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.browser.survey import SEVERE, answered, asked, choose, go_on
from tests.clinic import NURSE_PHONE, PATIENT_PHONE
from tests.every_kind import ask_every_kind
from tests.survey_world import World

pytestmark = pytest.mark.browser
NOT_SENT = "Your answers were NOT sent"


def at_first_question(phone: Window, house: House) -> None:
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone.open(house.link(PATIENT_PHONE))
    go_on(phone, "Start")
    choose(phone, "3")


def not_sent(phone: Window) -> None:
    expect(phone.page.get_by_role("alert")).to_be_focused()
    phone.sees(NOT_SENT, "Call 202-555-0140")


def test_a_lost_connection_is_told_and_retry_sends(window: Opener, house: House) -> None:
    phone = window()
    at_first_question(phone, house)
    phone.offline = True
    phone.page.route("**/q/*", lambda route: route.abort("connectionreset"))
    phone.press("Next")
    not_sent(phone)
    expect(phone.page.locator("input:checked")).to_have_value("3")
    phone.look("not-sent")
    phone.press("Try to send again")
    not_sent(phone)

    phone.page.unroute("**/q/*")
    go_on(phone, "Try to send again")
    assert asked(phone) == "pain.severity"
    expect(phone.page.get_by_role("alert")).to_have_count(0)


def test_once_the_phone_is_online_again_it_sends_by_itself(window: Opener, house: House) -> None:
    phone = window()
    at_first_question(phone, house)
    phone.offline = True
    phone.context.set_offline(True)
    phone.press("Next")
    not_sent(phone)
    phone.context.set_offline(False)
    expect(phone.page.get_by_text("Question 2 of")).to_be_visible()
    assert asked(phone) == "pain.severity"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_lost_database_is_told_and_retry_sends(
    window: Opener, house: House, script: bool
) -> None:
    phone = window()
    if not script:
        phone.without_our_script()
    at_first_question(phone, house)
    phone.offline = True
    with house.database_lost():
        phone.press("Next")
        phone.sees(NOT_SENT, "Call 202-555-0140")
        phone.look("database-lost")
    go_on(phone, "Try to send again")
    assert asked(phone) == "pain.severity"
    go_on(phone, "Back")
    expect(phone.page.locator("input:checked")).to_have_value("3")


# --- the last step, and several questions on a page -----------------------------------------------


def stands(house: House, query: str) -> list[tuple[object, ...]]:
    with house.clinic.begin() as tx:
        return [tuple(row) for row in tx.session.connection().exec_driver_sql(query)]


def test_what_was_stored_though_no_answer_came_back_is_not_stored_twice(
    window: Opener, house: House
) -> None:
    """The line drops after the clinic has it: she is told NOT sent, and pressing again is safe."""
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone = window()
    answered(phone, house.link(PATIENT_PHONE), SEVERE)
    phone.fill("Anything else", "It keeps me awake.")
    phone.offline = True

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    phone.page.route("**/review*", lose_the_answer)
    phone.press("Send to my nurses")
    not_sent(phone)
    expect(phone.page.get_by_label("Anything else")).to_have_value("It keeps me awake.")
    phone.look("review-not-sent")
    phone.page.unroute("**/review*")
    go_on(phone, "Try to send again")
    phone.heading("Thank you. A nurse is being told now.")
    assert stands(house, "SELECT count(*), max(revision) FROM response") == [(1, 1)]
    assert stands(house, "SELECT count(*) FROM alert") == [(1,)]
    house.works()
    assert len(house.texts(NURSE_PHONE)) == 1


def test_it_tries_again_by_itself_and_calls_nobody_away_from_the_form(
    window: Opener, house: House
) -> None:
    house.clinic.enrol_patient()
    house.passes(hours=1)
    phone = window()
    phone.page.clock.install()
    answered(phone, house.link(PATIENT_PHONE))
    phone.offline = True
    phone.page.route("**/review*", lambda route: route.abort("connectionreset"))
    phone.press("Send to my nurses")
    not_sent(phone)
    phone.sees("It tries again by itself.")
    words = phone.page.get_by_label("Anything else")
    words.fill("One more thing")
    phone.page.clock.run_for(16_000)
    expect(words).to_be_focused()
    phone.page.unroute("**/review*")
    phone.page.clock.run_for(16_000)
    phone.sees("Thank you. Your answers have arrived.")
    assert stands(house, "SELECT words_sealed IS NOT NULL FROM response") == [(True,)]


def test_nothing_of_an_answer_stays_on_a_phone_that_others_use(
    window: Opener, house: House
) -> None:
    phone = window()
    at_first_question(phone, house)
    phone.offline = True
    phone.page.route("**/q/*", lambda route: route.abort("connectionreset"))
    phone.press("Next")
    not_sent(phone)
    kept = phone.page.evaluate(
        "async () => [localStorage.length, sessionStorage.length,"
        " (await indexedDB.databases()).length, (await caches.keys()).length]"
    )
    assert kept == [0, 0, 0, 0]


def test_of_a_section_all_that_is_on_the_screen_goes_once_the_line_is_back(
    window: Opener, house: House
) -> None:
    world = ask_every_kind(World(house.clinic, house.clinic.enrol_patient()), "section")
    house.passes(hours=1)
    phone = window()
    phone.open(house.link(PATIENT_PHONE))
    go_on(phone, "Start")
    phone.offline = True
    phone.context.set_offline(True)
    phone.page.locator('[name="mood"][value="2"]').check()
    phone.page.locator('[name="pain.scale"]').fill("40")  # the first one cannot go on its way
    phone.press("Next")
    not_sent(phone)
    expect(phone.page.locator('[name="mood"][value="2"]')).to_be_checked()
    phone.context.set_offline(False)
    phone.sees("Where and when")
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        assert report is not None
        assert {code: one.value for code, one in report.answers.items()} == {
            "mood": 2,
            "pain.scale": 40,
        }
