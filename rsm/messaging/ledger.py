"""Words of the opt-out ledger: how a line came in, why staff recorded one, and its story."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import Channel


class OptAction(StrEnum):
    STOP = "stop"
    START = "start"


class OptPurpose(StrEnum):
    """What a STOP is about. A word in a text is about everything from that sender."""

    ALL = "all"
    SURVEYS = "surveys"
    REMINDERS = "reminders"


@dataclass(frozen=True)
class OptLine:
    """One line of the opt-out ledger: from whom, to which of our numbers, and what."""

    site_id: UUID
    address_hash: bytes = field(repr=False)
    sender: str
    action: OptAction
    source: str  # a word of `OptSource`
    channel: Channel = Channel.SMS
    patient_id: UUID | None = None
    staff_id: UUID | None = None
    purpose: OptPurpose = OptPurpose.ALL
    reason: str | None = None  # a word of `OptReason`, from staff


class OptSource(StrEnum):
    """How a line came into the opt-out ledger."""

    TEXT = "text"
    PROVIDER = "provider"  # its own keyword handling, or its refusal
    MAIL = "mail"  # unsubscribed by a link or a header
    STAFF = "staff"
    PAGE = "page"  # by herself, on the page below her link
    NUMBER = "number"  # the site sends from another number now: the STOP went with it
    FOLLOWS = "follows"  # she stopped another channel or number: until a person has asked


class OptReason(StrEnum):
    """Why a member of staff recorded a STOP or a START."""

    ASKED_BY_PHONE = "asked_by_phone"
    ASKED_IN_PERSON = "asked_in_person"
    IN_WRITING = "in_writing"
    BY_RELATIVE = "by_relative"
    UNCLEAR_TEXT = "unclear_text"  # a text that a person read as one
    MISTAKE = "mistake"  # what stood was recorded by mistake


@dataclass(frozen=True)
class OptHistory:
    """A line as a page shows it."""

    at: datetime
    channel: Channel
    purpose: OptPurpose
    action: OptAction
    source: str
    reason: str | None
    by: UUID | None
