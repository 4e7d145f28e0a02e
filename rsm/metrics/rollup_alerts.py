"""Days of alerts, worked out from the alerts: how many, how fast, and what came of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    delete,
    exists,
    func,
    insert,
    literal,
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
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import AlertEventKind, AlertKind, Level
from rsm.metrics import packed
from rsm.metrics.dimensions import Dimension
from rsm.metrics.local_days import begins, near
from rsm.metrics.model import AlertCounts
from rsm.metrics.replay_model import Verdict
from rsm.metrics.replay_store import verdict_of
from rsm.metrics.survey_facts import any_of_days, of_patient
from rsm.metrics.tables import AlertDay
from rsm.patients.tables import Patient
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.rota import service as rosters

_MINUTE = timedelta(minutes=1)
_COUNTED = tuple(each.name for each in fields(AlertCounts))
_OVER = ("view", "acknowledge", "close")
_TIMED = (*_OVER, *(f"{each}_service" for each in _OVER))
_Key = tuple[Dimension, str, date, Level]
_Alert = Any
_Alone = tuple[tuple[int, ...], tuple[int | None, ...]]  # numbers and times of one alert


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew."""
    table = table_of(AlertDay)
    these = (table.c.site_id == site_id, table.c.day == any_of_days(days))
    tx.session.execute(delete(table).where(*these))
    made = by_day(tx, site_id, days)
    if made:
        tx.session.execute(insert(table), made)


def by_day(tx: Tx, site_id: UUID, days: Collection[date]) -> list[dict[str, object]]:
    """The rows of these days as they are to be."""
    site = sites.get(tx, site_id)
    service = _service(site, begins(min(days), zone_named(site.zone)), tx.now)
    found: dict[_Key, list[_Alone]] = defaultdict(list)
    for day, alert in _opened(tx, site, days):
        one = _counts(alert), _times(alert, service)
        for dimension in Dimension:
            found[dimension, getattr(alert, f"of_{dimension}"), day, alert.level].append(one)
    return [_row(site_id, key, of_key) for key, of_key in found.items()]


def _row(site_id: UUID, key: _Key, found: Sequence[_Alone]) -> dict[str, object]:
    counts = map(sum, zip(*(counts for counts, _ in found), strict=True))
    times = map(_packed, zip(*(times for _, times in found), strict=True))
    named = dict(zip(("dimension", "value", "day", "level"), key, strict=True))
    return (
        {"site_id": site_id, **named}
        | dict(zip(_COUNTED, counts, strict=True))
        | dict(zip(_TIMED, times, strict=True))
    )


def _packed(each: Iterable[int | None]) -> bytes:
    return packed.pack(minutes for minutes in each if minutes is not None)


def _counts(alert: _Alert) -> tuple[int, ...]:
    """What one alert comes to: the numbers of `AlertCounts`."""
    taken = alert.taken_at
    verdict = verdict_of([code for code in alert.codes or () if code])
    one = AlertCounts(
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
    )
    return tuple(getattr(one, name) for name in _COUNTED)


def _times(alert: _Alert, service: ServiceTime) -> tuple[int | None, ...]:
    """In the order of `_TIMED`."""
    ends = (alert.first_viewed_at, alert.taken_at, alert.closed_at)
    return tuple(_minutes(alert.opened_at, end, clock) for clock in (None, service) for end in ends)


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


def _how_often(kind: AlertEventKind) -> ScalarSelect[int]:
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
        _how_often(AlertEventKind.TOLD).label("told"),
        _how_often(AlertEventKind.NOBODY).label("nobody"),
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
    zone, wanted = zone_named(site.zone), set(days)
    query = _ALERTS.where(Alert.site_id == site.id, near(Alert.opened_at, days, zone))
    for row in tx.session.execute(query):
        day = local_of(row.opened_at, zone).date()
        if day in wanted:
            yield day, row
