"""A programme's rows → what it asks of people: alerts a day, by hour, nurse hours, waits. Pure.

Load is counted on days at full strength only: those on which at least `FULL` of the most patients
ever enrolled at once are enrolled. While a programme fills up it is lighter than it will be.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import median

from rsm.kernel.words import Audience, Channel, Level
from rsm.metrics.workload_model import (
    HOURS,
    AlertRow,
    Day,
    Figures,
    Measured,
    Minutes,
    Portion,
    Sent,
    SiteLoad,
    SiteRows,
    Spread,
    Stay,
    Wait,
    Week,
)

FULL = 0.8
_DAY = timedelta(days=1)
_PRESSING = frozenset({Level.URGENT, Level.EMERGENCY})


@dataclass(frozen=True)
class _Load:
    """The rows of all sites and runs, and which of their days count."""

    rows: Sequence[SiteRows]
    full: frozenset[tuple[int, date]]  # (place of the run's first site, day)


def days(rows: Sequence[SiteRows], minutes: Minutes) -> tuple[Day, ...]:
    """Every day of one run, its sites together, with what it asked of the nurses."""
    alerts: dict[date, list[AlertRow]] = {}
    for one in (each for site in rows for each in site.alerts):
        alerts.setdefault(one.opened.date(), []).append(one)
    active = _active(rows)
    tasks = sum((Counter(site.tasks) for site in rows), Counter[date]())
    return tuple(
        Day(
            on=on,
            active=active[on],
            alerts=len(alerts.get(on, ())),
            pressing=sum(one.level in _PRESSING for one in alerts.get(on, ())),
            out_of_hours=sum(one.out_of_hours for one in alerts.get(on, ())),
            nurse_minutes=(len(alerts.get(on, ())) + tasks[on]) * minutes.per_alert,
        )
        for on in sorted(active)
    )


def at_full_strength(found: Sequence[Day]) -> frozenset[date]:
    """The days on which nearly everybody is enrolled."""
    most = max((day.active for day in found), default=0)
    return frozenset(day.on for day in found if most and day.active >= FULL * most)


def figures(runs: Sequence[Sequence[SiteRows]], minutes: Minutes) -> Figures:
    """All figures of one run, or of several runs of the same order taken together."""
    each = [days(rows, minutes) for rows in runs]
    full = [at_full_strength(found) for found in each]
    strong = [day for found, when in zip(each, full, strict=True) for day in found if day.on in when]
    alerts = [
        one
        for rows, when in zip(runs, full, strict=True)
        for site in rows
        for one in site.alerts
        if one.opened.date() in when
    ]
    sites = [site for rows in runs for site in rows]
    weeks = max(len(strong), 1) / 7
    by_hour, pressing = _hours(alerts, len(strong))
    calls = sum(
        count
        for rows, when in zip(runs, full, strict=True)
        for site in rows
        for on, count in site.calls.items()
        if on in when
    )
    tasks = sum(
        count
        for rows, when in zip(runs, full, strict=True)
        for site in rows
        for on, count in site.tasks.items()
        if on in when
    )
    return Figures(
        patients=sum(len(site.stays) for site in sites),
        days=len(strong),
        active=median([day.active for day in strong]) if strong else 0.0,
        alerts=len(alerts),
        alerts_per_day=spread([day.alerts for day in strong]),
        busiest_hour=0,
        by_hour=by_hour,
        pressing_by_hour=pressing,
        levels={},
        kinds={},
        out_of_hours=Portion(part=0, whole=0),
        acknowledge={},
        nurse_hours_per_week=0,
        call_hours_per_week=0,
        tasks_per_week=tasks / weeks,
        calls_per_week=calls / weeks,
        texts_per_patient_week=0,
        told_per_alert=0,
        nobody=0,
        sent=(),
        weeks=(),
        sites=(),
        measures=(),
    )
