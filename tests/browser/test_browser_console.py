"""The nurse console: twenty alerts by keyboard, two desks at once, what is typed is never lost."""

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.escalation import service as escalation
from rsm.flow import triage
from rsm.kernel.words import AlertKind, AlertState, Channel, Level
from rsm.sites import service as sites
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in

pytestmark = pytest.mark.browser
WORKLIST = re.compile(r"/alerts(\?.*)?$")
LEVELS = (Level.EMERGENCY, Level.URGENT, Level.SOON, Level.INFO)


def alarm(house: House, number: int, level: Level, patient: UUID | None = None) -> UUID:
    """An alert about words that came in."""
    clinic = house.clinic
    with clinic.begin() as tx:
        opening = Opening(
            f"text:{number}",
            clinic.site,
            AlertKind.TEXT,
            level,
            f"A text, number {number}.",
            False,
            patient_id=patient,
        )
        opened = alerts.open_alert(tx, opening)
        alerts.set_route(tx, opened.alert.id, clinic.team, "everything")
        escalation.start(tx, alerts.get(tx, opened.alert.id), sites.get(tx, clinic.site))
    house.clock.advance(timedelta(minutes=1))
    return opened.alert.id


@pytest.fixture
def maria(house: House) -> UUID:
    """Spanish, with an interpreter, in her second cycle; two quiet weeks, then severe pain."""
    patient = house.clinic.enrol_patient(
        language="es", interpreter=True, regimen="FOLFOX", cycle_starts=[date(2026, 10, 19)]
    )
    for week, pain in enumerate((1, 2, 3)):
        house.goes_to(date(2026, 10, 19) + timedelta(weeks=week))
        words = "No puedo dormir." if pain == 3 else ""
        house.report(patient, words, pain__frequency=pain, pain__severity=pain, nausea__frequency=1)
    return patient


def open_alerts(house: House) -> int:
    with house.clinic.begin() as tx:
        return handling.count_open(tx, house.clinic.site)


