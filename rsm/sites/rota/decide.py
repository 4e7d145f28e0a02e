"""Who is on duty, at an instant and over a time, and why. The rules stand in this package's word.

`who_is_on_duty` is the first of `duty_periods`, so that a page, a feed and an alert agree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import local_of
from rsm.sites.rota.changes import changed
from rsm.sites.rota.clock import shift_ends, shift_starts
from rsm.sites.rota.model import OnDuty, Period, Rota
from rsm.sites.rota.plan import Plan

_DAY = timedelta(days=1)
_MOST_JUMPED = 2 * _DAY  # a clock was once put forward by a day
_LOOK_AHEAD = 8 * _DAY


def who_is_on_duty(rota: Rota, at: datetime, zone: ZoneInfo) -> Period:
    """Those on duty at `at`, told first first, from then on until that changes.

    Looks a good week ahead: with nothing changing until then, the period ends there.
    """
    return duty_periods(rota, at, at + _LOOK_AHEAD, zone)[0]


def duty_periods(rota: Rota, since: datetime, until: datetime, zone: ZoneInfo) -> list[Period]:
    """From `since` to `until` without a break: who is on duty when. Nobody is a period as well.

    The periods are cut at `since` and `until`; the people in them say from when until when they
    are on duty, beyond that too.
    """
    if since >= until:
        return []
    plan = Plan(rota)
    duties = changed(_planned(plan, since, until, zone), rota, plan)
    return list(_joined(_swept(duties, since, until)))


def _planned(plan: Plan, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[OnDuty]:
    """Every shift of the plan that touches this time, as instants."""

    @cache
    def starts_at(local: datetime) -> datetime:
        return shift_starts(local, zone)

    @cache
    def ends_at(local: datetime) -> datetime:
        return shift_ends(local, zone)

    day = local_of(since, zone).date() - plan.longest - _MOST_JUMPED
    last = local_of(until, zone).date() + _MOST_JUMPED
    while day <= last:
        for each in plan.beginning_on(day):
            begins, ends = starts_at(each.starts), ends_at(each.ends)
            if begins < ends:  # else the clock skipped it whole
                yield OnDuty(each.staff_id, each.rank, begins, ends, each.why, each.turn)
        day += _DAY


def _swept(duties: Iterable[OnDuty], since: datetime, until: datetime) -> Iterator[Period]:
    """Between each two instants at which somebody begins or ends: those who are on duty."""
    touching = [duty for duty in duties if duty.since < until and since < duty.until]
    begin: dict[datetime, list[int]] = defaultdict(list)
    end: dict[datetime, list[int]] = defaultdict(list)
    for number, duty in enumerate(touching):
        begin[max(since, duty.since)].append(number)
        end[min(until, duty.until)].append(number)
    running: set[int] = set()
    for now, following in pairwise(sorted({since, until, *begin, *end})):
        running.difference_update(end[now])
        running.update(begin[now])
        yield Period(now, following, _told([touching[number] for number in sorted(running)]))


def _told(running: Iterable[OnDuty]) -> tuple[OnDuty, ...]:
    """Each person once, told first first."""
    best: dict[int, OnDuty] = {}
    for duty in running:
        known = best.get(duty.staff_id.int)
        if known is None or _outranks(duty, known):
            best[duty.staff_id.int] = duty
    return tuple(sorted(best.values(), key=lambda duty: (duty.rank, duty.staff_id.int)))


def _outranks(duty: OnDuty, known: OnDuty) -> bool:
    """The better rank, then the longer duty; of two alike the one that was planned first stays."""
    if duty.rank != known.rank:
        return duty.rank < known.rank
    return (duty.until, known.since) > (known.until, duty.since)


def _joined(periods: Iterable[Period]) -> Iterator[Period]:
    """Neighbours with the same people are one period."""
    last: Period | None = None
    for each in periods:
        if last and last.people == each.people:
            last = Period(last.since, each.until, each.people)
            continue
        if last:
            yield last
        last = each
    if last:
        yield last
