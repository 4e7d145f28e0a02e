"""Figures by who looks after the patients: completion at baseline and at follow-up by month,
enrolment, and what each nurse closed. Made to help: with intervals, and in no order of merit.

A patient counts for whoever looks after her today, for all of her months: who is handed over takes
her past along. Completion is read from the roll-ups by `Dimension.WORKER`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Date, cast, exists, func, select

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant, zone_named
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days
from rsm.metrics.statistics.intervals import Interval, difference, wilson
from rsm.metrics.tables import SurveyDay
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient

TOO_FEW = 10  # of fewer nothing is said but the counts


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.part + other.part, self.whole + other.whole)

    def __sub__(self, other: "Share") -> "Share":
        return Share(self.part - other.part, self.whole - other.whole)

    @property
    def is_too_few(self) -> bool:
        return self.whole < TOO_FEW

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> Interval:
        """Wilson's, 95 %."""
        return wilson(self.part, self.whole)

    def differs(self, others: "Share") -> bool:
        """Whether chance alone would make such a difference once in twenty times at the most."""
        if self.is_too_few or others.is_too_few:
            return False
        gap = difference((self.part, self.whole), (others.part, others.whole))
        return 0.0 not in gap


@dataclass(frozen=True)
class Measured:
    """Completion of what was due: first surveys, and all that came after them."""

    baseline: Share = Share()
    follow_up: Share = Share()

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.baseline + other.baseline, self.follow_up + other.follow_up)

    def __sub__(self, other: "Measured") -> "Measured":
        return Measured(self.baseline - other.baseline, self.follow_up - other.follow_up)


@dataclass(frozen=True)
class Closed:
    """Alerts that a nurse closed: how many, the median time from opening, her minutes as told."""

    alerts: int = 0
    median: timedelta | None = None
    minutes: int = 0


@dataclass(frozen=True)
class WorkerFigures:
    """One worker's, or all of a site. `months` and `enrolled` are by the first day of the month;
    months without any are left out. `patients` is how many take part now."""

    months: Mapping[date, Measured] = field(default_factory=dict)
    enrolled: Mapping[date, int] = field(default_factory=dict)
    patients: int = 0
    closed: Closed = Closed()

    @property
    def measured(self) -> Measured:
        return sum(self.months.values(), Measured())


def last_months(today: date, months: int) -> Days:
    """So many whole months of the calendar up to today, the present one included."""
    first = today.year * 12 + today.month - months
    return Days(date(first // 12, first % 12 + 1, 1), today)


def by_worker(tx: Tx, site_id: UUID, days: Days, zone: str) -> Mapping[UUID | None, WorkerFigures]:
    """By whoever looks after the patients, None for nobody; `days` begin with a month.

    `zone` is the site's: its clock says in which month somebody was enrolled.
    """
    months = _months(tx, site_id, days)
    enrolled, patients = _enrolled(tx, site_id, days, zone), _patients(tx, site_id)
    closed = _closed(tx, site_id, days, zone)
    known = months.keys() | enrolled.keys() | patients.keys() | closed.keys()
    return {
        who: WorkerFigures(
            months=months.get(who, {}),
            enrolled=enrolled.get(who, {}),
            patients=patients.get(who, 0),
            closed=closed.get(who, Closed()),
        )
        for who in known
    }


def total(figures: Mapping[UUID | None, WorkerFigures]) -> Measured:
    """Of all together: the site's, since each patient has one worker or none."""
    return sum((each.measured for each in figures.values()), Measured())


def _months(tx: Tx, site_id: UUID, days: Days) -> Mapping[UUID | None, Mapping[date, Measured]]:
    table = table_of(SurveyDay)
    month = cast(func.date_trunc("month", table.c.day), Date)
    counts = ("baseline_completed", "baseline_due", "completed", "due")
    query = (
        select(table.c.value, month, *(func.sum(table.c[name]) for name in counts))
        .where(
            table.c.site_id == site_id,
            table.c.dimension == Dimension.WORKER,
            table.c.day.between(days.first, days.last),
        )
        .group_by(table.c.value, month)
        .order_by(table.c.value, month)
    )
    found: dict[UUID | None, dict[date, Measured]] = {}
    for value, first, begun, begin_due, completed, due in tx.session.execute(query):
        baseline = Share(begun, begin_due)
        measured = Measured(baseline, Share(completed, due) - baseline)
        found.setdefault(UUID(value) if value else None, {})[first] = measured
    return found


def _enrolled(
    tx: Tx, site_id: UUID, days: Days, zone: str
) -> Mapping[UUID | None, Mapping[date, int]]:
    since, until = _instants(days, zone)
    month = cast(func.date_trunc("month", func.timezone(zone, Patient.enrolled_at)), Date)
    query = (
        select(Patient.worker_id, month.label("month"), func.count())
        .where(
            Patient.site_id == site_id,
            ~Patient.is_test,
            Patient.enrolled_at >= since,
            Patient.enrolled_at < until,
        )
        .group_by(Patient.worker_id, "month")
    )
    found: dict[UUID | None, dict[date, int]] = {}
    for who, first, count in tx.session.execute(query):
        found.setdefault(who, {})[first] = count
    return found


def _patients(tx: Tx, site_id: UUID) -> Mapping[UUID | None, int]:
    taking_part = (PatientStatus.ENROLLED, PatientStatus.PAUSED)
    query = (
        select(Patient.worker_id, func.count())
        .where(Patient.site_id == site_id, ~Patient.is_test, Patient.status.in_(taking_part))
        .group_by(Patient.worker_id)
    )
    return {row[0]: row[1] for row in tx.session.execute(query)}


def _closed(tx: Tx, site_id: UUID, days: Days, zone: str) -> Mapping[UUID | None, Closed]:
    since, until = _instants(days, zone)
    took = Alert.closed_at - Alert.opened_at
    query = (
        select(
            Alert.closed_by,
            func.count(),
            func.percentile_disc(0.5).within_group(took),
            func.coalesce(func.sum(Alert.minutes_spent), 0),
        )
        .where(
            Alert.site_id == site_id,
            Alert.closed_at >= since,
            Alert.closed_at < until,
            Alert.closed_by.is_not(None),
            ~Alert.is_test,
            ~exists().where(Patient.id == Alert.patient_id, Patient.is_test),
        )
        .group_by(Alert.closed_by)
    )
    return {who: Closed(*closed) for who, *closed in tx.session.execute(query)}


def _instants(days: Days, zone: str) -> tuple[datetime, datetime]:
    """The same days from midnight to midnight on the site's clock."""
    clock = zone_named(zone)
    after = days.last + timedelta(days=1)
    first, last = (datetime.combine(day, time()) for day in (days.first, after))
    return start_instant(first, clock), start_instant(last, clock)