def test_twenty_alerts_are_triaged_by_keyboard(window: Opener, house: House) -> None:
    found = [alarm(house, number, LEVELS[number % 4]) for number in range(20)]
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    page = desk.page
    expect(page.locator("[data-row]")).to_have_count(20)
    desk.look("console-worklist")
    desk.key("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    desk.look("console-keys")
    desk.key("Escape")
    desk.key("f")
    expect(page.locator(".filters [aria-current]")).to_contain_text("Mine")
    desk.key("w")
    expect(page.locator("[data-row]")).to_have_count(20)
    desk.key("j")
    for left in range(20, 0, -1):
        row = page.locator("[data-row][aria-current]")
        expect(row).to_have_count(1)
        desk.key("a")
        expect(row.locator(".own")).to_contain_text("You")
        desk.key("c")
        expect(page.get_by_role("radio").first).to_be_focused()
        desk.key("1")
        desk.key("Enter")
        expect(page).to_have_url(WORKLIST)  # one alert's page has no lines either
        expect(page.locator("[data-row]")).to_have_count(left - 1)
    assert open_alerts(house) == 0
    with house.clinic.begin() as tx:
        closed = [alerts.get(tx, each) for each in found]
    assert {one.outcome for one in closed} == {"phone_advice"}
    desk.key("u")  # the last one was not over
    expect(page.get_by_text("Nobody has taken it.")).to_be_visible()
    assert open_alerts(house) == 1


def test_two_desks_see_each_others_moves_without_reloading(window: Opener, house: House) -> None:
    alert = alarm(house, 1, Level.URGENT)
    first, second = window(desk=True), window(desk=True)
    sign_in(first, house.person(house.clinic.nurse))
    sign_in(second, house.person(house.clinic.second))
    second.open(f"/alerts/{alert}")
    second.fill("Note", "Half a sen")
    first.key("j")
    first.key("a")
    expect(first.page.locator("[data-row] .own")).to_contain_text("You")
    expect(second.page.locator(".aside")).to_contain_text(
        re.compile(r"Dana Reyes has it .*taken at")
    )
    expect(second.page.get_by_label("Note")).to_have_value("Half a sen")
    expect(second.page.get_by_role("button", name="Take it")).to_have_count(0)
    second.look("console-taken-by-another")

    first.key("u")
    expect(second.page.locator(".aside")).to_contain_text("Nobody has taken it.")
    second.page.get_by_role("button", name="Take it").click()
    expect(first.page.locator("[data-row] .own")).to_contain_text("Ben Okafor")
    expect(second.page.get_by_label("Note")).to_have_value("Half a sen")
    second.page.get_by_label("Phone advice").check()
    second.press("Close alert")
    expect(first.page.locator("[data-row]")).to_have_count(0)


def test_a_report_that_comes_in_meanwhile_is_said_and_nothing_typed_is_lost(
    window: Opener, house: House
) -> None:
    alert = alarm(house, 1, Level.SOON)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.open(f"/alerts/{alert}")
    desk.fill("Note", "Called, no answer.")
    with house.clinic.begin() as tx:
        known = alerts.get(tx, alert)
        worse = Opening(
            known.business_key, known.site_id, known.kind, Level.URGENT, "Worse.", False
        )
        opened = alerts.open_alert(tx, worse)
        escalation.worsen(tx, opened.alert, opened.was, sites.get(tx, house.clinic.site))
    expect(desk.page.get_by_text("Something new came in")).to_be_visible()
    desk.page.get_by_role("link", name="Look again").click()
    expect(desk.page.get_by_role("heading", level=2, name="Worse.")).to_be_visible()
    expect(desk.page.get_by_label("Note")).to_have_value("Called, no answer.")
    desk.page.get_by_label("Phone advice").check()
    desk.press("Close alert")
    desk.sees("is closed.")


def test_the_list_is_drawn_anew_and_keeps_the_place(window: Opener, house: House) -> None:
    for number in range(30):
        alarm(house, number, Level.SOON)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    page = desk.page
    for _ in range(20):
        desk.key("j")
    row = page.locator("[data-row][aria-current]")
    kept, top = row.get_attribute("data-row"), top_of(page)
    alarm(house, 99, Level.EMERGENCY)  # above everything
    expect(page.locator("[data-row]")).to_have_count(31)
    assert row.get_attribute("data-row") == kept
    assert abs(top_of(page) - top) <= 1
    assert page.evaluate("document.activeElement.closest('[data-row]').dataset.row") == kept


def top_of(page: Page) -> float:
    script = "document.querySelector('[data-row][aria-current]').getBoundingClientRect().top"
    return float(page.evaluate(script))


def test_keys_never_disturb_who_is_typing(window: Opener, house: House) -> None:
    alert = alarm(house, 1, Level.URGENT)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.open(f"/alerts/{alert}")
    desk.page.get_by_label("Note").click()
    desk.page.keyboard.type("aacu?1")
    expect(desk.page.get_by_label("Note")).to_have_value("aacu?1")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    with house.clinic.begin() as tx:
        assert alerts.get(tx, alert).state is AlertState.OPEN
    desk.page.get_by_label("Patient not reached").check()
    desk.press("Called, no answer. Next try:")
    expect(desk.page.get_by_label("Note")).to_have_value("aacu?1 Called, no answer. Next try: ")
    desk.page.get_by_label("Note").press("Control+Enter")
    expect(desk.page.get_by_text("is closed.")).to_be_visible()
    with house.clinic.begin() as tx:
        closed = alerts.get(tx, alert)
    assert (closed.state, closed.outcome) == (AlertState.CLOSED, "not_reached")


def at_her_alert(window: Opener, house: House) -> tuple[Window, UUID]:
    """A desk at the alert that the nurse has taken."""
    with house.clinic.begin(house.clinic.nurse) as tx:
        (alert,) = handling.worklist(tx, house.clinic.site)
        triage.acknowledge(tx, alert.id, house.clinic.nurse, Channel.STAFF)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.open(f"/alerts/{alert.id}")
    return desk, alert.id


def test_the_rarer_acts_take_two_keys_and_what_is_half_typed_stays(
    window: Opener, house: House, maria: UUID
) -> None:
    desk, alert = at_her_alert(window, house)
    page, aside = desk.page, desk.page.locator(".aside")
    desk.fill("Note", "Half a sen")
    desk.key("Tab")  # out of the note
    desk.key("b")
    desk.key("Enter")  # in 30 minutes
    expect(aside).to_contain_text("Call-back promised:")
    desk.key("h")
    expect(page.get_by_role("button", name="Hand on to Ben Okafor")).to_be_focused()
    desk.key("Enter")
    expect(aside).to_contain_text("Ben Okafor has it")
    desk.key("o")
    expect(aside).to_contain_text("You have it")
    desk.key("e")
    expect(page.get_by_role("button", name="Tell number 2 on duty")).to_be_focused()
    desk.look("console-desk-step")
    desk.key("Enter")
    expect(aside).to_contain_text("Nobody has taken it.")
    expect(aside).not_to_contain_text("Something new came in")
    desk.key("s")
    expect(page.get_by_label("Why it can wait")).to_be_focused()
    page.keyboard.type("waits for blood")
    desk.press("In 1 hour")
    expect(aside).to_contain_text("put off until")
    expect(page.get_by_label("Note")).to_have_value("Half a sen")
    with house.clinic.begin() as tx:
        assert alerts.get(tx, alert).owner_id == house.clinic.nurse


def test_the_next_key_is_obeyed_though_the_last_act_is_still_to_show(
    window: Opener, house: House, maria: UUID
) -> None:
    desk, _ = at_her_alert(window, house)
    held: list[Route] = []
    desk.page.route("**/version", lambda one: one.continue_() if held else held.append(one))
    with desk.page.expect_request("**/version"):
        pass  # the page looks what is new, and does not learn it yet
    desk.key("s")
    reason = desk.page.get_by_label("Why it can wait")
    reason.fill("waits for blood")
    desk.press("In 1 hour")
    expect(reason).to_be_hidden()  # done, and not drawn yet
    desk.key("h")
    onward = desk.page.get_by_role("button", name="Hand on to Ben Okafor")
    expect(onward).to_be_focused()
    held[0].continue_()
    expect(desk.page.locator("#f-reason")).to_have_value("")  # all of the act is over
    expect(onward).to_be_focused()


def test_what_was_not_done_is_never_shown_as_done(window: Opener, house: House) -> None:
    alert = alarm(house, 1, Level.URGENT)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.nurse))
    desk.open(f"/alerts/{alert}")
    desk.key("s")
    desk.page.keyboard.type("waits for blood")
    desk.context.clear_cookies()  # as after an hour of idleness
    desk.press("In 1 hour")
    expect(desk.page.locator("[data-refused]")).to_contain_text("could not be brought up to date")
    expect(desk.page.get_by_label("Why it can wait")).to_have_value("waits for blood")
    with house.clinic.begin() as tx:
        assert alerts.get(tx, alert).state is AlertState.OPEN


