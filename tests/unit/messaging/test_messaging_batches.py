"""A batch is about what is handed over in half a second: no more is left by a dead worker."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rsm.messaging.batches import WORTH, BatchSize, apart, next_size
from rsm.messaging.model import Due

BOUNDS = (50, 250)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_it_follows_what_the_provider_took() -> None:
    assert next_size(50, 50, timedelta(milliseconds=100), BOUNDS) == 100  # 250 in half a second
    assert next_size(200, 200, timedelta(milliseconds=100), BOUNDS) == 250
    assert next_size(100, 100, timedelta(milliseconds=600), BOUNDS) == 83
    assert next_size(250, 250, timedelta(seconds=20), BOUNDS) == 50


def test_what_was_not_taken_makes_no_batch_larger() -> None:
    assert next_size(50, 0, timedelta(milliseconds=1), BOUNDS) == 50
    assert next_size(250, 3, timedelta(milliseconds=20), BOUNDS) == 75


def test_nothing_is_learned_where_no_time_passes_or_it_runs_backwards() -> None:
    assert next_size(200, 200, timedelta(), BOUNDS) == 50
    assert next_size(200, 200, timedelta(seconds=-1), BOUNDS) == 50


def test_an_old_rate_says_nothing_of_today() -> None:
    size = BatchSize(*BOUNDS)
    assert size.at(NOW) == 50
    later = NOW + timedelta(milliseconds=50)
    size.learn(50, NOW, later)
    assert size.at(later) == size.at(later + timedelta(seconds=10)) == 100
    assert size.at(later + timedelta(seconds=11)) == 50


@given(st.integers(50, 250), st.integers(0, 250), st.timedeltas(timedelta(), timedelta(minutes=2)))
def test_what_is_claimed_is_half_a_seconds_worth_or_the_least(
    size: int, taken: int, took: timedelta
) -> None:
    following = next_size(size, taken, took, BOUNDS)
    assert 50 <= following <= min(250, 2 * size)
    assert following == 50 or following * took <= taken * WORTH


# --- what broke together -------------------------------------------------------------------------


BROKEN = [Due(UUID(int=number), UUID(int=9), None, None) for number in range(5)]


def test_what_broke_together_is_tried_by_halves_in_its_order() -> None:
    assert apart(BROKEN, ValueError()) == [BROKEN[:3], BROKEN[3:]]
    assert apart(BROKEN[:2], ValueError()) == [BROKEN[:1], BROKEN[1:2]]


@pytest.mark.parametrize("waited", [OperationalError("", None, Exception()), PoolTimeout()])
def test_after_a_wait_in_vain_each_is_tried_by_itself(waited: Exception) -> None:
    assert apart(BROKEN, waited) == [[each] for each in BROKEN]
