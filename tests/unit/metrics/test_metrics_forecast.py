"""Next month's alerts: what they follow from, that the interval holds, and when it says nothing."""

from random import Random

import pytest

from rsm.metrics.forecast import FALLBACK_MINUTES, Forecast, Week, Work, forecast

NOTED = Work(minutes=600, alerts=50)


def made(weeks: list[Week], active: int = 50, work: Work = NOTED) -> Forecast:
    found = forecast(weeks, active, work)
    assert found is not None
    return found


def test_it_is_patients_times_surveys_times_alerts_worked_out_by_hand() -> None:
    """Eight weeks of 40 patients, each asked once, 10 alerts a week: a quarter of the surveys. So
    60 patients in four weeks are 240 surveys and 60 alerts, at 12 minutes 12 hours."""
    found = made([Week(40, 40, 10)] * 8, active=60)
    assert found.surveys == pytest.approx(240)
    assert found.alerts == pytest.approx(60)
    assert found.hours == pytest.approx(12)
    # chance alone: variance 60 + 60²/80 = 105; square root 7.746 ± 1.645 · √105 / (2 · 7.746)
    assert found.between.low == pytest.approx((7.746 - 1.0881) ** 2, abs=0.05)
    assert found.between.high == pytest.approx((7.746 + 1.0881) ** 2, abs=0.05)


def test_a_second_survey_a_week_is_counted() -> None:
    found = made([Week(80, 40, 10)] * 8, active=40)
    assert found.surveys == pytest.approx(320)
    assert found.alerts == pytest.approx(40)


def test_whoever_is_asked_each_month_is_asked_a_quarter_as_often() -> None:
    """40 patients, 10 of them asked each week: 40 surveys in four weeks, not 160."""
    assert made([Week(10, 40, 3)] * 8, active=40).surveys == pytest.approx(40)
    every_other = [Week(20, 40, 6), Week(0, 40, 0)] * 4  # all in the same weeks
    assert made(every_other, active=40).surveys == pytest.approx(40)


def test_weeks_before_the_first_survey_say_nothing() -> None:
    begun = [Week(0, 40, 0)] * 3 + [Week(40, 40, 10)] * 5
    assert made(begun, active=40).surveys == pytest.approx(160)


def test_weeks_that_differ_more_than_chance_widen_it() -> None:
    steady = made([Week(40, 40, 10)] * 8)
    wild = made([Week(40, 40, 0), Week(40, 40, 20)] * 4)
    assert wild.alerts == steady.alerts
    assert wild.between.high - wild.between.low > 2 * (steady.between.high - steady.between.low)


def test_only_the_last_eight_weeks_count_and_weeks_without_surveys_say_nothing() -> None:
    old = [Week(40, 40, 40)] * 20
    found = made([*old, *[Week(40, 40, 10)] * 7, Week(0, 0, 3)])
    assert found.weeks == 7
    assert found.rate == pytest.approx(0.25)


@pytest.mark.parametrize(
    "weeks",
    [[], [Week(40, 40, 10)] * 3, [Week(40, 40, 1)] * 7, [Week(0, 0, 0)] * 8],
    ids=["no week", "three weeks", "seven alerts", "nothing was due"],
)
def test_too_little_is_no_forecast(weeks: list[Week]) -> None:
    assert forecast(weeks, 50, NOTED) is None


def test_minutes_are_assumed_until_enough_are_noted_and_it_says_so() -> None:
    weeks = [Week(40, 40, 10)] * 8
    few = made(weeks, work=Work(minutes=500, alerts=10))
    assert (few.minutes_each, few.minutes_assumed) == (FALLBACK_MINUTES, True)
    assert (made(weeks).minutes_each, made(weeks).minutes_assumed) == (12, False)


def test_nobody_active_is_no_alert() -> None:
    found = made([Week(40, 40, 10)] * 8, active=0)
    assert (found.alerts, found.between.low, found.between.high) == (0, 0, 0)


def _count(chance: Random, mean: float) -> int:
    """A count by chance: so many arrivals within one unit of time."""
    arrivals, time = 0, chance.expovariate(mean)
    while time < 1:
        arrivals += 1
        time += chance.expovariate(mean)
    return arrivals


@pytest.mark.parametrize("clustered", [False, True], ids=["chance alone", "bad weeks"])
def test_of_many_months_forecast_from_the_past_about_nine_in_ten_came_true(clustered: bool) -> None:
    """A backtest: twelve weeks of a clinic, the last four forecast from the first eight. Where
    weeks differ beyond chance, their means vary by a gamma distribution (3 times the variance)."""
    chance, inside, clinics = Random(7), 0, 600
    for _ in range(clinics):
        mean = chance.uniform(4, 30)
        weekly = [chance.gammavariate(mean / 2, 2) if clustered else mean for _ in range(12)]
        counts = [_count(chance, each) for each in weekly]
        found = forecast([Week(60, 60, each) for each in counts[:8]], 60, NOTED)
        inside += found is not None and sum(counts[8:]) in found.between
    assert 0.84 < inside / clinics < 0.97
