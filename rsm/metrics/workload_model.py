"""The words of a workload: what one programme asks of the people who run it, day by day.

Times of day and dates are those of the site's own clock. Test patients are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from rsm.kernel.documents import Strict
from rsm.kernel.words import Level

HOURS = 24


# --- as the rows have it --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert's course; `out_of_hours`: opened outside the site's service hours."""

    level: Level
    kind: str
    opened: datetime  # on the site's clock, without a zone
    minutes_open: float | None  # until somebody took it or closed it; None: nobody has
    hours_to_close: float | None
    out_of_hours: bool


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One final report of a patient; `alerted`: a rule of level soon or above fired on it."""

    patient_id: UUID
    on: date
    by_call: bool  # somebody of the staff asked her on the phone
    alerted: bool
    hours_after_text: float | None  # from the first text that left to the finished report


@dataclass(frozen=True, slots=True)
class Stay:
    """From when until when a patient was enrolled, by date; `until` None: still."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """How many messages of one kind came to what."""

    audience: str
    channel: str
    purpose: str
    state: str
    count: int
    segments: int


@dataclass(frozen=True, slots=True)
class WeekRow:
    """Surveys of one week, by the Monday that begins it."""

    monday: date
    due: int
    completed: int


@dataclass(frozen=True, slots=True)
class SiteRows:
    """Everything that is read of one site, for whole days from `first` to before `last`."""

    name: str
    first: date
    last: date
    alerts: tuple[AlertRow, ...]
    reports: tuple[ReportRow, ...]
    stays: tuple[Stay, ...]
    messages: tuple[MessageRow, ...]
    weeks: tuple[WeekRow, ...]
    calls: Mapping[date, int]  # by staff, to patients
    tasks: Mapping[date, int]  # of nurses
    nobody: int  # steps of a ladder that found nobody to tell
    told: int  # times that somebody was told of an alert
    counted: tuple["Measured", ...]


# --- as figures -----------------------------------------------------------------------------------


class Spread(Strict):
    """Half are at or under `median`, nine of ten at or under `p90`."""

    median: float
    p90: float
    highest: float


class Portion(Strict):
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


class Wait(Strict):
    """How long alerts waited, in minutes; None where too few are over to tell."""

    alerts: int
    median: float | None
    p90: float | None


class Day(Strict):
    """One day of all sites together."""

    on: date
    active: int
    alerts: int
    pressing: int  # urgent and emergency
    out_of_hours: int
    nurse_minutes: float


class Week(Strict):
    """One week's surveys."""

    monday: date
    due: int
    completed: int
    by_call: int


class Sent(Strict):
    """Messages of one kind: how many, what became of them, how many parts they were sent in."""

    audience: str
    channel: str
    purpose: str
    state: str
    count: int
    segments: int


class SiteLoad(Strict):
    """One site beside the others."""

    name: str
    patients: int
    alerts: int
    median_minutes: float | None


class Measured(Strict):
    """A measure that trials publish as well: a share where `whole` is set, else `value` itself."""

    measure: str
    value: float | None
    part: int = 0
    whole: int = 0


class Figures(Strict):
    """What a programme asks of people. Load is of the days at full strength, measures of all."""

    patients: int
    days: int  # at full strength
    active: float  # patients on such a day, median
    alerts: int  # on such days
    alerts_per_day: Spread
    busiest_hour: int
    by_hour: Annotated[tuple[float, ...], Field(min_length=HOURS, max_length=HOURS)]
    pressing_by_hour: Annotated[tuple[float, ...], Field(min_length=HOURS, max_length=HOURS)]
    levels: Mapping[str, int]
    kinds: Mapping[str, int]
    out_of_hours: Portion
    acknowledge: Mapping[str, Wait]  # "all", each level, "in_hours", "out_of_hours"
    nurse_hours_per_week: float
    call_hours_per_week: float
    tasks_per_week: float
    calls_per_week: float
    texts_per_patient_week: float
    told_per_alert: float
    nobody: int
    sent: tuple[Sent, ...]
    weeks: tuple[Week, ...]
    sites: tuple[SiteLoad, ...]
    measures: tuple[Measured, ...]


@dataclass(frozen=True)
class Minutes:
    """How long one piece of work takes somebody: assumptions, and shown as such."""

    per_alert: float
    per_call: float
