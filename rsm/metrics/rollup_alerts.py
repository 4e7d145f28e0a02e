"""Days of alerts, worked out from the alerts: how many, how fast, and what came of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from rsm.alerts.quiet import SIMILAR_FOR
from rsm.alerts.tables import Alert, AlertEvent, Finding
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.escalation.hours import ServiceTime
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.kernel.words import AlertEventKind, AlertKind, Level
from rsm.metrics import packed
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import AlertCounts
from rsm.metrics.replay_model import Verdict
from rsm.metrics.replay_store import verdict_of
from rsm.metrics.survey_facts import of_patient
from rsm.metrics.tables import AlertDay
from rsm.patients.tables import Patient
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.rota import service as rosters

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_Key = tuple[Dimension, str, date, Level]
_Alert = Any
_Minutes = tuple[int | None, ...]


@dataclass(frozen=True)
class _Sum(AlertCounts):
    """One row to be: see `AlertDay`."""

    view: _Minutes = ()
    acknowledge: _Minutes = ()
    close: _Minutes = ()
    view_service: _Minutes = ()
    acknowledge_service: _Minutes = ()
    close_service: _Minutes = ()

    def __add__(self, other: "_Sum") -> "_Sum":
        names = [each.name for each in fields(self)]
        return _Sum(**{name: getattr(self, name) + getattr(other, name) for name in names})


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew."""
    table = table_of(AlertDay)
    tx.session.execute(delete(table).where(table.c.site_id == site_id, table.c.day.in_(days)))
    made = by_day(tx, site_id, days)
    if made:
        tx.session.execute(insert(table), made)


def by_day(tx: Tx, site_id: UUID, days: Collection[date]) -> list[dict[str, object]]:
    """The rows of these days as they are to be."""
    site = sites.get(tx, site_id)
    since = start_instant(datetime.combine(min(days), time()), zone_named(site.zone))
    service = _service(site, since, tx.now)
    sums: dict[_Key, _Sum] = {}
    for day, alert in _opened(tx, site, days):
        one = _alone(alert, service)
        for dimension in Dimension:
            value = getattr(alert, f"of_{dimension}")
            key = (dimension, value, day, alert.level)
            sums[key] = sums.get(key, _Sum()) + one
    return [_row(site_id, key, found) for key, found in sums.items()]


def _row(site_id: UUID, key: _Key, found: _Sum) -> dict[str, object]:
    dimension, value, day, level = key
    named = {"dimension": dimension, "value": value, "day": day, "level": level}
    known = vars(found).items()
    counts = {name: _packed(each) if isinstance(each, tuple) else each for name, each in known}
    return {"site_id": site_id, **named, **counts}


def _packed(each: _Minutes) -> bytes:
    return packed.pack(minutes for minutes in each if minutes is not None)


def _alone(alert: _Alert, service: ServiceTime) -> _Sum:
    """What one alert comes to."""
    opened, taken, closed = alert.opened_at, alert.taken_at, alert.closed_at
    verdict = verdict_of([code for code in alert.codes or () if code])
    return _Sum(
        opened=1,
        acted=int(verdict is Verdict.ACTED),
        not_actionable=int(verdict is Verdict.NOT_ACTIONABLE),
        about_symptoms=int(alert.kind is AlertKind.SYMPTOM),
        expected=int(verdict is Verdict.EXPECTED),
        repeats=int(alert.kind is AlertKind.SYMPTOM and alert.repeat),
        taken_late=int(taken is not None and taken > alert.target_at),
        told=alert.told,
        nobody=alert.nobody,
        minutes_spent=alert.minutes_spent,
        view=(_minutes(opened, alert.first_viewed_at),),
        acknowledge=(_minutes(opened, taken),),
        close=(_minutes(opened, closed),),
        view_service=(_minutes(opened, alert.first_viewed_at, service),),
        acknowledge_service=(_minutes(opened, taken, service),),
        close_service=(_minutes(opened, closed, service),),
    )


def _minutes(
    since: datetime, until: datetime | None, service: ServiceTime | None = None
) -> int | None:
    """Whole minutes, those that have passed; None is not yet."""
    if until is None:
        return None
    passed = until - since if service is None else service.open_between(since, until)
    return max(passed, timedelta()) // _MINUTE


def _service(site: SiteView, since: datetime, until: datetime) -> ServiceTime:
    closed = rosters.closed_days(site, since, until)
    return ServiceTime(site.service_hours, closed, zone_named(site.zone))


def _events(*kinds: AlertEventKind) -> tuple[ColumnElement[bool], ...]:
    return (AlertEvent.alert_id == Alert.id, AlertEvent.kind.in_(kinds))


def _times(kind: AlertEventKind) -> ScalarSelect[int]:
    return select(func.count()).where(*_events(kind)).scalar_subquery()


def _again() -> ColumnElement[bool]:
    """Whether the same patient had another alert about one of its symptoms in the days before."""
    before, mine, other = aliased(Alert), aliased(Finding), aliased(Finding)
    return exists().where(
        before.patient_id == Alert.patient_id,
        before.opened_at > Alert.opened_at - SIMILAR_FOR,
        tuple_(before.opened_at, before.id) < tuple_(Alert.opened_at, Alert.id),
        ~before.is_test,
        other.alert_id == before.id,
        mine.alert_id == Alert.id,
        mine.symptom == other.symptom,
    )


_CODES = select(func.array_agg(aggregate_order_by(AlertEvent.code, AlertEvent.seq))).where(
    *_events(AlertEventKind.ACTION, AlertEventKind.CLOSED)
)
_ALERTS = (
    select(
        Alert.level,
        Alert.kind,
        Alert.opened_at,
        Alert.target_at,
        Alert.first_viewed_at,
        func.coalesce(Alert.acknowledged_at, Alert.closed_at).label("taken_at"),
        Alert.closed_at,
        func.coalesce(Alert.minutes_spent, 0).label("minutes_spent"),
        _times(AlertEventKind.TOLD).label("told"),
        _times(AlertEventKind.NOBODY).label("nobody"),
        _CODES.scalar_subquery().label("codes"),
        _again().label("repeat"),
        *of_patient(),
    )
    .select_from(Alert)
    .outerjoin(Patient, Patient.id == Alert.patient_id)
    .where(~Alert.is_test, func.coalesce(~Patient.is_test, literal(True)))
    .order_by(Alert.opened_at, Alert.id)
)


def _opened(tx: Tx, site: SiteView, days: Collection[date]) -> Iterator[tuple[date, _Alert]]:
    """The site's alerts that were opened on these days of its clock, each with its day."""
    zone = zone_named(site.zone)
    spans = [
        and_(
            Alert.opened_at >= start_instant(datetime.combine(day, time()), zone),
            Alert.opened_at < start_instant(datetime.combine(day + _DAY, time()), zone),
        )
        for day in days
    ]
    for row in tx.session.execute(_ALERTS.where(Alert.site_id == site.id, or_(*spans))):
        yield local_of(row.opened_at, zone).date(), row
