"""The tests' own folders in memory: each run takes away its own, and never another's."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.conftest import clear_away, folder_of

NOW = 1_800_000_000.0
HOUR = 3600


def folder(root: Path, name: str, age_hours: float, *, server: bool = True) -> Path:
    made = root / f"rsm-test-{name}"
    (made / "server" if server else made).mkdir(parents=True)
    if server:
        (made / "server" / "postgres.users").touch()
    at = NOW - age_hours * HOUR
    os.utime(made, (at, at))
    return made


def test_the_folder_of_a_run_that_has_just_begun_is_left_alone(tmp_path: Path) -> None:
    begun = folder(tmp_path, "begun", 0.1, server=False)
    done = folder(tmp_path, "done", 23)
    clear_away(tmp_path, NOW)
    assert begun.exists()
    assert done.exists()


def test_what_is_a_day_old_and_nobodys_goes(tmp_path: Path) -> None:
    left = folder(tmp_path, "left", 25)
    never_begun = folder(tmp_path, "never", 25, server=False)
    used = folder(tmp_path, "used", 25)
    with (used / "server" / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        clear_away(tmp_path, NOW)
    assert not left.exists()
    assert not never_begun.exists()
    assert used.exists()


def test_every_process_of_a_run_knows_the_runs_folder(
    pytestconfig: pytest.Config, run_folder: Path
) -> None:
    assert folder_of(pytestconfig) == run_folder
    assert run_folder.is_dir()
