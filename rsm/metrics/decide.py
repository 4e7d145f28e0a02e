"""How durations become buckets, medians and P90. Pure."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import ceil
from typing import Protocol
from uuid import UUID

from rsm.metrics.model import Times, Took

# Upper bounds of all buckets but the last; a duration at a bound is in the later bucket.
CLOSE_BOUNDS = (timedelta(hours=48), timedelta(hours=72), timedelta(days=7))
ACKNOWLEDGE_BOUNDS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
_MINUTE = timedelta(minutes=1)


class Timed(Protocol):
    """How long each of `total` took, in whole minutes; some may not be over yet."""

    @property
    def total(self) -> int: ...

    def up_to(self, minutes: int) -> int:
        """How many took no longer."""
        ...


@dataclass(frozen=True)
class Ranked:
    """Put in order: whole minutes, and before each how many took less, in the end how many are
    over. What is not over yet counts as longer than any."""

    minutes: Sequence[int] = ()
    reached: Sequence[int] = (0,)
    total: int = 0

    @classmethod
    def of(cls, took: Took) -> "Ranked":
        """From minutes → how many took so long; None is what is not over."""
        minutes = sorted([each for each in took if each is not None])
        reached = accumulate(map(took.__getitem__, minutes), initial=0)
        return cls(array("q", minutes), array("q", reached), sum(took.values()))

    @property
    def over(self) -> int:
        """How many are over."""
        return self.reached[-1]

    @property
    def longest(self) -> int:
        """Of those that are over; 0 where none is."""
        return self.minutes[-1] if self.minutes else 0

    def up_to(self, minutes: int) -> int:
        """How many took no longer."""
        return self.reached[bisect_right(self.minutes, minutes)]


def over(parts: Collection[Ranked]) -> int:
    """How many of all parts are over."""
    return sum(part.over for part in parts)


def percentile(parts: Collection[Ranked], share: float) -> timedelta | None:
    """Of all parts together the nearest rank: the shortest time within which at least `share` were
    over; None where too few are."""
    rank = max(1, ceil(share * sum(part.total for part in parts)))
    if over(parts) < rank:
        return None
    longest = max(part.longest for part in parts)
    within = range(longest + 1)
    minutes = bisect_left(within, rank, key=lambda each: sum(part.up_to(each) for part in parts))
    return timedelta(minutes=minutes)


def buckets(parts: Collection[Timed], bounds: Sequence[timedelta]) -> tuple[int, ...]:
    """How many took less than each bound, and no less than the one before; then all others."""
    return tuple(bucket(parts, bounds, place) for place in range(len(bounds) + 1))


def bucket(parts: Collection[Timed], bounds: Sequence[timedelta], place: int) -> int:
    """One of the buckets."""
    is_last = place == len(bounds)
    up_to = sum(part.total for part in parts) if is_last else _under(parts, bounds[place])
    return up_to - (_under(parts, bounds[place - 1]) if place else 0)


def _under(parts: Collection[Timed], bound: timedelta) -> int:
    return sum(part.up_to(bound // _MINUTE - 1) for part in parts)


def times(parts: Collection[Ranked], bounds: Sequence[timedelta]) -> Times:
    """Buckets, median and P90 of all parts together."""
    return Times(buckets(parts, bounds), percentile(parts, 0.5), percentile(parts, 0.9))


def first_id(instant: datetime) -> UUID:
    """The least id that can have been made then: ids are ordered by time (`kernel.ids.new_id`)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


def skew(before: datetime, told: datetime, after: datetime) -> timedelta:
    """How far a host's clock is ahead of the one that said `told`, at the least.

    The host's own clock was read `before` and `after` the asking. Behind is negative; what may be
    due to the asking alone counts as none.
    """
    if told < before:
        return before - told
    return min(after - told, timedelta())
