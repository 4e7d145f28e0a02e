"""A programme's rows → what it asks of people: alerts a day, by hour, nurse hours, waits. Pure.

Load is counted on days at full strength: those on which at least `FULL` of the most patients that
were ever enrolled at once are enrolled. While a programme fills up it is lighter than it will be.
Several runs of one order are counted together; each day of each is a day.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from rsm.kernel.words import Level
from rsm.metrics.model import PRESSING
from rsm.metrics.workload_model import (
    HOURS,
    AlertRow,
    Day,
    Figures,
    Load,
    Minutes,
    Portion,
    Run,
    Spread,
)
from rsm.metrics.workload_parts import (
    by_site,
    measures,
    middle,
    ranked,
    traffic,
    waits,
    weeks,
)

FULL = 0.8
_DAY = timedelta(days=1)


def days(run: Run, minutes: Minutes) -> tuple[Day, ...]:
    """Every day of one run, its sites together, with what it asked of the nurses."""
    alerts: dict[date, list[AlertRow]] = {}
    for one in (each for site in run for each in site.alerts):
        alerts.setdefault(one.opened.date(), []).append(one)
    tasks = _summed(site.tasks for site in run)
    return tuple(
        _day(on, active, alerts.get(on, []), tasks[on], minutes)
        for on, active in sorted(_active(run).items())
    )


def _day(on: date, active: int, alerts: Sequence[AlertRow], tasks: int, minutes: Minutes) -> Day:
    return Day(
        on=on,
        active=active,
        alerts=len(alerts),
        pressing=sum(one.level in PRESSING for one in alerts),
        out_of_hours=sum(one.out_of_hours for one in alerts),
        nurse_minutes=(len(alerts) + tasks) * minutes.per_alert,
    )


def _active(run: Run) -> dict[date, int]:
    """How many patients are enrolled on each day."""
    found: dict[date, int] = {}
    for site in run:
        steps: Counter[date] = Counter()
        for stay in site.stays:
            steps[max(site.first, stay.since)] += 1
            if stay.until is not None:
                steps[max(site.first, stay.since, stay.until)] -= 1
        here, on = 0, site.first
        while on < site.last:
            here += steps[on]
            found[on] = found.get(on, 0) + here
            on += _DAY
    return found


def at_full_strength(found: Iterable[Day]) -> frozenset[date]:
    """The days on which nearly everybody is enrolled."""
    all_days = list(found)
    most = max((day.active for day in all_days), default=0)
    return frozenset(day.on for day in all_days if most and day.active >= FULL * most)


def figures(runs: Sequence[Run], minutes: Minutes) -> Figures:
    """All figures of one run, or of several runs of the same order taken together."""
    sites = [site for run in runs for site in run]
    reports = [one for site in sites for one in site.reports]
    patient_days = sum(sum(_active(run).values()) for run in runs)
    return Figures(
        patients=sum(len(site.stays) for site in sites) / max(len(runs), 1),
        load=_load([_strong(run, minutes) for run in runs], minutes),
        acknowledge=waits([one for site in sites for one in site.alerts]),
        traffic=traffic(sites, patient_days / 7),
        answer_hours=middle(one.hours_after_text for one in reports),
        weeks=weeks(sites),
        sites=by_site(sites, max(len(runs), 1)),
        measures=tuple(measures(sites, reports)),
    )


# --- load ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Strong:
    """One run's days at full strength, and what happened on them."""

    days: Sequence[Day]
    alerts: Sequence[AlertRow]
    calls: int
    tasks: int


def _strong(run: Run, minutes: Minutes) -> _Strong:
    found = days(run, minutes)
    full = at_full_strength(found)
    return _Strong(
        days=[day for day in found if day.on in full],
        alerts=[one for site in run for one in site.alerts if one.opened.date() in full],
        calls=sum(count for site in run for on, count in site.calls.items() if on in full),
        tasks=sum(count for site in run for on, count in site.tasks.items() if on in full),
    )


def _load(runs: Sequence[_Strong], minutes: Minutes) -> Load:
    strong = [day for run in runs for day in run.days]
    alerts = [one for run in runs for one in run.alerts]
    length = max(len(strong), 1) / 7  # in weeks
    calls = sum(run.calls for run in runs) / length
    return Load(
        days=len(strong),
        active=float(median([day.active for day in strong] or [0])),
        alerts=len(alerts),
        per_day=spread([day.alerts for day in strong]),
        most_in_an_hour=max((_most_in_an_hour(run.alerts) for run in runs), default=0),
        by_hour=_by_hour(alerts, len(strong)),
        pressing_by_hour=_by_hour([one for one in alerts if one.level in PRESSING], len(strong)),
        levels={level.value: sum(one.level is level for one in alerts) for level in Level},
        kinds=dict(sorted(Counter(one.kind for one in alerts).items())),
        out_of_hours=Portion(part=sum(one.out_of_hours for one in alerts), whole=len(alerts)),
        tasks_per_week=sum(run.tasks for run in runs) / length,
        calls_per_week=calls,
        nurse_hours_per_week=sum(day.nurse_minutes for day in strong) / 60 / length,
        call_hours_per_week=calls * minutes.per_call / 60,
    )


def spread(counts: Sequence[int]) -> Spread:
    """Median, ninth tenth (nearest rank) and highest; zeros of nothing."""
    middle, ninth = (ranked(counts, len(counts), share) for share in (0.5, 0.9))
    return Spread(median=middle or 0.0, p90=ninth or 0.0, highest=float(max(counts, default=0)))


def _by_hour(alerts: Iterable[AlertRow], count: int) -> tuple[float, ...]:
    """Alerts a day in each hour of the day."""
    hours = Counter(one.opened.hour for one in alerts)
    return tuple(round(hours[hour] / max(count, 1), 4) for hour in range(HOURS))


def _most_in_an_hour(alerts: Iterable[AlertRow]) -> int:
    counts = Counter((one.opened.date(), one.opened.hour) for one in alerts)
    return max(counts.values(), default=0)


def _summed(counts: Iterable[Mapping[date, int]]) -> Counter[date]:
    total: Counter[date] = Counter()
    for one in counts:
        total.update(one)
    return total
