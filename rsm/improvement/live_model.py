"""The words of going live: a site's stage, its trial period, what stands before a signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Stage(StrEnum):
    """How far a site has come. `live`: an accountable clinician has signed, or it ran before."""

    PREPARING = "preparing"
    TRIAL = "trial"
    LIVE = "live"


class Extent(StrEnum):
    """Whom a signature lets the site send to."""

    PILOT = "pilot"  # the pilot group, besides test patients
    EVERYBODY = "everybody"


@dataclass(frozen=True)
class Trial:
    """A trial period. `first`: so many of those who enrol from its first day on join the group."""

    id: UUID
    starts_on: date
    ends_on: date
    first: int | None
    aim: str
    begun_by: UUID | None
    begun_at: datetime
    ended_at: datetime | None
    mend: str  # at its end, in words: what to mend
    members: int = 0

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True)
class Training:
    """Somebody was trained: who, in what, on which day."""

    id: UUID
    on: date
    name: str
    topic: str
    recorded_by: UUID | None
    recorded_at: datetime


class CheckKind(StrEnum):
    """What a person has read or tried, and puts her name to: it counts for exactly what she saw."""

    THRESHOLDS = "thresholds"
    TEXTS = "texts"
    SAFETY_CONTACT = "safety_contact"


@dataclass(frozen=True)
class Check:
    """Such a reading. `subject`: the language of texts, else empty; `seen`: a hash of what it was.

    `label` says in words which version that was, such as `first 3`.
    """

    kind: CheckKind
    subject: str
    seen: str
    label: str
    by: UUID | None
    at: datetime


@dataclass(frozen=True)
class Signature:
    """A clinician's word that the site may send, and what she had before her."""

    id: UUID
    extent: Extent
    signed_by: UUID
    name: str
    words: str
    at: datetime
    frozen: Mapping[str, object]  # versions with their hashes, and each line of the checklist


class Line(StrEnum):
    """The lines of the checklist, in the order in which they are shown."""

    TRAINED = "trained"
    ROSTER = "roster"
    FIT = "fit"  # rules, escalation and people fit together
    THRESHOLDS = "thresholds"
    TEXTS = "texts"
    SAFETY_CONTACT = "safety_contact"
    CHANNELS = "channels"
    EXERCISE = "exercise"


@dataclass(frozen=True)
class Known:
    """What a line rests on: a name, a version, a language or a channel; who saw to it; and when,
    by the site's calendar."""

    what: str = ""
    by: str = ""
    on: date | None = None

    def __str__(self) -> str:
        day = self.on.isoformat() if self.on is not None else ""
        return ", ".join(part for part in (self.what, self.by, day) if part)


@dataclass(frozen=True)
class Item:
    """One line of the checklist: whether it holds now, and what is missing.

    `missing` are codes, languages, names of channels, or sentences of a finding.
    """

    line: Line
    holds: bool
    missing: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Checklist:
    """All lines, worked out from the state of the site."""

    items: tuple[Item, ...]

    @property
    def is_ready(self) -> bool:
        return all(item.holds for item in self.items)

    @property
    def edition(self) -> Mapping[str, object]:
        """As it is frozen with a signature."""
        return {
            item.line.value: {
                "holds": item.holds,
                "known": [str(one) for one in item.known],
                "missing": list(item.missing),
            }
            for item in self.items
        }
