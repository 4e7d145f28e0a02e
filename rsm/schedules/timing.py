"""When an open survey reminds and closes, also after downtime. Pure.

Whoever comes late sends late, but never two texts at once: an invitation and a reminder, or two
reminders, are at least `APART` apart, and what can no longer be is left out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rsm.schedules.model import OccurrenceView, Step, StepKind

APART = timedelta(hours=12)


def still_to_come(reminders: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """The reminders that are far enough from a text that goes out `now`."""
    return tuple(each for each in reminders if each >= now + APART)


def next_step(occurrence: OccurrenceView, now: datetime) -> Step:
    """What an open survey's timer does at `now`: wait, remind once, or close."""
    reminders = occurrence.reminders
    if now >= occurrence.closes_at:
        return Step(StepKind.CLOSE, occurrence.closes_at, reminders, occurrence.reminded)
    passed = sum(1 for each in reminders if each <= now)
    if passed <= occurrence.reminded:
        ahead = reminders[occurrence.reminded :]
        next_at = min((*ahead, occurrence.closes_at))
        return Step(StepKind.WAIT, next_at, reminders, occurrence.reminded)
    ahead = still_to_come(reminders[passed:], now)
    next_at = min((*ahead, occurrence.closes_at))
    return Step(StepKind.REMIND, next_at, (*reminders[:passed], *ahead), passed)
