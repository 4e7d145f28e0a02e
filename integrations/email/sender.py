"""Hands messages to a mail server, one connection each. Implements `rsm.messaging.ports.Sender`.

Until the text itself is on its way nothing can have been sent: whatever goes wrong is `Deferred`,
unless the server says that it never will take it. From then on only the server's own reply says
what became of it; without one the outcome is unknown. Errors carry codes only.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from integrations.email import letters
from integrations.email.codes import Stage, refusal
from integrations.email.settings import Protection, SmtpConfig
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason
from rsm.messaging.model import Accepted, Outgoing

# Of the time for all: each address of the host has as much, and the next is to have its turn.
_TO_CONNECT = 0.5
_LINE_DOT = re.compile(rb"(?m)^\.")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


class SmtpSender:
    """The adapter to a mail server. One object serves all threads; `clock` dates the mail."""

    def __init__(self, config: SmtpConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._tls = ssl.create_default_context(cafile=config.ca_file)

    def send(self, message: Outgoing) -> Accepted:
        """Hand the message over; see the port for what is raised."""
        outcome = self._send(message)
        if isinstance(outcome, SendError):  # raised here, so that no cause hangs on it
            raise outcome
        return outcome

    def check(self) -> str:
        """Greet the server, turn to TLS, log on, and leave: no mail. Says how it went.

        Raises `Deferred` with what failed.
        """
        with self._line("localhost") as line:
            failed = line.open()
            words = f"{self._config.host}:{self._config.port}, {line.described()}"
        if failed is not None:
            raise failed
        return words

    def _send(self, message: Outgoing) -> Accepted | SendError:
        mail = letters.compose(message, self._clock.now())
        if isinstance(mail, SendError):
            return mail
        path = message.letter.return_path if message.letter else ""
        with self._line(letters.domain_of(message.sender)) as line:
            failed = line.open() or line.address(path, message.to) or line.hand_over(mail)
        return failed or Accepted(letters.provider_id(message))

    @contextmanager
    def _line(self, name: str) -> Iterator["_Line"]:
        line = _Line(self._config, self._tls, name)
        try:
            yield line
        finally:
            line.close()


class _Line:
    """One connection, from the greeting to the good-bye, within one time for all of it."""

    def __init__(self, config: SmtpConfig, tls: ssl.SSLContext, name: str) -> None:
        self._config = config
        self._tls = tls
        self._name = name
        self._ends = monotonic() + config.timeout_seconds
        self._smtp = smtplib.SMTP(local_hostname=name)  # not connected yet

    def open(self) -> SendError | None:
        """Connect, protect, log on."""
        try:
            self._open()
        except smtplib.SMTPAuthenticationError as refused:
            return Deferred(SendReason.CREDENTIALS, f"AUTH: {refused.smtp_code}")
        except smtplib.SMTPNotSupportedError:
            return Deferred(SendReason.CREDENTIALS, "the server offers no TLS or no log-in")
        except ssl.SSLError as failed:
            return Deferred(SendReason.CREDENTIALS, f"TLS: {type(failed).__name__}")
        except (OSError, smtplib.SMTPException) as failed:
            return _lost(failed)
        return None

    def _open(self) -> None:
        self._smtp = self._connected()
        self._in_time().ehlo_or_helo_if_needed()
        if self._config.protection is Protection.STARTTLS:
            self._in_time().starttls(context=self._tls)
            self._in_time().ehlo()
        if self._config.user:
            self._in_time().login(self._config.user, self._config.password)

    def _connected(self) -> smtplib.SMTP:
        host, port = self._config.host, self._config.port
        seconds = self._config.timeout_seconds * _TO_CONNECT
        if self._config.protection is Protection.TLS:
            return smtplib.SMTP_SSL(host, port, self._name, timeout=seconds, context=self._tls)
        return smtplib.SMTP(host, port, self._name, timeout=seconds)

    def address(self, path: str, to: str) -> SendError | None:
        """From where, to whom. The whole mail is not to come back with a report on it."""
        reports = self._smtp.has_extn("dsn")
        wants = ["RET=HDRS"] if reports else []
        about = ["NOTIFY=FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(to)}"] if reports else []
        try:
            code, text = self._in_time().mail(path, wants)
            if code != 250:
                return refusal(Stage.SENDER, code, text)
            code, text = self._in_time().rcpt(to, about)
        except (OSError, ValueError, smtplib.SMTPException) as failed:
            return _lost(failed)
        return None if code in {250, 251} else refusal(Stage.RECIPIENT, code, text)

    def hand_over(self, mail: bytes) -> SendError | None:
        """The text itself; from its first byte on only the server's reply tells the outcome."""
        begun = False
        try:
            code, text = self._in_time().docmd("DATA")
            if code != 354:
                return refusal(Stage.DATA, code, text)
            begun = True
            self._in_time().send(_LINE_DOT.sub(b"..", mail) + b".\r\n")
            code, text = self._in_time().getreply()
        except (OSError, smtplib.SMTPException) as failed:
            lost = _lost(failed)
            return OutcomeUnknown(lost.reason, lost.detail) if begun else lost
        if 200 <= code < 300:
            return None
        if not 400 <= code < 600:
            return OutcomeUnknown(SendReason.PROVIDER_ERROR, f"DATA: {code} after the text")
        return refusal(Stage.DATA, code, text)

    def described(self) -> str:
        """How the connection is protected, and whether somebody logged on."""
        cipher = self._smtp.sock.version() if isinstance(self._smtp.sock, ssl.SSLSocket) else None
        return f"{cipher or 'no TLS'}, {'logged on' if self._config.user else 'without a log-in'}"

    def close(self) -> None:
        """Say good-bye if anybody listens; what was handed over stays so."""
        try:
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(1)
                self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def _in_time(self) -> smtplib.SMTP:
        """The connection, with what is left of the time."""
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(left)
        return self._smtp


def _lost(failed: Exception) -> SendError:
    timed_out = isinstance(failed, TimeoutError) or isinstance(failed.__context__, TimeoutError)
    reason = SendReason.TIMEOUT if timed_out else SendReason.NETWORK
    return Deferred(reason, type(failed).__name__)


def _xtext(address: str) -> str:
    """An address within a parameter (RFC 3461): `+`, `=` and what is not printable are written
    as +2B, +3D."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", address)
