"""The embedded server's watchdog: runs PostgreSQL for as long as some process uses it.

`rsm.db.embedded` starts this file as a program of its own, with the standard library alone, so
that it is there within milliseconds and outlives whoever started it. Four files beside the data,
held by `flock`, are all that the processes tell one another; the kernel lets go of them when a
process ends, however it ends:

    postgres.gate     exclusive while somebody starts or leaves: one at a time
    postgres.users    shared by every process that uses the server; exclusive while it is stopped
    postgres.watch    exclusive while a watchdog lives
    postgres.server   exclusive while any process of the server itself lives

The watchdog is the server's parent, so it never signals a number that is somebody else's by now.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

_FAST_STOP_SECONDS = 120.0
_LONGEST_PAUSE_SECONDS = 30.0
# A server that was killed leaves its number behind, and PostgreSQL refuses to start when some
# process bears it (in a container the numbers repeat). It knows its parent to be no server: so
# the file, and that of its socket, gets our number. The other lines stay: by them PostgreSQL
# checks that the shared memory of the old server is no longer in use. Done as the account that
# owns the folder.
_RENUMBER = 'test ! -e "$1" || { { echo "$2"; tail -n +2 "$1"; } > "$1.new" && mv "$1.new" "$1"; }'


class Order(NamedTuple):
    """What to run and which files to hold. Travels as JSON, so: plain values only."""

    lock_dir: str
    command: list[str]
    environment: dict[str, str]
    cluster: str
    uid: int | None
    gid: int | None
    linger_seconds: float

    def lock(self, name: str) -> Path:
        return Path(self.lock_dir, f"postgres.{name}")


class _Event(Enum):
    UNUSED = "nobody uses the server any more"
    ENDED = "the server ended by itself"


def open_lock(path: Path) -> int:
    """A descriptor of its own for a lock file, so that its lock is its own as well."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    """Take the lock (`fcntl.LOCK_SH` or `LOCK_EX`) if that needs no waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(path: Path, kind: int) -> bool:
    """Whether a lock of this kind could be had at this moment."""
    descriptor = open_lock(path)
    try:
        return try_lock(descriptor, kind)
    finally:
        os.close(descriptor)


def main(argument: str) -> int:
    """Become the watchdog; the caller's wait ends as soon as there is one."""
    order = Order(**json.loads(argument))
    watch = open_lock(order.lock("watch"))
    if not try_lock(watch, fcntl.LOCK_EX):
        return 0
    _end_orphan(order)
    if os.fork():
        os._exit(0)  # the lock is on the open file, which the child shares
    users = open_lock(order.lock("users"))
    # It ends when the last user does, not before: on shutdown everybody is told to end at once,
    # and the users may still have something to write.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        _watch(order, users)
    finally:
        os.close(watch)  # first, or a newcomer would take us for alive
        os.close(users)
    return 0


def _watch(order: Order, users: int) -> None:
    events: SimpleQueue[_Event] = SimpleQueue()
    threading.Thread(target=_tell_when_unused, args=(order, users, events), daemon=True).start()
    pause = 1.0
    while True:
        server = _run(order)
        threading.Thread(target=_tell_when_ended, args=(server, events), daemon=True).start()
        if events.get() is _Event.UNUSED:
            _stop(server)
            with _server_lock(order):  # its last process has gone
                return
        if not is_free(order.lock("gate"), fcntl.LOCK_SH):
            return  # somebody waits for this start and wants to know that it failed
        with contextlib.suppress(Empty):
            if events.get(timeout=pause) is _Event.UNUSED:
                return
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _tell_when_unused(order: Order, users: int, events: SimpleQueue[_Event]) -> None:
    """Block until no process holds the users' lock; keep it, so that a newcomer waits."""
    fcntl.flock(users, fcntl.LOCK_EX)
    while order.linger_seconds:
        fcntl.flock(users, fcntl.LOCK_SH)  # as if a user were there: others come and go freely
        time.sleep(order.linger_seconds)
        if try_lock(users, fcntl.LOCK_EX):
            break
        fcntl.flock(users, fcntl.LOCK_EX)
    events.put(_Event.UNUSED)


def _tell_when_ended(server: subprocess.Popen[bytes], events: SimpleQueue[_Event]) -> None:
    server.wait()
    events.put(_Event.ENDED)


def _run(order: Order) -> subprocess.Popen[bytes]:
    """Start PostgreSQL. Its processes inherit the server's lock: it tells for ever if one lives."""
    with _server_lock(order) as lock:
        if _postmaster(order) is None:
            for left_over in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                path = str(Path(order.cluster, left_over))
                _spawn(order, ["/bin/sh", "-c", _RENUMBER, "sh", path, str(os.getpid())]).wait()
        return _spawn(order, order.command, lock)


def _spawn(order: Order, command: list[str], *locks: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=order.environment,
        pass_fds=locks,
        user=order.uid,
        group=order.gid,
        extra_groups=None if order.uid is None else [],
        umask=0o077,
    )


def _postmaster(order: Order) -> int | None:
    """The server that the cluster's file names, if it is one and not whoever has its number now."""
    try:
        pid = int(Path(order.cluster, "postmaster.pid").read_text().split()[0])
        if Path("/proc/self/cwd").exists() and not Path(f"/proc/{pid}/cwd").samefile(order.cluster):
            return None
    except (OSError, ValueError, IndexError):
        return None
    return pid


@contextlib.contextmanager
def _server_lock(order: Order) -> Iterator[int]:
    """Hold the server's lock: from then on no process of an earlier server lives."""
    lock = open_lock(order.lock("server"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _end_orphan(order: Order) -> None:
    """Stop a server whose watchdog was killed, so that the new one has a parent again."""
    if is_free(order.lock("server"), fcntl.LOCK_EX):
        return
    pid = _postmaster(order)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    with _server_lock(order):  # the caller waits, so that it never takes this one for the new one
        return


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: open transactions are rolled back, everything committed is written out."""
    for number, seconds in ((signal.SIGINT, _FAST_STOP_SECONDS), (signal.SIGQUIT, 10.0)):
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return
    server.kill()
    server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
