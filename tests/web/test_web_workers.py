"""Whose measure is due, page by page: to whom names, to whom figures, to whom neither."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role, SurveyState
from rsm.messaging.tables import Message
from rsm.metrics import rollup
from rsm.patients import service as patients
from rsm.security import api_keys, staff
from rsm.security.model import ApiScope, NewStaff
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import C, M, Rows
from tests.web_desk import at_desk, browser, submit

DANA, BEN = "dana@lakeside.example.org", "ben@lakeside.example.org"
MISSED = {"miss_reason": "not_answered"}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def rows(clinic: Clinic, owner: Engine) -> Rows:
    return Rows(owner, clinic.site, SeededIds("workers"))


def here(clinic: Clinic, who: UUID | str = "", more: str = "") -> str:
    parts = (f"/sites/{clinic.site}/workers", str(who), more)
    return "/".join(part for part in parts if part)


def hire(clinic: Clinic, role: Role, language: str = "en") -> UUID:
    """Somebody with this role alone."""
    new = NewStaff(clinic.organisation, f"{role}@example.org", "Kim Osei", language=language)
    with clinic.begin() as tx:
        who = staff.create(tx, new)
        staff.grant(tx, who, clinic.site, role)
        return who


def worker_of(clinic: Clinic, patient: UUID) -> UUID | None:
    with clinic.begin() as tx:
        return patients.peek(tx, patient).worker_id


def test_a_nurse_comes_to_her_own_list_by_the_navigation_and_reading_it_is_on_record(
    clinic: Clinic, rows: Rows, clock: VirtualClock, owner: Engine
) -> None:
    maria, ruth = clinic.enrol_patient(worker=DANA), clinic.enrol_patient("Ruth Cole", worker=DANA)
    clinic.enrol_patient("Al Webb", worker=BEN)
    rows.survey(maria, 3, SurveyState.OPEN)
    rows.survey(ruth, 1, M, **MISSED)
    rows.survey(ruth, 2, M, **MISSED)
    with at_desk(clinic, clock, clinic.nurse) as client:
        assert 'href="/due"' in client.get("/alerts", follow_redirects=True).text
        page = client.get("/due", follow_redirects=True)
        sent = submit(client, here(clinic, clinic.nurse), f"{page.url.path}/send/{maria}")
        again = client.get(sent.headers["location"])
    assert page.url.path == here(clinic, clinic.nurse)
    assert "1 due now, 1 overdue" in page.text
    assert "Your patients: 2 patients take part" in page.text
    assert re.search(r"Maria Alvarez</a> <span class=\"tag\">Baseline", page.text)
    assert "2 in a row, the last closed" in page.text
    assert f"/sites/{clinic.site}/patients/{maria}/entry" in page.text
    assert "tel:+12025550131" in page.text
    assert "Al Webb" not in page.text
    assert "The link goes out now" in again.text
    with owner.connect() as connection:
        assert connection.scalar(select(Message.patient_id)) == maria
        listed = text("SELECT facts FROM audit_event WHERE action = 'patients.listed'")
        assert {"patients": sorted(map(str, (maria, ruth)))} in list(connection.scalars(listed))


def test_a_colleague_stands_in_for_her_and_sees_none_of_her_figures(
    clinic: Clinic, clock: VirtualClock
) -> None:
    clinic.enrol_patient(worker=DANA)
    with at_desk(clinic, clock, clinic.second) as client:
        page = client.get(here(clinic, clinic.nurse))
        sheet = client.get(here(clinic, clinic.nurse, "sheet"))
        given = client.get(here(clinic, clinic.nurse, "hand-over"))
    assert "Dana Reyes: 1 patient takes part" in page.text
    assert "Months of" not in page.text
    assert "/sheet" not in page.text
    assert (sheet.status_code, given.status_code) == (403, 403)


def test_a_manager_sees_how_many_and_no_name(
    clinic: Clinic, rows: Rows, clock: VirtualClock
) -> None:
    rows.survey(clinic.enrol_patient(worker=DANA), 3, SurveyState.OPEN)
    with at_desk(clinic, clock, hire(clinic, Role.MANAGER)) as client:
        page, sheet = (client.get(here(clinic, clinic.nurse, more)) for more in ("", "sheet"))
        assert client.post(here(clinic, clinic.nurse, "send/x")).status_code in {403, 422}
        assert client.get("/due").status_code == 403
    for each in (page, sheet):
        assert each.status_code == 200
        assert "Maria" not in each.text
    assert "Months of Dana Reyes" in page.text
    assert "Supervision: Dana Reyes" in sheet.text
    assert "19.8 %" in sheet.text


def test_managers_see_all_by_name_and_others_themselves_and_the_site(
    clinic: Clinic, rows: Rows, clock: VirtualClock, worker_db: Database
) -> None:
    """Dana: 12 baselines, 2 answered: 17 %, 5 to 45. Ben: 3 baselines, all answered: too few."""
    for number in range(15):
        email = DANA if number < 12 else BEN
        patient = clinic.enrol_patient(f"P{number}", phone=f"+120255501{50 + number}", worker=email)
        done = number in {0, 1, 12, 13, 14}
        rows.survey(patient, 0, C if done else M, **({} if done else MISSED))
    rollup.roll_up_all(worker_db)
    with at_desk(clinic, clock, clinic.charge) as client:
        every = client.get(here(clinic)).text
    with at_desk(clinic, clock, clinic.nurse) as client:
        own = client.get(here(clinic)).text
    body = every.partition("<tbody")[2].partition("</tbody>")[0]
    assert body.index("Ben Okafor") < body.index("Dana Reyes") < body.index("All of Lakeside")
    assert "2 of 12" in body
    assert "17 % (5 to 45)" in body
    assert re.search(r"3 of 3</span> <small[^>]*>too few to say", body)
    assert "33 % (15 to 58)" in body  # 5 of 15
    assert "Dana Reyes" in own
    assert "All of Lakeside" in own
    assert "Ben Okafor" not in own


def test_patients_of_who_has_left_are_on_the_managers_page_until_they_are_handed_over(
    clinic: Clinic, clock: VirtualClock
) -> None:
    maria, ruth = clinic.enrol_patient(worker=DANA), clinic.enrol_patient("Ruth Cole")
    with clinic.begin() as tx:
        staff.disable(tx, clinic.nurse)
    form = here(clinic, clinic.nurse, "hand-over")
    with at_desk(clinic, clock, clinic.charge) as client:
        before = client.get(here(clinic)).text
        site = client.get(f"/sites/{clinic.site}").text
        nobodys = client.get(here(clinic, "nobody")).text
        wrong = submit(client, form, fields={"taker": str(clinic.nurse)})
        done = submit(client, form, fields={"taker": str(clinic.second)})
        submit(client, here(clinic, "nobody", "hand-over"), fields={"taker": str(clinic.charge)})
        after = client.get(here(clinic)).text
    assert "Dana Reyes has left and still has 1 patient" in before
    assert f'href="{form}"' in before
    assert "1 patient is nobody" in before
    assert "1 patient was looked after by somebody who has left" in site
    assert f'href="{here(clinic)}"' in site
    assert "2 patients take part" in nobodys
    assert (wrong.status_code, done.status_code) == (422, 303)
    assert (worker_of(clinic, maria), worker_of(clinic, ruth)) == (clinic.second, clinic.charge)
    assert "has left" not in after


def test_whoever_disables_an_account_is_led_to_its_patients(
    clinic: Clinic, clock: VirtualClock
) -> None:
    clinic.enrol_patient(worker=DANA)
    page = f"/admin/staff/{clinic.nurse}"
    fields = {"name": "Dana Reyes", "email": DANA, "phone": "+12025550111", "roles": "nurse"}
    with at_desk(clinic, clock, clinic.administrator) as client:
        done = submit(client, page, fields=fields)
        again = submit(client, page, fields=fields | {"active": "yes"})
        assert client.get(done.headers["location"]).status_code == 200
    assert done.headers["location"] == here(clinic, clinic.nurse, "hand-over")
    assert again.headers["location"] == "/admin/staff"


def test_nothing_of_another_site_is_found(
    clinic: Clinic, clock: VirtualClock, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    theirs = other.enrol_patient(phone="+12025550139")
    own = here(clinic, clinic.charge)
    with at_desk(clinic, clock, clinic.charge) as client:
        assert client.get(here(other)).status_code == 404
        assert client.get(here(clinic, other.nurse)).status_code == 404
        assert client.get(here(clinic, "somebody")).status_code == 404
        assert submit(client, own, f"{own}/send/{theirs}").status_code == 404


def test_a_worker_is_chosen_on_the_patients_form_and_shown_on_her_page(
    clinic: Clinic, clock: VirtualClock
) -> None:
    maria = clinic.enrol_patient()
    page = f"/sites/{clinic.site}/patients/{maria}"
    with at_desk(clinic, clock, clinic.nurse) as client:
        form = client.get(f"{page}/change").text
        assert f'<option value="{BEN}">Ben Okafor</option>' in form
        fields = dict(re.findall(r'name="(\w+)" type="[^"]+" value="([^"]*)"', form))
        fields |= dict(re.findall(r'name="(version)" value="([^"]*)"', form))
        selects = re.findall(r'<select id="f-(\w+)".*?</select>', form, re.DOTALL)
        for name in selects:
            part = form.partition(f'<select id="f-{name}"')[2].partition("</select>")[0]
            chosen = re.search(r'value="([^"]*)" selected', part)
            fields[name] = chosen[1] if chosen else ""
        saved = submit(client, f"{page}/change", fields=fields | {"worker": BEN})
        wrong = submit(client, f"{page}/change", fields=fields | {"worker": "x@example.org"})
        shown = client.get(page).text
    assert (saved.status_code, wrong.status_code) == (303, 422), wrong.text
    assert worker_of(clinic, maria) == clinic.second
    assert "Looked after by Ben Okafor" in shown


def test_the_pages_speak_the_workers_language(clinic: Clinic, clock: VirtualClock) -> None:
    who = hire(clinic, Role.NURSE, "es")
    clinic.enrol_patient(worker="nurse@example.org")
    with at_desk(clinic, clock, who) as client:
        page, site, sheet, form = (
            client.get(here(clinic, *parts)).text
            for parts in ((who,), (), (who, "sheet"), (who, "hand-over"))
        )
    assert "Sus pacientes: 1 paciente participa" in page
    assert "Para ayudar" not in site
    assert "Sus propias cifras" in site
    assert "Qué ayudó en otros sitios" in sheet
    assert "Traspasar los pacientes de Kim Osei" in form
    for each in (page, site, sheet):
        assert '<main id="main" lang="es"' in each


def test_a_day_ahead_is_told_on_the_sites_clock(clinic: Clinic, clock: VirtualClock) -> None:
    clinic.enrol_patient(worker=DANA)
    clock.advance(timedelta(days=-3))
    with at_desk(clinic, clock, clinic.nurse) as client:
        page = client.get(here(clinic, clinic.nurse)).text
    assert "Nothing is due now" in page
    assert "opens 9:00 on Monday" in page


def test_a_machine_names_a_worker_by_e_mail_and_is_told_when_nobody_has_it(clinic: Clinic) -> None:
    entry = {"name": "Joan Price", "record_number": "R77", "birth_date": "1949-05-06"}
    address = f"/api/v1/sites/{clinic.site}/patients"
    with clinic.begin() as tx:
        key = api_keys.create(tx, clinic.site, "records", tuple(ApiScope), None)[1]
    with browser(clinic) as machine:
        machine.headers["authorization"] = f"Bearer {key}"
        wrong = machine.post(address, json={**entry, "worker": "dana@hillside.example.org"})
        made = machine.post(address, json={**entry, "worker": DANA})
        found = machine.get(f"{address}/{made.json()['id']}").json()
    assert (wrong.status_code, made.status_code) == (422, 201)
    assert "worker" in wrong.text
    assert found["worker"] == DANA
