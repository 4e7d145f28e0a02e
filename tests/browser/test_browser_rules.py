"""The page of a site's rules in a browser: at a desk, on a phone, without script, in Spanish."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from rsm.alerts.model import AlertAction
from rsm.flow import triage
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.alert_world import Ward
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.security_world import Person

_GRADES = (1, 3, 2, 4, 0, 3)
_OUTCOMES = (AlertAction.PHONE_ADVICE, AlertAction.EXPECTED, AlertAction.WRONG_THRESHOLD)


@pytest.fixture
def manager(house: House) -> Person:
    """Three patients' weeks of reports, most alerts closed; Ruth Cole, who manages the site."""
    clinic = house.clinic
    patients = [
        clinic.enrol_patient(name=f"Patient {n}", phone=f"+1202555013{n}") for n in range(3)
    ]
    ward = Ward(clinic, house.worker, house.clock, patients[0])
    for week, grade in enumerate(_GRADES):
        for place, patient in enumerate(patients):
            house.clock.advance(timedelta(hours=1 + place))
            pain = (grade + place) % 5
            alert = ward.report({"pain.frequency": 2, "pain.severity": pain}, patient)
            if alert is not None and alert.is_open and week < len(_GRADES) - 1:
                ward.take(alert, clinic.nurse)
                with clinic.begin(clinic.nurse) as tx:
                    outcome = _OUTCOMES[(week + place) % 3]
                    triage.close(tx, alert.id, clinic.nurse, triage.Closing(outcome))
        house.clock.advance(timedelta(days=6, hours=18))
    return house.person(clinic.charge)


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


def test_the_pack_in_words_is_read_at_a_desk_printed_and_read_on_a_phone(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.page.get_by_role("link", name="The pack in plain words, to sign").click()
    desk.sees("In force at", "How the answers are judged", "Worked cases", "Signed")
    desk.look("explain")
    desk.page.emulate_media(media="print")
    expect(desk.page.get_by_role("link", name="Back to the rules")).to_be_hidden()
    expect(desk.page.get_by_role("heading", name="Signed")).to_be_visible()
    desk.page.set_viewport_size({"width": 794, "height": 1123})  # A4, at 96 dots an inch
    over = desk.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{over} px wider than the paper"
    desk.page.pdf(path=desk.folder / "explain.pdf", format="A4")
    desk.page.emulate_media(media="screen")
    desk.page.set_viewport_size({"width": 375, "height": 812})
    desk.look("explain-phone")
