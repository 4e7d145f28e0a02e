"""How durations become buckets, medians and P90. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from rsm.metrics.model import Times, Took

# Upper bounds of all buckets but the last; a duration at a bound is in the later bucket.
CLOSE_BOUNDS = (timedelta(hours=48), timedelta(hours=72), timedelta(days=7))
CLOSE_LABELS = ("< 48 h", "48 to 72 h", "3 to 7 d", "> 7 d")
ACKNOWLEDGE_BOUNDS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
ACKNOWLEDGE_LABELS = ("< 15 min", "15 to 60 min", "1 to 4 h", "> 4 h")


def times(took: Took, bounds: Sequence[timedelta]) -> Times:
    """Buckets, median and P90 of minutes → how many took so long; None is what is not over yet,
    and counts as longer than any."""
    counts = [0] * (len(bounds) + 1)
    for minutes, count in took.items():
        counts[_bucket(minutes, bounds)] += count
    return Times(tuple(counts), percentile(took, 0.5), percentile(took, 0.9))


def percentile(took: Took, share: float) -> timedelta | None:
    """The nearest-rank percentile: the shortest time within which at least `share` were over."""
    rank, over = ceil(share * sum(took.values())), 0
    for minutes in sorted(each for each in took if each is not None):
        over += took[minutes]
        if over >= rank > 0:
            return timedelta(minutes=minutes)
    return None


def _bucket(minutes: int | None, bounds: Sequence[timedelta]) -> int:
    if minutes is None:
        return len(bounds)
    return sum(1 for bound in bounds if timedelta(minutes=minutes) >= bound)


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
