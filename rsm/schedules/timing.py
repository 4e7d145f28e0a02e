"""When an open survey reminds, goes onto the call list and closes, also after downtime. Pure.

Whoever comes late sends late, but never two texts at once: an invitation and a reminder, or two
reminders, are at least `APART` apart, and what can no longer be is left out. Nobody is called for
a survey that she has only just got.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rsm.schedules.model import OccurrenceView, Step, StepKind, Window

APART = timedelta(hours=12)


def still_to_come(reminders: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """The reminders that are far enough from a text that goes out `now`."""
    return tuple(each for each in reminders if each >= now + APART)


def call_still_to_come(window: Window, now: datetime) -> datetime | None:
    """When to call about a window that is opened `now`: later when it opens late."""
    if window.call_at is None:
        return None
    late = max(window.call_at, now + APART)
    return late if late < window.closes_at else None


def next_step(occurrence: OccurrenceView, now: datetime) -> Step:
    """What an open survey's timer does at `now`: wait, remind once, call, or close."""
    reminders, closes_at = occurrence.reminders, occurrence.closes_at
    if now >= closes_at:
        return Step(StepKind.CLOSE, closes_at, reminders, occurrence.reminded)
    called = [] if occurrence.called or occurrence.call_at is None else [occurrence.call_at]
    passed = sum(1 for each in reminders if each <= now)
    if passed > occurrence.reminded:
        ahead = still_to_come(reminders[passed:], now)
        next_at = min((*ahead, *called, closes_at))
        return Step(StepKind.REMIND, next_at, (*reminders[:passed], *ahead), passed)
    ahead = reminders[occurrence.reminded :]
    if called and called[0] <= now:
        return Step(StepKind.CALL, min((*ahead, closes_at)), reminders, occurrence.reminded)
    next_at = min((*ahead, *called, closes_at))
    return Step(StepKind.WAIT, next_at, reminders, occurrence.reminded)
