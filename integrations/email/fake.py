"""A mail server in memory: the same port, answers and misbehaviour as adapter and sandbox together.

For flow tests and simulations: no network, no threads. It passes the adapter's own contract tests
(`tests/contract/test_email_sender.py`).
"""

from integrations.email import letters
from integrations.email.codes import Stage, refusal
from integrations.email.faults import MailFault, MailFaults
from integrations.email.mails import Mail
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason
from rsm.messaging.model import Accepted, Outgoing

_AFTER_TEXT = {MailFault.CONTENT_BUSY, MailFault.CONTENT_REFUSED}
_LOST = {
    MailFault.DROP_AFTER_DATA: OutcomeUnknown(SendReason.NETWORK, "SMTPServerDisconnected"),
    MailFault.SILENT_AFTER_DATA: OutcomeUnknown(SendReason.TIMEOUT, "SMTPServerDisconnected"),
}


class FakeMail:
    """A mail server and all its mailboxes. `faults` holds what was planned."""

    def __init__(self, clock: Clock) -> None:
        self.faults = MailFaults()
        self.received: list[Mail] = []
        self._clock = clock

    def send(self, message: Outgoing) -> Accepted:
        """Take the mail, or fail as planned or as a mail server would."""
        raw = letters.compose(message, self._clock.now())
        if isinstance(raw, SendError):
            raise raw
        fault = self.faults.strike(message.to)
        refused = _before(fault)
        if refused is not None:
            raise refused
        path = message.letter.return_path if message.letter else ""
        self.received.append(Mail.of(path, message.to, raw))
        if fault is not None:
            raise _LOST[fault]
        return Accepted(letters.provider_id(message))


def _before(fault: MailFault | None) -> SendError | None:
    """The error of a fault that strikes before the mail is taken."""
    if fault is None or fault in _LOST:
        return None
    if fault is MailFault.DROP_BEFORE_DATA:
        return Deferred(SendReason.NETWORK, "SMTPServerDisconnected")
    stage = Stage.DATA if fault in _AFTER_TEXT else Stage.RECIPIENT
    code, _, status = fault.reply.partition(" ")
    return refusal(stage, int(code), status.encode())
