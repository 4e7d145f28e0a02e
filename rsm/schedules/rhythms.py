"""The local dates that an ask names. Pure, lazy, and in order: no date comes twice.

Each rhythm counts from its phase's first day, so that a date is the same from wherever it is
worked out. A phase lasts from its first day to the day before the next one's first. What depends
on an event that has not come, or on a cycle without a date, is not there yet (`awaited`).
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, dropwhile, pairwise, takewhile

from rsm.schedules.model import WEEKDAYS, Anchors
from rsm.schedules.plans import (
    Ask,
    Cycle,
    Daily,
    EveryDays,
    Monthly,
    Once,
    OnDemand,
    Phase,
    Plan,
    TimesAWeek,
    Weekly,
)

CYCLE = "cycle"
REQUEST = "request"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """One phase in a patient's calendar: from `first`, before `end` (None: no end is known)."""

    phase: Phase
    first: date
    end: date | None

    def holds(self, day: date) -> bool:
        return self.end is None or day < self.end


def ask_dates(ask: Ask, anchors: Anchors, since: date) -> Iterator[date]:
    """The dates of `ask`, `since` or later, none before the plan's first day or after its last."""
    since = max(since, anchors.starts_on)
    end = ask_end(ask, anchors)
    for stretch in stretches(ask, anchors):
        if end is not None and stretch.first >= end:
            return
        for day in phase_dates(stretch, anchors, since):
            if end is not None and day >= end:
                return
            yield day


def stretches(ask: Ask, anchors: Anchors) -> Iterator[Stretch]:
    """Its phases one after the other, as far as their beginnings are known."""
    first = anchors.events.get(ask.starts_at) if ask.starts_at else anchors.starts_on
    if first is not None:
        first += ask.starts_after_days * _DAY
    for phase in ask.phases:
        if first is None:
            return
        end = first + phase.days * _DAY if phase.days is not None else None
        if phase.until is not None and (event := anchors.events.get(phase.until)):
            end = max(first, event)
        yield Stretch(phase, first, end)
        first = end


def ask_end(ask: Ask, anchors: Anchors) -> date | None:
    """The first day on which `ask` is over, if one is known."""
    ends = [anchors.ends_on + _DAY] if anchors.ends_on is not None else []
    if ask.until is not None and (event := anchors.events.get(ask.until)):
        ends.append(event)
    return min(ends, default=None)


def phase_dates(stretch: Stretch, anchors: Anchors, since: date) -> Iterator[date]:
    """The dates of one phase, `since` or later."""
    since = max(since, stretch.first)
    found = _dates(stretch, anchors, since)
    return takewhile(stretch.holds, dropwhile(lambda day: day < since, found))


def awaited(plan: Plan, anchors: Anchors, on: date) -> frozenset[str]:
    """What may yet bring windows after `on` beside those that are known: events by name, `cycle`,
    `request`. Empty, and no window to come: the plan is complete."""
    return frozenset(word for ask in plan.asks for word in _awaits(ask, anchors, on))


def _awaits(ask: Ask, anchors: Anchors, on: date) -> Iterator[str]:
    end = ask_end(ask, anchors)
    if end is not None and end <= on:
        return
    if ask.starts_at is not None and ask.starts_at not in anchors.events:
        yield ask.starts_at.value
    for stretch in stretches(ask, anchors):
        if not stretch.holds(on):
            continue
        if isinstance(stretch.phase, Cycle):
            yield CYCLE
        elif isinstance(stretch.phase, OnDemand):
            yield REQUEST
        if stretch.end is None and stretch.phase is not ask.phases[-1] and stretch.phase.until:
            yield stretch.phase.until.value


# --- one function per rhythm: dates from about `since` on, in order ------------------------------


def _dates(stretch: Stretch, anchors: Anchors, since: date) -> Iterator[date]:
    found: Iterator[date] = iter(())
    first, weekday = stretch.first, anchors.slot.weekday
    match stretch.phase:
        case Weekly(every=weeks):
            found = _steps(_on_weekday(first, weekday), 7 * weeks, since)
        case Daily(every=days) | EveryDays(every=days):
            found = _steps(first, days, since)
        case TimesAWeek() as phase:
            found = _weekdays(_days_of_week(phase, weekday), since)
        case Monthly(every=months):
            found = _monthly(first, weekday, months, since)
        case Cycle(days_after=days_after):
            found = _cycles(anchors.cycles, days_after)
        case Once(after_days=after):
            found = iter((first + after * _DAY,))
        case OnDemand():
            pass
    return found


def _steps(first: date, days: int, since: date) -> Iterator[date]:
    """`first`, and every so many days from there."""
    passed = max(0, -((first - since) // (days * _DAY)))
    return (first + step * days * _DAY for step in count(passed))


def _on_weekday(day: date, weekday: int) -> date:
    """The first such weekday, `day` or later."""
    return day + (weekday - day.weekday()) % 7 * _DAY


def _days_of_week(phase: TimesAWeek, weekday: int) -> frozenset[int]:
    """Three times from a Monday on: Monday, Wednesday, Friday. Twice: Monday and Thursday."""
    if phase.times is None:
        return frozenset(WEEKDAYS.index(name) for name in phase.weekdays)
    return frozenset((weekday + n * 7 // phase.times) % 7 for n in range(phase.times))


def _weekdays(wanted: frozenset[int], since: date) -> Iterator[date]:
    return (day for n in count() if (day := since + n * _DAY).weekday() in wanted)


def _monthly(first: date, weekday: int, months: int, since: date) -> Iterator[date]:
    """The patient's first weekday on or after the phase's day of the month, in its first month and
    every so many months from there. A month without that day has its last instead: a phase that
    began on 31 January counts from 28 February and from 31 March."""
    passed = (since.year - first.year) * 12 + since.month - first.month
    earliest = max(0, passed // months - 1)  # its weekday may lie in the month after
    return (_on_weekday(_months_on(first, n * months), weekday) for n in count(earliest))


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _cycles(starts: Sequence[date], days_after: Sequence[int]) -> Iterator[date]:
    """Each cycle's days, until the next cycle begins: a short cycle has fewer."""
    known = sorted(set(starts))
    for start, following in pairwise((*known, date.max)):
        for days in sorted(set(days_after)):
            if (day := start + days * _DAY) < following:
                yield day
