"""The timers of plans and surveys: what is due, and what becomes of a row that cannot be worked.

The row is its own timer (decision 3): a peek without locks finds it, its worker locks the patient
and looks again.
"""

from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.localtime import zone_data_version
from rsm.schedules import store
from rsm.schedules.model import Due, OccurrenceView, Step
from rsm.schedules.tables import Occurrence, PlanAssignment
from rsm.security.audit import Subject, record

_BACK_OFF = timedelta(minutes=1)
_BACK_OFF_AT_MOST = timedelta(hours=1)
_FAILURES = 5


def due_assignments(tx: Tx, limit: int = 200) -> list[Due]:
    """Whose window has come, the longest due first: a peek without locks."""
    return store.due_assignments(tx, limit)


def due_occurrences(tx: Tx, limit: int = 200) -> list[Due]:
    """Whose reminder or closing has come, the longest due first: a peek without locks."""
    return store.due_occurrences(tx, limit)


def stale_assignments(tx: Tx, limit: int = 200) -> list[Due]:
    """Whose next window was worked out with other zone data than these: a peek without locks."""
    return store.stale_assignments(tx, zone_data_version(), limit)


def called(tx: Tx, seen: OccurrenceView, step: Step) -> None:
    """It stands on the call list: set the timer to what follows."""
    store.set_occurrence(tx, seen.id, called=True, next_at=step.next_at, attempts=0)


def call_by(tx: Tx, seen: OccurrenceView, at: datetime) -> None:
    """It goes onto the call list then, unless its plan puts it there before or it closes before."""
    is_before = seen.call_at is not None and seen.call_at <= at
    if seen.called or is_before or seen.next_at is None or at >= seen.closes_at:
        return
    store.set_occurrence(tx, seen.id, call_at=at, next_at=min(seen.next_at, at))


def reminded(tx: Tx, seen: OccurrenceView, step: Step) -> None:
    """The reminder went to the outbox: set the timer to what follows."""
    store.set_occurrence(
        tx,
        seen.id,
        reminded=step.number,
        reminders=[each.isoformat() for each in step.reminders],
        next_at=step.next_at,
        attempts=0,
    )


def failed(tx: Tx, due: Due, *, planning: bool) -> bool:
    """A row could not be worked: try later, or after five times set it aside (True).

    `planning` tells a plan's row from a survey's.
    """
    table: type[PlanAssignment | Occurrence] = PlanAssignment if planning else Occurrence
    tries = store.attempts(tx, table, due.id) + 1
    wait = min(_BACK_OFF * 2 ** (tries - 1), _BACK_OFF_AT_MOST)
    values: dict[str, object] = {"attempts": tries, "next_at": tx.now + wait}
    if tries >= _FAILURES:
        values["quarantined_at"] = tx.now
    change = store.set_assignment if planning else store.set_occurrence
    change(tx, due.id, **values)
    return tries == _FAILURES  # past it, another has told already


def release(tx: Tx, patient_id: UUID, site_id: UUID) -> int:
    """Work again what was set aside of a patient's plan and surveys: its cause was mended."""
    released = store.release(tx, patient_id)
    for row_id in released:
        record(tx, "row.released", Subject("row", row_id, patient_id), site_id)
    return len(released)
