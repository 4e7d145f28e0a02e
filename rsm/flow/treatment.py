"""Cycles and treatment events are added, moved, removed: her plan counts from them, and follows.

What is still to come is worked out again in the same transaction; what was sent stays.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import plans
from rsm.kernel.errors import Conflict
from rsm.patients import service as patients
from rsm.patients import treatment
from rsm.patients.model import PatientFacts, PatientStatus, TreatmentEventKind


def set_cycles(tx: Tx, patient_id: UUID, starts: Iterable[date]) -> None:
    """The days on which her cycles start. Raises `Conflict` when participation has ended."""
    facts = _locked(tx, patient_id)
    treatment.set_cycles(tx, facts, starts)
    plans.treatment_changed(tx, facts)


def put_event(tx: Tx, patient_id: UUID, kind: TreatmentEventKind, on: date | None) -> None:
    """An event and its day; put again, it moves, and without a day it is removed.

    Raises `Conflict` when participation has ended.
    """
    facts = _locked(tx, patient_id)
    if on is not None:
        treatment.put_event(tx, facts, kind, on)
    elif not treatment.drop_event(tx, facts, kind):
        return
    plans.treatment_changed(tx, facts)


def _locked(tx: Tx, patient_id: UUID) -> PatientFacts:
    facts = patients.locked(tx, patient_id)
    if facts.status is PatientStatus.ENDED:
        raise Conflict("participation has ended")
    return facts
