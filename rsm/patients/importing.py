"""Patients from a CSV file: read it, hold it against what is on record, say what each row does.

Here nothing is changed: `flow.import_patients` does what the report says, all of it or nothing.
A cell that is empty says nothing: it takes nothing away from a patient who is on record.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import e164
from rsm.patients import checks, records
from rsm.patients.checks import Rules
from rsm.patients.entering import FIELDS, REQUIRED, read_patient
from rsm.patients.model import NewPatient, PatientRecord, PatientStatus, as_entered
from rsm.patients.store import details, people
from rsm.security.audit import Subject, record

MOST_ROWS = 5_000
MOST_BYTES = 5_000_000
_OTHER_NAMES = {
    "hour": "local_time",
    "time": "local_time",
    "mrn": "record_number",
    "dob": "birth_date",
    "mobile": "phone",
    "e-mail": "email",
    "mail": "email",
    "timezone": "zone",
    "postcode": "postcode_area",
    "nurse": "worker",
    "navigator": "worker",
    "consent_date": "consent_on",
    "test_patient": "is_test",
}
# A file may bring somebody further, never back.
_FORWARD = {
    PatientStatus.ELIGIBLE: {
        PatientStatus.APPROACHED,
        PatientStatus.DECLINED,
        PatientStatus.ENROLLED,
    },
    PatientStatus.APPROACHED: {PatientStatus.DECLINED, PatientStatus.ENROLLED},
    PatientStatus.DECLINED: {PatientStatus.ENROLLED},
}


class Verdict(StrEnum):
    """What a row does."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    """One row of the file: its line there, and the texts of its columns."""

    line: int
    values: Mapping[str, str]
    problem: Problem | None = None


@dataclass(frozen=True)
class RowReport:
    """What one row does, and why not. `warnings` refuse nothing: a person should look.

    `new` is the patient as she would be; `known` who she is on record, `seen` her `changes`.
    """

    line: int
    name: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    new: NewPatient | None = None
    known: UUID | None = None
    seen: int = 0
    moves_to: PatientStatus | None = None


@dataclass(frozen=True)
class ImportReport:
    """Row by row. `done` says whether it was carried out; a refused row means that none was."""

    rows: tuple[RowReport, ...]
    done: bool = False

    def count(self, verdict: Verdict) -> int:
        return sum(1 for row in self.rows if row.verdict is verdict)

    @property
    def is_refused(self) -> bool:
        return self.count(Verdict.REFUSED) > 0

    def refuse(self, line: int, problems: Sequence[Problem]) -> "ImportReport":
        """The same with this line refused."""
        rows = (
            replace(row, verdict=Verdict.REFUSED, problems=tuple(problems))
            if row.line == line
            else row
            for row in self.rows
        )
        return ImportReport(tuple(rows))


def decode(content: bytes) -> str:
    """The text of a file as uploaded. Raises `Invalid` when it is too large or not UTF-8."""
    if len(content) > MOST_BYTES:
        what = f"is larger than {MOST_BYTES // 1_000_000} MB"
        raise Invalid(Problem("file", what, "split the file"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        mend = "save it as CSV UTF-8 (in Excel: File, Save as, CSV UTF-8)"
        raise Invalid(Problem("file", "is not UTF-8", mend)) from None


def read_rows(text: str) -> list[Row]:
    """The rows of the file. Raises `Invalid` for what is wrong with the file as a whole."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(reader, None)
        if header is None or not any(cell.strip() for cell in header):
            raise Invalid(Problem("file", "is empty", "the first line names the columns"))
        columns = _columns(header)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                rows.append(_row(line, columns, cells))
            if len(rows) > MOST_ROWS:
                raise Invalid(Problem("file", f"has more than {MOST_ROWS} rows", "split the file"))
    except csv.Error as error:
        where = f"line {reader.line_num}"
        raise Invalid(Problem(where, f"is not CSV: {error}", "check its quotation marks")) from None
    if not rows:
        raise Invalid(Problem("file", "has no row below its first line"))
    return rows


