"""Alerts of a site by level: of a period, and open now."""

from collections.abc import Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import store
from rsm.metrics.alert_sums import ByLevel
from rsm.metrics.decide import ACKNOWLEDGE_BOUNDS, CLOSE_BOUNDS, over, times
from rsm.metrics.durations import Waits
from rsm.metrics.model import AlertCounts, LevelFigures

_SHOWN = ("acknowledge", "close")
_NO_ALERT = AlertCounts()
WORST_FIRST = tuple(sorted(Level, key=lambda level: -level.rank))


def levels(
    tx: Tx, site_id: UUID, alerts: ByLevel, took: Mapping[str, Waits]
) -> tuple[LevelFigures, ...]:
    """Alerts by level, the worst first: of some days, how many (`Together.alerts`) and how long to
    acknowledge and to close (`Together.took`); and how many are open now."""
    taken, closed = (took[time] for time in _SHOWN)
    open_now = store.open_alerts(tx, site_id)
    return tuple(
        LevelFigures(
            level=level,
            opened=alerts.get(level, _NO_ALERT).opened,
            acknowledged=over(taken[level]),
            closed=over(closed[level]),
            open_now=open_now.get(level, 0),
            acknowledge=times(taken[level], ACKNOWLEDGE_BOUNDS),
            close=times(closed[level], CLOSE_BOUNDS),
        )
        for level in WORST_FIRST
    )
