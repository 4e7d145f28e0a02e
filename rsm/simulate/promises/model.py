"""A broken promise, as the judge tells it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Broken:
    """`promise` is its number in the design, such as "P4"; `subjects` name the row first, then
    whatever it hangs on (occurrence, message, alert): ids only. `at` is when it was seen."""

    promise: str
    what: str
    site_id: UUID
    patient_id: UUID | None
    subjects: tuple[UUID, ...]
    at: datetime

    @property
    def key(self) -> tuple[str, str, tuple[UUID, ...]]:
        """The same break of the same promise has the same."""
        return self.promise, self.what, self.subjects
