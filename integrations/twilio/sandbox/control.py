"""The sandbox's remote control, and a context manager that runs one: for tests and the demo.

with running_sandbox(inbound_url="http://127.0.0.1:8000/hooks/twilio/sms") as sandbox:
    sender = TwilioSender(TwilioConfig(..., api_url=sandbox.url), clock)
    sandbox.control.fault(CreateFault.DROP_AFTER_ACCEPT)
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import Field, JsonValue

from integrations.twilio.faults import CallbackFault, CreateFault, ReadFault, Weather
from integrations.twilio.sandbox.call_control import CallControl
from integrations.twilio.sandbox.remote import Reply

_END_SECONDS = 10

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "sandbox-token"  # noqa: S105  # opens nothing but a sandbox on loopback


class SandboxMessage(Reply):
    """A message as the sandbox keeps it; `callback_url` is the StatusCallback of the create."""

    sid: str
    direction: str
    sender: str = Field(alias="from")
    to: str
    body: str
    at: datetime
    status: str
    error_code: int | None
    service: str
    callback_url: str

    @property
    def inbound(self) -> bool:
        """Whether the phone sent it."""
        return self.direction == "inbound"


class Phone(Reply):
    """A simulated phone: its number, its messages in order, the senders that it stopped."""

    number: str
    opted_out: tuple[str, ...]
    messages: tuple[SandboxMessage, ...]


class Texted(Reply):
    """What became of a text: its id, the HTTP status of each hook call, the replies."""

    sid: str
    answered: tuple[int, ...]
    replies: tuple[SandboxMessage, ...]


class CalledBack(Reply):
    """One status callback that was sent, and the HTTP status of the answer (0: none)."""

    sid: str
    status: str
    answered: int


class _Phones(Reply):
    phones: tuple[Phone, ...]


class _Log(Reply):
    log: tuple[SandboxMessage, ...]


class _Callbacks(Reply):
    callbacks: tuple[CalledBack, ...]


class _Seeded(Reply):
    seeded: int


@dataclass(frozen=True)
class PastMessage:
    """A message of the past, for `seed`; `inbound` if the phone sent it."""

    sender: str
    to: str
    body: str
    at: datetime
    inbound: bool = False
    sid: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """As `/seed` wants it."""
        known: dict[str, JsonValue] = {"sid": self.sid} if self.sid else {}
        return known | {
            "from": self.sender,
            "to": self.to,
            "body": self.body,
            "at": self.at.isoformat(),
            "direction": "inbound" if self.inbound else "outbound-api",
            "status": "received" if self.inbound else "delivered",
        }


class SandboxControl(CallControl):
    """Typed calls to the control desk; raises `requests.RequestException` when it is not there."""

    def phones(self, last: int | None = None) -> tuple[Phone, ...]:
        """Every phone, with all its messages or only the last ones."""
        query = "" if last is None else f"?last={last}"
        return self._get(f"/phones{query}", _Phones).phones

    def thread(self, number: str) -> Phone:
        """One phone; a number never seen has no messages."""
        return self._get(f"/phones/{number}", Phone)

    def text(self, number: str, body: str, to: str = "") -> Texted:
        """The phone sends a text to `to`, or to whoever wrote to it last."""
        return self._post(f"/phones/{number}/text", {"body": body, "to": to}, Texted)

    def log(self, after: int = 0) -> tuple[SandboxMessage, ...]:
        """Every create accepted, in order, without the first `after`."""
        return self._get(f"/log?after={after}", _Log).log

    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None:
        """Let the next creates fail (`times` None: all), or only those to one number."""
        self._post("/faults", {"create": fault.value, "times": times, "to": to}, Reply)

    def read_fault(self, fault: ReadFault, times: int = 1) -> None:
        """Let the next requests for the list, or to delete a body, fail."""
        self._post("/faults", {"read": fault.value, "times": times}, Reply)

    def callback_fault(self, fault: CallbackFault) -> None:
        """Let callbacks misbehave from now on."""
        self._post("/faults", {"callbacks": fault.value}, Reply)

    def unreachable(self, numbers: Sequence[str]) -> None:
        """Texts to these numbers, and only these, end undelivered with 30003."""
        self._post("/faults", {"unreachable": list(numbers)}, Reply)

    def refuse(self, codes: Mapping[str, int]) -> None:
        """Refuse creates to these numbers, and only these, each with a code of Twilio's."""
        self._post("/faults", {"refused": dict(codes)}, Reply)

    def weather(self, weather: Weather) -> None:
        """Let this go wrong of itself from now on."""
        said: dict[str, JsonValue] = {
            "seed": weather.seed,
            "create": dict(weather.create),
            "callbacks": dict(weather.callbacks),
        }
        self._post("/faults", {"weather": said}, Reply)

    def clear_faults(self) -> None:
        """Behave again."""
        self._send("DELETE", "/faults", None)

    def flush_callbacks(self) -> tuple[CalledBack, ...]:
        """Send the callbacks that wait, wait for those under way, and say which they were."""
        return self._post("/callbacks/flush", {}, _Callbacks).callbacks

    def callbacks(self) -> tuple[CalledBack, ...]:
        """The callbacks sent so far, in order."""
        return self._get("/callbacks", _Callbacks).callbacks

    def seed(self, messages: Sequence[PastMessage]) -> int:
        """Take in past messages without any callback; returns how many."""
        entries: list[JsonValue] = [message.to_json() for message in messages]
        return self._post("/seed", {"messages": entries}, _Seeded).seeded

    def set_clock(self, now: datetime | None, *, runs: bool = False) -> None:
        """Stand still at `now`, or run on from it; None goes back to the machine's clock."""
        at = now.isoformat() if now else None
        self._post("/clock", {"now": at, "runs": runs}, Reply)

    def set_inbound_url(self, url: str) -> None:
        """Where texts from phones are posted."""
        self._post("/settings", {"inbound_url": url}, Reply)

    def set_keywords(self, handled: bool) -> None:
        """Whether the sandbox obeys STOP and START itself, as Twilio does."""
        self._post("/settings", {"keywords": handled}, Reply)

    def reset(self) -> None:
        """Forget messages, opt-outs, faults and the clock."""
        self._post("/reset", {}, Reply)


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox process and how to reach it."""

    url: str
    control: SandboxControl
    account_sid: str = ACCOUNT_SID
    auth_token: str = field(default=AUTH_TOKEN, repr=False)


@contextmanager
def running_sandbox(
    *,
    inbound_url: str = "",
    manual_callbacks: bool = False,
    state_file: Path | None = None,
    port: int = 0,
    auth_token: str = AUTH_TOKEN,
) -> Iterator[RunningSandbox]:
    """Start a sandbox, wait until it answers, and end exactly this process at the end.

    If we are killed instead, it ends by itself, since our end of its standard input closes.
    """
    command = [sys.executable, "-m", "integrations.twilio.sandbox", "--exit-with-stdin"]
    command += ["--port", str(port), "--inbound-url", inbound_url]
    command += ["--account-sid", ACCOUNT_SID, "--auth-token", auth_token]
    command += ["--callbacks", "manual" if manual_callbacks else "auto"]
    command += ["--state-file", str(state_file)] if state_file else []
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env=_environment()
    ) as process:
        try:
            url = f"http://127.0.0.1:{_port(process)}"
            control = SandboxControl(url)
            try:
                yield RunningSandbox(url, control, auth_token=auth_token)
            finally:
                control.close()
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """Ours, so that the process finds this very package, installed or not."""
    root = str(Path(__file__).parents[3])
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root])}


def _port(process: subprocess.Popen[str]) -> int:
    line = process.stdout.readline() if process.stdout else ""
    word, _, port = line.strip().partition(" ")
    if word != "READY":
        raise RuntimeError("the Twilio sandbox did not start: see its messages above")
    return int(port)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
