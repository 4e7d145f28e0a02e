"""The words of measuring: a period, counts of surveys and alerts, times, and a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

from rsm.kernel.words import Level


@dataclass(frozen=True)
class Period:
    """From `since` to before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Days:
    """From the local date `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class SurveyCounts:
    """Surveys that are over; planned ones, but for `unscheduled` (`definitions`)."""

    due: int = 0
    called_off: int = 0
    sent: int = 0
    delivered: int = 0
    started: int = 0
    completed: int = 0
    completed_delivered: int = 0
    by_self: int = 0
    assisted: int = 0
    by_proxy: int = 0
    by_staff: int = 0
    late: int = 0
    partial: int = 0
    not_answered: int = 0
    not_sent: int = 0
    alerting: int = 0
    items_answered: int = 0
    items_alerting: int = 0
    baseline_due: int = 0
    baseline_completed: int = 0
    unscheduled: int = 0

    def __add__(self, other: "SurveyCounts") -> "SurveyCounts":
        names = [field.name for field in fields(self)]
        return SurveyCounts(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def missed(self) -> int:
        return self.not_answered + self.not_sent


@dataclass(frozen=True)
class AlertCounts:
    """Alerts of one level (`definitions`)."""

    opened: int = 0
    acted: int = 0
    not_actionable: int = 0
    about_symptoms: int = 0
    expected: int = 0
    repeats: int = 0
    taken_late: int = 0
    told: int = 0
    nobody: int = 0
    minutes_spent: int = 0


# Whole minutes → how many took so long; None: it is not over yet.
Took = Mapping[int | None, int] | Mapping[int, int]


@dataclass(frozen=True)
class Times:
    """How long it took: buckets, the best first; what is not over counts in the last.

    `median` and `p90` are None while so many are not over that they cannot be told.
    """

    buckets: tuple[int, ...]
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True)
class LevelFigures:
    """Alerts of one level that were opened in the period, and how many of the level are open."""

    level: Level
    opened: int
    acknowledged: int
    closed: int
    open_now: int
    acknowledge: Times
    close: Times


@dataclass(frozen=True)
class SiteFigures:
    """Everything on a site's page, for some days. `weeks` by the Monday that begins them."""

    days: Days
    surveys: SurveyCounts
    weeks: Mapping[date, SurveyCounts]
    levels: tuple[LevelFigures, ...]
    told: int
    nobody: int
    enrolled: int
    eligible: int


class Move(StrEnum):
    """Why an alert moved on its ladder: a metric label."""

    TOLD = "told"
    NOBODY = "nobody"
    WORSENED = "worsened"
    EXPIRED = "expired"
    REOPENED = "reopened"


# Label values, in the order of the series' labels → its value.
Figures = Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Snapshot:
    """The gauges as read from the database at once."""

    alerts: Figures
    alert_seconds: Figures
    alerts_open: Figures
    unacknowledged: Figures
    escalations: Figures
    messages: Figures
    nobody_on_duty: Figures
    queue_age: Figures
    surveys: Figures
    sending_held: Figures
    texts_stopped: Figures
    suppressed: Figures
    expected_levels: Figures
    provider_list: Figures
    provider_list_read: Figures
    staffing: Figures
    roster_gap_hours: Figures
    rollups_wrong: Figures
