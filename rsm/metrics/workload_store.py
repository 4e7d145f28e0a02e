"""All SQL behind a workload: one site's alerts, reports, stays and messages as they happened."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from rsm.db.work import Tx
from rsm.escalation.hours import ServiceTime
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.kernel.words import Level
from rsm.metrics.model import Period
from rsm.metrics.replay_store import ACTED
from rsm.metrics.workload_model import (
    AlertRow,
    Measured,
    MessageRow,
    ReportRow,
    SiteRows,
    Stay,
    WeekRow,
)
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.rota import service as rosters

_HOUR = timedelta(hours=1)
_REAL = (
    "NOT x.is_test AND NOT EXISTS (SELECT FROM patient p WHERE p.id = x.patient_id AND p.is_test)"
)
_ALERTS = text(
    f"""
    SELECT x.level, x.kind, x.opened_at, coalesce(x.acknowledged_at, x.closed_at) AS taken_at
    FROM alert x
    WHERE x.site_id = :site AND x.opened_at >= :since AND x.opened_at < :until AND {_REAL}
    ORDER BY x.opened_at, x.id
    """  # noqa: S608 - constants only
)
# What a rule found of a report, told or kept quiet; findings for information are no alert.
_FOUND = """
    SELECT f.response_id, f.item FROM finding f WHERE f.site_id = :site AND f.level <> 'info'
    UNION
    SELECT s.response_id, s.item FROM suppressed_finding s
    WHERE s.site_id = :site AND s.level <> 'info'
"""
_IN_REPORTS = f"""
    x.site_id = :site AND x.state = 'final' AND x.quarantined_at IS NULL
      AND x.submitted_at >= :since AND x.submitted_at < :until AND {_REAL}
"""
_REPORTS = text(
    f"""
    SELECT x.patient_id, x.submitted_at, x.channel = 'staff' AND x.reporter = 'staff' AS by_call,
      f.response_id IS NOT NULL AS alerted, m.first_at
    FROM response x
    LEFT JOIN (SELECT DISTINCT response_id FROM ({_FOUND}) one) f ON f.response_id = x.id
    LEFT JOIN (
      SELECT occurrence_id, min(handed_over_at) AS first_at FROM message
      WHERE site_id = :site AND audience = 'patient' GROUP BY occurrence_id
    ) m ON m.occurrence_id = x.occurrence_id
    WHERE {_IN_REPORTS}
    ORDER BY x.submitted_at, x.id
    """  # noqa: S608 - constants only
)
_ITEMS = text(
    f"""
    SELECT (SELECT count(*) FROM ({_FOUND}) f JOIN response x ON x.id = f.response_id
        WHERE {_IN_REPORTS}),
      (SELECT count(*) FROM response x, jsonb_each(x.answers) a
        WHERE {_IN_REPORTS} AND a.value->>'status' = 'answered')
    """  # noqa: S608 - constants only
)
_ACTED = text(
    f"""
    SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM alert_event e
        WHERE e.alert_id = x.id AND e.kind IN ('action', 'closed') AND e.code = ANY(:acted))),
      count(*)
    FROM alert x WHERE x.site_id = :site AND x.kind = 'symptom' AND x.state = 'closed'
      AND x.opened_at >= :since AND x.opened_at < :until AND {_REAL}
    """  # noqa: S608 - constants only
)
_STAYS = text(
    """
    SELECT p.enrolled_at, p.ended_at FROM patient p
    WHERE p.site_id = :site AND p.enrolled_at < :until AND NOT p.is_test ORDER BY p.id
    """
)
_MESSAGES = text(
    """
    SELECT m.audience, m.channel, m.purpose, m.state, count(*), coalesce(sum(m.segments), 0)
    FROM message m WHERE m.site_id = :site AND m.created_at >= :since AND m.created_at < :until
      AND NOT m.is_test
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    """
)
_CALLS = text(
    f"""
    SELECT (x.at AT TIME ZONE :zone)::date, count(*) FROM call_attempt x
    WHERE x.site_id = :site AND x.at >= :since AND x.at < :until AND {_REAL} GROUP BY 1
    """  # noqa: S608 - constants only
)
_TASKS = text(
    f"""
    SELECT (x.opened_at AT TIME ZONE :zone)::date, count(*) FROM task x
    WHERE x.site_id = :site AND x.opened_at >= :since AND x.opened_at < :until
      AND x.role = 'nurse' AND x.kind <> 'call_patient' AND {_REAL} GROUP BY 1
    """  # noqa: S608 - constants only
)

# As `definitions` has due and completed: planned surveys by their window's local date.
_WEEKS = text(
    f"""
    SELECT x.local_date - (extract(isodow FROM x.local_date)::int - 1) AS monday,
      count(*) FILTER (WHERE x.state IN ('completed', 'partial', 'missed')),
      count(*) FILTER (WHERE x.state = 'completed')
    FROM occurrence x
    WHERE x.site_id = :site AND x.opens_at >= :since AND x.opens_at < :until
      AND x.scheduled AND {_REAL}
    GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - constants only
)
_STEPS = text(
    f"""
    SELECT count(*) FILTER (WHERE e.kind = 'nobody'), count(*) FILTER (WHERE e.kind = 'told')
    FROM alert_event e JOIN alert x ON x.id = e.alert_id
    WHERE x.site_id = :site AND x.opened_at >= :since AND x.opened_at < :until AND {_REAL}
    """  # noqa: S608 - constants only
)
# When something last happened: a survey was opened, or an alert.
_REACHED = text(
    """
    SELECT site_id, max(at) FROM (
      SELECT site_id, max(opens_at) AS at FROM occurrence WHERE state <> 'scheduled' GROUP BY 1
      UNION ALL SELECT site_id, max(opened_at) FROM alert GROUP BY 1
      UNION ALL SELECT site_id, max(created_at) FROM message GROUP BY 1
    ) one GROUP BY 1
    """
)


