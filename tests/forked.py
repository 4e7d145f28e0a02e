"""Real processes without the seconds of their imports: forked from one that has them already.

`Forked` is `python -m COMMAND…` in every way that a test can see: a process of its own, with its
own environment, its own connections and its own death. The one that forks has imported the code,
run nothing of it and opened nothing.
"""

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context

_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(
    [
        "integrations.email.sender",
        "integrations.heartbeat.http",
        "integrations.twilio.hooks",
        "integrations.twilio.records",
        "integrations.twilio.sender",
        "rsm.bootstrap.house",
        "rsm.web.app",
        "rsm.worker.jobs",
        "uvicorn",
    ]
)


class Forked:
    """One such process, with the words of `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = _FORKING.Process(target=_run, args=(list(command), dict(environment)))
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        if self._process.pid is not None and self.poll() is None:
            os.kill(self._process.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    module, *arguments = command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
