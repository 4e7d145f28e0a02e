"""Processes of a benchmark: `rsm web` and `rsm worker` as a hospital runs them, and the floor."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import Popen

from sqlalchemy import make_url

from tests.bench import statements
from tests.bench.floor import TABLES
from tests.bench.ward import Ward
from tests.processes import Installation, answers, end, free_port, installation, wait_for

LOG = Path(__file__).parents[2] / "var" / "bench" / "processes.log"


@contextmanager
def installed(ward: Ward, *, manual: bool = False) -> Iterator[Installation]:
    """An installation on the ward's database; its processes end with the block.

    What they log goes to a file, so that what we print can be read.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("ab") as log, installation(ward.url, manual=manual) as made:
        made.log = log
        yield made


@contextmanager
def webs(made: Installation, count: int) -> Iterator[list[int]]:
    """So many web processes, once they answer; the first has the installation's port."""
    ports = [made.port, *(free_port() for _ in range(count - 1))]
    started = [made.start(["rsm.cli", "web"], RSM_BIND=f"127.0.0.1:{port}") for port in ports]
    yield from _until_ready(ports, started)


@contextmanager
def floors(made: Installation, count: int, writes: int, reads: int) -> Iterator[list[int]]:
    """So many processes of the bare application."""
    ports = [free_port() for _ in range(count)]
    numbers = {"BENCH_WRITES": str(writes), "BENCH_READS": str(reads)}
    started = [
        made.start(floor_command(port), BENCH_URL=plain(made.owner_url), **numbers)
        for port in ports
    ]
    yield from _until_ready(ports, started)


def floor_command(port: int) -> list[str]:
    """The bare application under uvicorn, without its log of requests."""
    app = "tests.bench.floor:app"
    return ["uvicorn", app, "--port", str(port), "--no-access-log", "--log-level", "error"]


def _until_ready(ports: list[int], started: list[Popen[bytes]]) -> Iterator[list[int]]:
    try:
        for port in ports:
            wait_for(partial(answers, f"http://127.0.0.1:{port}/readyz"), "a server")
        yield ports
    finally:
        for process in started:
            end(process)


@contextmanager
def workers(made: Installation, ward: Ward, count: int) -> Iterator[list[Popen[bytes]]]:
    """So many workers, once each of them hears NOTIFY."""
    started = [
        made.start(["rsm.cli", "worker"], RSM_METRICS_BIND=f"127.0.0.1:{free_port()}")
        for _ in range(count)
    ]
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN rsm_wake'"
    try:
        wait_for(lambda: ward.count(listening) == count, "workers that listen")
        yield started
    finally:
        for process in started:
            end(process)


def make_floor_tables(ward: Ward) -> None:
    for statement in TABLES:
        ward.run(statement)


def mixed(quiet: Counter[str], alerting: Counter[str]) -> tuple[int, int]:
    """Writes and reads of a submit where every third one alerts, rounded."""

    def mean(once: int, other: int) -> int:
        return round((2 * once + other) / 3)

    return (
        mean(statements.writes(quiet), statements.writes(alerting)),
        mean(statements.reads(quiet), statements.reads(alerting)),
    )


def resident(pid: int) -> float:
    """Megabytes that the process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def plain(url: str) -> str:
    """The address as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
