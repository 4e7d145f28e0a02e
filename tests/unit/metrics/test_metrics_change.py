"""The change of a measure: against worked examples that were published."""

import pytest

from rsm.metrics.statistics.change import Paired, effect, paired

# Lakens, Front Psychol 2013;4:863, table 1: ten people rate two films.
ONE = (9, 7, 8, 9, 8, 9, 9, 10, 9, 9)
OTHER = (9, 6, 7, 8, 7, 9, 8, 8, 8, 7)


def test_the_effect_and_its_interval_are_those_of_bonetts_worked_example() -> None:
    """Means 110.4 and 102.1, SDs 15.3 and 14.6, r = .75, 25 pairs (statpsych, ci.stdmean.ps)."""
    found = effect(Paired(25, 102.1, 110.4, 14.6, 15.3, 0.75))
    assert found is not None
    assert found.d == pytest.approx(0.5550319, abs=5e-7)
    assert found.g == pytest.approx(0.5433457, abs=5e-7)
    assert found.standard_error == pytest.approx(0.1609934, abs=5e-7)
    assert found.interval.low == pytest.approx(0.2394905, abs=5e-7)
    assert found.interval.high == pytest.approx(0.8705732, abs=5e-7)


def test_a_fall_has_the_same_size_with_the_other_sign() -> None:
    """The second example: 602.4 and 705.6, SDs 33.17 and 51.08, r = .769, 8 pairs."""
    found = effect(Paired(8, 705.6, 602.4, 51.08, 33.17, 0.769))
    assert found is not None
    assert found.d == pytest.approx(-2.3963, abs=5e-5)
    assert found.g == pytest.approx(-2.2185, abs=5e-5)
    assert found.standard_error == pytest.approx(0.65209, abs=5e-6)
    assert (found.interval.low, found.interval.high) == pytest.approx((-3.6744, -1.1182), abs=5e-5)


def test_ten_people_who_rate_two_films_are_summed_up_as_published() -> None:
    found = paired(OTHER, ONE)
    assert found is not None
    assert (found.n, found.mean_before, found.mean_after) == (10, 7.7, 8.7)
    assert (found.sd_before, found.sd_after) == pytest.approx((0.95, 0.82), abs=5e-3)
    assert found.correlation == pytest.approx(0.726, abs=5e-4)
    assert found.change == pytest.approx(1.0)
    assert found.sd_of_change == pytest.approx(0.667, abs=5e-4)
    size = effect(found)
    assert size is not None
    assert size.d == pytest.approx(1.13, abs=5e-3)  # published with another average: 1.13 as well


def test_of_two_people_nothing_is_said() -> None:
    assert paired((1, 2), (2, 3)) is None
    assert paired((), ()) is None
    assert effect(Paired(2, 1.0, 2.0, 1.0, 1.0, 0.0)) is None


def test_where_nobody_differs_there_is_a_change_and_no_size_of_it() -> None:
    found = paired((2, 2, 2), (3, 3, 3))
    assert found is not None
    assert (found.change, found.sd_of_change) == (1.0, 0.0)
    assert effect(found) is None


def test_where_only_the_baseline_is_the_same_for_all_it_does_not_vary_with_the_other() -> None:
    found = paired((2, 2, 2), (1, 2, 3))
    assert found is not None
    assert found.correlation == 0.0
    size = effect(found)
    assert size is not None
    assert size.d == 0.0
    assert 0.0 in size.interval


def test_before_and_after_are_of_the_same_people() -> None:
    with pytest.raises(ValueError, match="same people"):
        paired((1, 2, 3), (1, 2))