def test_a_hand_over_note_is_written_while_the_list_moves(window: Opener, house: House) -> None:
    first, second = window(desk=True), window(desk=True)
    sign_in(first, house.person(house.clinic.nurse))
    sign_in(second, house.person(house.clinic.second))
    first.key("d")
    second.open(f"/sites/{house.clinic.site}/handover")
    first.page.get_by_text("Write a note").click()
    first.fill("What is open, what was promised", "Call at ni")
    alarm(house, 1, Level.URGENT)
    expect(first.page.get_by_role("heading", level=1)).to_contain_text("1 open")
    expect(first.page.get_by_label("What is open")).to_have_value("Call at ni")
    first.look("console-desk-handover-note")
    first.press("Hand over")
    expect(second.page.locator("#notes")).to_contain_text("Call at ni")
    second.press("I have read it", exact=False)
    expect(first.page.locator("#notes")).to_contain_text("read by Ben Okafor")


@pytest.mark.parametrize("at_desk", [True, False], ids=["desk", "phone"])
def test_one_alert_on_one_screen(window: Opener, house: House, maria: UUID, at_desk: bool) -> None:
    name = "desk" if at_desk else "phone"
    with house.clinic.begin(house.clinic.nurse) as tx:
        (alert,) = handling.worklist(tx, house.clinic.site)
        triage.acknowledge(tx, alert.id, house.clinic.nurse, Channel.STAFF)
    page = window(desk=at_desk)
    sign_in(page, house.person(house.clinic.nurse))
    page.look(f"console-{name}-worklist")
    page.open(f"/alerts/{alert.id}")
    page.sees("FOLFOX, cycle 1, day 15", "Spanish", "Interpreter needed", "No puedo dormir.")
    page.sees("0 in every report: Vomiting")
    page.look(f"console-{name}-alert")
    page.page.get_by_text("Call back …").click()
    page.press("In 1 hour")
    page.sees("Call-back promised:")
    page.look(f"console-{name}-promised")
    page.open(f"/sites/{house.clinic.site}/handover")
    page.sees("Dana Reyes calls back")
    page.look(f"console-{name}-handover")
    page.open(f"/patients/{maria}/summary")
    page.sees("No puedo dormir.", "Still open")
    page.look(f"console-{name}-summary")
    page.open(f"/sites/{house.clinic.site}/patients/{maria}?story=surveys")
    page.look(f"console-{name}-patient")
    if at_desk:
        page.open(f"/patients/{maria}/summary")
        page.page.emulate_media(media="print")
        page.page.screenshot(path=page.folder / "console-summary-print.png", full_page=True)
