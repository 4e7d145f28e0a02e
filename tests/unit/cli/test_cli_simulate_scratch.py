"""What became of a simulation's database or memory, in words for whoever waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import Pipe
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from rsm.bootstrap import Addresses
from rsm.cli import simulate_scratch, site_processes
from rsm.cli.simulate_scratch import Scratch
from rsm.cli.site_processes import DatabaseLost, Job, ProcessEnded
from rsm.kernel.ids import SystemIds

SERVER = Scratch(make_url("postgresql://a@b/c"), {}, SystemIds(), keep=False)


class Fails(Exception):
    """As psycopg's errors say what they are."""

    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate
        super().__init__("it failed")


def of_the_database(sqlstate: str | None) -> OperationalError:
    return OperationalError("SELECT 1", {}, Fails(sqlstate))


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (DatabaseLost("Lakeside", "53100"), "no space left on its disk"),
        (of_the_database("53100"), "no space left on its disk"),
        (DatabaseLost("Lakeside", "53200"), "the simulation has no memory left"),
        (of_the_database("53200"), "the simulation has no memory left"),
        (MemoryError(), "the simulation has no memory left"),
        (DatabaseLost("Lakeside", None), "is gone"),
        (of_the_database("57P01"), "is gone (57P01)"),
        (ProcessEnded("the months of Lakeside"), "a process ended with an error"),
    ],
)
def test_why_it_could_not_go_on(error: Exception, what: str) -> None:
    assert what in SERVER.why(error)


def test_what_is_not_the_servers_is_not_said_to_be() -> None:
    assert SERVER.problem(ValueError("ours")) is None
    assert SERVER.problem(of_the_database("42601")) is None


def test_an_embedded_server_whose_disk_is_full_is_told_whatever_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate_scratch, "_LITTLE", 1 << 62)
    full = Scratch(SERVER.server, {}, SERVER.ids, keep=False, folder=tmp_path)
    assert "no space left" in full.why(DatabaseLost("Lakeside", None))


def test_a_sites_process_that_has_no_memory_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def doors(*_given: object) -> Iterator[None]:
        yield None

    def takes_all(*_given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(site_processes, "doors", doors)
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    job: Job[Any] = Job(Addresses(None, "", ""), {}, "Lakeside", 1, begin, "1", takes_all)
    reader, writer = Pipe(duplex=False)
    found: Any = site_processes._made(job, writer, Event())  # type: ignore[arg-type]  # as a process's
    assert found.sqlstate == site_processes.NO_MEMORY
    reader.close()
    writer.close()
