"""View models of one report as staff read and correct it (`staff/report*.html`)."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.web.views.alerts import PatientHead, Quote
from rsm.web.views.calls import EntryItem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class ReportRow:
    """One question, what was answered, and who gave it by what way and when."""

    number: int
    question: str
    answer: str
    origin: str = ""
    has_value: bool = True


@dataclass(frozen=True)
class ReportView:
    """`staff/report.html`. `notes` say what is particular about it."""

    frame: StaffFrame
    patient: PatientHead
    at: datetime
    by: str
    rows: tuple[ReportRow, ...]
    notes: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    correct_url: str = ""


@dataclass(frozen=True)
class CorrectView:
    """`staff/report_correct.html`: posts each item's fields, `_reason` and `_seen`."""

    frame: StaffFrame
    patient: PatientHead
    at: datetime
    action: str
    cancel_url: str
    language: str
    recall: str
    items: tuple[EntryItem, ...]
    reasons: tuple[Choice, ...]
    seen: int
    reason: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
