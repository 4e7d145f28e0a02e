"""The words of measuring: a period, counts of surveys and alerts, times, and a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rsm.kernel.words import Level

PRESSING = frozenset({Level.URGENT, Level.EMERGENCY})  # the two gravest, told apart from the others


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


class Span(StrEnum):
    """For how long a patient is counted once."""

    WEEK = "week"
    MONTH = "month"


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
