"""The words of expected levels: one to be set, one as it stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts.states import ExpectedEnd


@dataclass(frozen=True)
class NewLevel:
    """What a nurse expects, of whom, until when, and why; `set_by` is she."""

    site_id: UUID
    patient_id: UUID
    symptom: str
    grade: int
    until: datetime
    reason: str
    set_by: UUID


@dataclass(frozen=True)
class ExpectedView:
    """One expected level as it was set, and how it ended if that was before its time."""

    id: UUID
    site_id: UUID
    patient_id: UUID
    symptom: str
    grade: int
    since: datetime
    until: datetime
    set_by: UUID
    reason: str
    ended_at: datetime | None
    ended_because: ExpectedEnd | None
    ended_by: UUID | None
    broken_by: UUID | None  # the report

    def holds(self, now: datetime) -> bool:
        """Whether findings are still held back by it."""
        return self.ended_at is None and self.since <= now < self.until
