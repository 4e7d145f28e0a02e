"""Next month's alerts and nurse hours, from the last weeks. Pure.

Patients who are enrolled, times surveys for each of them and week (of whoever is asked each month
a quarter), times alerts for each survey: as in the load arithmetic of the trials (200 patients at
34 % alerting surveys: 62 a week), with the site's own rates. Alerts come in clusters (a bad week,
a new rule), so the interval is that of an overdispersed Poisson count: the spread of the weeks
around the mean rate is measured (Pearson's statistic over its degrees of freedom; Wedderburn,
Biometrika 1974;61:439; McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, chapter 6),
and never taken as less than chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from rsm.metrics.replay_figures import MINUTES_PER_ALERT
from rsm.metrics.statistics.intervals import Interval, deviate

WEEKS: Final = 8  # that the rates are from
FEWEST_WEEKS: Final = 4  # with surveys due
FEWEST_ALERTS: Final = 8  # below, the spread of the weeks cannot be told
AHEAD: Final = 4  # weeks
SURE: Final = 0.9  # nine months in ten
FALLBACK_MINUTES: Final = MINUTES_PER_ALERT  # where too few say how long they took
FEWEST_TIMED: Final = 20  # alerts with their minutes, for a mean of one's own


@dataclass(frozen=True)
class Week:
    """One week that is over: surveys that were due, patients who were enrolled, whether or not they
    were asked in it, alerts opened."""

    surveys: int
    patients: int
    alerts: int


@dataclass(frozen=True)
class Work:
    """Minutes that nurses noted, and on how many alerts."""

    minutes: float
    alerts: int

    @property
    def is_enough(self) -> bool:
        return self.alerts >= FEWEST_TIMED and self.minutes > 0

    @property
    def each(self) -> float:
        """Minutes for one alert: as noted, else what is assumed."""
        return self.minutes / self.alerts if self.is_enough else FALLBACK_MINUTES


@dataclass(frozen=True)
class Forecast:
    """What the next four weeks bring if all goes on as in the last weeks.

    `alerts` and `hours` with what they stay within in nine months of ten.
    """

    patients: int
    surveys: float
    rate: float  # alerts for each survey due
    alerts: float
    between: Interval
    minutes_each: float
    minutes_assumed: bool
    weeks: int  # that it is from

    @property
    def hours(self) -> float:
        return self.alerts * self.minutes_each / 60

    @property
    def hours_between(self) -> Interval:
        each = self.minutes_each / 60
        return Interval(self.between.low * each, self.between.high * each)


def forecast(weeks: Sequence[Week], active: int, work: Work, ahead: int = AHEAD) -> Forecast | None:
    """From the last weeks, the newest last; `active` patients are enrolled now.

    None where too little is known: fewer than four weeks with surveys, or eight alerts in them.
    """
    known = [week for week in _since_asking(weeks[-WEEKS:]) if week.patients > 0]
    asked = [week for week in known if week.surveys > 0]
    alerts = sum(week.alerts for week in known)
    if len(asked) < FEWEST_WEEKS or alerts < FEWEST_ALERTS:
        return None
    surveys, patient_weeks = (
        sum(week.surveys for week in known),
        sum(week.patients for week in known),
    )
    rate = alerts / surveys
    coming = active * ahead * surveys / patient_weeks
    mean = coming * rate
    spread = _dispersion(asked, rate)
    return Forecast(
        patients=active,
        surveys=coming,
        rate=rate,
        alerts=mean,
        between=_between(mean, spread * (mean + mean * mean / alerts)),
        minutes_each=work.each,
        minutes_assumed=not work.is_enough,
        weeks=len(known),
    )


def _since_asking(weeks: Sequence[Week]) -> Sequence[Week]:
    """From the first week with a survey due on: a site that has just begun has none before."""
    first = next((place for place, week in enumerate(weeks) if week.surveys > 0), len(weeks))
    return weeks[first:]


def _dispersion(weeks: Sequence[Week], rate: float) -> float:
    """How much more the weeks vary than counts by chance do; 1 at the least."""
    pearson = sum(
        (week.alerts - rate * week.surveys) ** 2 / (rate * week.surveys) for week in weeks
    )
    return max(1.0, pearson / (len(weeks) - 1))


def _between(mean: float, variance: float) -> Interval:
    """Normal on the scale of square roots, on which counts spread alike and stay above 0.

    `variance` is that of a new count and of the rate itself.
    """
    if mean <= 0:
        return Interval(0.0, 0.0)
    reach = deviate(SURE) * sqrt(variance) / (2 * sqrt(mean))
    low = max(0.0, sqrt(mean) - reach)
    return Interval(low * low, (sqrt(mean) + reach) ** 2)