def _columns(header: Sequence[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in header]
    problems = [
        Problem(f"column {place}", f"unknown column `{name}`", _mend(name))
        for place, name in enumerate(names, start=1)
        if name not in FIELDS
    ]
    twice = sorted({name for name in names if name in FIELDS and names.count(name) > 1})
    problems += [Problem("file", f"two columns are called `{name}`") for name in twice]
    if missing := [name for name in REQUIRED if name not in names]:
        problems += [Problem("file", f"the column `{name}` is missing") for name in missing]
    if problems:
        raise Invalid(problems)
    return names


def _mend(name: str) -> str:
    if name in _OTHER_NAMES:
        return f"did you mean `{_OTHER_NAMES[name]}`?"
    return nearest(name, FIELDS) or f"columns are {', '.join(FIELDS)}"


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    values = dict(zip(columns, cells, strict=False))
    if len(cells) == len(columns):
        return Row(line, values)
    what = f"has {len(cells)} cells, the first line has {len(columns)}"
    return Row(line, values, Problem("", what, "check commas and quotation marks"))


def plan(tx: Tx, site_id: UUID, rows: Sequence[Row]) -> ImportReport:
    """What each row would do, held against the record. Audited as one reading of whom it knows."""
    numbers = {number for row in rows if (number := _number(row))}
    known = people.by_record_numbers(tx, site_id, numbers)
    opened = records.compose(tx, people.rows(tx, known.values()))
    record(tx, "patients.compared", Subject("site", site_id), site_id, patients=sorted(opened))
    book = _Book(
        rules=checks.rules_of(tx, site_id),
        known={number: opened[who] for number, who in known.items() if who in opened},
        numbers=_first_lines(rows),
    )
    judged = [_judge(tx, row, book) for row in rows]
    return ImportReport(tuple(_warned(tx, site_id, judged)))


@dataclass(frozen=True)
class _Book:
    """What rows are held against: the site's rules, the record, the first line of each number."""

    rules: Rules
    known: Mapping[str, PatientRecord]
    numbers: Mapping[str, int]


def _number(row: Row) -> str:
    return row.values.get("record_number", "").strip().casefold()


def _first_lines(rows: Sequence[Row]) -> dict[str, int]:
    return {_number(row): row.line for row in reversed(rows)}


def _judge(tx: Tx, row: Row, book: _Book) -> RowReport:
    number, name = _number(row), row.values.get("name", "").strip()
    refused = RowReport(row.line, name, Verdict.REFUSED)
    if row.problem is not None:
        return replace(refused, problems=(row.problem,))
    if number and book.numbers[number] != row.line:
        what = f"line {book.numbers[number]} has this record number too"
        return replace(refused, problems=(Problem("record_number", what, "keep one of them"),))
    old = book.known.get(number)
    try:
        new = read_patient(row.values, as_entered(old) if old else None)
        if old is not None:
            return _judge_known(tx, refused, (new, old), book.rules)
    except Invalid as error:
        return replace(refused, problems=error.problems)
    if problems := checks.problems_of(tx, book.rules, new):
        return replace(refused, problems=tuple(problems))
    return replace(refused, verdict=Verdict.ADD, new=new)


def _judge_known(
    tx: Tx, refused: RowReport, both: tuple[NewPatient, PatientRecord], rules: Rules
) -> RowReport:
    new, old = both
    before, facts = as_entered(old), old.facts
    moves_to = new.status if new.status in _FORWARD.get(facts.status, ()) else None
    status = moves_to or facts.status
    reason = new.decline_reason if status is PatientStatus.DECLINED else None
    new = new.model_copy(update={"status": status, "decline_reason": reason})
    checked = new.model_copy(update={"worker": None if new.worker == before.worker else new.worker})
    if status in {PatientStatus.PAUSED, PatientStatus.ENDED}:
        checked = checked.model_copy(update={"status": PatientStatus.ELIGIBLE})
    if problems := checks.problems_of(tx, rules, checked):
        return replace(refused, problems=tuple(problems))
    is_same = _normal(new) == _normal(before)
    return replace(
        refused,
        verdict=Verdict.SAME if is_same else Verdict.CHANGE,
        new=new,
        known=facts.id,
        seen=facts.changes,
        moves_to=moves_to,
    )


def _normal(patient: NewPatient) -> NewPatient:
    phone = e164(patient.phone) if patient.phone else None
    email = mailbox(patient.email) if patient.email else None
    starts = tuple(sorted(patient.cycle_starts))
    return patient.model_copy(update={"phone": phone, "email": email, "cycle_starts": starts})


def _warned(tx: Tx, site_id: UUID, rows: Sequence[RowReport]) -> Iterator[RowReport]:
    """One phone for two patients: a couple may share one, but mostly it is a slip."""
    phones = {row.line: e164(row.new.phone) for row in rows if row.new and row.new.phone}
    holders = details.holders(tx, site_id, set(phones.values()))
    first = {phone: line for line, phone in reversed(phones.items())}
    for row in rows:
        phone = phones.get(row.line)
        others = holders.get(phone, frozenset()) - {row.known} if phone else frozenset()
        what = ""
        if phone and first[phone] != row.line:
            what = f"line {first[phone]} has this number too"
        elif others and row.verdict is not Verdict.SAME:
            what = "another patient of this site has this number"
        warnings = (Problem("phone", what, "check whose it is"),) if what else ()
        yield replace(row, warnings=warnings)
