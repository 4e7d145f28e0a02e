"""The process that plays the months which a page asked for: it ends with the worker that began it.

Started as a program, in the folder of its files. Standard input is a pipe whose other end only the
worker holds: closed while we play, it says that the worker was killed. Nobody waits for the answer
then, another worker begins anew, and nobody but us would clear the folder away.

Beside patients' messages it is what matters least: where memory runs out, it is the first to go.
"""

import os
import resource
import runpy
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

_PATIENCE = 20.0  # seconds between the asking and the end
MOST_MEMORY = 1 << 30  # bytes of one process's own; the largest question takes a third of it
_FIRST_TO_GO = "1000"


def main() -> None:
    """`rsm` with our arguments, for as long as somebody waits for it."""
    folder, gone = Path.cwd(), threading.Event()
    give_way()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:  # it may be told to end at once
        threading.Thread(target=_watch, args=(folder, gone), daemon=True).start()
        runpy.run_module("rsm.cli", run_name="__main__", alter_sys=True)
    finally:
        if gone.is_set():
            shutil.rmtree(folder, ignore_errors=True)


def give_way() -> None:
    """Of memory, before anybody else: this process, and all that it starts."""
    with suppress(OSError):  # a system that does not know it
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _watch(folder: Path, gone: threading.Event) -> None:
    """Ask it to end when the worker has gone; then end it."""
    while os.read(0, 1):  # nothing is ever written there
        pass
    gone.set()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(128 + signal.SIGKILL)


if __name__ == "__main__":
    main()
