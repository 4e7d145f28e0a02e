"""The door to calls that staff make to patients: noted once, never changed."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.patients.model import CallOutcome, PatientFacts
from rsm.patients.store import calls as store
from rsm.patients.tables import CallAttempt
from rsm.security import patient_keys
from rsm.security.audit import Subject, record

_NOTE = "call.note"


@dataclass(frozen=True)
class NewCall:
    """A call as it is noted. `next_try_at` is when somebody will try again."""

    patient: PatientFacts
    outcome: CallOutcome
    occurrence_id: UUID | None = None
    task_id: UUID | None = None
    next_try_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class CallView:
    """A call that was made. Its note stays sealed: whether there is one is enough for a list."""

    id: UUID
    occurrence_id: UUID | None
    at: datetime
    by: UUID | None
    outcome: CallOutcome
    next_try_at: datetime | None
    has_note: bool


def note(tx: Tx, call: NewCall) -> UUID:
    """Keep a call that was made just now by whoever acts."""
    patient = call.patient
    sealed = patient_keys.box(tx, patient.id).seal(call.note, _NOTE) if call.note else None
    call_id = store.add(
        tx,
        {
            "site_id": patient.site_id,
            "patient_id": patient.id,
            "occurrence_id": call.occurrence_id,
            "task_id": call.task_id,
            "at": tx.now,
            "by": tx.actor.id,
            "outcome": call.outcome,
            "next_try_at": call.next_try_at,
            "note_sealed": sealed,
            "is_test": patient.is_test,
        },
    )
    subject = Subject("call", call_id, patient.id)
    record(tx, "call.made", subject, patient.site_id, outcome=call.outcome)
    return call_id


def of_surveys(tx: Tx, occurrence_ids: Collection[UUID]) -> dict[UUID, list[CallView]]:
    """The calls about these surveys, by survey, the oldest first."""
    found: dict[UUID, list[CallView]] = defaultdict(list)
    for row in store.of_surveys(tx, occurrence_ids) if occurrence_ids else ():
        if row.occurrence_id is not None:
            found[row.occurrence_id].append(_view(row))
    return dict(found)


def _view(row: CallAttempt) -> CallView:
    return CallView(
        id=row.id,
        occurrence_id=row.occurrence_id,
        at=row.at,
        by=row.by,
        outcome=row.outcome,
        next_try_at=row.next_try_at,
        has_note=row.note_sealed is not None,
    )
