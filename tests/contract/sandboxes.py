"""What the suites over the sandbox share: our application as it sees it, adapters against it.

Fixtures (`conftest.py`): `process` runs for a module, `sandbox` is the same emptied, `application`
is called back.
"""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

import pytest

from integrations.twilio.faults import CreateFault
from integrations.twilio.sandbox.control import RunningSandbox
from integrations.twilio.sender import TwilioConfig
from rsm.kernel.clock import Clock, VirtualClock
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason
from rsm.messaging.model import Accepted, Outgoing

CREDENTIALS = "a-token-for-tests"


def config(sandbox: RunningSandbox, timeout_seconds: float = 10) -> TwilioConfig:
    return TwilioConfig(sandbox.account_sid, sandbox.auth_token, sandbox.url, timeout_seconds)


class Application:
    """Our application as the sandbox sees it: keeps what is posted, answers what it is told."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], str | None]] = []
        self.answers: list[tuple[int, str]] = []
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                application.posts.append((self.path, form, self.headers["X-Twilio-Signature"]))
                status, text = application.answers.pop(0) if application.answers else (204, "")
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for _, form, _ in self.posts]


class Adapter(Protocol):
    """What sends through Twilio."""

    def send(self, message: Outgoing) -> Accepted: ...
    def close(self) -> None: ...


Sends = TypeVar("Sends", bound=Adapter)


class RealProvider(Generic[Sends]):
    """An adapter and the sandbox. It is impatient where the sandbox is to keep silent."""

    def __init__(
        self,
        clock: VirtualClock,
        sandbox: RunningSandbox,
        make: Callable[[TwilioConfig, Clock], Sends],
    ) -> None:
        self.clock = clock
        self.control = sandbox.control
        self.adapter = make(config(sandbox), clock)
        self._impatient = make(config(sandbox, 2), clock)
        self._will_wait = True
        self.refuse = self.control.refuse

    def send(self, message: Outgoing) -> Accepted:
        adapter = self.adapter if self._will_wait else self._impatient
        self._will_wait = True
        return adapter.send(message)

    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None:
        self._will_wait = fault is not CreateFault.TIMEOUT_AFTER_ACCEPT
        self.control.fault(fault, times, to)

    def close(self) -> None:
        self._impatient.close()
        self.adapter.close()


class CanSend(Protocol):
    """A provider of either kind."""

    def send(self, message: Outgoing) -> Accepted: ...


def failure(provider: CanSend, message: Outgoing) -> SendError:
    with pytest.raises(SendError) as raised:
        provider.send(message)
    return raised.value


# What we know after each fault of a create: the error, why, and whether the provider took it.
WHAT_WE_KNOW = [
    (CreateFault.TOO_MANY, Deferred, SendReason.RATE_LIMITED, 0),
    (CreateFault.UNAVAILABLE, Deferred, SendReason.PROVIDER_ERROR, 0),
    (CreateFault.SERVER_ERROR, OutcomeUnknown, SendReason.PROVIDER_ERROR, 0),
    (CreateFault.DROP_BEFORE_ACCEPT, OutcomeUnknown, SendReason.NETWORK, 0),
    (CreateFault.DROP_AFTER_ACCEPT, OutcomeUnknown, SendReason.NETWORK, 1),
    (CreateFault.TIMEOUT_AFTER_ACCEPT, OutcomeUnknown, SendReason.TIMEOUT, 1),
]
