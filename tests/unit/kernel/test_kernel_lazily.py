"""What is read once somebody asks for it."""

import pytest

from rsm.kernel.lazily import LazyMapping, LazySequence


def test_a_mapping_is_read_at_the_first_look_and_once() -> None:
    read: list[str] = []

    def grades() -> dict[str, int]:
        read.append("grades")
        return {"pain": 3, "nausea": 0}

    known = LazyMapping(grades)
    assert read == []
    assert (known["pain"], known.get("fatigue"), list(known), len(known)) == (
        *(3, None),
        *(["pain", "nausea"], 2),
    )
    assert known == {"pain": 3, "nausea": 0}
    assert read == ["grades"]


def test_a_sequence_is_read_at_the_first_look_and_once() -> None:
    read: list[str] = []

    def weeks() -> list[int]:
        read.append("weeks")
        return [1, 2, 3]

    known = LazySequence(weeks)
    assert read == []
    assert (known[0], known[1:], list(known), len(known)) == (1, [2, 3], [1, 2, 3], 3)
    assert read == ["weeks"]


def test_what_could_not_be_read_is_not_tried_again() -> None:
    tried: list[str] = []

    def weeks() -> list[int]:
        tried.append("weeks")
        raise LookupError("nothing there")

    known = LazySequence(weeks)
    for _ in range(2):
        with pytest.raises(LookupError, match="nothing there"):
            list(known)
    assert tried == ["weeks"]
