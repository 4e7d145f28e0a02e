"""Whose measure is due, on a phone in Spanish and at a desk in English; the sheet on one page."""

import re
from datetime import date

import pytest
from sqlalchemy import Engine

from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role
from rsm.metrics import rollup
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.clinic import PATIENT_PHONE
from tests.hand_clinic import C, M, Rows
from tests.security_world import Person

pytestmark = pytest.mark.browser
_PAGES = re.compile(rb"/Type\s*/Page[^s]")


@pytest.fixture
def lucia(house: House) -> Person:
    """A nurse who reads Spanish, and has two patients: one is missed, one is due."""
    clinic = house.clinic
    with clinic.begin() as tx:
        email = "lucia@example.org"
        new = NewStaff(clinic.organisation, email, "Lucía Herrera", language="es")
        who = staff.create(tx, new)
        staff.grant(tx, who, clinic.site, Role.NURSE)
        staff.grant(tx, who, clinic.site, Role.MANAGER)
    clinic.enrol_patient(worker=email)
    house.goes_to(date(2026, 10, 24))
    clinic.enrol_patient("Ruth Cole", phone="+12025550132", worker=email)
    house.goes_to(date(2026, 10, 26))
    house.passes(hours=2)
    return house.person(who)


def months_of_dana(house: House, rows: Rows) -> None:
    """Twelve patients: 2 of 12 baselines are answered, and 12 of 24 follow-ups."""
    for number in range(12):
        phone, email = f"+120255501{50 + number}", "dana@lakeside.example.org"
        patient = house.clinic.enrol_patient(f"P{number}", phone=phone, worker=email)
        rows.survey(patient, 0, C if number < 2 else M)
        rows.survey(patient, 1, C)
        rows.survey(patient, 2, M, miss_reason="not_answered")
    rollup.roll_up_all(house.worker)


def test_a_worker_finds_whose_measure_is_due_and_sends_the_link(
    window: Opener, house: House, lucia: Person
) -> None:
    phone, here = window(), f"/sites/{house.clinic.site}/workers"
    sign_in(phone, lucia)
    phone.open("/due")
    phone.heading("2 pendientes ahora")
    phone.sees("Maria Alvarez", "Ruth Cole", "el anterior no se respondió", "Sus meses")
    phone.look("worker-es")
    before = len(house.texts(PATIENT_PHONE))
    send = re.compile("Enviar el enlace.*Maria Alvarez")
    phone.page.get_by_role("button", name=send).click()
    phone.sees("El enlace sale ahora")
    house.works()
    assert len(house.texts(PATIENT_PHONE)) == before + 1
    house.counts()
    phone.open(here)
    phone.sees("Para ayudar, no para clasificar")
    phone.look("workers-es")
    phone.open(f"{here}/{lucia.id}/sheet")
    phone.sees("Qué ayudó en otros sitios")
    phone.look("worker-sheet-es")


def test_a_manager_reads_figures_by_name_and_prints_one_page(
    window: Opener, house: House, lucia: Person, owner: Engine
) -> None:
    desk, here = window(desk=True), f"/sites/{house.clinic.site}/workers"
    months_of_dana(house, Rows(owner, house.clinic.site, SeededIds("figures")))
    sign_in(desk, house.person(house.clinic.charge))
    desk.open(here)
    desk.sees("To help, not to rank", "Lucía Herrera", "All of Lakeside Clinic")
    desk.sees("17 % (5 to 45)", "50 % (31 to 69)")
    desk.look("workers")
    desk.press("Lucía Herrera")
    desk.heading("2 due now")
    desk.look("worker")
    desk.press("Sheet for supervision")
    desk.heading("Supervision: Lucía Herrera")
    desk.look("worker-sheet")
    printed = desk.page.pdf(format="A4", prefer_css_page_size=True)
    assert len(_PAGES.findall(printed)) == 1
