"""Property tests see the same examples in each run, whatever else ran before in their process."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[int]:
    """The numbers that a property is tried with."""
    numbers: list[int] = []

    @settings(max_examples=400)  # of which some would be constants
    @given(st.integers())
    def is_tried(number: int) -> None:
        numbers.append(number)

    is_tried()
    return numbers


def test_examples_are_the_same_whichever_modules_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a module of ours that comes later not even its constants are drawn."""
    before = drawn()
    later = ModuleType("later")
    path = tmp_path / "later.py"
    path.write_text(f"LATER = {list(range(123_000, 123_100))}\n")
    later.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "later", later)
    assert drawn() == before
