"""`rsm simulate` from the shell: months pass, a folder tells of them, however the command ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from rsm.bootstrap import Addresses
from rsm.cli import main, simulate_runs, simulate_stories
from rsm.cli.simulate_book import Keeping
from rsm.cli.simulate_runs import Stopper
from rsm.cli.simulate_scratch import Scratch
from rsm.db.migrate import disposed
from rsm.db.roles import WEB, WORKER, url_as
from rsm.kernel.ids import SystemIds
from rsm.metrics.simulated import Result, read_result
from rsm.simulate import simulation
from rsm.simulate.months import Doors
from rsm.simulate.orders import Order
from rsm.simulate.promises import Broken
from rsm.simulate.simulation import Outcome
from rsm.simulate.story import Line, Story, read_story
from tests.conftest import KEYS, Server
from tests.databases import fresh_name, waiting

SMALL = ("simulate", "demo", "--patients", "4", "--weeks", "1", "--out", "out")
Said = pytest.CaptureFixture[str]


@dataclass(frozen=True, repr=False)
class OnTestServer(Scratch):
    """Databases cloned from the tests' template; `names`: those that were made."""

    home: Server | None = None
    names: list[str] = field(default_factory=list)

    @contextmanager
    def database(self) -> Iterator[Addresses]:
        assert self.home is not None
        with waiting(fresh_name(), self.home.shelf) as place:
            place.make()
            self.names.append(place.name)
            owner = self.home.url_of(place.name)
            yield Addresses(owner, url_as(owner, WEB, KEYS), url_as(owner, WORKER, KEYS))


@pytest.fixture(autouse=True)
def scratch(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnTestServer:
    """The command finds the tests' server instead of starting one."""
    made = OnTestServer(make_url(server.url), KEYS, SystemIds(), keep=False, home=server)

    @contextmanager
    def found(_url: str | None, *, keep: bool) -> Iterator[Scratch]:
        yield made

    monkeypatch.setattr(simulate_runs, "scratch", found)
    monkeypatch.chdir(tmp_path)
    return made


def at_the_middle(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], None]) -> None:
    """Do this once when half of the months have passed."""
    tell = Keeping.at
    done: list[float] = []

    def at(self: Keeping, share: float, words: str) -> None:
        tell(self, share, words)
        if share >= 0.5 and not done:
            done.append(share)
            deed()

    monkeypatch.setattr(Keeping, "at", at)


def result() -> Result:
    return read_result(Path("out"))


def test_months_pass_and_a_folder_tells_of_each_run(scratch: OnTestServer, capsys: Said) -> None:
    assert main([*SMALL, "--runs", "2", "--seed", "x"]) == 0
    found = result()
    assert found.whole
    assert found.broken == ()
    assert [run.seed for run in found.runs] == ["x", "x-2"]
    assert found.runs[0].head != found.runs[1].head
    assert len(set(scratch.names)) == 2
    assert found.runs[0].checked["P1"] > 0
    assert found.ordered.pack.startswith("first")
    completed = found.together.measured("weekly_completion")
    assert completed is not None
    assert completed.whole > 0
    said = capsys.readouterr()
    assert "Open out/index.html" in said.out
    assert "run 2 of 2, done" in said.err


def test_ctrl_c_keeps_what_has_passed_and_marks_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    heard: list[Stopper] = []
    listening = Stopper.listening

    def hears(self: Stopper) -> AbstractContextManager[None]:
        heard.append(self)
        return listening(self)

    monkeypatch.setattr(Stopper, "listening", hears)
    at_the_middle(monkeypatch, lambda: heard[0].hear(2, None))
    assert main([*SMALL, "--runs", "3"]) == 130
    found = result()
    assert not found.whole
    assert [run.note for run in found.runs] == ["it was stopped"]
    assert 0 < len(found.runs[0].days) < 6
    said = capsys.readouterr()
    assert "Stopping; Ctrl-C once more ends at once." in said.err
    assert "Partial:" in said.out
    assert "Partial:" in Path("out/index.html").read_text(encoding="utf-8")


def test_a_second_ctrl_c_ends_at_once_and_still_keeps_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def twice() -> None:
        raise KeyboardInterrupt

    at_the_middle(monkeypatch, twice)
    assert main(SMALL) == 130
    assert [run.note for run in result().runs] == ["it was stopped"]
    assert "What had passed by then is in out, marked as partial." in capsys.readouterr().err


