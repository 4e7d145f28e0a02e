"""What follows from a call that somebody made to a patient. Pure.

No trial published its rules for calling back, so these are our default. A survey is tried four
times at most, twice a day at most, always at an hour at which she may be called, and never after
its closing. A message left on a voicemail is given longer than a phone that nobody took, since she
may call back or answer by herself. Another day is tried at the other half of her hours: who was
out in the morning may be in at night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import local_of, start_instant
from rsm.messaging.hours import ContactTimes, closes_at, fits, next_allowed
from rsm.patients.model import CallOutcome

MOST_TRIES = 4
TRIES_A_DAY = 2
LAST_CHANCE = timedelta(hours=1)  # before the closing: long enough to call and to ask
_WAIT = {CallOutcome.NO_ANSWER: timedelta(hours=3), CallOutcome.VOICEMAIL: timedelta(hours=4)}
_SOON = timedelta(hours=1)


@dataclass(frozen=True)
class BestHours:
    """When a patient may be called, on her own clock."""

    times: ContactTimes
    zone: ZoneInfo

    def contain(self, instant: datetime) -> bool:
        return fits(instant, self.times, self.zone)

    def first(self, instant: datetime) -> datetime:
        """The earliest instant, not before `instant`, at which she may be called."""
        return next_allowed(instant, self.times, self.zone)

    def day_after(self, instant: datetime) -> tuple[datetime, datetime]:
        """Beginning and end of her hours on the next day on which she may be called."""
        tomorrow = local_of(instant, self.zone).date() + timedelta(days=1)
        begins = self.first(start_instant(datetime.combine(tomorrow, time()), self.zone))
        return begins, closes_at(begins, self.times, self.zone)


@dataclass(frozen=True)
class NextCall:
    """When to call again, or None: the survey leaves the list. `reason` says why, in a code."""

    at: datetime | None
    reason: str


def next_call(
    outcome: CallOutcome, tries: Sequence[datetime], closing: datetime, best: BestHours
) -> NextCall:
    """When to try again after the last of `tries` (the earliest first), which came to `outcome`.

    `closing` is when the survey closes.
    """
    if outcome not in _WAIT:
        return NextCall(None, outcome.value)
    if len(tries) >= MOST_TRIES:
        return NextCall(None, "tried_enough")
    now = tries[-1]
    at = best.first(now + _WAIT[outcome])
    if _tried_on(at, tries, best.zone) >= TRIES_A_DAY or _is_later_day(now, at, best.zone):
        at = _other_half(now, best)
    if at <= closing - LAST_CHANCE:
        return NextCall(at, "later")
    last = closing - LAST_CHANCE
    in_time = last >= now + _SOON and best.contain(last)
    if in_time and _tried_on(last, tries, best.zone) < TRIES_A_DAY:
        return NextCall(last, "last_chance")
    return NextCall(None, "closing")


def _other_half(now: datetime, best: BestHours) -> datetime:
    """The next day: in the half of her hours in which `now` is not."""
    begins, ends = best.day_after(now)
    middle = begins + (ends - begins) / 2
    was_early = local_of(now, best.zone).time() < local_of(middle, best.zone).time()
    return middle if was_early else begins


def _tried_on(at: datetime, tries: Sequence[datetime], zone: ZoneInfo) -> int:
    day = local_of(at, zone).date()
    return sum(1 for each in tries if local_of(each, zone).date() == day)


def _is_later_day(now: datetime, at: datetime, zone: ZoneInfo) -> bool:
    return local_of(now, zone).date() != local_of(at, zone).date()
