"""The words of the post room: what goes out, what became of it, what comes in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import Channel


class Lane(StrEnum):
    """Lanes are claimed separately, so that a flood of surveys never delays an alert."""

    EMERGENCY = "emergency"
    STAFF = "staff"
    REPLY = "reply"
    SURVEY = "survey"


class MessageState(StrEnum):
    """Where a message stands. Order of the provider's own states is `rank`; terminal is final."""

    QUEUED = "queued"
    SENDING = "sending"  # claimed; the provider may have been called: reconciled, never resent
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"  # we shall never know: to a patient not resent, staff get a task
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"  # never handed over: opted out, no contact, too late

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def rank(self) -> int:
        """A callback may only raise the rank; equal or lower ones are kept and change nothing."""
        return _RANK[self]


_FINAL = frozenset(
    {
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.CANCELLED,
        MessageState.SUPPRESSED,
    }
)
_RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNCONFIRMED: 2,
    MessageState.ACCEPTED: 3,
    MessageState.SENT: 4,
    MessageState.DELIVERED: 5,
    MessageState.UNDELIVERED: 5,
    MessageState.FAILED: 5,
    MessageState.CANCELLED: 6,
    MessageState.SUPPRESSED: 6,
}


@dataclass(frozen=True)
class Outgoing:
    """One message as an adapter sees it: rendered, addressed, with our own id in the callback."""

    id: UUID
    channel: Channel
    to: str
    sender: str
    body: str
    callback_url: str
    valid_seconds: int | None = None


@dataclass(frozen=True)
class Accepted:
    """The provider took it and calls it `provider_id`."""

    provider_id: str
    state: MessageState = MessageState.ACCEPTED


@dataclass(frozen=True)
class Found:
    """One entry of the provider's own list, for reconciliation."""

    provider_id: str
    to: str
    sender: str
    body: str
    state: MessageState
    created_at: datetime
    error_code: str | None = None


class InboundState(StrEnum):
    """A text is stored first; what follows is done once, by whoever comes first."""

    STORED = "stored"
    HANDLED = "handled"


class OptAction(StrEnum):
    STOP = "stop"
    START = "start"
