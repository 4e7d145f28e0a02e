"""The manager's pages in a browser: at a desk and on a phone, in English and in Spanish."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from rsm.improvement import service as improvement
from rsm.improvement.model import EntryKind, NewEntry
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Level, Role
from rsm.messaging.model import MessageState
from rsm.metrics import rollup
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.hand_clinic import HOUR, C, M, P, Rows
from tests.security_world import Person

_WEEKS = range(-14, 3)  # the newest is not drawn yet: its surveys may still be open


@pytest.fixture
def manager(house: House, owner: Engine) -> Person:
    """Four patients, asked for seventeen weeks; since nine fewer answer. Ruth Cole manages
    the site and is a nurse."""
    clinic = house.clinic
    rows = Rows(owner, clinic.site, SeededIds("browser"))
    patients = [
        clinic.enrol_patient(
            f"Patient {n}",
            f"+1202555013{n}",
            "es" if n > 2 else "en",
            sex="female" if n % 2 else None,
        )
        for n in range(4)
    ]
    for week in _WEEKS:
        for place, patient in enumerate(patients):
            state = C if place < (3 if week < -6 else 1) else P if place == 3 else M
            done = {"miss_reason": "not_answered"} if state is M else {}
            survey = rows.survey(patient, week, state, **done)
            rows.text(survey, patient, MessageState.DELIVERED)
    for wait in range(12):
        rows.alert(Level.URGENT if wait % 2 else Level.SOON, HOUR, (wait + 1) * 9 * HOUR)
    with clinic.begin(clinic.charge) as tx:
        new = NewEntry(date(2026, 9, 2), EntryKind.CHANNEL, "Calls offered beside texts")
        improvement.write(tx, clinic.site, new)
    rollup.roll_up_all(house.worker)
    return house.person(clinic.charge)


def test_the_page_says_in_a_minute_what_is_well_and_what_is_not(
    window: Opener, house: House, manager: Person
) -> None:
    here = f"/sites/{house.clinic.site}"
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(f"{here}?weeks=26")
    desk.sees("lower than chance since", "8 weeks in a row below the centre", "Calls offered")
    desk.page.locator("#completed summary").click()
    desk.look("manager")
    with desk.page.expect_download() as download:
        desk.page.locator("#completed").get_by_role("link", name="Picture (SVG)").click()
    assert download.value.suggested_filename == "completed.svg"
    desk.page.get_by_role("link", name="not answered").first.click()
    desk.sees("were not answered", "Patient 2")
    desk.look("manager-lost")
    desk.open(f"{here}/equity?by=sex")
    desk.sees("Not recorded", "Another rate")
    desk.look("manager-equity")


def test_on_a_phone_and_in_spanish_it_is_the_same(
    window: Opener, house: House, manager: Person
) -> None:
    clinic = house.clinic
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, clinic.site, Role.MANAGER)
    house.clock.advance(timedelta(minutes=1))
    phone = window()
    sign_in(phone, house.person(luz))
    phone.open(f"/sites/{clinic.site}?weeks=26")
    expect(phone.page.locator("html")).to_have_attribute("lang", "es")
    phone.sees("más bajo que el azar desde", "sin interrupción por debajo del centro", "Sin cambio")
    phone.look("manager-phone-es")
    phone.page.get_by_role("link", name="sin respuesta").first.click()
    phone.sees("No se le muestra quiénes son")
    phone.look("manager-lost-es")
    phone.open(f"/sites/{clinic.site}/equity?by=language")
    phone.sees("Español", "Inglés")
    phone.look("manager-equity-es")
