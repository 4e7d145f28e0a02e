"""The database dies, its standby takes over, its disk is full."""

import os
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from rsm.db import embedded
from rsm.db.migrate import ensure_database
from tests.campaign import postgres, prepared
from tests.campaign.faults import Fault, Ground, Ready, can
from tests.campaign.postgres import NAME, Postgres
from tests.campaign.town import Town

_DOWN_SECONDS = 2.0


class DatabaseKilled(Fault):
    """A crash of the server: what was committed is there again after its recovery."""

    name = "database killed"
    method = "kill -9 of the postmaster; started again two seconds later"
    seconds = 30
    times = 3

    def strike(self, town: Town) -> None:
        town.repeat(self.seconds, self.times, lambda: self._crash(town))

    def _crash(self, town: Town) -> None:
        town.primary.is_held = True
        town.primary.kill()
        town.deaths += 1
        time.sleep(_DOWN_SECONDS)
        town.primary.is_held = False


@dataclass
class Embedded(Postgres):
    """The server that RSM brings along, whose watchdog starts it again."""

    server: embedded.Running | None = None

    @property
    def url(self) -> str:
        return self._running.url.replace("/postgres?", f"/{NAME}?")

    @property
    def is_running(self) -> bool:
        return True  # others see to it

    def kill(self) -> None:
        told = (self._running.cluster / "postmaster.pid").read_text().split()[0]
        os.kill(int(told), signal.SIGKILL)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        url = self._running.url.replace("+psycopg", "").replace("/postgres?", f"/{database}?")
        with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    @property
    def _running(self) -> embedded.Running:
        assert self.server is not None
        return self.server


class EmbeddedKilled(DatabaseKilled):
    """The same on a single machine, where nobody but us looks after it."""

    name = "embedded database killed"
    method = "kill -9 of the postmaster; RSM's own watchdog starts it again"

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        made = stack.enter_context(embedded.start(folder / "embedded"))
        ensure_database(made.url, NAME)
        server = Embedded(made._place, server=made)
        return Ground(server, server.url, prepared.build(server.url))

    def _crash(self, town: Town) -> None:
        town.primary.kill()
        town.deaths += 1


class Failover(Fault):
    """The server is gone for good, and its standby becomes the server."""

    name = "database failover"
    method = (
        "streaming replication with a synchronous standby, both named in RSM_DATABASE_URL;"
        " kill -9 of the primary, the standby promoted three seconds later"
    )
    seconds = 24

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        first = postgres.copy(ready.server, folder / "first", synchronous_standby_names="*")
        alone = replace(first, settings={})
        stack.enter_context(postgres.running(alone))
        self.second = alone.standby(folder / "second", {})
        alone.stop()
        stack.enter_context(postgres.running(first))
        stack.enter_context(postgres.running(self.second))
        postgres.await_standby(first)
        who = first.url.rpartition("@")[0]
        both = f"{who}@127.0.0.1:{first.port},127.0.0.1:{self.second.port}/{NAME}"
        return Ground(first, both, ready.ids)

    def strike(self, town: Town) -> None:
        time.sleep(self.seconds / 2)
        town.primary.kill()
        town.deaths += 1
        time.sleep(3)
        self.second.run("SELECT pg_promote()")
        town.primary = self.second
        time.sleep(self.seconds / 2 - 3)


@dataclass
class SmallDisk:
    """A file system in memory, full when a file lies on it that takes what is left."""

    folder: Path
    size: str
    _ballast: Path = field(init=False)

    def __post_init__(self) -> None:
        self._ballast = self.folder / "ballast"

    def mount(self, stack: ExitStack) -> None:
        postgres.open_folder(self.folder)
        options = f"size={self.size},mode=0711"
        place = str(self.folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)  # noqa: S607
        stack.callback(subprocess.run, ["umount", "--lazy", place], check=False)

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return

    def empty(self) -> None:
        self._ballast.unlink()


def mounts() -> str:
    """Why no small file system can be made here; empty when it can."""
    may = can("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    return "" if may else "no file system of limited size may be mounted here"


class DatabaseDiskFull(Fault):
    """PostgreSQL can write no more; then somebody makes room."""

    name = "database's disk full"
    method = "its data on a tmpfs of 220 MB, filled to the last byte for 12 s, twice"
    seconds = 36
    times = 2

    def why_not(self) -> str:
        return mounts()

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        self.disk = SmallDisk(folder / "db", "220m")
        self.disk.mount(stack)
        small = {"min_wal_size": "32MB", "max_wal_size": "64MB", "wal_keep_size": "0"}
        server = postgres.copy(ready.server, folder / "db", **small)
        stack.enter_context(postgres.running(server))
        return Ground(server, server.url, ready.ids, [server])

    def strike(self, town: Town) -> None:
        for _ in range(self.times):
            time.sleep(self.seconds / 6)
            self.disk.fill()
            time.sleep(self.seconds / 3)
            self.disk.empty()

    def after(self, town: Town) -> str:
        log = (town.primary.place.data_dir / "server.log").read_text(errors="replace")
        said, died = log.count("No space left on device"), log.count("PANIC")
        return f"PostgreSQL said so {said} times, and " + (
            f"died {died} times" if died else "went on"
        )
