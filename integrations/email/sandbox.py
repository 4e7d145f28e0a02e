"""A mail server on loopback that delivers nothing: it keeps what it is given, and can misbehave.

with MailServer() as server:
    sender = SmtpSender(smtp_config(server.url), clock)
    server.faults.plan(MailFault.DROP_AFTER_DATA)
"""

import asyncio
import hmac
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from integrations.email.faults import MailFault, MailFaults
from integrations.email.mails import Mail

_BEFORE = {
    MailFault.BUSY,
    MailFault.UNKNOWN_USER,
    MailFault.MAILBOX_FULL,
    MailFault.GREYLISTED,
    MailFault.RELAY_DENIED,
}
_AFTER = {MailFault.CONTENT_BUSY, MailFault.CONTENT_REFUSED}
_START_SECONDS = 10
_IDENT = "mail server of a demo"


@dataclass(frozen=True)
class Guard:
    """What the server asks of whoever connects. `implicit`: TLS from the first byte."""

    tls: ssl.SSLContext | None = None
    implicit: bool = False
    user: str = ""
    password: str = ""


NO_GUARD = Guard()


class MailServer:
    """The server, from `with` to the block's end, in a thread of its own.

    `state_file` keeps what has come over a restart: one JSON object per line.
    """

    def __init__(self, guard: Guard = NO_GUARD, state_file: Path | None = None) -> None:
        self.faults = MailFaults()
        self.received: list[Mail] = []
        self._guard = guard
        self._state_file = state_file
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="mail server", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """`RSM_SMTP_URL` for a server without a guard."""
        return f"smtp://127.0.0.1:{self.port}?starttls=never"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("the mail server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tls = self._guard.tls if self._guard.implicit else None
        server = await self._loop.create_server(self._session, sock=self._listener, ssl=tls)
        self._ready.set()
        await self._stop.wait()
        server.close()

    def _session(self) -> SMTP:
        starttls = self._guard.tls if not self._guard.implicit else None
        return SMTP(
            self,
            hostname="localhost",
            ident=_IDENT,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=bool(self._guard.user),
            auth_require_tls=starttls is not None,
            authenticator=self._authenticate if self._guard.user else None,
            loop=self._loop,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = hmac.compare_digest(given.login, self._guard.user.encode())
        password = hmac.compare_digest(given.password, self._guard.password.encode())
        return AuthResult(success=user and password, handled=user and password)

    # --- what aiosmtpd calls ---------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own naming
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """The recipient is named: here the faults are drawn."""
        fault = self.faults.strike(address)
        if fault is not None and fault in _BEFORE:
            return f"{fault.reply} as planned"
        if fault is MailFault.DROP_BEFORE_DATA:
            _hang_up(server)
            return "421 gone"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.append(fault.value if fault else "")
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's own naming
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """The text has come: keep it, unless a fault says otherwise."""
        planned = envelope.rcpt_options[-1]
        fault = MailFault(planned) if planned else None
        if fault is not None and fault in _AFTER:
            return f"{fault.reply} as planned"
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        self._keep(Mail.of(envelope.mail_from or "", envelope.rcpt_tos[-1], raw))
        if fault is MailFault.DROP_AFTER_DATA:
            _hang_up(server)
        if fault is MailFault.SILENT_AFTER_DATA:
            await asyncio.Event().wait()  # until whoever waits for us hangs up
        return "250 2.0.0 kept"

    def _keep(self, mail: Mail) -> None:
        self.received.append(mail)
        if self._state_file is not None:
            with self._state_file.open("a", encoding="utf-8") as lines:
                lines.write(mail.to_line() + "\n")


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
