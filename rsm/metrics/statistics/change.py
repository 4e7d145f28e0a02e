"""How much a measure changed from a baseline to a follow-up of the same people. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import correlation, mean, stdev

from rsm.metrics.statistics.intervals import CONFIDENCE, Interval, deviate

FEWEST = 3  # pairs: of two people no correlation says anything


@dataclass(frozen=True)
class Paired:
    """What is known of the people who answered twice: means, standard deviations, correlation."""

    n: int
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    correlation: float

    @property
    def change(self) -> float:
        """The mean of the changes; up is positive."""
        return self.mean_after - self.mean_before

    @property
    def sd_of_change(self) -> float:
        """The standard deviation of the changes."""
        return sqrt(max(0.0, self._variance_of_change))

    @property
    def _variance_of_change(self) -> float:
        both = 2 * self.correlation * self.sd_before * self.sd_after
        return self.sd_before**2 + self.sd_after**2 - both


@dataclass(frozen=True)
class Effect:
    """A standardised mean change: `d` in standard deviations, `g` with its bias taken away."""

    d: float
    g: float
    standard_error: float
    interval: Interval


def paired(before: Sequence[float], after: Sequence[float]) -> Paired | None:
    """Of as many people each, in the same order; None for fewer than three.

    Where everybody said the same at one of the times, the two do not vary together: 0.
    """
    if len(before) != len(after):
        raise ValueError("a change is of the same people")
    if len(before) < FEWEST:
        return None
    spread = stdev(before), stdev(after)
    together = correlation(before, after) if all(spread) else 0.0
    return Paired(len(before), mean(before), mean(after), *spread, together)


def effect(pairs: Paired, confidence: float = CONFIDENCE) -> Effect | None:
    """Cohen's d_av, its bias-adjusted g_av, and the interval of d_av for paired samples.

    d_av is the mean change divided by the square root of the average of the two variances. The
    standard error does not assume equal variances, and the interval is the normal one around d_av:
    Bonett, Psychol Methods 2008;13:99, whose adjustment is sqrt((n - 2) / (n - 1)); on the choice
    of d_av see Lakens, Front Psychol 2013;4:863. None where nobody differs from anybody, or for
    fewer than three pairs: then there is nothing to measure a change in.
    """
    one, two = pairs.sd_before**2, pairs.sd_after**2
    average = (one + two) / 2
    if pairs.n < FEWEST or average == 0:
        return None
    d, freedom = pairs.change / sqrt(average), pairs.n - 1
    of_spread = d**2 * (one**2 + two**2 + 2 * pairs.correlation**2 * one * two)
    variance = of_spread / (8 * freedom * average**2) + pairs.sd_of_change**2 / (freedom * average)
    error = sqrt(variance)
    reach = deviate(confidence) * error
    g = d * sqrt((pairs.n - 2) / freedom)
    return Effect(d, g, error, Interval(d - reach, d + reach))
