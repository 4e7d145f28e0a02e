"""How many are still there: the Kaplan-Meier estimate, for retention and for times that are open.

Who is still there at the end of observation, or has left for a reason that says nothing of interest
(died, moved away), is censored: she counts for as long as she was seen.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from rsm.metrics.statistics.intervals import CONFIDENCE, Interval, deviate


@dataclass(frozen=True)
class Seen:
    """One person: for how long she was seen (any unit, 0 or more), and whether the end came."""

    time: float
    ended: bool


@dataclass(frozen=True)
class Step:
    """From `time` on, `share` are still there. `at_risk` were seen until just before it."""

    time: float
    at_risk: int
    ended: int
    share: float
    interval: Interval


def kaplan_meier(people: Iterable[Seen], confidence: float = CONFIDENCE) -> tuple[Step, ...]:
    """A step at each time at which somebody's end came, the earliest first; none of nobody.

    Kaplan and Meier, JASA 1958;53:457; variance by Greenwood; interval on the log-log scale
    (Kalbfleisch and Prentice), which stays between 0 and 1. Ends come before who is censored at the
    same time.
    """
    known = list(people)
    if any(one.time < 0 for one in known):
        raise ValueError("a time before the beginning")
    ends = Counter(one.time for one in known if one.ended)
    left = Counter(one.time for one in known)
    at_risk, share, spread, z = len(known), 1.0, 0.0, deviate(confidence)
    steps = []
    for time in sorted(left):
        if ended := ends[time]:
            share *= 1 - ended / at_risk
            spread += ended / (at_risk * (at_risk - ended)) if at_risk > ended else 0.0
            steps.append(Step(time, at_risk, ended, share, _around(share, spread, z)))
        at_risk -= left[time]
    return tuple(steps)


def share_before(steps: Sequence[Step], time: float) -> float:
    """How many are there until just before that time: who ends at it still counts."""
    return min((step.share for step in steps if step.time < time), default=1.0)


def median(steps: Sequence[Step]) -> float | None:
    """The time at which half or less are left; None where more than half stay throughout."""
    return next((step.time for step in steps if step.share <= 0.5), None)


def _around(share: float, spread: float, z: float) -> Interval:
    """The curve is at 0 once nobody is left: there its spread cannot be told, nor doubted."""
    if share <= 0.0:
        return Interval(0.0, 0.0)
    width = z * sqrt(spread) / abs(log(share))
    return Interval(share ** exp(width), share ** exp(-width))
