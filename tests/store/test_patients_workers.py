"""Who looks after whom: chosen on the form, in a file, by the interface; handed over at once."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import enrol
from rsm.flow.import_patients import import_csv
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Role
from rsm.patients import service as patients
from rsm.patients import workers
from rsm.patients.importing import ImportReport, Verdict
from rsm.patients.model import EndReason, as_entered
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.clinic import Clinic, build_clinic

DANA, BEN = "dana@lakeside.example.org", "ben@lakeside.example.org"
HEAD = "name,record_number,birth_date,worker\n"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def run(clinic: Clinic, body: str) -> ImportReport:
    with clinic.begin(clinic.nurse) as tx:
        return import_csv(tx, clinic.site, HEAD + body, dry_run=False)


def worker_of(clinic: Clinic, patient: UUID) -> UUID | None:
    with clinic.begin() as tx:
        return patients.peek(tx, patient).worker_id


def test_only_whoever_may_see_patients_can_look_after_them(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        manager = staff.create(tx, NewStaff(clinic.organisation, "kim@example.org", "Kim Osei"))
        staff.grant(tx, manager, clinic.site, Role.MANAGER)
        staff.disable(tx, clinic.second)
        found = [one.name for one in workers.active(tx, clinic.site).values()]
    assert found == ["Dana Reyes", "Ruth Cole"]


def test_a_worker_is_entered_changed_and_taken_away(clinic: Clinic) -> None:
    maria = clinic.enrol_patient(worker=DANA)
    assert worker_of(clinic, maria) == clinic.nurse
    for email, who in ((BEN.upper(), clinic.second), (None, None)):
        with clinic.begin(clinic.nurse) as tx:
            record = patients.read(tx, maria)
            new = as_entered(record).model_copy(update={"worker": email})
            enrol.change(tx, maria, new, record.facts.changes)
        assert worker_of(clinic, maria) == who


def test_another_change_leaves_her_worker_also_one_who_has_left(clinic: Clinic) -> None:
    maria = clinic.enrol_patient(worker=DANA)
    with clinic.begin() as tx:
        staff.disable(tx, clinic.nurse)
    with clinic.begin(clinic.second) as tx:
        record = patients.read(tx, maria)
        new = as_entered(record).model_copy(update={"regimen": "FOLFOX"})
        enrol.change(tx, maria, new, record.facts.changes)
    assert worker_of(clinic, maria) == clinic.nurse


def test_a_worker_of_another_site_is_refused(clinic: Clinic, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    for stranger in ("dana@hillside.example.org", "nobody@example.org"):
        with pytest.raises(Invalid) as refused:
            clinic.enrol_patient(worker=stranger)
        (problem,) = refused.value.problems
        assert (problem.where, "e-mail" in problem.mend) == ("worker", True)
    with clinic.begin() as tx, pytest.raises(Invalid):
        workers.hand_over(tx, clinic.site, clinic.nurse, other.nurse)


def test_a_file_names_workers_by_e_mail_and_is_told_which_row_is_wrong(clinic: Clinic) -> None:
    assert run(
        clinic, f"Maria Alvarez,R1,1957-03-04,{DANA.upper()}\nBen Webb,R2,1961-07-09,\n"
    ).done
    again = run(clinic, f"Maria Alvarez,R1,1957-03-04,\nBen Webb,R2,1961-07-09,{BEN}\n")
    assert [row.verdict for row in again.rows] == [Verdict.SAME, Verdict.CHANGE]
    wrong = run(clinic, "Maria Alvarez,R1,1957-03-04,dana@hillside.example.org\n")
    (row,) = wrong.rows
    assert (row.verdict, row.line) == (Verdict.REFUSED, 2)
    assert row.problems[0].where == "worker"
    assert "site's staff" in row.problems[0].mend


def test_all_of_a_workers_patients_change_hands_at_once_and_it_is_on_record(
    clinic: Clinic, owner: Engine
) -> None:
    maria, ruth = clinic.enrol_patient(worker=DANA), clinic.enrol_patient("Ruth", worker=DANA)
    ended, bens = clinic.enrol_patient("Ada", worker=DANA), clinic.enrol_patient("Al", worker=BEN)
    with clinic.begin(clinic.nurse) as tx:
        enrol.end(tx, ended, EndReason.WITHDRAWAL)
    with clinic.begin(clinic.charge) as tx:
        assert workers.count(tx, clinic.site, clinic.nurse) == 2
        assert workers.hand_over(tx, clinic.site, clinic.nurse, clinic.charge) == 2
    assert {worker_of(clinic, one) for one in (maria, ruth)} == {clinic.charge}
    assert worker_of(clinic, ended) == clinic.nurse
    assert worker_of(clinic, bens) == clinic.second
    written = text("SELECT patient_id FROM audit_event WHERE action = 'patient.handed_over'")
    with owner.connect() as connection:
        assert set(connection.scalars(written)) == {maria, ruth}


def test_patients_of_nobody_are_given_to_somebody(clinic: Clinic) -> None:
    maria = clinic.enrol_patient()
    with clinic.begin(clinic.charge) as tx:
        assert workers.hand_over(tx, clinic.site, None, clinic.second) == 1
    assert worker_of(clinic, maria) == clinic.second


def test_another_sites_patients_stay_when_somebody_works_at_both(
    clinic: Clinic, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with other.begin() as tx:
        staff.grant(tx, clinic.nurse, other.site, Role.NURSE)
    theirs = other.enrol_patient(worker=DANA)
    mine = clinic.enrol_patient(worker=DANA)
    with clinic.begin(clinic.charge) as tx:
        assert workers.hand_over(tx, clinic.site, clinic.nurse, clinic.second) == 1
    assert worker_of(clinic, mine) == clinic.second
    assert worker_of(other, theirs) == clinic.nurse
