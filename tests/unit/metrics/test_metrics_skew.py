"""How far a host's clock is from the database's, as far as the asking lets us know."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.decide import skew
from tests.conftest import MONDAY_NINE

SECONDS = st.integers(-3600, 3600)
TAKES = st.integers(0, 60)


def after(seconds: float) -> timedelta:
    """The skew of a host that reads 9:00, asks, and hears a time so much later, within 4 s."""
    told = MONDAY_NINE + timedelta(seconds=seconds)
    return skew(MONDAY_NINE, told, MONDAY_NINE + timedelta(seconds=4))


def test_a_host_that_is_ahead_is_above_zero_and_one_behind_below() -> None:
    assert after(-90) == timedelta(seconds=90)
    assert after(94) == timedelta(seconds=-90)


def test_what_the_asking_may_have_taken_is_no_skew() -> None:
    assert {after(seconds) for seconds in (0, 2, 4)} == {timedelta()}


@given(off=SECONDS, way_there=TAKES, way_back=TAKES)
def test_it_never_says_more_than_there_is_and_lacks_at_most_the_asking(
    off: int, way_there: int, way_back: int
) -> None:
    told = MONDAY_NINE + timedelta(seconds=way_there)
    ahead = timedelta(seconds=off)
    heard = told + timedelta(seconds=way_back)
    found = skew(MONDAY_NINE + ahead, told, heard + ahead)
    assert abs(found) <= abs(ahead)
    assert abs(ahead) - abs(found) <= timedelta(seconds=way_there + way_back)
    assert found == timedelta() or (found > timedelta()) is (off > 0)
