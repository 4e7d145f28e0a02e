"""Intervals, survival, control charts and funnels: published tables, or worked out by hand."""

from collections.abc import Sequence
from itertools import pairwise
from math import comb, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.statistics.control import Chart, Count, Signal, p_chart
from rsm.metrics.statistics.funnel import limits
from rsm.metrics.statistics.intervals import difference, wilson
from rsm.metrics.statistics.survival import Seen, kaplan_meier, median, share_before

# --- shares --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # Newcombe, Statistics in Medicine 1998;17:857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_as_published(part: int, whole: int, low: float, high: float) -> None:
    found = wilson(part, whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilsons_interval_of_nothing_is_everything_and_of_all_ends_at_one() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert wilson(7, 7).high == 1.0
    assert 1.0 in wilson(7, 7)


@pytest.mark.parametrize(("part", "whole"), [(-1, 4), (5, 4), (0, -1)])
def test_what_is_no_part_has_no_share(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no part"):
        wilson(part, whole)


@given(st.integers(1, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_wilsons_interval_holds_its_share_and_mirrors(counts: tuple[int, int]) -> None:
    part, whole = counts
    found, mirrored = wilson(part, whole), wilson(whole - part, whole)
    assert 0.0 <= found.low <= part / whole <= found.high <= 1.0
    assert found.low == pytest.approx(1 - mirrored.high)


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [  # Newcombe, Statistics in Medicine 1998;17:873-890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_as_published(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    found = difference(after, before)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_beside_nothing_every_difference_is_possible() -> None:
    found = difference((3, 4), (0, 0))
    assert (found.low, found.high) == (-1.0, 1.0)


# --- survival ------------------------------------------------------------------------------------

# Remission in weeks under 6-mercaptopurine (Freireich et al., Blood 1963;21:699), the example of
# most books on survival; the estimates are in Cox and Oakes, Analysis of Survival Data, 1984.
_ENDED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
_CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
REMISSION = [Seen(time, ended=True) for time in _ENDED] + [
    Seen(time, ended=False) for time in _CENSORED
]


def test_remission_is_as_published() -> None:
    steps = kaplan_meier(REMISSION)
    assert [(step.time, step.at_risk, round(step.share, 3)) for step in steps] == [
        (6, 21, 0.857),
        (7, 17, 0.807),
        (10, 15, 0.753),
        (13, 12, 0.690),
        (16, 11, 0.627),
        (22, 7, 0.538),
        (23, 6, 0.448),
    ]
    assert median(steps) == 23
    assert share_before(steps, 5.9) == 1.0
    assert round(share_before(steps, 12), 3) == 0.753


def test_the_interval_of_remission_is_on_the_log_log_scale() -> None:
    """At 6 weeks the variance by Greenwood is 3 / (21 · 18), so the error of log(-log 0.857) is
    0.0891 / 0.1542 = 0.578; 0.857 to the power of exp(± 1.96 · 0.578) is 0.620 and 0.952."""
    first = kaplan_meier(REMISSION)[0].interval
    assert (round(first.low, 3), round(first.high, 3)) == (0.620, 0.952)


def test_of_nobody_nothing_is_known_and_all_who_stay_have_no_median() -> None:
    assert kaplan_meier([]) == ()
    steps = kaplan_meier([Seen(4, ended=False), Seen(9, ended=False)])
    assert steps == ()
    assert median(steps) is None
    assert share_before(steps, 100) == 1.0


def test_when_the_last_one_ends_nobody_is_left() -> None:
    last = kaplan_meier([Seen(1, ended=True), Seen(2, ended=True)])[-1]
    assert (last.share, last.interval.low, last.interval.high) == (0.0, 0.0, 0.0)


@given(st.lists(st.builds(Seen, st.integers(0, 30), st.booleans()), max_size=40))
def test_without_censoring_it_is_a_plain_share_and_it_never_rises(people: list[Seen]) -> None:
    shares = [step.share for step in kaplan_meier(people)]
    assert all(0 <= later < earlier <= 1 for earlier, later in pairwise([1.0, *shares]))
    whole = [Seen(one.time, ended=True) for one in people]
    for step in kaplan_meier(whole):
        left = sum(one.time > step.time for one in whole)
        assert step.share == pytest.approx(left / len(whole))


def test_a_time_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="before"):
        kaplan_meier([Seen(-1, ended=True)])


# --- control charts ------------------------------------------------------------------------------

# Cans of orange juice concentrate that leak, of 50 each (Montgomery, Introduction to Statistical
# Quality Control, example of the p-chart, the first thirty samples).
_LEAKING = (12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22)
_LEAKING_LATER = (8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6)


def of_fifty(*parts: int) -> list[Count]:
    return [Count(part, 50) for part in parts]


def where(chart: Chart, signal: Signal) -> list[int]:
    return [place for place, point in enumerate(chart.points) if signal in point.signals]


def test_the_cans_are_as_published() -> None:
    chart = p_chart(of_fifty(*_LEAKING, *_LEAKING_LATER))
    assert chart.centre is not None
    assert round(chart.centre, 4) == 0.2313
    assert round(chart.points[0].low, 4) == 0.0524
    assert round(chart.points[0].high, 4) == 0.4102
    assert where(chart, Signal.OUTSIDE) == [14, 22]  # samples 15 and 23


def test_each_point_has_the_limits_of_its_own_denominator() -> None:
    chart = p_chart([Count(50, 100), Count(5, 10)])
    large, small = chart.points
    assert (round(large.low, 3), round(large.high, 3)) == (0.35, 0.65)  # 0.5 ± 3 · 0.05
    assert (round(small.low, 3), round(small.high, 3)) == (0.026, 0.974)  # 0.5 ± 3 · 0.158


_STEADY = (25, 24, 26, 25, 24, 26, 25, 24, 26, 25, 24, 26)


def against_baseline(*parts: int) -> Chart:
    """After twelve points around one half."""
    return p_chart(of_fifty(*_STEADY, *parts), baseline=len(_STEADY))


@pytest.mark.parametrize(
    ("signal", "parts", "named"),
    [
        (Signal.OUTSIDE, (36,), (0,)),  # 0.72; the limit is 0.5 + 3 · 0.0707 = 0.712
        (Signal.OUTSIDE, (35,), ()),
        (Signal.RUN, (27,) * 8, tuple(range(8))),
        (Signal.RUN, (27,) * 7, ()),
        (Signal.RUN, (27, 27, 27, 27, 25, 27, 27, 27), ()),  # one on the centre breaks it
        (Signal.TREND, (22, 23, 24, 25, 26, 27), tuple(range(6))),
        (Signal.TREND, (27, 26, 25, 24, 23), ()),
        (Signal.NEAR, (33, 25, 33), (0, 2)),  # 0.66 is beyond 0.5 + 2 · 0.0707 = 0.641
        (Signal.NEAR, (33, 25, 17), ()),  # not on one side
        (Signal.NEAR, (33, 25, 25, 33), ()),
    ],
)
def test_each_rule_names_its_points(
    signal: Signal, parts: Sequence[int], named: tuple[int, ...]
) -> None:
    chart = against_baseline(23, *parts)  # 23: what comes before is on neither trend nor run
    first = len(_STEADY) + 1
    found = [place - first for place in where(chart, signal) if place >= first]
    assert tuple(found) == named


def test_fifteen_close_to_the_centre_are_too_good_to_be_true() -> None:
    assert where(p_chart(of_fifty(*(24, 26) * 7)), Signal.HUGGING) == []
    assert where(p_chart(of_fifty(*(24, 26) * 7, 24)), Signal.HUGGING) == list(range(15))


def test_a_week_without_surveys_is_stepped_over() -> None:
    weeks = [*of_fifty(25, 27, 27, 27, 27), Count(0, 0), *of_fifty(27, 27, 27, 27)]
    chart = p_chart([*of_fifty(*_STEADY), *weeks], baseline=len(_STEADY))
    gap = chart.points[len(_STEADY) + 5]
    assert (gap.share, gap.signals) == (None, frozenset())
    assert len(where(chart, Signal.RUN)) == 8


def test_where_nothing_was_due_there_is_no_centre() -> None:
    chart = p_chart([Count(0, 0), Count(0, 0)])
    assert chart.centre is None
    assert [point.share for point in chart.points] == [None, None]


def test_whoever_was_always_at_all_signals_the_first_miss() -> None:
    chart = p_chart(of_fifty(50, 50, 50, 49), baseline=3)
    assert where(chart, Signal.OUTSIDE) == [3]


# --- funnels -------------------------------------------------------------------------------------


def test_the_funnel_of_ten_by_hand() -> None:
    """P(R ≤ 1) = 11/1024 and P(R ≤ 2) = 56/1024; 0.025 is reached (56 - 25.6)/45 = 0.6756 of a step
    before 2, so at (2 - 0.6756 + 0.5) / 10."""
    assert comb(10, 2) == 45
    found = limits(0.5, 10).warning
    assert (round(found.low, 4), round(found.high, 4)) == (0.1824, 0.8176)


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_a_funnel_is_nested_and_the_same_from_either_side(whole: int, target: float) -> None:
    found, mirrored = limits(target, whole), limits(1 - target, whole)
    assert found.control.low <= found.warning.low <= found.warning.high <= found.control.high
    assert found.warning.low == pytest.approx(1 - mirrored.warning.high, abs=1e-9)
    assert found.control.high == pytest.approx(1 - mirrored.control.low, abs=1e-9)


@given(st.integers(20, 300), st.floats(0.1, 0.9))
def test_whoever_is_like_the_others_is_outside_as_often_as_said(whole: int, target: float) -> None:
    around = limits(target, whole).warning
    outside = sum(
        comb(whole, count) * target**count * (1 - target) ** (whole - count)
        for count in range(whole + 1)
        if count / whole not in around
    )
    largest_step = 0.06  # of a binomial of that size at a limit, one on each side
    assert outside < 0.05 + largest_step


def test_of_nothing_every_share_is_expected() -> None:
    found = limits(0.5, 0)
    assert (found.warning.low, found.control.high) == (0.0, 1.0)
    assert limits(1.0, 8).control.low == 1.0
    with pytest.raises(ValueError, match="no share"):
        limits(inf, 8)
