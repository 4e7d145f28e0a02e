"""The door to figures: what a site's page shows for a period."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind, Level
from rsm.metrics import store
from rsm.metrics.decide import ACKNOWLEDGE_BOUNDS, CLOSE_BOUNDS, times
from rsm.metrics.model import AlertFacts, LevelFigures, Period, SiteFigures, SurveyCounts

WORST_FIRST = tuple(sorted(Level, key=lambda level: -level.rank))


def site_figures(tx: Tx, site_id: UUID, period: Period) -> SiteFigures:
    """Every figure of one site for one period; the transaction must see the site."""
    days = store.surveys_by_day(tx, site_id, period)
    enrolled, eligible = store.reach(tx, site_id)
    return SiteFigures(
        period=period,
        surveys=sum(days.values(), SurveyCounts()),
        weeks=_weeks(days),
        levels=_levels(store.alerts(tx, site_id, period), store.open_alerts(tx, site_id)),
        told=store.events(tx, site_id, period, AlertEventKind.TOLD),
        nobody=store.events(tx, site_id, period, AlertEventKind.NOBODY),
        enrolled=enrolled,
        eligible=eligible,
    )


def _weeks(days: Mapping[date, SurveyCounts]) -> dict[date, SurveyCounts]:
    """By the Monday that begins the week; weeks without any survey between two are there too."""
    weeks: dict[date, SurveyCounts] = {}
    for day, counts in sorted(days.items()):
        monday = day - timedelta(days=day.weekday())
        while weeks and (last := max(weeks)) + timedelta(days=7) < monday:
            weeks[last + timedelta(days=7)] = SurveyCounts()
        weeks[monday] = weeks.get(monday, SurveyCounts()) + counts
    return weeks


def _levels(
    alerts: Sequence[AlertFacts], open_now: Mapping[Level, int]
) -> tuple[LevelFigures, ...]:
    return tuple(
        _level(level, [alert for alert in alerts if alert.level is level], open_now.get(level, 0))
        for level in WORST_FIRST
    )


def _level(level: Level, alerts: Sequence[AlertFacts], open_now: int) -> LevelFigures:
    taken = [_after(alert.opened_at, alert.acknowledged_at or alert.closed_at) for alert in alerts]
    closed = [_after(alert.opened_at, alert.closed_at) for alert in alerts]
    return LevelFigures(
        level=level,
        opened=len(alerts),
        acknowledged=sum(1 for each in taken if each is not None),
        closed=sum(1 for each in closed if each is not None),
        open_now=open_now,
        acknowledge=times(taken, ACKNOWLEDGE_BOUNDS),
        close=times(closed, CLOSE_BOUNDS),
    )


def _after(start: datetime, end: datetime | None) -> timedelta | None:
    return None if end is None else end - start
