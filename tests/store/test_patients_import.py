"""A file of patients: what each row would do, and that it is all of it or nothing."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Tx
from rsm.flow import enrol
from rsm.flow.import_patients import import_csv
from rsm.patients import service as patients
from rsm.patients.importing import ImportReport, Verdict
from rsm.patients.model import EndReason, PatientStatus
from rsm.patients.store import people
from rsm.patients.tables import Patient
from rsm.schedules import service as schedules
from tests.clinic import Clinic, build_clinic

HEAD = (
    "name,record_number,birth_date,status,decline_reason,phone,language,weekday,local_time,"
    "consent_on,consent_by\n"
)
MARIA = (
    "Maria Alvarez,R1,1957-03-04,enrolled,,202-555-0131,es,tuesday,10:00,2026-10-01,Maria Alvarez\n"
)
BEN = "Ben Webb,R2,1961-07-09,declined,too_ill,,,,,,\n"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def run(clinic: Clinic, body: str, *, dry_run: bool = False, head: str = HEAD) -> ImportReport:
    with clinic.begin(clinic.nurse) as tx:
        return import_csv(tx, clinic.site, head + body, dry_run=dry_run)


def verdicts(report: ImportReport) -> list[Verdict]:
    return [row.verdict for row in report.rows]


def known(clinic: Clinic) -> dict[str, UUID]:
    with clinic.begin() as tx:
        return {label.record_number: facts.id for facts, label in patients.find(tx, clinic.site)}


def test_a_dry_run_reports_and_changes_nothing(clinic: Clinic) -> None:
    report = run(clinic, MARIA + BEN, dry_run=True)
    assert verdicts(report) == [Verdict.ADD, Verdict.ADD]
    assert [(row.line, row.name) for row in report.rows] == [(2, "Maria Alvarez"), (3, "Ben Webb")]
    assert not report.done
    assert known(clinic) == {}


def test_an_import_enters_and_enrols(clinic: Clinic) -> None:
    assert run(clinic, MARIA + BEN).done
    with clinic.begin() as tx:
        maria = patients.read(tx, known(clinic)["R1"])
        assert maria.facts.status is PatientStatus.ENROLLED
        assert (maria.facts.language, maria.facts.weekday) == ("es", 1)
        assert schedules.assignment(tx, maria.facts.id) is not None
        assert patients.read(tx, known(clinic)["R2"]).facts.status is PatientStatus.DECLINED


def test_the_same_file_again_changes_nothing(clinic: Clinic) -> None:
    run(clinic, MARIA + BEN)
    with clinic.begin() as tx:
        before = patients.peek(tx, known(clinic)["R1"])
    report = run(clinic, MARIA + BEN)
    assert verdicts(report) == [Verdict.SAME, Verdict.SAME]
    with clinic.begin() as tx:
        assert patients.peek(tx, known(clinic)["R1"]) == before


def test_one_refused_row_refuses_the_file(clinic: Clinic) -> None:
    report = run(clinic, MARIA + "Ann,R3,2015-01-01,,,,,,,,\n")
    assert verdicts(report) == [Verdict.ADD, Verdict.REFUSED]
    assert report.rows[1].problems[0].where == "birth_date"
    assert not report.done
    assert known(clinic) == {}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Ann,R3,2015-01-01,,,,,,,,\n", "birth_date"),
        ("Ann,R3,1957-13-01,,,,,,,,\n", "birth_date"),
        (",R3,1957-03-04,,,,,,,,\n", "name"),
        ("Ann,,1957-03-04,,,,,,,,\n", "record_number"),
        ("Ann,R3,1957-03-04,enrolled,,,,,,2026-10-01,Ann\n", "phone"),
        ("Ann,R3,1957-03-04,enrolled,,202-555-0133,,,,,\n", "consent_on"),
        ("Ann,R3,1957-03-04,enrolled,,202-555-0133,pl,,,2026-10-01,Ann\n", "language"),
        ("Ann,R3,1957-03-04,declined,,,,,,,\n", "decline_reason"),
        ("Ann,R3,1957-03-04,paused,,,,,,,\n", "status"),
        ("Ann,R3,1957-03-04,,,12,,,,,\n", "phone"),
        ("Ann,R3,1957-03-04,,,,,someday,,,\n", "weekday"),
        ("Ann,R3,1957-03-04,,,,,,25:00,,\n", "local_time"),
        ("Ann,R3,1957-03-04,,,,,,,2026-12-01,Ann\n", "consent_on"),
        ("Ann,R3,1957-03-04\n", ""),
    ],
)
def test_a_broken_row_is_refused_with_its_line_and_field(
    clinic: Clinic, row: str, field: str
) -> None:
    report = run(clinic, MARIA + row, dry_run=True)
    broken = report.rows[1]
    assert (broken.line, broken.verdict) == (3, Verdict.REFUSED)
    assert field in {problem.where for problem in broken.problems}


def test_a_record_number_that_comes_twice_is_refused_the_second_time(clinic: Clinic) -> None:
    report = run(clinic, MARIA + "Ann,r1,1957-03-04,,,,,,,,\n", dry_run=True)
    assert verdicts(report) == [Verdict.ADD, Verdict.REFUSED]
    assert report.rows[1].problems[0].what == "line 2 has this record number too"


def test_a_number_that_two_patients_share_is_a_warning(clinic: Clinic) -> None:
    clinic.enrol_patient("Clarence Webb", "+12025550139")
    body = (
        MARIA
        + "Ann,R3,1957-03-04,,,+1 202 555 0131,,,,,\n"
        + "Joe,R4,1957-03-04,,,202-555-0139,,,,,\n"
    )
    report = run(clinic, body)
    assert [[one.what for one in row.warnings] for row in report.rows] == [
        [],
        ["line 2 has this number too"],
        ["another patient of this site has this number"],
    ]
    assert report.done


def test_a_changed_row_changes_what_it_says_and_leaves_the_rest(clinic: Clinic) -> None:
    run(clinic, MARIA)
    head = "name,record_number,birth_date,regimen,phone,language\n"
    report = run(clinic, "Maria Alvarez,R1,1957-03-04,FOLFOX,,\n", head=head)
    assert verdicts(report) == [Verdict.CHANGE]
    with clinic.begin() as tx:
        record = patients.read(tx, known(clinic)["R1"])
    assert (record.facts.regimen, record.facts.language) == ("FOLFOX", "es")
    assert record.facts.status is PatientStatus.ENROLLED
    assert record.contacts[0].address == "+12025550131"


def test_a_file_brings_a_patient_further_but_never_back(clinic: Clinic) -> None:
    run(clinic, "Maria Alvarez,R1,1957-03-04,eligible,,202-555-0131,,,,,\n")
    assert verdicts(run(clinic, MARIA)) == [Verdict.CHANGE]
    back = "Maria Alvarez,R1,1957-03-04,eligible,,202-555-0131,,,,,\n"
    assert verdicts(run(clinic, back)) == [Verdict.SAME]
    with clinic.begin() as tx:
        who = known(clinic)["R1"]
        assert patients.peek(tx, who).status is PatientStatus.ENROLLED
        enrol.end(tx, who, EndReason.MOVED_AWAY)
    assert verdicts(run(clinic, MARIA)) == [Verdict.SAME]
    with clinic.begin() as tx:
        assert patients.peek(tx, who).status is PatientStatus.ENDED


def test_a_row_that_fails_while_it_is_carried_out_takes_all_others_back(
    clinic: Clinic, owner: Engine
) -> None:
    with owner.begin() as connection:  # a site that agreed to a plan which nobody ships
        connection.execute(
            text("""UPDATE site SET plan = '{"key": "none", "version": "1", "hash": "x"}'""")
        )
    report = run(clinic, BEN + MARIA)
    assert verdicts(report) == [Verdict.ADD, Verdict.REFUSED]
    assert not report.done
    assert known(clinic) == {}


def test_patients_are_held_in_one_order_whatever_the_order_of_the_file(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files in different order, or a file and a worker's round, never wait for each other."""
    run(clinic, MARIA + BEN)
    ids, held = known(clinic), []
    really = people.lock

    def lock(tx: Tx, patient_id: UUID, *, skip_locked: bool = False) -> Patient | None:
        held.append(patient_id)
        return really(tx, patient_id, skip_locked=skip_locked)

    monkeypatch.setattr(people, "lock", lock)
    changed = [MARIA.replace("Maria A", "Mary A", 1), BEN.replace("Ben", "Benjamin")]
    rows = sorted(changed, key=lambda row: ids[row.split(",")[1]], reverse=True)
    assert run(clinic, "".join(rows)).done
    assert held[:2] == sorted(ids.values())


def test_an_import_is_audited_with_counts_and_ids_only(clinic: Clinic, owner: Engine) -> None:
    run(clinic, MARIA + BEN)
    with owner.connect() as connection:
        facts = connection.execute(
            text("SELECT facts FROM audit_event WHERE action = 'patients.imported'")
        ).scalar_one()
    assert facts == {"add": 2, "change": 0, "same": 0, "refused": 0}
