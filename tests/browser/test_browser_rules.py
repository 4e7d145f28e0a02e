"""The page of a site's rules in a browser: read at a desk and on a phone, replayed without script."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from rsm.alerts import handling
from rsm.alerts.model import AlertAction
from rsm.flow import triage
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House
from tests.security_world import PASSWORD, Person

_GRADES = (1, 3, 2, 4, 0, 3)


@pytest.fixture
def manager(house: House) -> Person:
    """Three patients' weeks of reports, most alerts closed; Ruth Cole, who manages the site."""
    clinic = house.clinic
    patients = [
        clinic.enrol_patient(name=f"Patient {n}", phone=f"+1202555013{n}") for n in range(3)
    ]
    house.passes(hours=1, minutes=1)
    for week, grade in enumerate(_GRADES):
        for place, patient in enumerate(patients):
            pain = (grade + place) % 5
            house.report(patient, pain__frequency=2 if pain else 0, pain__severity=pain)
        _close_all(house, week)
        house.passes(days=7)
    return house.person(clinic.charge)


def _close_all(house: House, week: int) -> None:
    nurse = house.clinic.nurse
    house.take_all(nurse)
    outcomes = (AlertAction.PHONE_ADVICE, AlertAction.EXPECTED, AlertAction.WRONG_THRESHOLD)
    with house.clinic.begin(nurse) as tx:
        for place, alert in enumerate(handling.worklist(tx, house.clinic.site)):
            outcome = outcomes[(week + place) % 3]
            triage.close(tx, alert.id, nurse, triage.Closing(outcome))


def sign_in(desk: Window, who: Person) -> None:
    desk.open("/login")
    desk.fill("E-mail", who.email)
    desk.fill("Password", PASSWORD)
    desk.press("Sign in")
    desk.fill("Code", who.code())
    desk.press("Go on")
    expect(desk.page.get_by_role("link", name="Worklist")).to_be_visible()


def address(house: House) -> str:
    return f"/sites/{house.clinic.site}/rules"


def replay(window: Window) -> None:
    window.page.get_by_label("A pack that we ship").select_option(label="Severe answers only")
    window.press("Replay")
    window.sees("What this cannot show", "Back to the rules")


def test_rules_are_read_and_another_pack_replayed_at_a_desk(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.sees("Severe, or the like in frequency or interference", "Try another pack")
    desk.look("rules")
    replay(desk)
    expect(desk.page.locator("svg.chart")).to_have_count(2)
    for each in desk.page.get_by_text("The figures").all():
        each.click()
    desk.look("replay")


def test_on_a_phone_the_rules_are_cards(window: Opener, house: House, manager: Person) -> None:
    phone = window()
    sign_in(phone, manager)
    phone.open(address(house))
    phone.sees("Try another pack")
    phone.look("rules-phone")
    replay(phone)
    phone.look("replay-phone")


def test_it_works_without_javascript_and_tells_what_is_wrong(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True, script=False)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.press("Replay")
    desk.sees("Nothing was replayed", "Choose a pack, a file, or paste a text")
    desk.look("rules-wrong")
    replay(desk)


def test_it_is_read_in_spanish(window: Opener, house: House, manager: Person) -> None:
    clinic = house.clinic
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, clinic.site, Role.MANAGER)
    house.clock.advance(timedelta(minutes=1))
    desk = window(desk=True)
    sign_in(desk, house.person(luz))
    desk.open(address(house))
    desk.page.get_by_label("Un paquete incluido").select_option(label="Severe answers only")
    desk.press("Reproducir")
    desk.sees("Lo que esto no puede mostrar")
    desk.look("replay-es")
