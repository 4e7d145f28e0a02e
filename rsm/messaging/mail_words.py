"""The words of e-mail: what a letter has besides its text, and what mail servers report.

Others know them by `rsm.messaging.model`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from rsm.kernel.errors import SendReason


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter: aggregates only, its name is ours and names nobody."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Letter:
    """What an e-mail has besides its text, which is the message's `body`.

    `return_path` is where reports on it go to: it says which message it was, sealed by us.
    `stop_url` ends the e-mails at one click (RFC 8058); staff have none.
    """

    subject: str
    html: str
    sender_name: str
    return_path: str
    stop_url: str = ""
    attachments: tuple[Attachment, ...] = ()


class MailNews(StrEnum):
    """What a report on an e-mail says: a delivery status (RFC 3464), or a complaint (RFC 5965)."""

    FAILED = "failed"
    DELAYED = "delayed"  # the mail server goes on trying
    RELAYED = "relayed"  # handed on to a server that reports nothing more
    DELIVERED = "delivered"
    COMPLAINT = "complaint"  # "this is spam", pressed at the mail provider


@dataclass(frozen=True)
class MailReport:
    """A report on an e-mail. One of `paths` is the return path that we gave it, if it is genuine.

    `status` is the enhanced code (RFC 3463), such as 5.1.1, or empty; `recipient` whom it is about.
    """

    news: MailNews
    paths: tuple[str, ...] = field(repr=False)
    status: str = ""
    reason: SendReason | None = None
    recipient: str = field(default="", repr=False)
