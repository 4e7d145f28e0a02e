"""PostgreSQL servers of a campaign's own, on loopback: killed, copied, promoted, on full disks.

Not `rsm.db.embedded`: its watchdog starts a killed server again, and keeps to one of them.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import psycopg

from rsm.db.embedded_cluster import Place, _run, clean_environment, ensure_cluster, find_place
from rsm.db.migrate import ensure_database
from tests.processes import free_port, wait_for

_SETTINGS = MappingProxyType(
    {
        "max_connections": "120",
        "shared_buffers": "32MB",
        "timezone": "UTC",
        "unix_socket_directories": "",
        "wal_keep_size": "256MB",
        "hot_standby": "on",
    }
)
NAME = "rsm"
_START_SECONDS = 60.0


@dataclass
class Postgres:
    """One server: a cluster, and the process that serves it."""

    place: Place
    listen: str = "127.0.0.1"
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    is_held: bool = False  # whoever looks after it leaves it alone
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The superuser's address of the clinic's database."""
        return f"postgresql+psycopg://postgres:{self._password}@127.0.0.1:{self.port}/{NAME}"

    @property
    def _password(self) -> str:
        return self.place.password_file.read_text().strip()

    def start(self) -> None:
        """Start, and wait until it answers; one that has just been killed may be in the way."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.try_to_start():
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL does not start")

    def try_to_start(self) -> bool:
        """One attempt, as an init system would make it."""
        self._spawn()
        while self.is_running:
            if self._answers():
                return True
            time.sleep(0.1)
        return False

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9 of the postmaster: no checkpoint, no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Fast shutdown."""
        if self.is_running:
            self._end(signal.SIGINT)

    def quit(self) -> None:
        """At once, with all of its processes."""
        if self.is_running:
            self._end(signal.SIGQUIT)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """As the superuser, each statement by itself."""
        with psycopg.connect(self._conninfo(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def standby(self, folder: Path, settings: Mapping[str, str]) -> "Postgres":
        """A second server that follows this one, by its own base backup."""
        place = find_place(open_folder(folder))
        place.password_file.write_text(self._password)
        source = f"host=127.0.0.1 port={self.port} user=postgres password={self._password}"
        program = str(place.programs / "bin" / "pg_basebackup")
        made = ["--pgdata", str(place.cluster), "--dbname", source, "--write-recovery-conf"]
        if place.account is not None:
            os.chown(place.home, place.account.uid, place.account.gid)
        done = _run([program, *made, "--wal-method=stream", "--checkpoint=fast"], place.account)
        if done.returncode:
            raise RuntimeError(done.stdout)
        return Postgres(place, self.listen, settings)

    def _spawn(self) -> None:
        chosen = {
            **_SETTINGS,
            "listen_addresses": self.listen,
            "port": str(self.port),
            **self.settings,
        }
        account = self.place.account
        parts = (part for name, value in chosen.items() for part in ("-c", f"{name}={value}"))
        with (self.place.data_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.place.programs / "bin" / "postgres"), "-D", self._cluster, *parts],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=clean_environment(),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
            )

    @property
    def _cluster(self) -> str:
        return str(self.place.cluster)

    def _conninfo(self, database: str = "postgres") -> str:
        who = f"user=postgres password={self._password} connect_timeout=3"
        return f"host=127.0.0.1 port={self.port} dbname={database} {who}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)


def make(folder: Path, **settings: str) -> Postgres:
    """A new server with an empty database, not started yet."""
    place = find_place(open_folder(folder))
    gate = os.open(folder / "gate", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        ensure_cluster(place, gate, fsync=settings.get("fsync") != "off")
    finally:
        os.close(gate)
    return Postgres(place, settings=settings)


def make_database(server: Postgres) -> None:
    ensure_database(server.url.rpartition("/")[0] + "/postgres", NAME)


def copy(server: Postgres, folder: Path, **settings: str) -> Postgres:
    """The same cluster in another folder; the server must be stopped."""
    place = find_place(open_folder(folder))
    subprocess.run(["cp", "-a", f"{server._cluster}", str(place.cluster)], check=True)  # noqa: S607
    place.password_file.write_text(server._password)
    return Postgres(place, settings=settings)


def open_folder(folder: Path) -> Path:
    """Others may pass through it, since PostgreSQL does not run as root."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    return folder


@contextmanager
def running(server: Postgres) -> Iterator[Postgres]:
    """Started now, and ended at the end without ado: nobody reads what is left."""
    try:
        server.start()
        yield server
    finally:
        server.is_held = True
        server.quit()


def await_standby(primary: Postgres) -> None:
    """Until somebody follows."""
    wait_for(lambda: bool(primary.run("SELECT 1 FROM pg_stat_replication")), "a standby")
