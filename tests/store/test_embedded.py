"""The embedded server against the real thing: one server, no orphan, nothing lost, clear errors."""

import fcntl
import importlib.util
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

import rsm
from rsm.db import embedded_cluster
from rsm.db.embedded import EmbeddedServerError, Running, start
from rsm.db.embedded_cluster import clean_environment
from rsm.db.embedded_watch import open_lock

FAST = {"fsync": "off", "shared_buffers": "16MB"}
AS_ROOT = os.geteuid() == 0
ROOT_ONLY = pytest.mark.skipif(not AS_ROOT, reason="needs root: mounts, or gives up its rights")
IMPORTS = os.pathsep.join(
    (str(Path(rsm.__file__).parents[1]), str(Path(psycopg.__file__).parents[1]))
)
# Starts the server, says where, and leaves when it is told to.
OWNER = f"""
import json, sys
from pathlib import Path
from rsm.db.embedded import start
running = start(Path(sys.argv[1]), settings={FAST!r})
print(json.dumps([running.pid, running.url]), flush=True)
sys.stdin.readline()
running.stop()
"""


class Owner(NamedTuple):
    """Another process that uses the server."""

    process: subprocess.Popen[str]

    def report(self) -> tuple[int, str]:
        """The server's pid and URL, once it is up."""
        assert self.process.stdout is not None
        pid, url = json.loads(self.process.stdout.readline())
        return int(pid), str(url)

    def leave(self) -> None:
        self.process.communicate("leave\n")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


