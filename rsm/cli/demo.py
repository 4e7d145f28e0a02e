"""`rsm demo`: database, sandbox, months of history, web and worker; one card that says how.

Web and worker are processes of the very code that a hospital runs, told by the same settings. They
end with this one, however it ends; nothing else does.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

from rsm.kernel.errors import Conflict, Invalid, Problem

if TYPE_CHECKING:
    from rsm.simulate.demo import LogBook

_READY_SECONDS = 60.0
_END_SECONDS = 25.0
_PORTS_TRIED = 50
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, Linux


@dataclass(frozen=True)
class Place:
    """Where the demo lives and listens."""

    data_dir: Path
    port: int
    metrics_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def run(port: int) -> int:
    """Run the demo until Ctrl-C or SIGTERM. Returns the exit code."""
    from rsm.settings import PREFIX, read_settings

    kept = {name: value for name, value in os.environ.items() if name == f"{PREFIX}DATA_DIR"}
    data_dir = (read_settings(kept).data_dir / "demo").absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _alone(data_dir):
            free = free_port(port)
            if free != port:
                _say(f"Port {port} is in use; taking {free}. Choose one: rsm demo --port N")
            return _run(Place(data_dir, free, free_port(free + 1)))
    except KeyboardInterrupt:
        _say(_goodbye(data_dir))
        return 0


def _goodbye(data_dir: Path) -> str:
    from rsm.simulate.demo import read_log_book

    if read_log_book(data_dir) is None:
        return "\nThe demo has ended before its months were made; the next start makes them anew."
    return "\nThe demo has ended. Its data stay; `rsm demo` goes on with them."


def _run(place: Place) -> int:
    from rsm.bootstrap import bring_up_to_date, find_database, own_keys
    from rsm.bootstrap.demo import go_on, mail_sandbox, sandbox, seed
    from rsm.cli.demo_months import make_months
    from rsm.kernel.ids import SystemIds
    from rsm.security.keyring import parse_keys
    from rsm.settings import Settings
    from rsm.simulate.demo import read_log_book

    begun = time.monotonic()
    keys = parse_keys(own_keys(place.data_dir, SystemIds()))
    with ExitStack() as stack:
        addresses = stack.enter_context(find_database(Settings(data_dir=place.data_dir), keys))
        bring_up_to_date(addresses, keys)
        inbound = f"{place.url}/hooks/twilio/inbound"
        with ctrl_c_is_ours():
            phones = stack.enter_context(sandbox(place.data_dir, inbound))
        mails = stack.enter_context(mail_sandbox(place.data_dir))
        book = read_log_book(place.data_dir)
        if book is not None:
            go_on(addresses, keys)
        book = book or make_months(
            addresses,
            keys,
            place.data_dir,
            place.url,
            lambda texts: seed(phones, place.data_dir, texts),
        )
        environment = {
            **_environment(place, phones.url, phones.account_sid, phones.auth_token),
            "RSM_SMTP_URL": mails.url,
        }
        children = stack.enter_context(_children(environment, place))
        _wait_until_ready(place, children)
        _say(card(place, book, time.monotonic() - begun))
        return _watch(children)


def card(place: Place, book: "LogBook", seconds: float) -> str:
    """Addresses and log-ins, as they are printed."""
    lines = [
        "",
        f"RSM demo: ready after {seconds:.0f} s. Everybody in it is invented.",
        "",
        f"  Staff pages   {place.url}/",
        f"  Phones        {place.url}/phones",
        f"  Sign-in codes {place.url}/phones/codes",
        "",
        f"  Password of everybody: {book.password}",
        "  Second factor: the code beside the name on the page of sign-in codes",
        "",
    ]
    shown = [one for one in book.log_ins if one.site in {"", book.site}]
    lines += [f"  {one.job:<15} {one.name:<16} {one.email}" for one in shown]
    lines += [
        "",
        "  Try it: open the phones, enrol yourself, answer with a severe pain, and watch.",
    ]
    lines += ["  Ctrl-C ends the demo; its data stay.", ""]
    return "\n".join(lines)


def free_port(wanted: int) -> int:
    """`wanted`, or the next one that is free. Raises `Invalid` when there is none near."""
    if not 0 < wanted < 65536:
        raise Invalid(Problem("--port", f"{wanted} is no port", "between 1024 and 65535"))
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise Invalid(Problem("--port", f"{wanted} and what follows is in use", "name another one"))


@contextlib.contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One demo at a time on this data directory."""
    with (data_dir / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            mend = "end it, or give this one another RSM_DATA_DIR"
            raise Conflict(f"a demo runs already in {data_dir}: {mend}") from None
        yield


@contextlib.contextmanager
def ctrl_c_is_ours() -> Iterator[None]:
    """A process that is started in here does not hear Ctrl-C, which goes to all: we end it."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


# --- web and worker ------------------------------------------------------------------------------


def _environment(place: Place, api_url: str, account: str, token: str) -> Mapping[str, str]:
    """The settings of web and worker; none of ours that might be set here."""
    from rsm.bootstrap import own_keys
    from rsm.kernel.ids import SystemIds

    ours = {
        "RSM_DATA_DIR": str(place.data_dir),
        "RSM_PUBLIC_URL": place.url,
        "RSM_SECRET_KEYS": own_keys(place.data_dir, SystemIds()),
        "RSM_SMS_PROVIDER": "sandbox",
        "RSM_TWILIO_ACCOUNT_SID": account,
        "RSM_TWILIO_AUTH_TOKEN": token,
        "RSM_TWILIO_API_URL": api_url,
        "RSM_BIND": f"127.0.0.1:{place.port}",
        "RSM_METRICS_BIND": f"127.0.0.1:{place.metrics_port}",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RSM_")}
    # This very package, installed or not.
    path = [str(Path(__file__).parents[2]), inherited.get("PYTHONPATH", "")]
    return inherited | ours | {"PYTHONPATH": os.pathsep.join(filter(None, path))}


@contextlib.contextmanager
def _children(
    environment: Mapping[str, str], place: Place
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Web and worker, with their logs in the data directory; both end with the block."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        stack.callback(_end, started)
        for name in ("web", "worker"):
            log = stack.enter_context((place.data_dir / f"{name}.log").open("ab"))
            started[name] = _start(name, environment, log)
        yield started


def _start(name: str, environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C is for us, and we end it in our own order."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_parent() -> None:
        if libc is not None:
            libc.prctl(_DIE_WITH_PARENT, signal.SIGTERM)

    return subprocess.Popen(
        [sys.executable, "-m", "rsm.cli", name],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  # no thread of ours runs yet
    )


def _end(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Ask each to end; who does not is ended."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    for child in children.values():
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_ready(place: Place, children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        _raise_if_gone(place.data_dir, children)
        if _answers(f"{place.url}/readyz"):
            return
        time.sleep(0.1)
    raise Conflict(f"the web process is not ready: see {place.data_dir / 'web.log'}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own process
            return bool(answer.status == 200)
    except OSError:
        return False


def _raise_if_gone(data_dir: Path, children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise Conflict(f"the {name} process has ended: see {data_dir / f'{name}.log'}")


def _watch(children: Mapping[str, subprocess.Popen[bytes]]) -> int:
    """Wait for Ctrl-C, or for a child that ends by itself."""
    while True:
        for name, child in children.items():
            code = child.poll()
            if code is not None:
                _say(f"The {name} process has ended (code {code}); so does the demo.")
                return 1
        time.sleep(0.5)


def _say(words: str) -> None:
    print(words, flush=True)
