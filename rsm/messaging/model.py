"""The words of the post room: what goes out, what became of it, what comes in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.errors import SendReason
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Audience, Channel
from rsm.messaging import call_words, mail_words

# Known by this room's one name for its words.
Attachment = mail_words.Attachment
Letter = mail_words.Letter
MailNews = mail_words.MailNews
MailReport = mail_words.MailReport
KEYS = call_words.KEYS
MOST_KEYS = call_words.MOST_KEYS
AnsweredBy = call_words.AnsweredBy
CallTurn = call_words.CallTurn
KeyPress = call_words.KeyPress
Said = call_words.Said
Spoken = call_words.Spoken


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
    letter: Letter | None = None
    service: str | None = None  # what the sender belongs to at the provider, such as a campaign's
    spoken: Spoken | None = None  # of a call: `body` is what it says


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
    reason: SendReason | None = None


class TextState(StrEnum):
    """A site's own wording: tried as a draft, then published with a named reviewer."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True)
class TextKey:
    """Which text it is that a site words itself."""

    purpose: str
    language: str
    channel: Channel


@dataclass(frozen=True)
class SiteTextView:
    """One version of a site's own wording. `subject` is empty but for e-mails."""

    id: UUID
    site_id: UUID
    key: TextKey
    version: int
    state: TextState
    subject: str
    body: str
    author: UUID | None
    reviewer: str | None
    created_at: datetime
    published_at: datetime | None

    @property
    def ref(self) -> str:
        """What a message keeps of the wording that it was sent with."""
        return f"site:{self.version}"


class Verdict(StrEnum):
    """What an entry of the provider's own list turned out to be."""

    OURS = "ours"
    UNKNOWN = "unknown"  # in the list and not in our outbox: sent before a restore, or by another
    TAKEN = "taken"  # a message that we were about to send again


@dataclass(frozen=True)
class Draft:
    """A message that somebody wants sent. `business_key` makes it once only, for ever (P2).

    The recipient is a patient, a member of staff, or an `address` (E.164; sealed when stored).
    `fields` hold codes, numbers and ids for the template: no token, no name, nothing of health.
    """

    business_key: str
    lane: Lane
    audience: Audience
    site_id: UUID
    purpose: str
    language: str
    channel: Channel = Channel.SMS
    fields: Mapping[str, str | int] = field(default_factory=dict)
    patient_id: UUID | None = None
    staff_id: UUID | None = None
    address: str | None = None
    occurrence_id: UUID | None = None
    alert_id: UUID | None = None
    not_before: datetime | None = None  # None: at once
    not_after: datetime | None = None
    fallback_of: UUID | None = None  # the message that did not arrive by another channel
    is_test: bool = False


@dataclass(frozen=True)
class Due:
    """A message whose time has come, and the rows that are locked before it (decision 11)."""

    message_id: UUID
    site_id: UUID
    patient_id: UUID | None
    alert_id: UUID | None


@dataclass(frozen=True)
class MessageView:
    """One message as delivery sees it. `address` is only set when the draft named one."""

    id: UUID
    site_id: UUID
    business_key: str
    lane: Lane
    channel: Channel
    audience: Audience
    patient_id: UUID | None
    staff_id: UUID | None
    occurrence_id: UUID | None
    alert_id: UUID | None
    purpose: str
    language: str
    fields: Mapping[str, object]
    state: MessageState
    attempts: int
    not_after: datetime | None
    created_at: datetime
    claim: UUID | None
    claimed_at: datetime | None
    provider_id: str | None
    body_hash: bytes | None
    is_test: bool
    address: str | None = field(repr=False)
    next_at: datetime | None = None
    reason: str | None = None
    sender: str | None = None  # the number or address of ours that it left from
    fallback_of: UUID | None = None
    text_version: str | None = None  # whose wording, and which: `site:3`, `library:1f0c…`


@dataclass(frozen=True)
class StatusReport:
    """What a provider says of one message. `state` is None for a word that we do not know."""

    provider_id: str
    state: MessageState | None
    error_code: str | None = None
    reason: SendReason | None = None


@dataclass(frozen=True)
class IncomingText:
    """A text as a provider hands it in. `keyword`: how it understood and answered it itself."""

    provider: str
    provider_id: str
    sender: str = field(repr=False)
    to: str
    body: str = field(repr=False)
    keyword: Keyword | None = None
    received_at: datetime | None = None  # None: now; set where it is read from a list
