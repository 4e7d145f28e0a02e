"""Runs that are kept, a file for each commit, and what changed since the last of another commit.

A figure with a floor is compared by its multiple of the floor, so that a slower hour of the machine
is no change. Noise is the spread of both runs together, and a tenth at least; of a figure that was
taken but once, a quarter.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

from tests.bench.figures import Figure

_LEAST = 0.10
_ONCE = 0.25
Run = Mapping[str, object]


def save(path: Path, about: Mapping[str, object], figures: Sequence[Figure]) -> None:
    """Keep the run; what an earlier one of this commit measured besides stays beside it.

    The file is whole or as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = [
        asdict(figure)
        | {"median": figure.median, "floor_median": figure.floor_median, "ratio": figure.ratio}
        for figure in figures
    ]
    names = {_key(each) for each in new}
    old = [each for each in _figures(_read(path)) if _key(each) not in names]
    whole = {**about, "figures": [*old, *new]}
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(json.dumps(whole, indent=1, default=str) + "\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def changes(path: Path, figures: Sequence[Figure]) -> str:
    """What differs by more than the noise from the last run of another commit; empty without."""
    other = _last(path)
    if other is None:
        return ""
    before = {_key(each): _figure(each) for each in _figures(other)}
    told = [
        line
        for figure in figures
        if (was := before.get(_key(asdict(figure)))) and (line := _change(was, figure))
    ]
    head = f"CHANGED since {other['commit']} ({str(other['at'])[:16]}), beyond the noise:"
    return "\n".join((head, *(told or ["nothing"])))


def _change(was: Figure, now: Figure) -> str:
    """One line; empty when it may be noise."""
    before, after = was.ratio or was.median, now.ratio or now.median
    if not before or not after:
        return "" if before == after else f"{now.name}: {before:.3g} → {after:.3g} {now.unit}"
    change = after / before - 1
    if abs(change) <= _noise(was) + _noise(now):
        return ""
    by_floor = ", as a multiple of its floor" if was.ratio and now.ratio else ""
    return f"{now.name}: {change:+.0%}{by_floor} ({was.median:.3g} → {now.median:.3g} {now.unit})"


def _noise(figure: Figure) -> float:
    if len(figure.values) == 1:
        return _ONCE / 2
    floor = Figure("", "", figure.floor).spread if figure.floor else 0.0
    return max(_LEAST / 2, figure.spread + floor)


def _last(path: Path) -> Run | None:
    """The newest that is kept of any other commit."""
    others = [_read(each) for each in path.parent.glob("*.json") if each != path]
    return max((each for each in others if each), key=lambda run: str(run["at"]), default=None)


def _read(path: Path) -> Run:
    return cast("Run", json.loads(path.read_text())) if path.exists() else {}


def _figures(run: Run) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", run.get("figures", []))


def _figure(kept: Mapping[str, object]) -> Figure:
    values = cast("list[float]", kept["values"])
    floor = cast("list[float]", kept["floor"])
    return Figure(str(kept["name"]), str(kept["unit"]), tuple(values), tuple(floor))


def _key(figure: Mapping[str, object]) -> tuple[str, str]:
    """What it is, and beside which floor: one rate may stand beside several."""
    note = str(figure["note"])
    return str(figure["name"]), note if note.startswith("floor: ") else ""
