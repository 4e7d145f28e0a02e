"""The embedded database: a real PostgreSQL in the data directory, shared by whoever needs it.

`start` gives every process of this user the same server. The first one makes and starts it; a
watchdog (`embedded_watch`) stops it when its last user has gone, even when that one was killed.
A `kill -9` of everything costs nothing that was committed: the next start recovers.
"""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Self
from urllib.parse import quote

from rsm.db import embedded_watch as watch
from rsm.db.embedded_cluster import (
    Place,
    clean_environment,
    ensure_cluster,
    find_place,
    make_data_dir,
)
from rsm.db.embedded_errors import EmbeddedServerError, explain, explain_os_error
from rsm.kernel.errors import Problem

__all__ = ["EmbeddedServerError", "Running", "start"]

_START_SECONDS = 60.0
_STOP_SECONDS = 150.0
_PAUSE_SECONDS = 0.02
_LONGEST_SOCKET_PATH = 100  # bytes; the systems' limits begin at 104
_SETTINGS = MappingProxyType(
    {
        "max_connections": "200",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "unix_socket_permissions": "0700",
        # One file per weekday, and nothing in it that a statement carried: no errors of
        # statements, no values, no details.
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_checkpoints": "off",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
    }
)


@dataclass(frozen=True)
class _Postmaster:
    """What a running server writes down about itself (`postmaster.pid`)."""

    pid: int
    host: str
    port: int


class Running:
    """One process's share in the running server, until `stop` or the end of the process."""

    def __init__(self, place: Place, users: int, password: str, at: _Postmaster) -> None:
        self._place = place
        self._users: int | None = users
        self._password = password
        self._at = at

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory, with its log in `log`."""
        return self._place.cluster

    @property
    def pid(self) -> int:
        """The server's process, as it was at the start."""
        return self._at.pid

    @property
    def url(self) -> str:
        """The superuser's URL: for roles, databases and templates, not for the application."""
        return self.url_for("postgres", "postgres", self._password)

    def url_for(self, database: str, user: str, password: str) -> str:
        """The SQLAlchemy URL of another database and user on this server."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        at, name = self._at, quote(database, safe="")
        if at.host.startswith("/"):
            where = f"/{name}?host={quote(at.host)}&port={at.port}"
        else:
            where = f"{at.host}:{at.port}/{name}"
        return f"postgresql+psycopg://{who}@{where}"

    def stop(self) -> None:
        """Give the server back. The last one to do so waits until it has shut down."""
        if self._users is None:
            return
        with _gate(self._place.data_dir):
            os.close(self._users)
            self._users = None
            _wait_for_stop(self._place.data_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    data_dir: Path,
    *,
    settings: Mapping[str, str] = MappingProxyType({}),
    linger_seconds: float = 0.0,
) -> Running:
    """Start the server of this data directory, or find the one that runs already.

    `settings` are PostgreSQL's and override ours; they and `linger_seconds` (how long the server
    outlives its last user) count for whoever starts it. Raises `EmbeddedServerError`, which says
    what, where and how to mend it.
    """
    data_dir = Path(os.path.abspath(data_dir))  # noqa: PTH100 - `resolve` would follow links
    try:
        make_data_dir(data_dir)
        with _gate(data_dir) as gate:
            place = find_place(data_dir)
            ensure_cluster(place, gate, fsync=settings.get("fsync") != "off")
            with contextlib.ExitStack() as undo:
                users = watch.open_lock(data_dir / "postgres.users")
                undo.callback(_wait_for_stop, data_dir)
                undo.callback(os.close, users)
                _wait_for_lock(users, fcntl.LOCK_SH, data_dir)
                password = place.password_file.read_text(encoding="utf-8").strip()
                order = _order(place, settings, linger_seconds)
                running = Running(place, users, password, _bring_up(place, password, order))
                undo.pop_all()
            return running
    except OSError as error:
        raise explain_os_error(error, data_dir) from error


def _bring_up(place: Place, password: str, order: watch.Order) -> _Postmaster:
    """Return when the server answers; see to it that there is a watchdog, once."""
    deadline = time.monotonic() + _START_SECONDS
    with tempfile.TemporaryFile() as said:  # not in the data directory: its disk may be full
        launched = False
        while True:
            if watch.is_free(order.lock("watch"), fcntl.LOCK_SH):
                if launched:
                    raise explain(_last_words(place, said), place.home, "PostgreSQL did not start")
                _launch(order, said)
                launched = True
            at = _postmaster(place.cluster)
            if at is not None and _answers(place, password, at):
                return at
            if time.monotonic() > deadline:
                doing = f"PostgreSQL gave no answer in {_START_SECONDS:.0f} s"
                raise explain(_last_words(place, said), place.home, doing)
            time.sleep(_PAUSE_SECONDS)


def _launch(order: watch.Order, said: IO[bytes]) -> None:
    """Start the watchdog in a session of its own: Ctrl-C in our terminal is not meant for it."""
    subprocess.run(
        [sys.executable, "-I", "-S", watch.__file__, json.dumps(order._asdict())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        cwd="/",
        env=clean_environment(),
        start_new_session=True,
        timeout=_STOP_SECONDS,
        check=False,
    )


def _order(place: Place, settings: Mapping[str, str], linger_seconds: float) -> watch.Order:
    chosen = {**_SETTINGS, **_address(place.cluster), **settings}
    account = place.account
    return watch.Order(
        lock_dir=str(place.data_dir),
        command=[
            *(str(place.programs / "bin" / "postgres"), "-D", str(place.cluster)),
            *(part for name, value in chosen.items() for part in ("-c", f"{name}={value}")),
        ],
        environment=clean_environment(),
        cluster=str(place.cluster),
        uid=account.uid if account else None,
        gid=account.gid if account else None,
        linger_seconds=linger_seconds,
    )


def _address(cluster: Path) -> dict[str, str]:
    """Listen on a socket in the cluster, which only its owner can enter, or on the loopback."""
    path = os.fsencode(cluster / ".s.PGSQL.5432")
    if len(path) < _LONGEST_SOCKET_PATH and b"," not in path:  # libpq splits hosts at commas
        quoted = str(cluster).replace('"', '""')
        return {
            "listen_addresses": "",
            "unix_socket_directories": f'"{quoted}"',
            "port": "5432",
        }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}


def _postmaster(cluster: Path) -> _Postmaster | None:
    """The server that says it is ready: pid, directory, start, port, socket, host, shm, state."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    return _Postmaster(int(lines[0]), lines[4] or lines[5], int(lines[3]))


