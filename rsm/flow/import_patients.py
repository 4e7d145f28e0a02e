"""A file of patients: a dry run by default, and then all of it in one transaction, or nothing."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import enrol
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.patients import importing
from rsm.patients import service as patients
from rsm.patients.importing import ImportReport, RowReport, Verdict
from rsm.patients.model import PatientStatus
from rsm.security.audit import Subject, record


class _RowRefused(Exception):
    """A row that looked well could not be carried out: everything goes back."""

    def __init__(self, line: int, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"line {line}")
        self.line = line
        self.problems = problems


def import_csv(tx: Tx, site_id: UUID, text: str, *, dry_run: bool = True) -> ImportReport:
    """Import patients; the report says row by row what was (or would be) done.

    Raises `Invalid` for a file that cannot be read at all. A refused row changes nothing, and
    nothing of the others either.
    """
    report = importing.plan(tx, site_id, importing.read_rows(text))
    if dry_run or report.is_refused:
        return report
    try:
        with tx.savepoint():
            _hold(tx, report)
            for row in report.rows:
                _carry_out(tx, site_id, row)
    except _RowRefused as refused:
        return report.refuse(refused.line, refused.problems)
    counts = {verdict.value: report.count(verdict) for verdict in Verdict}
    record(tx, "patients.imported", Subject("site", site_id), site_id, **counts)
    return ImportReport(report.rows, done=True)


def _hold(tx: Tx, report: ImportReport) -> None:
    """Everybody who is on record, in the order in which all hold patients, not in the file's."""
    known = {row.known for row in report.rows if row.verdict is Verdict.CHANGE and row.known}
    for patient_id in sorted(known):
        patients.lock(tx, patient_id)


def _carry_out(tx: Tx, site_id: UUID, row: RowReport) -> None:
    try:
        if row.verdict is Verdict.ADD and row.new is not None:
            enrol.enter(tx, site_id, row.new)
        elif row.verdict is Verdict.CHANGE and row.known is not None:
            _change(tx, row.known, row)
    except Invalid as error:
        raise _RowRefused(row.line, error.problems) from error
    except Conflict as error:
        raise _RowRefused(row.line, (Problem("record_number", str(error)),)) from error


def _change(tx: Tx, patient_id: UUID, row: RowReport) -> None:
    if row.new is None:
        return
    enrol.change(tx, patient_id, row.new, row.seen)
    if row.moves_to is PatientStatus.ENROLLED:
        enrol.enrol(tx, patient_id)
    elif row.moves_to is PatientStatus.APPROACHED:
        enrol.approach(tx, patient_id)
    elif row.moves_to is PatientStatus.DECLINED and row.new.decline_reason is not None:
        enrol.decline(tx, patient_id, row.new.decline_reason)
