"""View model of a site's contact hours and closed days (`staff/site_hours.html`)."""

from dataclasses import dataclass
from datetime import date

from rsm.kernel.errors import Problem
from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class HoursValues:
    """The form as typed; `closed_dates` has a date on each line. Ticks are `yes` or empty."""

    texts_from: str = ""
    texts_until: str = ""
    texts_on_weekends: str = ""
    texts_on_holidays: str = ""
    country: str = ""
    subdivision: str = ""
    closed_dates: str = ""
    spread_minutes: str = ""
    provider_keeps_days: str = ""


@dataclass(frozen=True)
class ClosedLine:
    """A closed day, its name, and when the texts of that day go out."""

    day: date
    name: str
    leaves: str


@dataclass(frozen=True)
class HoursView:
    """`staff/site_hours.html`: posts `HoursValues` and `version` to `action`, or `<action>/check`.

    `follows` and `closed` say what comes of the values; `tried`: they are not saved.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    action: str
    cancel_url: str
    version: str
    values: HoursValues
    follows: tuple[str, ...] = ()
    closed: tuple[ClosedLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    saved: bool = False
    tried: bool = False

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
