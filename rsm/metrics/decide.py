"""How durations become buckets, medians and P90. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from math import ceil
from uuid import UUID

from rsm.metrics.model import Times, Took

# Upper bounds of all buckets but the last; a duration at a bound is in the later bucket.
CLOSE_BOUNDS = (timedelta(hours=48), timedelta(hours=72), timedelta(days=7))
CLOSE_LABELS = ("< 48 h", "48 to 72 h", "3 to 7 d", "> 7 d")
ACKNOWLEDGE_BOUNDS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
ACKNOWLEDGE_LABELS = ("< 15 min", "15 to 60 min", "1 to 4 h", "> 4 h")


class Ranked:
    """Minutes → how many took so long, put in order once; None is what is not over yet, and counts
    as longer than any."""

    def __init__(self, took: Took) -> None:
        self._over = sorted(minutes for minutes in took if minutes is not None)
        self._reached = list(accumulate(map(took.__getitem__, self._over)))
        self._total = sum(took.values())

    def percentile(self, share: float) -> timedelta | None:
        """The nearest rank: the shortest time within which at least `share` were over."""
        at = bisect_left(self._reached, max(1, ceil(share * self._total)))
        return timedelta(minutes=self._over[at]) if at < len(self._over) else None

    def buckets(self, bounds: Sequence[timedelta]) -> tuple[int, ...]:
        """How many took less than each bound, and no less than the one before; then all others."""
        under = [0, *(self._under(int(bound.total_seconds()) // 60) for bound in bounds)]
        return tuple(after - before for before, after in pairwise((*under, self._total)))

    def _under(self, minutes: int) -> int:
        place = bisect_left(self._over, minutes)
        return self._reached[place - 1] if place else 0


def times(took: Took, bounds: Sequence[timedelta]) -> Times:
    """Buckets, median and P90."""
    ranked = Ranked(took)
    return Times(ranked.buckets(bounds), ranked.percentile(0.5), ranked.percentile(0.9))


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
