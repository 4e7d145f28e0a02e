"""Real processes for tests: web and worker over one database, a sandbox beside them.

Everything listens on loopback, is started here and ended here by its own handle.
"""

import os
import platform
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from integrations.twilio.sandbox.control import RunningSandbox, running_sandbox
from tests.forked import Forked

KEYS_TEXT = "test:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="  # conftest's KEYS
_ROOT = Path(__file__).parents[1]
_PATIENCE = 120.0


@dataclass
class Installation:
    """One database, one sandbox, and as many processes as a test starts."""

    owner_url: str
    port: int
    sandbox: RunningSandbox
    log: BinaryIO | None = None  # where processes say what they do; None: where we do
    _stack: ExitStack = field(default_factory=ExitStack)
    data_dir: str = field(init=False)

    def __post_init__(self) -> None:
        self.data_dir = self._stack.enter_context(TemporaryDirectory(prefix="rsm-"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **others: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RSM_")}
        return {
            **plain,
            "RSM_DATABASE_URL": self.owner_url,
            "RSM_DATA_DIR": self.data_dir,
            "RSM_SECRET_KEYS": KEYS_TEXT,
            "RSM_PUBLIC_URL": self.url,
            "RSM_BIND": f"127.0.0.1:{self.port}",
            "RSM_METRICS_BIND": f"127.0.0.1:{self.another_port()}",
            "RSM_SMS_PROVIDER": "sandbox",
            "RSM_TWILIO_API_URL": self.sandbox.url,
            "RSM_TWILIO_ACCOUNT_SID": self.sandbox.account_sid,
            "RSM_TWILIO_AUTH_TOKEN": self.sandbox.auth_token,
            "PYTHONPATH": str(_ROOT),
            **others,
        }

    def another_port(self) -> int:
        """Nobody else is given it while the installation is there."""
        return self._stack.enter_context(held_port())

    def start(self, command: Sequence[str], **others: str) -> subprocess.Popen[bytes]:
        """Start `python -m COMMAND…`; it is ended with the installation at the latest."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=self.environment(**others),
            cwd=_ROOT,
            stderr=self.log,
        )
        self._stack.callback(end, process)
        return process

    def start_web(self, *command: str, **others: str) -> subprocess.Popen[bytes]:
        """The web process (`rsm web` unless another command is given), once it answers."""
        process = self.start(command or ("rsm.cli", "web"), **others)
        self.await_web()
        return process

    def fork(self, command: Sequence[str]) -> Forked:
        """The same as `start`, sooner: for programs of tests, of which one test starts many."""
        process = Forked(command, self.environment())
        self._stack.callback(end, process)
        return process

    def await_web(self) -> None:
        wait_for(lambda: answers(f"{self.url}/readyz"), "the web process")

    def close(self) -> None:
        self._stack.close()


@contextmanager
def installation(owner_url: str, *, manual: bool = False) -> Iterator[Installation]:
    """An installation without processes yet; `manual`: callbacks come when they are flushed."""
    with ExitStack() as stack:
        port = stack.enter_context(held_port())
        inbound = f"http://127.0.0.1:{port}/hooks/twilio/inbound"
        sandbox = stack.enter_context(running_sandbox(inbound_url=inbound, manual_callbacks=manual))
        made = Installation(owner_url, port, sandbox)
        stack.callback(made.close)
        yield made


@contextmanager
def held_port() -> Iterator[int]:
    """A port for a server that is started in the block. Nobody else is given it meanwhile, and the
    server may listen there all the same, since servers set SO_REUSEADDR (on Linux; elsewhere it is
    a free port)."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        if platform.system() != "Linux":
            held.close()
        yield port


def free_port() -> int:
    """A port that is free at this moment; it may be taken before anybody listens there."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def end(process: subprocess.Popen[bytes] | Forked) -> None:
    """Ask it to stop, then insist."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait(10)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - loopback
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_for(condition: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    """Wait until it is so; two minutes are for a slow machine, no promise of speed."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about")
        time.sleep(0.05)
