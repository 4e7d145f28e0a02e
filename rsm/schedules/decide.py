"""From a plan and a patient's anchors to windows. Pure; in local wall time until the last step.

Whatever falls on one local date is one window with several instruments, and its key is that date.
Windows never overlap: in a dense rhythm one closes just before the next opens, and reminders and
the call that would come later are left out.

At a change of the clock (rules as written down by on-call systems that had it wrong before):
an hour that is skipped shifts forward, an hour that comes twice opens at its first coming and
closes at its second. So no night skips or doubles a survey (P14). A date that a zone leaves out
opens on the day after, together with what that day has of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import dropwhile, groupby, repeat, takewhile
from operator import itemgetter

from rsm.kernel.localtime import end_instant, local_of, start_instant
from rsm.messaging.hours import next_allowed
from rsm.schedules.model import Anchors, Slot, Window
from rsm.schedules.plans import Closing, Plan
from rsm.schedules.rhythms import ask_dates

# Between a closing that is brought forward and the opening that follows.
GAP = timedelta(minutes=1)
# A skipped hour, or a skipped day, opens later than its slot.
_SHIFTED = timedelta(days=2)


def windows_from(plan: Plan, anchors: Anchors, start: date) -> Iterator[Window]:
    """The windows whose local date is `start` or later, in order, as long as there are any.

    Ends with the plan, or where it waits for an event or a cycle's date (`rhythms.awaited`).
    """
    openings = _openings(plan, anchors, _earlier(start))
    for opening, following in _with_next(openings):
        if opening.day >= start:
            yield _window(plan, anchors.slot, opening, following)


def windows_after(plan: Plan, anchors: Anchors, after: datetime) -> Iterator[Window]:
    """The windows that open strictly later than the instant `after`, in order."""
    start = _earlier(local_of(after, anchors.slot.zone).date())
    return dropwhile(lambda each: each.opens_at <= after, windows_from(plan, anchors, start))


def next_window(plan: Plan, anchors: Anchors, after: datetime) -> Window | None:
    """The first window that opens strictly later than the instant `after`, if one is known."""
    return next(windows_after(plan, anchors, after), None)


def windows_between(
    plan: Plan, anchors: Anchors, after: datetime, until: datetime
) -> Iterator[Window]:
    """The windows that open later than `after` and not later than `until`, in order."""
    return takewhile(lambda each: each.opens_at <= until, windows_after(plan, anchors, after))


def opening_days(plan: Plan, anchors: Anchors, start: date) -> Iterator[date]:
    """The dates of those windows alone."""
    openings = _openings(plan, anchors, _earlier(start))
    return (opening.day for opening in openings if opening.day >= start)


# --- openings: which date, at which instant, for which asks --------------------------------------


@dataclass(frozen=True)
class _Opening:
    day: date
    opens_at: datetime
    asks: tuple[str, ...]


def _openings(plan: Plan, anchors: Anchors, since: date) -> Iterator[_Opening]:
    """One per date; their instants are strictly in order."""
    held: _Opening | None = None
    for each in _dated(plan, anchors, since):
        if held is not None and held.opens_at >= each.opens_at:  # its date was left out
            held = replace(each, asks=_once_each((*held.asks, *each.asks)))
            continue
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held


def _dated(plan: Plan, anchors: Anchors, since: date) -> Iterator[_Opening]:
    due = merge(
        *(
            zip(ask_dates(ask, anchors, since), repeat(number), strict=False)
            for number, ask in enumerate(plan.asks)
        )
    )
    for day, numbers in groupby(due, key=itemgetter(0)):
        asks = _once_each(plan.asks[number].ref for _, number in numbers)
        opens_at = start_instant(datetime.combine(day, anchors.slot.at), anchors.slot.zone)
        yield _Opening(day, opens_at, asks)


def _once_each(asks: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(asks))


def _with_next(openings: Iterator[_Opening]) -> Iterator[tuple[_Opening, _Opening | None]]:
    this = next(openings, None)
    while this is not None:
        following = next(openings, None)
        yield this, following
        this = following


# --- one window ----------------------------------------------------------------------------------


def _window(plan: Plan, slot: Slot, opening: _Opening, following: _Opening | None) -> Window:
    """Its instants. Never fails for a checked plan (P1).

    Reminders that a change of the calendar moves onto one another, or out of the window, are one
    or none: it takes a zone that leaves out a whole day.
    """
    wall = datetime.combine(opening.day, slot.at)
    closes_at = max(
        end_instant(closing(plan.closing, wall), slot.zone),
        opening.opens_at + GAP,  # where its date, and with it the closing, was left out
    )
    if following is not None:
        closes_at = min(closes_at, following.opens_at - GAP)
    reminders = sorted({each for each in reminders_at(plan, slot, wall) if each < closes_at})
    called = call_at(plan, slot, wall)
    in_time = called is not None and opening.opens_at < called < closes_at
    return Window(
        key=opening.day.isoformat(),
        local=local_of(opening.opens_at, slot.zone),
        opens_at=opening.opens_at,
        closes_at=closes_at,
        reminders=tuple(each for each in reminders if each > opening.opens_at),
        call_at=called if in_time else None,
        asks=opening.asks,
    )


def reminders_at(plan: Plan, slot: Slot, opening: datetime) -> list[datetime]:
    """At the same minutes on the wall, deferred to the sending hours. `opening` is naive."""
    planned = [opening + timedelta(hours=hours) for hours in plan.reminders_after_hours]
    return [next_allowed(start_instant(wall, slot.zone), plan.hours, slot.zone) for wall in planned]


def call_at(plan: Plan, slot: Slot, opening: datetime) -> datetime | None:
    """When a person is to call, if the plan says so. A list needs no waking hours."""
    if plan.call_after_hours is None:
        return None
    return start_instant(opening + timedelta(hours=plan.call_after_hours), slot.zone)


def closing(rule: Closing, opening: datetime) -> datetime:
    """On the wall: `after_hours` later, or the first `at` from then on."""
    least = opening + timedelta(hours=rule.after_hours)
    if rule.at is None:
        return least
    closes = datetime.combine(least.date(), time.fromisoformat(rule.at))
    return closes if closes >= least else closes + timedelta(days=1)


def _earlier(day: date) -> date:
    return day - _SHIFTED if day > date.min + _SHIFTED else date.min