def reached(tx: Tx) -> Mapping[UUID, datetime]:
    """How far each site has come that this transaction sees; one that has not begun is left out."""
    return {row[0]: row[1] for row in tx.session.execute(_REACHED)}


def site_rows(tx: Tx, site_id: UUID, period: Period) -> SiteRows:
    """Everything of one site, for the whole days that lie within the period."""
    site = sites.get(tx, site_id)
    zone = zone_named(site.zone)
    first, last = _whole_days(period, zone)
    days = Period(_midnight(first, zone), _midnight(last, zone))
    values = {"site": site_id, "since": days.since, "until": days.until}
    there = values | {"zone": site.zone}
    nobody, told = tx.session.execute(_STEPS, values).one()
    return SiteRows(
        name=site.name,
        first=first,
        last=last,
        alerts=tuple(_alerts(tx, site, days, values)),
        reports=tuple(_reports(tx, zone, values)),
        stays=tuple(
            Stay(_on(since, zone), _on(until, zone) if until else None)
            for since, until in tx.session.execute(_STAYS, values)
        ),
        messages=tuple(MessageRow(*row) for row in tx.session.execute(_MESSAGES, values)),
        weeks=tuple(WeekRow(*row) for row in tx.session.execute(_WEEKS, values)),
        calls={row[0]: row[1] for row in tx.session.execute(_CALLS, there)},
        tasks={row[0]: row[1] for row in tx.session.execute(_TASKS, there)},
        nobody=nobody,
        told=told,
        counted=tuple(_counted(tx, values)),
    )


def _whole_days(period: Period, zone: ZoneInfo) -> tuple[date, date]:
    """The first local day that lies in the period, and the one after the last."""
    first = _on(period.since, zone)
    if _midnight(first, zone) < period.since:
        first += timedelta(days=1)
    return first, max(first, _on(period.until, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return start_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - wall time


def _on(instant: datetime, zone: ZoneInfo) -> date:
    return local_of(instant, zone).date()


def _alerts(
    tx: Tx, site: SiteView, days: Period, values: Mapping[str, object]
) -> Iterable[AlertRow]:
    zone = zone_named(site.zone)
    closed = rosters.closed_days(site, days.since, days.until)
    service = ServiceTime(site.service_hours, closed, zone)
    for row in tx.session.execute(_ALERTS, values):
        yield AlertRow(
            level=Level(row.level),
            kind=row.kind,
            opened=local_of(row.opened_at, zone).replace(tzinfo=None),
            taken_after=row.taken_at - row.opened_at if row.taken_at else None,
            out_of_hours=not service.is_open(row.opened_at),
        )


def _reports(tx: Tx, zone: ZoneInfo, values: Mapping[str, object]) -> Iterable[ReportRow]:
    for row in tx.session.execute(_REPORTS, values):
        waited = (row.submitted_at - row.first_at) / _HOUR if row.first_at else None
        on = _on(row.submitted_at, zone)
        yield ReportRow(row.patient_id, on, row.by_call, row.alerted, waited)


def _counted(tx: Tx, values: Mapping[str, object]) -> Iterable[Measured]:
    """Measures that no row above tells."""
    items = tx.session.execute(_ITEMS, values).one()
    yield Measured(measure="alerting_items", part=items[0], whole=items[1])
    acted = tx.session.execute(_ACTED, {**values, "acted": [each.value for each in ACTED]}).one()
    yield Measured(measure="acted_upon", part=acted[0], whole=acted[1])
