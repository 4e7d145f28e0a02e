"""What a campaign does to a busy little clinic: each fault with its method and its bounds."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tests.campaign import postgres, prepared
from tests.campaign.postgres import Postgres
from tests.campaign.town import WEB, WORKER, Town

WORKERS = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Ready:
    """A clinic in a stopped server, of which each fault gets a copy."""

    server: Postgres
    ids: Mapping[str, str]


@dataclass
class Ground:
    """What a clinic stands on. `url` is the owner's address as our processes have it, `ids` whose
    the clinic's are, `servers` those that are started again when they die."""

    primary: Postgres
    url: str
    ids: Mapping[str, str]
    servers: list[Postgres] = field(default_factory=list)


class Fault:
    """One fault; `strike` is bounded by `seconds` and `times`. The rest is the plain clinic."""

    name: ClassVar[str]
    method: ClassVar[str]
    seconds: float = 24
    times: int = 1
    patients: int = 24

    def why_not(self) -> str:
        """Why it cannot be tried on this machine; empty when it can."""
        return ""

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        """The server and its address, running as long as the stack is open."""
        server = stack.enter_context(postgres.running(postgres.copy(ready.server, folder / "db")))
        return Ground(server, server.url, ready.ids, [server])

    def people(self, ground: Ground) -> None:
        """Patients whose surveys are due."""
        prepared.enrol(ground.primary.url, ground.ids, self.patients)

    def processes(self, town: Town) -> None:
        """Web and two workers."""
        town.unit("web", WEB)
        for name in WORKERS:
            town.unit(name, WORKER)

    def strike(self, town: Town) -> None:
        """Let it happen; afterwards everything may work again."""
        raise NotImplementedError

    def after(self, town: Town) -> str:
        """What is worth saying of how it went."""
        return ""


def can(*command: str) -> bool:
    """Whether this machine lets us do that."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def python(*command: str, first: Path, root: Path) -> str:
    """Run a module of the tests with the `rsm` of another folder."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env={"PYTHONPATH": f"{first}:{root}", "PATH": "/usr/bin:/bin"},
        cwd=first,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def with_host(url: str, port: int) -> str:
    """The same address by way of another port of the loopback."""
    start, _, rest = url.rpartition("@")
    return f"{start}@127.0.0.1:{port}/{rest.partition('/')[2]}"
