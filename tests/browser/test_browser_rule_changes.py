"""Changes of rules in a browser: proposed at a desk, agreed to on a phone, one patient's own."""

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in

RULE = "Severe, or the like in frequency or interference (urgent)"


def fill_in(window: Window, value: str, until: str = "2026-11-30") -> None:
    window.page.get_by_label("What becomes of it?").select_option(index=1)
    window.fill("From this answer on", value)
    window.fill("Last day", until)
    window.fill("Why?", "Known to all of us, and seen every week in the clinic.")


def test_a_change_is_proposed_at_a_desk_and_agreed_to_on_a_phone(
    window: Opener, house: House
) -> None:
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.charge))
    desk.open(f"/sites/{house.clinic.site}/rules")
    desk.press("Changes of the rules")
    desk.sees("No change: every patient is judged by the rules as they were released.")
    desk.look("changes-none")
    desk.press("Propose a change …")
    desk.page.get_by_label("Rule", exact=True).select_option(label=RULE)
    desk.page.get_by_label("For", exact=True).select_option(label="Team triage")
    desk.look("changes-pick")
    desk.press("Go on")
    fill_in(desk, "4", until="soon")
    desk.press("Propose it")
    desk.sees("Nothing was saved yet", "Not a date")
    desk.look("changes-wrong")
    desk.fill("Last day", "2026-11-30")
    desk.press("Propose it")
    desk.heading("1 change waits for a second person.")
    desk.look("changes-waits")

    phone = window()
    sign_in(phone, house.person(house.clinic.nurse))
    phone.open(f"/sites/{house.clinic.site}/rules/changes")
    phone.look("changes-phone")
    phone.press("Agree")
    phone.heading("1 change of the rules holds.")
    phone.look("changes-holds-phone")


def test_one_patients_rule_is_changed_and_put_back(window: Opener, house: House) -> None:
    maria = house.clinic.enrol_patient()
    phone = window()
    sign_in(phone, house.person(house.clinic.nurse))
    phone.open(f"/sites/{house.clinic.site}/patients/{maria}")
    phone.press("Change a rule …")
    phone.page.get_by_label("Rule", exact=True).select_option(label=RULE)
    phone.press("Go on")
    phone.look("own-rule-form")
    fill_in(phone, "2")
    phone.press("Change it for this patient")
    phone.sees("From this answer on: 3 → 2. Until 30 November 2026.")
    phone.look("own-rule-panel")
    phone.press("End it")
    phone.sees("The rules of the site hold.")
