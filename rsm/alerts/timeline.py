"""What is kept of an alert: its findings, and the lines of its timeline."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.kernel.words import AlertEventKind, Channel, Level


@dataclass(frozen=True)
class FindingView:
    """A finding as it was kept."""

    rule: str
    symptom: str
    item: str
    level: Level
    first: float | None
    previous: float | None
    current: float
    reason: str
    at: datetime
    response_id: UUID


@dataclass(frozen=True)
class EventView:
    """One line of an alert's timeline, the note opened."""

    seq: int
    kind: AlertEventKind
    at: datetime
    staff_id: UUID | None
    channel: Channel | None
    code: str | None
    note: str


@dataclass(frozen=True)
class NewEvent:
    """One line to be written: who, by which door, a code (action, outcome, reason), words."""

    kind: AlertEventKind
    staff_id: UUID | None = None
    channel: Channel | None = None
    code: str | None = None
    note: str = ""