Spawn = Callable[..., Owner]


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that other accounts can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="rsm-"))  # noqa: S108 - short and reachable
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def spawn(base: Path) -> Iterator[Spawn]:
    owners: list[Owner] = []

    def run(data_dir: Path, python: str = sys.executable, user: str | None = None) -> Owner:
        process = subprocess.Popen(
            [python, "-c", OWNER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": IMPORTS},
            user=user,
            group=user and "nogroup",
            extra_groups=user and [],
        )
        owners.append(Owner(process))
        return owners[-1]

    yield run
    for owner in owners:
        owner.kill()
    for lock in base.glob("*/postgres.watch"):
        wait_until_free(lock)


def wait_until_free(lock: Path) -> None:
    """Block on the lock until whoever holds it has gone, at most for a minute."""
    descriptor = open_lock(lock)
    waiter = threading.Thread(target=fcntl.flock, args=(descriptor, fcntl.LOCK_EX), daemon=True)
    waiter.start()
    waiter.join(60)
    assert not waiter.is_alive(), f"{lock} is still held"
    os.close(descriptor)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in a connection of its own; the rows, if it gives any."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def parent_of(pid: int) -> int:
    command = ["ps", "-o", "ppid=", "-p", str(pid)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


# One server, for whoever needs it


def test_the_first_query_is_answered_in_utf8_and_utc(base: Path) -> None:
    with start(base / "data", settings=FAST) as server:
        settings = ("server_encoding", "timezone", "data_checksums", "max_connections", "fsync")
        rows = [query(server.url, f"SHOW {name}")[0][0] for name in settings]
    assert rows == ["UTF8", "UTC", "on", "200", "off"]


def test_only_the_password_opens_it(base: Path) -> None:
    with start(base / "data", settings=FAST) as server:
        query(server.url, "CREATE ROLE guest LOGIN PASSWORD 'right / : @'")
        rows = query(server.url_for("postgres", "guest", "right / : @"), "SELECT current_user")
        assert rows == [("guest",)]
        for user, password in (("guest", "wrong"), ("postgres", ""), ("postgres", "postgres")):
            with pytest.raises(psycopg.OperationalError, match="password"):
                query(server.url_for("postgres", user, password), "SELECT 1")


def test_the_cluster_is_closed_to_others_and_no_other_folder_changes(base: Path) -> None:
    parents = [base, base / "outer", base / "outer" / "data"]
    for parent, bits in zip(parents[1:], (0o751, 0o775), strict=True):
        parent.mkdir()
        parent.chmod(bits)
    before = [(mode(parent), parent.stat().st_uid) for parent in parents]
    with start(parents[-1], settings=FAST) as server:
        assert server.cluster == parents[-1] / "postgres"
        assert mode(server.cluster) == 0o700
        assert mode(parents[-1] / "postgres.password") == 0o600
    assert [(mode(parent), parent.stat().st_uid) for parent in parents] == before


def test_a_second_process_finds_the_running_server_and_the_last_one_stops_it(
    base: Path, spawn: Spawn
) -> None:
    first = spawn(base / "data")
    pid, url = first.report()
    with start(base / "data", settings=FAST) as server:
        assert (server.pid, server.url) == (pid, url)
        first.leave()
        assert query(server.url, "SELECT 1") == [(1,)]
    assert not lives(pid)


def test_two_processes_that_start_at_once_get_one_server(base: Path, spawn: Spawn) -> None:
    owners = [spawn(base / "data") for _ in range(3)]
    reports = [owner.report() for owner in owners]
    assert len(set(reports)) == 1
    assert query(reports[0][1], "SELECT 1") == [(1,)]


def test_a_lingering_server_is_there_for_who_comes_next(base: Path) -> None:
    first = start(base / "data", settings=FAST, linger_seconds=3)
    first.stop()
    second = start(base / "data", settings=FAST)
    second.stop()
    assert second.pid == first.pid
    wait_until_free(base / "data" / "postgres.watch")
    assert not lives(first.pid)


def test_a_path_too_long_for_a_socket_is_served_on_the_loopback(base: Path) -> None:
    with start(base / ("long" * 25) / "data", settings=FAST) as server:
        assert "@127.0.0.1:" in server.url
        assert query(server.url, "SHOW listen_addresses") == [("127.0.0.1",)]


# Whatever is killed, nothing is lost and nothing is left behind


def test_no_server_is_left_when_its_owner_is_killed(base: Path, spawn: Spawn) -> None:
    owner = spawn(base / "data")
    pid, _ = owner.report()
    owner.kill()
    wait_until_free(base / "data" / "postgres.watch")
    assert not lives(pid)


def test_what_was_stored_survives_the_killing_of_everything(base: Path, spawn: Spawn) -> None:
    owner = spawn(base / "data")
    pid, url = owner.report()
    query(url, "CREATE TABLE kept AS SELECT 'stored' AS word")
    os.kill(parent_of(pid), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    owner.kill()
    wait_until_free(base / "data" / "postgres.server")
    with start(base / "data", settings=FAST) as server:
        assert query(server.url, "SELECT word FROM kept") == [("stored",)]


def test_a_killed_server_comes_back_for_those_who_use_it(base: Path) -> None:
    with start(base / "data", settings=FAST) as server:
        query(server.url, "CREATE TABLE kept AS SELECT 'stored' AS word")
        os.kill(server.pid, signal.SIGKILL)
        wait_until_free(base / "data" / "postgres.server")
        with start(base / "data", settings=FAST) as again:
            assert again.pid != server.pid
        assert query(server.url, "SELECT word FROM kept") == [("stored",)]
    assert not lives(again.pid)


def test_a_server_that_lost_its_watchdog_gets_a_new_one(base: Path) -> None:
    with start(base / "data", settings=FAST) as server:
        os.kill(parent_of(server.pid), signal.SIGKILL)
        wait_until_free(base / "data" / "postgres.watch")
        with start(base / "data", settings=FAST) as again:
            assert query(again.url, "SELECT 1") == [(1,)]
    wait_until_free(base / "data" / "postgres.server")
    assert not lives(again.pid)


def test_a_crash_while_the_cluster_is_made_leaves_nothing_that_looks_like_one(
    base: Path, spawn: Spawn
) -> None:
    owner = spawn(base / "data")
    wait_until_free(base / "data" / "postgres.gate") if False else None
    owner.kill()
    with start(base / "data", settings=FAST) as server:
        assert query(server.url, "SELECT 1") == [(1,)]
    assert not (base / "data" / "postgres.new").exists()
