"""Hosts: one is cut off while it holds leases, their clocks are off, their disks are full, they run
another release."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rsm.kernel.clock import SystemClock
from tests.campaign import postgres
from tests.campaign.faults import WORKERS, Fault, Ground, Ready, can, python
from tests.campaign.faults_database import SmallDisk, mounts
from tests.campaign.proxy import Proxy
from tests.campaign.town import PYTHON, WEB, WORKER, Town
from tests.processes import end, wait_for

_ROOT = Path(__file__).parents[2]
_TRUSTED = ("-c", f"safe.directory={_ROOT}")  # a checkout may belong to another user than CI's
_PARTS = ("rsm", "integrations", "alert_rules")
_LEASE = 30


class DataDirFull(Fault):
    """A worker's own folder takes no more: its copy of the lifeline cannot be kept."""

    name = "RSM_DATA_DIR full"
    method = "the workers' folders on a tmpfs of 64 kB, filled to the last byte for 20 s"
    seconds = 24

    def why_not(self) -> str:
        return mounts()

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        self.disk = SmallDisk(folder / "data", "64k")
        self.disk.mount(stack)
        return super().ground(ready, folder, stack)

    def processes(self, town: Town) -> None:
        town.unit("web", WEB)
        for name in WORKERS:
            town.unit(name, WORKER, RSM_DATA_DIR=str(self.disk.folder))

    def strike(self, town: Town) -> None:
        self.disk.fill()
        time.sleep(self.seconds - 4)
        self.disk.empty()
        time.sleep(4)


class ClocksOff(Fault):
    """Hosts whose clocks are hours off; the database's clock decides."""

    name = "hosts' clocks off by two hours"
    method = "a library that shifts the clock of one process: a worker +2 h, the other and web -2 h"
    seconds = 30

    def why_not(self) -> str:
        return "" if can("cc", "--version") and sys.platform == "linux" else "no C compiler here"

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        self.library = folder / "clock.so"
        source = str(Path(__file__).with_name("clock_shim.c"))
        build = ["cc", "-shared", "-fPIC", "-o", str(self.library), source, "-ldl"]
        subprocess.run(build, check=True)
        return super().ground(ready, folder, stack)

    def processes(self, town: Town) -> None:
        for name, command, seconds in self._clocks():
            town.unit(
                name,
                command,
                LD_PRELOAD=str(self.library),
                CLOCK_OFFSET=str(seconds),
                TZ="America/New_York",
            )

    def strike(self, town: Town) -> None:
        time.sleep(self.seconds)

    def after(self, town: Town) -> str:
        said = sum("clock" in unit.log.read_text() for unit in town.units.values())
        return f"{said} of {len(WORKERS)} workers said that their clock is off"

    def _clocks(self) -> Sequence[tuple[str, tuple[str, str], int]]:
        hours = 7200
        return [("web", WEB, -hours), ("worker-1", WORKER, hours), ("worker-2", WORKER, -hours)]


class DstNight(ClocksOff):
    """Hosts in whose zone the clocks change while they work."""

    name = "hosts' clocks over a DST night"
    method = (
        "the same library: to one worker it is the night in which New York's clocks go back, to the"
        " other that in which they go forward, a quarter of a minute before"
    )

    def _clocks(self) -> Sequence[tuple[str, tuple[str, str], int]]:
        back = _until(datetime(2026, 11, 1, 6, tzinfo=UTC))
        forward = _until(datetime(2027, 3, 14, 7, tzinfo=UTC))
        return [("web", WEB, back), ("worker-1", WORKER, back), ("worker-2", WORKER, forward)]


def _until(change: datetime) -> int:
    return int((change - SystemClock().now()).total_seconds()) - 18


