"""Plain value types that several rooms speak of: the field's words, spelled once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Level(StrEnum):
    """How soon a person must look. Ordered by `rank`: higher is worse."""

    INFO = "info"
    SOON = "soon"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        return _LEVEL_RANK[self]


_LEVEL_RANK = {level: rank for rank, level in enumerate(Level)}


class Channel(StrEnum):
    """The door through which words come and go."""

    WEB = "web"
    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    STAFF = "staff"
    TABLET = "tablet"  # the clinic's own, handed to her
    PAPER = "paper"  # filled in by hand, and typed in later


class Role(StrEnum):
    """What a member of staff is at one site."""

    NURSE = "nurse"
    CLINICIAN = "clinician"
    COORDINATOR = "coordinator"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    LEAD = "lead"  # of a collaborative: sees what sites share, and works at none of them


class ActorKind(StrEnum):
    STAFF = "staff"
    PATIENT = "patient"
    PROXY = "proxy"
    MACHINE = "machine"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who acts, for the audit trail: a kind and an id, never a name."""

    kind: ActorKind
    id: UUID | None = None


SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass(frozen=True)
class Pin:
    """The exact published version that made something: key, version, content hash (P11)."""

    key: str
    version: str
    hash: str

    @classmethod
    def of(cls, stored: Mapping[str, object]) -> "Pin":
        """From the document that a row holds."""
        return cls(str(stored["key"]), str(stored["version"]), str(stored["hash"]))

    @property
    def document(self) -> dict[str, object]:
        """What a row holds."""
        return {"key": self.key, "version": self.version, "hash": self.hash}


class SurveyState(StrEnum):
    """Where one window's survey stands (design: words)."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    STARTED = "started"
    COMPLETED = "completed"
    PARTIAL = "partial"
    MISSED = "missed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self not in {SurveyState.SCHEDULED, SurveyState.OPEN, SurveyState.STARTED}


class AlertState(StrEnum):
    """`acknowledged` is a loan with an end; a re-opened alert is `open`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class AlertKind(StrEnum):
    """What an alert is about."""

    SYMPTOM = "symptom"
    REVIEW = "review"  # could not be judged: a person looks (P6)
    TEXT = "text"  # words that came in and are not an answer
    COVER = "cover"  # nobody on duty, or nobody reachable


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"


class Reporter(StrEnum):
    """Who gave an answer: self and proxy are never compared with one another."""

    SELF = "self"
    PROXY = "proxy"
    STAFF = "staff"


class Relation(StrEnum):
    """Who answers in her stead: kept apart from her own answers in every trend."""

    PARTNER = "partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER_RELATIVE = "other_relative"
    FRIEND = "friend"
    CARER = "carer"


class Audience(StrEnum):
    """Whom a sender address speaks to: staff and patients never share one (decision 14)."""

    PATIENT = "patient"
    STAFF = "staff"


class AlertEventKind(StrEnum):
    """The timeline of an alert. `told` and `stepped` come from escalation."""

    OPENED = "opened"
    WORSENED = "worsened"
    ADDED = "added"
    REPEATED = "repeated"  # a later survey says the same again: nothing worse
    TOLD = "told"
    NOBODY = "nobody"
    VIEWED = "viewed"
    ACKNOWLEDGED = "acknowledged"
    EXPIRED = "expired"
    ASSIGNED = "assigned"  # handed to somebody by name, who must still take it
    SNOOZED = "snoozed"
    HELD = "held"  # out of service hours: told when they begin again
    BUNDLED = "bundled"  # told together with others
    ACTION = "action"
    CLOSED = "closed"
    REOPENED = "reopened"
