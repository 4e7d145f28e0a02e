"""How sure a share is, and how sure the difference of two shares. Pure."""

from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(part: int, whole: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval of a share, without continuity correction (JASA 1927;22:209).

    Honest for small numbers and at 0 and 1, unlike the interval of the textbooks (Newcombe, Stat
    Med 1998;17:857). Of nothing at all it is everything: 0 to 1. Raises ValueError where `part` is
    no part of `whole`.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} is no part of {whole}")
    if whole == 0:
        return Interval(0.0, 1.0)
    z, share = deviate(confidence), part / whole
    middle = share + z * z / (2 * whole)
    spread = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    low = 0.0 if part == 0 else (middle - spread) / scale
    high = 1.0 if part == whole else (middle + spread) / scale
    return Interval(low, high)


def difference(
    after: tuple[int, int], before: tuple[int, int], confidence: float = CONFIDENCE
) -> Interval:
    """The interval of share `after` minus share `before`, each (part, whole), of different people.

    Newcombe's hybrid of two Wilson intervals (Stat Med 1998;17:873, method 10).
    """
    one, other = wilson(*after, confidence), wilson(*before, confidence)
    if after[1] == 0 or before[1] == 0:
        return Interval(-1.0, 1.0)
    now, then = after[0] / after[1], before[0] / before[1]
    gap = now - then
    return Interval(
        gap - hypot(now - one.low, other.high - then),
        gap + hypot(one.high - now, then - other.low),
    )


@cache
def deviate(confidence: float) -> float:
    """How many standard deviations either side hold that share of a normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