def _answers(place: Place, password: str, at: _Postmaster) -> bool:
    """Whether the server lets us in. A left-over file of a dead server leads nowhere."""
    import psycopg

    try:
        psycopg.connect(
            host=at.host,
            port=at.port,
            user="postgres",
            dbname="postgres",
            password=password,
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error) and at.host.startswith("/"):
            raise explain(str(error), place.password_file, "the server refuses us") from error
        return False
    return _postmaster(place.cluster) == at  # else that one was killed, and the next one answered


@contextlib.contextmanager
def _gate(data_dir: Path) -> Iterator[int]:
    """One process at a time starts or leaves. The file stays; only its lock means something."""
    gate = watch.open_lock(data_dir / "postgres.gate")
    try:
        _wait_for_lock(gate, fcntl.LOCK_EX, data_dir)
        yield gate
    finally:
        os.close(gate)


def _wait_for_lock(descriptor: int, kind: int, data_dir: Path) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while not watch.try_lock(descriptor, kind):
        if time.monotonic() > deadline:
            what = "another process has been starting or stopping the embedded server for minutes"
            mend = "see whether it hangs, and end it"
            raise EmbeddedServerError(Problem(str(data_dir), what, mend))
        time.sleep(_PAUSE_SECONDS)


def _wait_for_stop(data_dir: Path) -> None:
    """Wait for the watchdog to finish, unless somebody else still uses the server."""
    users, guard = data_dir / "postgres.users", data_dir / "postgres.watch"
    deadline = time.monotonic() + _STOP_SECONDS
    while not watch.is_free(guard, fcntl.LOCK_SH) and time.monotonic() < deadline:
        shared = not watch.is_free(users, fcntl.LOCK_EX) and watch.is_free(users, fcntl.LOCK_SH)
        if shared:
            return
        time.sleep(_PAUSE_SECONDS)


def _last_words(place: Place, said: IO[bytes]) -> str:
    """What PostgreSQL said before it had a log, then the end of its newest log."""
    said.seek(0)
    words = said.read().decode("utf-8", "replace")
    logs = sorted((place.cluster / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    if logs and "redirecting log output" in words:
        words += logs[-1].read_text(encoding="utf-8", errors="replace")[-4000:]
    return words
