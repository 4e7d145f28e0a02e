"""What a mail server's reply means: reply codes (RFC 5321) and enhanced codes (RFC 3463). Pure.

An answer that surely left the message with us and may change is `Deferred`; one that will not is
`Rejected`. That our own account or address is refused is never held against the patient.
"""

import re
from enum import StrEnum

from rsm.kernel.errors import Deferred, Rejected, SendError, SendReason

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Authentication or TLS is wanted first, or refused.
_ACCOUNT = frozenset({454, 530, 534, 535, 538})
_UNKNOWN_USER = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_NOT_NOW = frozenset({(2, 0), (2, 1), (2, 2), (2, 4)})  # disabled, full, list trouble
_BASIC = {
    550: SendReason.INVALID_ADDRESS,
    551: SendReason.INVALID_ADDRESS,
    552: SendReason.UNREACHABLE,
    553: SendReason.INVALID_ADDRESS,
}


class Stage(StrEnum):
    """Where in the dialogue a reply came."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"


def refusal(stage: Stage, code: int, text: bytes) -> SendError:
    """The error for a reply that is not the one that was hoped for."""
    status = status_in(text.decode("ascii", "replace"))
    detail = f"{stage}: {code} {status}".rstrip()
    if code in _ACCOUNT:
        return Deferred(SendReason.CREDENTIALS, detail)
    if not 500 <= code < 600:
        limited = code in {421, 450, 451} or status.startswith("4.7.")
        reason = SendReason.RATE_LIMITED if limited else SendReason.PROVIDER_ERROR
        return Deferred(reason, detail)
    if stage is Stage.SENDER:
        return Deferred(SendReason.CREDENTIALS, detail)
    if status:
        return Rejected(reason_of(status), detail)
    of_recipient = _BASIC if stage is Stage.RECIPIENT else {}
    return Rejected(of_recipient.get(code, SendReason.REFUSED), detail)


def status_in(text: str) -> str:
    """The enhanced code in a reply's text, such as `5.1.1`; empty when there is none."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def reason_of(status: str) -> SendReason:
    """What an enhanced code says of the recipient; other people's rules are `refused`.

    A server that gave up on a code of class 4 (`4.1.1`: not verified so far) has never been told
    that there is no such mailbox.
    """
    found = _STATUS.fullmatch(status)
    if found is None:
        return SendReason.REFUSED
    subject, detail = int(found[2]), int(found[3])
    if (subject, detail) in _UNKNOWN_USER:
        return SendReason.INVALID_ADDRESS if found[1] == "5" else SendReason.UNREACHABLE
    too_large = (subject, detail) == (3, 4)
    if (subject, detail) in _NOT_NOW or (subject in {3, 4} and not too_large):
        return SendReason.UNREACHABLE
    return SendReason.REFUSED
