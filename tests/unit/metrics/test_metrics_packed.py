"""Minutes as bytes, and back."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.decide import Ranked
from rsm.metrics.packed import Pack, joined, pack

MINUTES = st.lists(st.integers(0, 2**31 - 1), max_size=20)


@given(MINUTES, MINUTES, st.integers(0, 5), st.integers(0, 2**31 - 1))
def test_what_was_packed_is_put_in_order_and_what_is_not_over_is_counted_besides(
    some: list[int], others: list[int], waiting: int, bound: int
) -> None:
    whole = joined([Pack(pack(some), len(some) + waiting), Pack(pack(others), len(others))])
    took: Counter[int | None] = Counter(some + others)
    if waiting:
        took[None] = waiting
    assert whole.ranked() == Ranked.of(took)
    assert whole.total == whole.ranked().total
    assert whole.up_to(bound) == whole.ranked().up_to(bound)


def test_a_ranking_that_is_kept_is_of_these_minutes_and_no_others() -> None:
    """Long ones are kept: with one alert closed meanwhile, or one that is gone, it is another."""
    minutes = list(range(10_000))
    for changed in (minutes, minutes, [*minutes, 3], minutes[1:], minutes):
        one = Pack(pack(changed), len(changed))
        assert one.ranked() == Ranked.of(Counter(changed))


def test_bytes_are_the_same_on_every_machine_and_in_every_order() -> None:
    assert pack([258, 1]) == pack([1, 258]) == b"\x01\x00\x00\x00\x02\x01\x00\x00"