class HostCutOff(Fault):
    """The cable of one of two hosts is pulled while it holds leases, and put back later."""

    name = "a host cut off while it holds leases"
    method = (
        "a worker in a network namespace of its own; between claim and send its link goes down for"
        " 45 s (the lease is 30 s), then it goes on as if nothing had been"
    )
    seconds = 90
    _HERE, _THERE = "10.213.8.1", "10.213.8.2"

    def why_not(self) -> str:
        if can("unshare", "--net", "true") and can("ip", "netns", "list"):
            return ""
        return "no network namespaces here"

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        tag = f"rsm{os.getpid()}"
        self.space, self.link = tag, f"{tag}b"
        for command in self._wiring(tag):
            subprocess.run(["ip", *command.split()], check=True)  # noqa: S607
            if command.startswith("netns add"):
                stack.callback(subprocess.run, ["ip", "netns", "del", tag], check=False)
            if command.startswith("link add"):
                stack.callback(subprocess.run, ["ip", "link", "del", f"{tag}a"], check=False)
        server = postgres.copy(ready.server, folder / "db")
        server.listen = f"127.0.0.1,{self._HERE}"
        with (server.place.cluster / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self._THERE}/32 scram-sha-256\n")
        stack.enter_context(postgres.running(server))
        self.marker = folder / "at-the-point"
        return Ground(server, server.url, ready.ids, [server])

    def processes(self, town: Town) -> None:
        town.unit("web", WEB)
        town.unit("worker-1", WORKER)
        sandbox = int(town.house.sandbox.url.rpartition(":")[2])
        self.proxy = Proxy(("127.0.0.1", sandbox), host=self._HERE)
        command = ["tests.campaign.doomed", "wait", "deliver.claimed", "4", str(self.marker)]
        town.unit(
            "worker-2",
            [*command, "--", "worker"],
            ["ip", "netns", "exec", self.space],
            RSM_DATABASE_URL=town.primary.url.replace("127.0.0.1", self._HERE),
            RSM_TWILIO_API_URL=f"http://{self._HERE}:{self.proxy.port}",
        )

    def strike(self, town: Town) -> None:
        wait_for(self.marker.exists, "the worker between claim and send")
        self._set_link("down")
        self.marker.unlink()  # it goes on, and reaches nobody
        time.sleep(_LEASE * 1.5)
        self._set_link("up")
        time.sleep(5)

    def after(self, town: Town) -> str:
        self.proxy.close()
        return ""

    def _wiring(self, tag: str) -> list[str]:
        return [
            f"netns add {tag}",
            f"link add {tag}a type veth peer name {self.link}",
            f"link set {self.link} netns {tag}",
            f"addr add {self._HERE}/30 dev {tag}a",
            f"link set {tag}a up",
            f"-n {tag} addr add {self._THERE}/30 dev {self.link}",
            f"-n {tag} link set lo up",
            f"-n {tag} link set {self.link} up",
        ]

    def _set_link(self, state: str) -> None:
        subprocess.run(
            ["ip", "-n", self.space, "link", "set", self.link, state],  # noqa: S607
            check=True,
        )


class TwoVersions(Fault):
    """An upgrade while people answer: the old release and the new one over one database."""

    name = "two releases side by side during a migration"
    method = (
        "the release before the newest migrations (from git) at work; `rsm migrate`; web and worker"
        " of both for 15 s; then the old ones stop"
    )
    seconds = 40

    def why_not(self) -> str:
        return "" if self._before() else "no history of the repository here"

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        self.old = folder / "old"
        self.old.mkdir()
        archive = subprocess.Popen(
            ["git", *_TRUSTED, "archive", self._before(), *_PARTS],  # noqa: S607
            cwd=_ROOT,
            stdout=subprocess.PIPE,
        )
        subprocess.run(["tar", "-x", "-C", str(self.old)], stdin=archive.stdout, check=True)  # noqa: S607
        archive.wait()
        server = stack.enter_context(postgres.running(postgres.make(folder / "db")))
        postgres.make_database(server)
        build = ("tests.campaign.prepared", "build", server.url)
        ids = json.loads(python(*build, first=self.old, root=_ROOT))
        return Ground(server, server.url, ids, [server])

    def people(self, ground: Ground) -> None:
        enrol = ("tests.campaign.prepared", "enrol", ground.url)
        told = (json.dumps(dict(ground.ids)), str(self.patients))
        python(*enrol, *told, first=self.old, root=_ROOT)

    def processes(self, town: Town) -> None:
        path = f"{self.old}:{_ROOT}"
        town.unit("web", WEB, PYTHONPATH=path)
        for name in WORKERS:
            town.unit(name, WORKER, PYTHONPATH=path)

    def strike(self, town: Town) -> None:
        time.sleep(self.seconds / 4)
        owner = town.house.environment(RSM_MIGRATE_DATABASE_URL=town.primary.url)
        began = time.monotonic()
        subprocess.run([*PYTHON, "rsm.cli", "migrate"], env=owner, cwd=_ROOT, check=True)
        self.took = time.monotonic() - began
        new = town.unit("worker-3", WORKER)
        time.sleep(self.seconds / 4)
        old_web = town.units.pop("web")
        old_web.stop()
        town.unit("web", WEB)
        town.await_web()
        time.sleep(self.seconds / 4)
        for name in WORKERS:
            town.units[name].stop()
        if new.process is not None and new.process.poll() is not None:
            end(new.process)

    def after(self, town: Town) -> str:
        return f"rsm migrate took {self.took:.1f} s"

    @staticmethod
    def _before() -> str:
        """The commit before the newest one that brought a migration."""
        versions = "rsm/db/migrations/versions"
        newest = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", versions)
        return _git("rev-parse", "--verify", "--quiet", f"{newest}^") if newest else ""


def _git(*command: str) -> str:
    """What git answers; empty when it has no answer."""
    mine = ["git", *_TRUSTED, *command]
    done = subprocess.run(mine, cwd=_ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
