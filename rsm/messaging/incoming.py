"""The words of what comes in: a text as it was handed in, whose it is, and how far it is read."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Audience


class InboundState(StrEnum):
    """A text is stored first; what follows is done once, by whoever comes first."""

    STORED = "stored"
    HANDLED = "handled"


class ConversationStage(StrEnum):
    """What a survey by text waits for."""

    WHO = "who"  # two patients have this phone: which of them is it
    ASKING = "asking"  # the answer to a question
    WORDS = "words"  # anything more in her own words, or "done"


class ConversationEnd(StrEnum):
    """Why a survey by text is over."""

    SENT = "sent"
    LINK = "link"  # an answer was not understood twice: the link is the better way
    OTHER_DOOR = "other_door"  # it was sent by another way
    CLOSED = "closed"  # its window is over
    STOPPED = "stopped"  # STOP, a wrong number, a pause, the end


@dataclass(frozen=True)
class Origin:
    """Whom a text is from. Both None: nobody we know, or several patients with one phone."""

    site_id: UUID
    audience: Audience
    patient_id: UUID | None = None
    staff_id: UUID | None = None


@dataclass(frozen=True)
class Unopened:
    """A stored text that was not opened: all that is needed to try it later, or set it aside."""

    id: UUID
    origin: Origin
    attempts: int


@dataclass(frozen=True)
class InboundView:
    """A stored text, opened."""

    id: UUID
    origin: Origin
    sender: str = field(repr=False)
    sender_hash: bytes = field(repr=False)
    to: str
    body: str = field(repr=False)
    keyword: Keyword | None
    received_at: datetime
    state: InboundState
    attempts: int


@dataclass(frozen=True)
class ConversationView:
    """A survey by text as it stands. `item` was asked last; `turn` counts our texts about this
    survey, `repeats` those that asked the same once more."""

    id: UUID
    site_id: UUID
    patient_id: UUID
    occurrence_id: UUID
    phone_hash: bytes = field(repr=False)
    sender: str
    language: str
    stage: ConversationStage
    item: str | None
    turn: int
    repeats: int
    started_at: datetime
    asked_at: datetime | None
    ended_at: datetime | None
    outcome: ConversationEnd | None
    is_test: bool


@dataclass(frozen=True)
class Ended:
    """A survey by text that is over: which, and whose."""

    id: UUID
    site_id: UUID
    patient_id: UUID
    occurrence_id: UUID


@dataclass(frozen=True)
class NewConversation:
    """What a conversation begins with."""

    site_id: UUID
    patient_id: UUID
    occurrence_id: UUID
    phone_hash: bytes = field(repr=False)
    sender: str
    language: str
    stage: ConversationStage
    is_test: bool
