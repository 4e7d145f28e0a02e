"""View models of the worklist, and the words of one alert (`staff/worklist*.html`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rsm.kernel.words import Level
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame


class RowKind(StrEnum):
    """What a line of the worklist is."""

    ALERT = "alert"
    REVIEW = "review"
    TASK = "task"


@dataclass(frozen=True)
class Change:
    """One symptom, was → now; None where there is no value. Grades have no `unit`."""

    label: str
    was: float | None
    now: float | None
    unit: str = ""

    @property
    def grade(self) -> int | None:
        """The present grade, 0 to 4; None for a number, a total, or no value."""
        is_grade = not self.unit and self.now in range(5)
        return int(self.now) if is_grade and self.now is not None else None

    def words(self, value: float | None) -> str:
        """`3`, `38.2 °C`; empty where there is no value."""
        return "" if value is None else f"{value:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class WorkRow:
    """One line: an alert, a review alert ("could not be judged") or a task.

    `headline` replaces the patient's name as the link's words for reviews and tasks.
    `take_action` is a POST; empty: only Open is offered. `back_action` gives back what she has.
    `team`: it is of a team of hers.
    `next_step` says who is told when, or when the loan ends.
    """

    kind: RowKind
    url: str
    level: Level
    code: str
    patient_name: str
    opened_at: datetime
    target: timedelta
    patient_note: str = ""
    language_note: str = ""
    headline: str = ""
    changes: tuple[Change, ...] = ()
    note: str = ""
    owner: str = ""
    mine: bool = False
    next_step: str = ""
    take_action: str = ""
    test_patient: bool = False
    back_action: str = ""
    team: bool = False


@dataclass(frozen=True)
class Undo:
    """The alert that she closed just now, and where it is opened again."""

    code: str
    action: str


@dataclass(frozen=True)
class Watch:
    """Whether surveys, rules and messages are still being looked after."""

    checked_at: datetime | None
    well: bool


@dataclass(frozen=True)
class Quiet:
    """What an empty worklist says, so that an empty list is not silence."""

    closed_today: int = 0
    last_closed_at: datetime | None = None
    last_closed_by: str = ""
    surveys_to_come: int = 0
    silent_patients: int = 0
    silent_url: str = ""


@dataclass(frozen=True)
class WorklistView:
    """`staff/worklist.html`; `staff/worklist_fragment.html` is the part that is polled.

    `version_url` answers the site's version number as plain text; when it differs from
    `version`, the page loads `fragment_url`. Rows come sorted by level, then by age.
    """

    frame: StaffFrame
    rows: tuple[WorkRow, ...]
    filters: tuple[FilterLink, ...]
    watch: Watch
    quiet: Quiet
    version: int
    version_url: str
    fragment_url: str
    on_duty: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()
    nobody_on_duty: bool = False
    filtered: bool = False
    handover_url: str = ""
    undo: Undo | None = None

    def elapsed(self, row: WorkRow) -> timedelta:
        return self.frame.now - row.opened_at

    def over(self, row: WorkRow) -> timedelta | None:
        """By how much the row is past its target, or None."""
        over = self.elapsed(row) - row.target
        return over if over > timedelta() else None

    @property
    def unowned(self) -> int:
        return sum(1 for row in self.rows if not row.owner and not row.mine)

    @property
    def heading(self) -> str:
        """The finding: what is late, what is an emergency, or that all is in time."""
        late = sum(1 for row in self.rows if self.over(row) is not None)
        emergencies = sum(1 for row in self.rows if row.level is Level.EMERGENCY)
        parts = []
        if late:
            parts.append(f"{late} {'is' if late == 1 else 'are'} past {_its(late)} target")
        if emergencies:
            what = "is an emergency" if emergencies == 1 else "are emergencies"
            parts.append(f"{emergencies} {what}")
        if not self.rows and not self.watch.well:
            return "This list may be incomplete."
        if not self.rows:
            return "Nothing is waiting here." if self.filtered else "Nothing is waiting for you."
        if not parts:
            parts.append("all are within their targets" if len(self.rows) > 1 else "it is in time")
        return f"{len(self.rows)} open: {', '.join(parts)}."


def _its(count: int) -> str:
    return "its" if count == 1 else "their"


@dataclass(frozen=True)
class PatientHead:
    """Who: the strip on top of the alert and of the patient page. `phone` is E.164."""

    name: str
    url: str
    age: int | None = None
    record_number: str = ""
    treatment: str = ""
    next_visit: str = ""
    language: str = ""
    interpreter: bool = False
    helper: str = ""
    phone: str = ""
    interpreter_phone: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    test_patient: bool = False


@dataclass(frozen=True)
class OtherReport:
    """What another report of the same alert said of the symptom: when, and in which words."""

    at: datetime
    level: Level
    reason: str


@dataclass(frozen=True)
class Finding:
    """Why this alert, in plain words: one symptom, and the rules that applied to it.

    `values` are the first, the previous and the present one; None where there was no report.
    `rules` lead to the rule's own words and source; `notes` say what was changed of them, and what
    is or was expected of the symptom. `expect_url` leads to the form that expects this level.
    `at` is when it was reported, `more` what else its rules said; `others` are the alert's other
    reports of it, the newest first.
    """

    level: Level
    reason: str
    rule: str
    source: str = ""
    symptom: str = ""
    values: tuple[str | None, str | None, str] | None = None
    rules: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    expect_url: str = ""
    at: datetime | None = None
    more: tuple[str, ...] = ()
    others: tuple[OtherReport, ...] = ()


@dataclass(frozen=True)
class Quote:
    """The patient's own words, in their language; `flagged` when a red-flag word is in them."""

    text: str
    language: str
    flagged: bool = False


@dataclass(frozen=True)
class TimelineEntry:
    """One line of what happened, the newest first; `level` draws a badge before the words."""

    at: datetime
    text: str
    level: Level | None = None
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True)
class Outcome:
    """How an alert ended: the coded action in words and the note."""

    at: datetime
    by: str
    action: str
    note: str = ""