def test_a_database_that_is_gone_in_the_middle_is_told_and_what_had_passed_is_kept(
    scratch: OnTestServer, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def cut() -> None:
        name = scratch.names[0]
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )

    at_the_middle(monkeypatch, cut)
    assert main(SMALL) == 2
    found = result()
    assert found.runs[0].note.startswith("the simulation's database is gone")
    assert found.together.load.days < 6
    said = capsys.readouterr().err
    assert "What had passed by then is in out, marked as partial." in said
    assert "rsm: the simulation's database: is gone" in said
    assert "Traceback" not in said


# As PostgreSQL says it when it cannot extend a file: from Thursday noon on, by the virtual clock.
FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON audit_event FOR EACH ROW
WHEN (new.at >= '2026-01-08 12:00Z') EXECUTE FUNCTION no_room();
"""


def test_a_disk_that_is_full_in_the_middle_is_told_and_what_had_passed_is_kept(
    scratch: OnTestServer, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    play = simulation.simulate

    def on_a_small_disk(*given: Any) -> Outcome:
        engine = create_engine(server.url_of(scratch.names[0]))
        with disposed(engine), engine.begin() as connection:
            connection.execute(text(FULL))
        return play(*given)

    monkeypatch.setattr(simulation, "simulate", on_a_small_disk)
    assert main(SMALL) == 2
    found = result()
    assert not found.whole
    assert "has no space left on its disk" in found.runs[0].note
    assert 0 < found.together.load.days < 6
    said = capsys.readouterr().err
    assert "What had passed by then is in out, marked as partial." in said
    assert "rsm: the simulation's database: has no space left on its disk" in said
    assert "Traceback" not in said


def test_a_result_whose_own_disk_is_full_stays_as_it_was_written_last(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    wrote = Path.write_text
    full: list[bool] = []

    def write(self: Path, *given: Any, **named: Any) -> int:
        if full and self.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return wrote(self, *given, **named)

    monkeypatch.setattr(Path, "write_text", write)
    at_the_middle(monkeypatch, lambda: full.append(True))
    assert main(SMALL) == 2
    assert [run.note for run in result().runs] == ["it was still running when this was written"]
    assert "Partial:" in Path("out/index.html").read_text(encoding="utf-8")
    said = capsys.readouterr().err
    assert "cannot be written: No space left on device" in said
    assert "What had passed by then is in out, marked as partial." in said


def broke(outcome: Outcome, order: Order) -> Outcome:
    """As if a text had gone twice, whoever plays."""
    at = outcome.ended_at
    one = Broken("P2", "a message went twice", UUID(int=0), None, (UUID(int=7),), at)
    told = Story(one, order, (Line(at, "message written"),))
    return replace(outcome, broken=(*outcome.broken, one), stories=(told,))


def test_a_broken_promise_ends_with_1_and_its_shortest_story_which_can_be_played_again(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    play = simulation.simulate
    tried: list[int] = []

    def breaks(doors: Doors, order: Order, *rest: Any) -> Outcome:
        tried.append(len(order.only or ()))
        return broke(play(doors, order, *rest), order)

    monkeypatch.setattr(simulation, "simulate", breaks)
    monkeypatch.setattr(simulate_stories, "_AT_LEAST", 3600.0)
    assert main([*SMALL, "--patients", "2", "--json"]) == 1
    said = capsys.readouterr()
    assert [one.promise for one in result().broken] == ["P2"]
    assert json.loads(said.out)["runs"][0]["broken"][0]["promise"] == "P2"
    assert tried == [0, 1]  # everybody, then by halves
    file = Path("out") / result().broken[0].story
    assert len(read_story(file).people) == 1
    assert "P2 broke: a message went twice" in said.err
    assert "virtual time 2026-01-12 00:00:00Z, seed 1, demo" in said.err
    assert f"again: rsm simulate --replay {file}" in said.err
    assert main(["simulate", "--replay", str(file)]) == 1
    assert tried == [0, 1, 1]
    assert "P2 broke again at 2026-01-12 00:00 UTC" in capsys.readouterr().out
