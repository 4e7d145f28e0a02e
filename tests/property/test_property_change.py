"""Laws of a change from before to after: whatever the values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.statistics.change import effect, paired

VALUES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=40)


@given(VALUES)
def test_looked_at_from_the_other_end_it_has_the_other_sign(values: list[tuple[int, int]]) -> None:
    before, after = zip(*values, strict=True)
    there, back = paired(before, after), paired(after, before)
    assert there is not None
    assert back is not None
    assert there.change == pytest.approx(-back.change)
    one, other = effect(there), effect(back)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.g == pytest.approx(-other.g)
        assert one.interval.low == pytest.approx(-other.interval.high)


@given(VALUES, st.integers(1, 9), st.integers(-50, 50))
def test_another_scale_has_the_same_effect(
    values: list[tuple[int, int]], times: int, plus: int
) -> None:
    before, after = zip(*values, strict=True)
    plain = paired(before, after)
    other = paired(
        [times * each + plus for each in before], [times * each + plus for each in after]
    )
    assert plain is not None
    assert other is not None
    assert other.change == pytest.approx(times * plain.change, abs=1e-9)
    one, two = effect(plain), effect(other)
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert (two.d, two.standard_error) == pytest.approx((one.d, one.standard_error))


@given(VALUES)
def test_the_interval_holds_d_and_the_adjusted_effect_is_nearer_to_nothing(
    values: list[tuple[int, int]],
) -> None:
    before, after = zip(*values, strict=True)
    pairs = paired(before, after)
    assert pairs is not None
    found = effect(pairs)
    if found is not None:
        assert found.d in found.interval
        assert abs(found.g) <= abs(found.d)
