"""View models of the page of reports (`staff/site_reports.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class MonthRow:
    """One month: how much was due, where to read it, and what was sent of it."""

    month: str
    due: str
    links: tuple[Link, ...]
    sent: tuple[Link, ...] = ()


@dataclass(frozen=True)
class SubscribeForm:
    """How she gets it, or would; `stop` where she gets it now."""

    action: str
    days: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    day: str
    language: str
    funders: bool
    standing: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class SiteReportsView:
    """`staff/site_reports.html`. `notes` say what does not work here."""

    frame: StaffFrame
    back: Link
    rows: tuple[MonthRow, ...]
    form: SubscribeForm
    fewest: int
    readers: tuple[str, ...]
    notes: tuple[str, ...] = ()
