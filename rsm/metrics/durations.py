"""How long alerts took, from the minutes of each: medians, P90, buckets, the severity gradient.

Pure: which names of measures come from which time of an alert, and what they come to.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from rsm.kernel.words import Level
from rsm.metrics.decide import CLOSE_BOUNDS, Ranked, Timed, bucket, percentile
from rsm.metrics.measures_alerts import BUCKETS, CLOCKS, STAGES
from rsm.metrics.model import PRESSING

GRADIENT = "close_gradient"
_MINUTE = timedelta(minutes=1)
_SHARES = (0.5, 0.9)  # in the order of `DERIVED`
Waits = Mapping[Level, Sequence[Ranked]]  # how long alerts of each level took, in parts


def _names(stage: str, clock: str) -> tuple[str, ...]:
    """What one time of an alert comes to: median, P90, then its buckets."""
    done, _ = STAGES[stage]
    time = f"{stage}{clock}"
    return time, f"{time}_p90", *(f"{done}{clock}_{bucket}" for bucket in BUCKETS)


# The times of `AlertDay` → what is derived from each.
DERIVED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {f"{stage}{clock}": _names(stage, clock) for stage in STAGES for clock in CLOCKS}
)
TIME_OF: Mapping[str, str] = MappingProxyType(
    {name: time for time, names in DERIVED.items() for name in names} | {GRADIENT: "close"}
)


def is_bucket(name: str) -> bool:
    """Whether it is a count, for which minutes need not be put in order."""
    return name != GRADIENT and _place(name) >= 0


def bucket_of(name: str, parts: Collection[Timed]) -> int:
    """How many took so long."""
    return bucket(parts, CLOSE_BOUNDS, _place(name))


def told(name: str, waits: Waits) -> int | None:
    """Minutes, or how many in a bucket.

    A percentile is the nearest rank; None where so many are not over that it cannot be told.
    """
    if name == GRADIENT:
        return _gradient(waits)
    parts = of_levels(waits, set(Level))
    if is_bucket(name):
        return bucket_of(name, parts)
    return _minutes(percentile(parts, _SHARES[DERIVED[TIME_OF[name]].index(name)]))


def of_levels(waits: Waits, levels: Container[Level]) -> list[Ranked]:
    """The parts of these levels, as one."""
    return [part for level, parts in waits.items() if level in levels for part in parts]


def _place(name: str) -> int:
    """Among the buckets of its time; below 0 for a percentile."""
    return DERIVED[TIME_OF[name]].index(name) - len(_SHARES)


def _gradient(waits: Waits) -> int | None:
    """The median of urgent and emergency alerts less that of the others."""
    graver, others = (
        percentile(of_levels(waits, levels), 0.5) for levels in (PRESSING, set(Level) - PRESSING)
    )
    return None if graver is None or others is None else (graver - others) // _MINUTE


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else length // _MINUTE
