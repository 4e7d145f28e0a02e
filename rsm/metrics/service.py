"""The door to figures: what a site's page shows for a period."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import rolled, store
from rsm.metrics.decide import ACKNOWLEDGE_BOUNDS, CLOSE_BOUNDS, times
from rsm.metrics.model import AlertCounts, Days, LevelFigures, SiteFigures, SurveyCounts, Took

_SHOWN = ("acknowledge", "close")
WORST_FIRST = tuple(sorted(Level, key=lambda level: -level.rank))


def site_figures(tx: Tx, site_id: UUID, days: Days) -> SiteFigures:
    """Every figure of one site for some days; the transaction must see the site.

    They are as the last roll-up left them (`rollup`): seconds old, and right for what it has seen.
    """
    weeks = rolled.surveys_by_week(tx, site_id, days)
    alerts = {level: count for (_, level), count in rolled.alerts(tx, site_id, days).items()}
    took = rolled.took(tx, site_id, days, *_SHOWN)
    enrolled, eligible = store.reach(tx, site_id)
    return SiteFigures(
        days=days,
        surveys=sum(weeks.values(), SurveyCounts()),
        weeks=_every(weeks),
        levels=_levels(tx, site_id, alerts, took),
        told=sum(count.told for count in alerts.values()),
        nobody=sum(count.nobody for count in alerts.values()),
        enrolled=enrolled,
        eligible=eligible,
    )


def _every(weeks: Mapping[date, SurveyCounts]) -> dict[date, SurveyCounts]:
    """Weeks without any survey between two are there too."""
    if not weeks:
        return {}
    first, last = min(weeks), max(weeks)
    mondays = (first + timedelta(days=day) for day in range(0, (last - first).days + 1, 7))
    return {monday: weeks.get(monday, SurveyCounts()) for monday in mondays}


def levels(
    tx: Tx, site_id: UUID, days: Days, took: Mapping[str, Mapping[Level, Took]]
) -> tuple[LevelFigures, ...]:
    """Alerts by level, the worst first; `took` is how long they took (`rolled.took`), which a page
    that shows more of it has read already."""
    alerts = {level: count for (_, level), count in rolled.alerts(tx, site_id, days).items()}
    return _levels(tx, site_id, alerts, took)


def _levels(
    tx: Tx,
    site_id: UUID,
    alerts: Mapping[Level, AlertCounts],
    took: Mapping[str, Mapping[Level, Took]],
) -> tuple[LevelFigures, ...]:
    taken, closed = (took[time] for time in _SHOWN)
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
