"""The door to figures: what a site's page shows for a period."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import rolled, store
from rsm.metrics.decide import ACKNOWLEDGE_BOUNDS, CLOSE_BOUNDS, times
from rsm.metrics.model import AlertCounts, Days, LevelFigures, SiteFigures, SurveyCounts, Took

WORST_FIRST = tuple(sorted(Level, key=lambda level: -level.rank))


def site_figures(tx: Tx, site_id: UUID, days: Days) -> SiteFigures:
    """Every figure of one site for some days; the transaction must see the site.

    They are as the last roll-up left them (`rollup`): seconds old, and right for what it has seen.
    """
    by_day = rolled.surveys_by_day(tx, site_id, days)
    alerts = {level: count for (_, level), count in rolled.alerts(tx, site_id, days).items()}
    enrolled, eligible = store.reach(tx, site_id)
    return SiteFigures(
        days=days,
        surveys=sum(by_day.values(), SurveyCounts()),
        weeks=_weeks(by_day),
        levels=_levels(tx, site_id, days, alerts),
        told=sum(count.told for count in alerts.values()),
        nobody=sum(count.nobody for count in alerts.values()),
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
    tx: Tx, site_id: UUID, days: Days, alerts: Mapping[Level, AlertCounts]
) -> tuple[LevelFigures, ...]:
    taken = rolled.took(tx, site_id, days, "acknowledge")
    closed = rolled.took(tx, site_id, days, "close")
    open_now = store.open_alerts(tx, site_id)
    return tuple(
        LevelFigures(
            level=level,
            opened=alerts.get(level, AlertCounts()).opened,
            acknowledged=_over(taken[level]),
            closed=_over(closed[level]),
            open_now=open_now.get(level, 0),
            acknowledge=times(taken[level], ACKNOWLEDGE_BOUNDS),
            close=times(closed[level], CLOSE_BOUNDS),
        )
        for level in WORST_FIRST
    )


def _over(took: Took) -> int:
    return sum(count for minutes, count in took.items() if minutes is not None)
