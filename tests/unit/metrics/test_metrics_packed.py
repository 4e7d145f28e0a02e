"""Minutes as bytes, and back."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.packed import Pack, joined, pack

MINUTES = st.lists(st.integers(0, 2**31 - 1), max_size=20)


@given(MINUTES, MINUTES, st.integers(0, 5))
def test_what_was_packed_is_counted_and_what_is_not_over_is_none(
    some: list[int], others: list[int], waiting: int
) -> None:
    packs = [Pack(pack(some), len(some) + waiting), Pack(pack(others), len(others))]
    counted = joined(packs).counted()
    assert sorted(minutes for minutes in counted.elements() if minutes is not None) == sorted(
        some + others
    )
    assert counted[None] == waiting


def test_bytes_are_the_same_on_every_machine_and_in_every_order() -> None:
    assert pack([258, 1]) == pack([1, 258]) == b"\x01\x00\x00\x00\x02\x01\x00\x00"
