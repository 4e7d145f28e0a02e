"""A busy little clinic: web, two workers, a sandbox, patients and nurses, and whoever starts what
fell down again, as an init system does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.campaign.doomed import LOG
from tests.campaign.people import People
from tests.campaign.postgres import NAME, Postgres
from tests.forked import Forked
from tests.processes import Installation, answers, end, wait_for

_RESTART_SECONDS = 1.0
_SETTLE_SECONDS = 200.0
_START_SECONDS = 240.0
_CALM = 5
_PAST_LEASE = """
SELECT coalesce(extract(epoch FROM max(clock_timestamp() - next_at)), 0) FROM message
WHERE state = 'sending'
"""
# What is in doubt for longer is looked up each minute, and given to a person after ten.
_UNDONE = {
    "texts to send": "message WHERE state = 'queued' AND next_at <= clock_timestamp()",
    "texts being sent": (
        "message WHERE state = 'sending' AND claimed_at > clock_timestamp() - interval '45 seconds'"
    ),
    "texts to read": "inbound_message WHERE state <> 'handled'",
    "surveys to open": "occurrence WHERE state = 'scheduled' AND opens_at <= clock_timestamp()",
    "events to seal": "audit_pending",
    "holds": "sending_hold WHERE lifted_at IS NULL",
}
PYTHON = (sys.executable, "-m")
WEB = ("rsm.cli", "web")
WORKER = ("rsm.cli", "worker")


@dataclass
class Unit:
    """One process of ours, started again when it ends, unless it is held."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    log: Path
    prefix: Sequence[str] = ()
    is_forked: bool = False  # there at once; it sends what it says to the log itself
    process: subprocess.Popen[bytes] | Forked | None = None
    is_held: bool = False
    ended_at: float | None = None

    def start(self) -> None:
        self.ended_at = None
        if self.is_forked:
            self.process = Forked(self.command, {**self.environment, LOG: str(self.log)})
            return
        with self.log.open("ab") as log:
            command = [*self.prefix, *PYTHON, *self.command]
            environment = dict(self.environment)
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.cwd, stdout=log, stderr=log
            )

    def look_after(self) -> None:
        """Start it again a second after it ended."""
        if self.is_held or self.process is None or self.process.poll() is None:
            return
        if self.ended_at is None:
            self.ended_at = time.monotonic()
        elif time.monotonic() - self.ended_at > _RESTART_SECONDS:
            self.start()

    def kill(self) -> None:
        """kill -9, and nothing else."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and not again."""
        self.is_held = True
        if self.process is not None:
            end(self.process)


@dataclass
class Town:
    """Everything that a fault can strike; `primary` is the server that takes writes."""

    house: Installation
    primary: Postgres
    people: People
    folder: Path
    ids: Mapping[str, str]  # the clinic's
    units: dict[str, Unit] = field(default_factory=dict)
    servers: list[Postgres] = field(default_factory=list)  # started again when they die
    past_lease: float = 0.0  # the longest that a message was past its lease, in seconds
    deaths: int = 0

    def __post_init__(self) -> None:
        self._leave = threading.Event()
        self._stack = ExitStack()

    def unit(
        self,
        name: str,
        command: Sequence[str],
        prefix: Sequence[str] = (),
        *,
        is_forked: bool = False,
        **others: str,
    ) -> Unit:
        """Start a process of this name; each has a folder of its own, as on a host of its own."""
        data = self.folder / f"data-{name}"
        data.mkdir(exist_ok=True)
        told = self.house.environment(**{"RSM_DATA_DIR": str(data), **others})
        root = Path(told["PYTHONPATH"].split(os.pathsep)[0])
        made = Unit(name, command, told, root, self.folder / f"{name}.log", prefix, is_forked)
        self.units[name] = made
        made.start()
        return made

    def await_web(self) -> None:
        """However slow the machine is."""
        wait_for(lambda: answers(f"{self.house.url}/readyz"), "the web process", _START_SECONDS)

    def open(self) -> None:
        """Look after everything from now on, and let people come in."""
        for work in (self._look_after, self._measure):
            thread = threading.Thread(target=work, name=work.__name__)
            thread.start()
            self._stack.callback(thread.join)
        self._stack.callback(self._leave.set)
        self.people.start()

    def settle(self) -> tuple[str, float]:
        """Until nobody waits for anything: what is left undone all the same, and the seconds."""
        began = time.monotonic()
        calm, undone = 0, ""  # looks in a row: a text that has just left is read a moment later
        while time.monotonic() - began < _SETTLE_SECONDS:
            undone = self._find_undone()
            calm = 0 if undone else calm + 1
            if calm > _CALM:
                break
            time.sleep(0.3)
        return undone, time.monotonic() - began

    def close(self) -> None:
        """Everybody goes home; the database stays for the judges."""
        self._stack.close()
        try:
            self.people.stop()
        finally:
            for unit in self.units.values():
                unit.stop()

    def kill(self, unit: Unit) -> None:
        unit.kill()
        self.deaths += 1

    def repeat(self, seconds: float, times: int, strike: Callable[[], None]) -> None:
        """Strike so often, evenly spread, beginning after a moment."""
        for _ in range(times):
            time.sleep(seconds / times)
            strike()

    def _find_undone(self) -> str:
        """What somebody still waits for; empty when nobody does."""
        if not self.people.is_at_rest:
            return "people press"
        counts = ", ".join(f"(SELECT count(*) FROM {rows})" for rows in _UNDONE.values())
        try:
            (found,) = self.primary.run(f"SELECT {counts}", NAME)
        except psycopg.Error:
            return "the database does not answer"
        told = zip(_UNDONE, found, strict=True)
        return ", ".join(f"{count} {what}" for what, count in told if count)

    def _look_after(self) -> None:
        while not self._leave.wait(0.25):
            for unit in list(self.units.values()):
                unit.look_after()
            for server in self.servers:
                if not server.is_running and not server.is_held:
                    server.try_to_start()

    def _measure(self) -> None:
        while not self._leave.wait(0.4):
            with suppress(psycopg.Error):
                ((late,),) = self.primary.run(_PAST_LEASE, NAME)
                self.past_lease = max(self.past_lease, float(str(late)))
