"""The words of a workload: what one programme asks of the people who run it, day by day.

Times of day and dates are those of the site's own clock. Test patients are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
    taken_after: timedelta | None  # None: nobody has taken or closed it
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


Run = Sequence[SiteRows]  # the sites of one run


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
    """One site beside the others, over all its days: patients, and alerts a week, of one run."""

    name: str
    patients: float
    alerts_per_week: float
    acknowledge: Wait


class Measured(Strict):
    """A measure that trials publish as well: `part` of `whole`."""

    measure: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


ByHour = Annotated[tuple[float, ...], Field(min_length=HOURS, max_length=HOURS)]


class Load(Strict):
    """What is asked of the staff, on the days at full strength.

    `active`: patients enrolled on such a day, median. By hour: alerts a day opened in it, mean.
    Hours of work follow from minutes that are assumed.
    """

    days: int
    active: float
    alerts: int
    per_day: Spread
    most_in_an_hour: int
    by_hour: ByHour
    pressing_by_hour: ByHour
    levels: Mapping[str, int]
    kinds: Mapping[str, int]
    out_of_hours: Portion
    tasks_per_week: float
    calls_per_week: float
    nurse_hours_per_week: float
    call_hours_per_week: float


class Traffic(Strict):
    """What went out, over all days."""

    texts_per_patient_week: float  # to patients, in the segments that a carrier counts
    told_per_alert: float
    nobody: int
    sent: tuple[Sent, ...]


class Figures(Strict):
    """What a programme asks of people. `patients` ever enrolled in one run; `acknowledge` by level,
    for `all`, and in and out of hours; `answer_hours`: from the first text to the finished report,
    median."""

    patients: float
    load: Load
    acknowledge: Mapping[str, Wait]
    traffic: Traffic
    answer_hours: float | None
    weeks: tuple[Week, ...]
    sites: tuple[SiteLoad, ...]
    measures: tuple[Measured, ...]

    def measured(self, measure: str) -> Measured | None:
        """The measure of that name; None when it was not counted."""
        return next((one for one in self.measures if one.measure == measure), None)


@dataclass(frozen=True)
class Minutes:
    """How long one piece of work takes somebody: assumptions, and shown as such."""

    per_alert: float
    per_call: float
