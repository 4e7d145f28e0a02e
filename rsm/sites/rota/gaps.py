"""When nobody is on duty although somebody should be: days ahead, and in hours as a metric. Pure.

Hours in which a site is closed, and means to be, are no gap, unless its policy tells alerts of some
levels around the clock: then they are a gap for those levels only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import local_of
from rsm.kernel.words import Level
from rsm.sites.model import WEEKDAYS, Hours
from rsm.sites.rota.clock import shift_ends, shift_starts
from rsm.sites.rota.model import Period

_DAY = timedelta(days=1)
_ALL_LEVELS = frozenset(Level)


@dataclass(frozen=True)
class Watch:
    """When somebody has to be on duty, in the site's local time.

    Hours that close at or before they open run past midnight, as a shift does. `closed_days` have
    no service hours; those of the evening before still end on them.
    """

    service_hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    closed_days: frozenset[date] = frozenset()
    around_the_clock: frozenset[Level] = frozenset()


@dataclass(frozen=True)
class Gap:
    """A time with nobody on duty; alerts of `levels` would find nobody."""

    since: datetime
    until: datetime
    levels: frozenset[Level]
    in_service: bool


def gaps(periods: Sequence[Period], watch: Watch, zone: ZoneInfo) -> list[Gap]:
    """The gaps in these periods (without a break, as `duty_periods` gives them), earliest first."""
    if not periods:
        return []
    service = _service(watch, periods[0].since, periods[-1].until, zone)
    return [
        Gap(since, until, levels, in_service)
        for period in periods
        if not period.people
        for since, until, in_service in _cut(period, service)
        if (levels := _ALL_LEVELS if in_service else watch.around_the_clock)
    ]


def total_hours(found: Iterable[Gap], level: Level | None = None) -> float:
    """How many hours these gaps take together, or those of them that an alert of `level` meets."""
    counted = (gap for gap in found if level is None or level in gap.levels)
    return sum(((gap.until - gap.since) for gap in counted), timedelta()) / timedelta(hours=1)


def _service(
    watch: Watch, since: datetime, until: datetime, zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    """The service hours as instants, in order; those that meet or overlap are one."""
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(_service_days(watch, since, until, zone)):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        elif opens < closes:
            joined.append((opens, closes))
    return joined


def _service_days(
    watch: Watch, since: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    day = local_of(since, zone).date() - 2 * _DAY
    last = local_of(until, zone).date() + _DAY
    while day <= last:
        hours = watch.service_hours.get(WEEKDAYS[day.weekday()])
        if hours and day not in watch.closed_days:
            opens, closes = hours
            end = day if closes > opens else day + _DAY
            yield (
                shift_starts(datetime.combine(day, opens), zone),
                shift_ends(datetime.combine(end, closes), zone),
            )
        day += _DAY


def _cut(
    period: Period, service: Iterable[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """The period in pieces, each within service hours or outside of them."""
    reached = period.since
    for opens, closes in service:
        begin, end = max(opens, reached), min(closes, period.until)
        if begin < end:
            if reached < begin:
                yield reached, begin, False
            yield begin, end, True
            reached = end
    if reached < period.until:
        yield reached, period.until, False
