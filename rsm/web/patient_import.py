"""Patients from a file, on the page: upload, dry run row by row, confirm.

Between the dry run and the confirmation the file is kept nowhere: the form carries it along, sealed
under the key ring for this person, this site and ten minutes.
"""

import base64
import binascii
import zlib
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import HTMLResponse

from rsm.flow.import_patients import import_csv
from rsm.kernel.errors import Invalid, Problem
from rsm.patients.importing import ImportReport, RowReport, Verdict, decode
from rsm.security.keyring import CannotOpen
from rsm.security.model import Permission
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.views.patients import ColumnHelp, ImportRow, ImportView
from rsm.web.views.patients import Verdict as Shown

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]
_GOOD_FOR = timedelta(minutes=10)
_STAMP = 8  # bytes before the file: when it was checked, in seconds
COLUMNS = (
    ColumnHelp("name", True, "Full name"),
    ColumnHelp("record_number", True, "Record number at this site; a known one changes"),
    ColumnHelp("birth_date", True, "1962-04-30"),
    ColumnHelp("status", False, "eligible (else), approached, declined, enrolled"),
    ColumnHelp("decline_reason", False, "With declined: too_ill, no_phone, language, …, other"),
    ColumnHelp("phone", False, "202-555-0112, or with + and the country; to enrol"),
    ColumnHelp("email", False, "maria@example.org"),
    ColumnHelp("language", False, "en, es, …"),
    ColumnHelp("interpreter", False, "yes or no"),
    ColumnHelp("zone", False, "America/Chicago; else the site's"),
    ColumnHelp("channel", False, "sms, email, …: which way the survey goes first"),
    ColumnHelp("answers_by_text", False, "yes: chose to answer by text, in plain messages"),
    ColumnHelp("weekday", False, "monday, tuesday, …"),
    ColumnHelp("local_time", False, "09:00, on the patient's own clock"),
    ColumnHelp("contact_from", False, "10:00: not to be reached earlier; with contact_until"),
    ColumnHelp("contact_until", False, "18:00"),
    ColumnHelp("regimen", False, "FOLFOX"),
    ColumnHelp("cycle_starts", False, "Dates with spaces or ; between them"),
    ColumnHelp("consent_on", False, "2026-10-01; to enrol"),
    ColumnHelp("consent_by", False, "Who gave it"),
    ColumnHelp("consent_text", False, "Version of the consent's text; else the newest that day"),
    ColumnHelp("consent_form", False, "paper, electronic, verbal, text"),
    ColumnHelp("consent_evidence", False, "Where the signed form lies, or who witnessed it"),
    ColumnHelp("sex", False, "For fair figures"),
    ColumnHelp("ethnicity", False, "For fair figures"),
    ColumnHelp("postcode_area", False, "For fair figures"),
    ColumnHelp("insurance", False, "For fair figures"),
    ColumnHelp("rurality", False, "For fair figures"),
    ColumnHelp("deprivation", False, "For fair figures"),
    ColumnHelp("worker", False, "Who looks after the patient: e-mail of one of the site's staff"),
    ColumnHelp("is_test", False, "yes: counts in no figure"),
)


@router.get("/sites/{site_id}/patients/import")
def show_import(desk: AtDesk) -> HTMLResponse:
    """The form for the file."""
    return html("staff/import.html", _view(desk))


@router.post("/sites/{site_id}/patients/import")
def check_file(desk: AtDesk, file: UploadFile) -> HTMLResponse:
    """The dry run: nothing is changed."""
    try:
        text = decode(file.file.read())
        report = import_csv(desk.tx, desk.staff.site_id, text, dry_run=True)
    except Invalid as error:
        return _refused(desk, error.problems)
    token = "" if report.is_refused else seal(desk, text)
    return html("staff/import.html", _view(desk, report, token))


@router.post("/sites/{site_id}/patients/import/confirm")
def confirm(desk: AtDesk, token: Annotated[str, Form()] = "") -> HTMLResponse:
    """All of it in one transaction; a row that is refused meanwhile refuses all."""
    try:
        report = import_csv(desk.tx, desk.staff.site_id, unseal(desk, token), dry_run=False)
    except Invalid as error:
        return _refused(desk, error.problems)
    if report.done:
        changed = report.count(Verdict.ADD) + report.count(Verdict.CHANGE)
        return html("staff/import.html", _view(desk, imported=changed))
    return html("staff/import.html", _view(desk, report), status=422)


def seal(desk: Desk, text: str) -> str:
    """The file for the way to the browser and back."""
    stamp = int(desk.tx.now.timestamp()).to_bytes(_STAMP, "big")
    sealed = desk.tx.vault.seal(stamp + zlib.compress(text.encode()), _context(desk))
    return base64.urlsafe_b64encode(sealed).decode()


def unseal(desk: Desk, token: str) -> str:
    """The file as it was checked. Raises `Invalid` when that is too long ago, or not hers."""
    try:
        sealed = base64.urlsafe_b64decode(token)
        plain = desk.tx.vault.open(sealed, _context(desk))
    except (binascii.Error, ValueError, CannotOpen):
        raise Invalid(Problem("file", "was not checked here", "check it again")) from None
    checked_at = datetime.fromtimestamp(int.from_bytes(plain[:_STAMP], "big"), UTC)
    if desk.tx.now >= checked_at + _GOOD_FOR:
        raise Invalid(Problem("file", "was checked too long ago", "check it again"))
    return zlib.decompress(plain[_STAMP:]).decode()


def _context(desk: Desk) -> str:
    return f"patients.import:{desk.staff.site_id}:{desk.staff.staff_id}"


def _refused(desk: Desk, problems: tuple[Problem, ...]) -> HTMLResponse:
    return html("staff/import.html", _view(desk, problems=problems), status=422)


def _view(
    desk: Desk,
    report: ImportReport | None = None,
    token: str = "",
    *,
    problems: tuple[Problem, ...] = (),
    imported: int | None = None,
) -> ImportView:
    here = f"/sites/{desk.staff.site_id}/patients/import"
    return ImportView(
        frame=staff_frame(desk, "/patients"),
        upload_action=here,
        columns=COLUMNS,
        report_rows=tuple(_row(row) for row in report.rows) if report else (),
        confirm_action=f"{here}/confirm" if token else "",
        token=token,
        problems=problems,
        imported=imported,
    )


def _row(row: RowReport) -> ImportRow:
    return ImportRow(row.line, row.name, Shown(row.verdict), (*row.problems, *row.warnings))
