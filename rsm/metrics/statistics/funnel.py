"""Is a site different, or only small? Limits of a funnel plot around a target. Pure."""

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Final

from rsm.metrics.statistics.intervals import Interval

WARNING: Final = 0.95  # about two standard deviations: one in twenty is outside by chance
CONTROL: Final = 0.998  # about three: one in five hundred


@dataclass(frozen=True)
class Limits:
    """Between which shares a site of that size is expected, if it is like the others."""

    warning: Interval
    control: Interval


def limits(target: float, whole: int) -> Limits:
    """Exact binomial limits with interpolation (Spiegelhalter, Stat Med 2005;24:1185, appendix A),
    centred by half a step, so that a site has the same chance to be outside on either side.

    `target` is the share around which the funnel stands, between 0 and 1; `whole` the denominator.
    A denominator of 0 is expected anywhere. Raises ValueError for a target that is no share.
    """
    if not 0 <= target <= 1:
        raise ValueError(f"{target} is no share")
    return Limits(_between(target, whole, WARNING), _between(target, whole, CONTROL))


def _between(target: float, whole: int, confidence: float) -> Interval:
    if whole <= 0:
        return Interval(0.0, 1.0)
    tail = (1 - confidence) / 2
    return Interval(_quantile(target, whole, tail), _quantile(target, whole, 1 - tail))


def _quantile(target: float, whole: int, share: float) -> float:
    """Where the distribution of the share of `whole` reaches `share`, between two counts.

    It is the least count r with P(R <= r) >= share, less that part of its step which is too much.
    """
    if target in (0.0, 1.0):
        return target
    reached = 0.0
    for count in range(whole + 1):
        here = exp(_log_chance(target, whole, count))
        reached += here
        if reached >= share:
            back = (reached - share) / here
            return max(0.0, min(1.0, (count - back + 0.5) / whole))
    return 1.0


def _log_chance(target: float, whole: int, count: int) -> float:
    ways = lgamma(whole + 1) - lgamma(count + 1) - lgamma(whole - count + 1)
    return ways + count * log(target) + (whole - count) * log(1 - target)
