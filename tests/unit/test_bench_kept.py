"""Runs of the benchmark beside one another: what changed is said, noise is not."""

from pathlib import Path

import pytest

from tests.bench import kept
from tests.bench.figures import Figure

BEFORE = {"commit": "aaa", "at": "2026-11-20T10:00:00+00:00"}


def figure(values: tuple[float, ...], floor: tuple[float, ...] = ()) -> Figure:
    return Figure("submit", "/s", values, floor, "floor: bare" if floor else "")


def said(folder: Path, before: Figure, now: Figure) -> list[str]:
    kept.save(folder / "aaa.json", BEFORE, [before])
    return kept.changes(folder / "bbb.json", [now]).splitlines()[1:]


def test_a_change_beyond_both_spreads_is_said_with_both_figures(tmp_path: Path) -> None:
    told = said(tmp_path, figure((100, 101, 102)), figure((70, 71, 72)))
    assert told == ["submit: -30% (101 → 71 /s)"]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (figure((100, 101, 102)), figure((93, 94, 95))),  # less than a tenth
        (figure((80, 100, 120)), figure((70, 80, 90))),  # within the spreads
        (figure((100,)), figure((120,))),  # taken but once
        (figure((100, 100), (400, 400)), figure((50, 50), (200, 200))),  # a slower hour
    ],
)
def test_noise_is_not_said(tmp_path: Path, before: Figure, now: Figure) -> None:
    assert said(tmp_path, before, now) == ["nothing"]


def test_against_its_floor_a_change_shows_although_the_machine_was_faster(tmp_path: Path) -> None:
    told = said(tmp_path, figure((100, 100), (400, 400)), figure((100, 100), (800, 800)))
    assert told == ["submit: -50%, as a multiple of its floor (100 → 100 /s)"]


def test_the_newest_run_of_another_commit_counts_and_none_of_its_own(tmp_path: Path) -> None:
    kept.save(tmp_path / "old.json", BEFORE | {"at": "2026-11-01T10:00:00+00:00"}, [figure((9,))])
    kept.save(tmp_path / "bbb.json", BEFORE | {"at": "2026-11-30T10:00:00+00:00"}, [figure((9,))])
    assert said(tmp_path, figure((100, 100)), figure((100, 100))) == ["nothing"]


def test_without_another_run_nothing_is_compared(tmp_path: Path) -> None:
    assert kept.changes(tmp_path / "bbb.json", [figure((1,))]) == ""


def test_another_part_of_the_same_commit_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "aaa.json"
    rules = Figure("rules", "/s", (5,))
    kept.save(path, BEFORE, [rules, figure((1,))])
    kept.save(path, BEFORE, [figure((50,))])
    told = kept.changes(tmp_path / "bbb.json", [Figure("rules", "/s", (50,)), figure((1,))])
    assert told.splitlines()[1:] == ["rules: +900% (5 → 50 /s)", "submit: -98% (50 → 1 /s)"]
