"""A worker plays the months that a page asked for, in a process of its own, and keeps them."""

import argparse
import errno
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from rsm.cli import simulate
from rsm.db.work import Database
from rsm.flow import foreseeing
from rsm.improvement import foresight
from rsm.improvement.foresight_model import (
    LEASE,
    LONGEST,
    ForesightState,
    ForesightView,
    Programme,
    Wish,
)
from rsm.kernel.clock import VirtualClock
from rsm.metrics.simulated import Result
from rsm.worker.foreseeing import Foreseeing, start
from tests.clinic import Clinic, build_clinic
from tests.simulated_samples import busy, result_of


@dataclass
class Played:
    """Stands for `rsm simulate`: a small program of our own, and what it was asked to play."""

    program: str
    arguments: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def start(self, arguments: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
        self.arguments, self.folders = list(arguments), [*self.folders, folder]
        command = [sys.executable, "-c", self.program, str(folder)]
        with (folder / "said").open("wb") as said:
            return subprocess.Popen(command, stderr=said)


ANSWER = result_of(("1", busy())).model_dump_json()
ANSWERS = f"""
import pathlib, sys
result = pathlib.Path(sys.argv[1]) / "result"
result.mkdir()
(result / "result.json").write_text({ANSWER!r})
"""
BROKEN = ANSWERS + "sys.exit(1)"  # a promise broke: the result tells of it
OTHER = result_of(("2", busy())).model_dump_json()
OTHERS = ANSWERS.replace(repr(ANSWER), repr(OTHER))
REFUSES = "import sys; sys.stderr.write('reading\\nno space left\\n'); sys.exit(2)"
GOES_ON = "import time; time.sleep(600)"
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def ask(clinic: Clinic, *, own: bool = False, patients: int = 20) -> UUID:
    with clinic.begin() as tx:
        pack = foreseeing.packs(tx, clinic.site)["own"] if own else None
        roster = foreseeing.roster(tx, clinic.site) if own else None
        wish = Wish(Programme.DEMO, patients, 1, 7.5, pack, roster)
        return foresight.ask(tx, clinic.site, wish, clinic.charge)


def answer(clinic: Clinic, asked: UUID) -> ForesightView:
    with clinic.begin() as tx:
        return foresight.get(tx, clinic.site, asked)


def process_of(one: Foreseeing) -> "subprocess.Popen[bytes]":
    assert one._played is not None
    return one._played.process


def until_it_ends(one: Foreseeing) -> None:
    one.look()
    process_of(one).wait(60)
    one.look()


@pytest.mark.parametrize("program", [ANSWERS, BROKEN], ids=["kept", "a-promise-broke"])
def test_the_answer_is_kept_and_nothing_is_left_lying(
    clinic: Clinic, worker_db: Database, program: str
) -> None:
    played, asked = Played(program), ask(clinic)
    until_it_ends(Foreseeing(worker_db, played.start))
    one = answer(clinic, asked)
    assert one.state is ForesightState.DONE
    assert one.result == ANSWER
    assert [folder.exists() for folder in played.folders] == [False]


def test_the_command_is_given_what_was_asked(clinic: Clinic, worker_db: Database) -> None:
    played = Played(GOES_ON)
    ask(clinic, own=True)
    one = Foreseeing(worker_db, played.start)
    one.look()
    wanted = simulate._wanted(_grammar(played.arguments))
    one.close()
    assert wanted.order.patients == 20
    assert wanted.order.weeks == 1
    assert wanted.order.programme.key == "demo"
    assert wanted.order.pack is not None
    assert wanted.order.roster is not None
    assert wanted.minutes_per_alert == 7.5
    assert not wanted.searches  # a manager waits for figures
    assert wanted.order.seed == clinic.site.hex  # so that two answers have the same people


def _grammar(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    simulate.add_to(parser.add_subparsers())
    return parser.parse_args(["simulate", *arguments])


def test_why_it_could_not_be_played_is_said(clinic: Clinic, worker_db: Database) -> None:
    asked = ask(clinic)
    until_it_ends(Foreseeing(worker_db, Played(REFUSES).start))
    one = answer(clinic, asked)
    assert (one.state, one.problem) == (ForesightState.FAILED, "no space left")


def test_a_worker_that_stops_ends_it_and_the_next_one_begins_anew(
    clinic: Clinic, worker_db: Database
) -> None:
    asked, played = ask(clinic), Played(GOES_ON)
    one = Foreseeing(worker_db, played.start)
    one.look()
    process = process_of(one)
    one.close()
    assert process.returncode == -signal.SIGTERM
    assert answer(clinic, asked).state is ForesightState.QUEUED
    until_it_ends(Foreseeing(worker_db, Played(ANSWERS).start))
    assert answer(clinic, asked).state is ForesightState.DONE


def test_it_does_not_go_on_for_ever(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    asked = ask(clinic)
    one = Foreseeing(worker_db, Played(GOES_ON).start)
    one.look()
    clock.advance(timedelta(minutes=1))
    one.look()
    assert answer(clinic, asked).state is ForesightState.RUNNING
    clock.advance(LONGEST)
    one.look()
    assert answer(clinic, asked).state is ForesightState.FAILED
    assert one._played is None


@pytest.mark.parametrize("program", [ANSWERS, REFUSES, GOES_ON], ids=["over", "failed", "plays"])
def test_a_worker_that_slept_over_its_lease_leaves_it_to_the_one_that_has_it(
    clinic: Clinic, worker_db: Database, clock: VirtualClock, program: str
) -> None:
    asked, late = ask(clinic), Foreseeing(worker_db, Played(program).start)
    late.look()
    frozen = process_of(late)
    if program != GOES_ON:
        frozen.wait(60)
    clock.advance(LEASE)
    newer = Foreseeing(worker_db, Played(OTHERS).start)
    newer.look()
    late.look()
    assert late._played is None
    assert frozen.poll() is not None
    late.close()
    assert answer(clinic, asked).state is ForesightState.RUNNING
    process_of(newer).wait(60)
    newer.look()
    one = answer(clinic, asked)
    assert (one.state, one.result) == (ForesightState.DONE, OTHER)


def test_its_process_knows_nothing_of_this_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSM_SECRET_KEYS", "not a key")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")  # libpq would obey it
    monkeypatch.setenv("CLOUD_ACCESS_KEY", "not a key either")
    process = start(["--weeks", "no number"], tmp_path)
    environment = Path(f"/proc/{process.pid}/environ")
    known = environment.read_bytes() if environment.exists() else b""
    assert [name for name in (b"RSM_", b"PGOPTIONS", b"CLOUD_ACCESS") if name in known] == []
    assert process.wait(60) == 2
    assert process.stdin is not None
    process.stdin.close()
    assert "no number" in (tmp_path / "said").read_text()
    assert os.environ["RSM_SECRET_KEYS"] == "not a key"


def test_it_ends_and_clears_up_when_its_worker_was_killed(tmp_path: Path) -> None:
    """The kernel closes a killed worker's end of the pipe, as this does."""
    folder = tmp_path / "played"
    folder.mkdir()
    long = ["demo", "--patients", "500", "--weeks", "12", "--out", str(folder / "result")]
    process = start(long, folder)
    assert process.stdin is not None
    process.stdin.close()
    process.wait(60)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing keeps the limit")
def test_where_memory_runs_out_it_is_the_first_to_go_and_it_takes_no_more_than_its_share() -> None:
    program = """
import pathlib, resource
from rsm.worker import foreseen
foreseen.give_way()
adjusted = pathlib.Path("/proc/self/oom_score_adj")
print(adjusted.read_text().strip() if adjusted.exists() else "1000")
try:
    print(len(bytearray(2 * foreseen.MOST_MEMORY)))
except MemoryError:
    print("refused")
"""
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1000", "refused"]


def test_a_process_that_was_killed_is_said_to_have_been(
    clinic: Clinic, worker_db: Database
) -> None:
    asked = ask(clinic)
    until_it_ends(Foreseeing(worker_db, Played(KILLED).start))
    one = answer(clinic, asked)
    assert one.state is ForesightState.FAILED
    assert "for want of memory: ask for less" in (one.problem or "")


def test_what_cannot_be_begun_leaves_no_folder(
    clinic: Clinic, worker_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ask(clinic)

    def full(arguments: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
        raise OSError(errno.ENOSPC, "no space left on device")

    one = Foreseeing(worker_db, full)
    with pytest.raises(OSError, match="no space"):
        one.look()
    assert list(tmp_path.iterdir()) == []
    assert one._played is None


def test_whatever_bytes_it_says_at_its_end_are_kept_as_words(
    clinic: Clinic, worker_db: Database
) -> None:
    """The database holds no zero byte: the round would fail for ever."""
    asked = ask(clinic)
    program = "import sys; sys.stderr.buffer.write(b'torn \\x00\\xff here\\n'); sys.exit(2)"
    until_it_ends(Foreseeing(worker_db, Played(program).start))
    one = answer(clinic, asked)
    assert (one.state, one.problem) == (ForesightState.FAILED, "torn \ufffd here")


@pytest.mark.soak
def test_a_week_is_really_played(clinic: Clinic, worker_db: Database) -> None:
    asked = ask(clinic, own=True, patients=5)
    one = Foreseeing(worker_db)
    one.look()
    process_of(one).wait(300)
    one.look()
    found = answer(clinic, asked)
    assert found.state is ForesightState.DONE, found.problem
    assert Result.model_validate_json(found.result or "").ordered.patients == 5
