"""The door to treatment: cycles and events that plans count from, wait for, or end with.

What a change of them means for her plan is `rsm.flow.treatment`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.patients.model import PatientFacts, TreatmentEventKind
from rsm.patients.store import people
from rsm.patients.store import treatment as store
from rsm.security.audit import Subject, record


def cycles(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, tuple[date, ...]]:
    """Cycle start dates by patient, the first one first."""
    return dict(store.cycles(tx, patient_ids))


def events(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, Mapping[TreatmentEventKind, date]]:
    """Treatment events by patient."""
    return dict(store.events(tx, patient_ids))


def set_cycles(tx: Tx, facts: PatientFacts, starts: Iterable[date]) -> None:
    """The days on which her cycles start, in place of those on record."""
    days = sorted(set(starts))
    if tuple(days) == cycles(tx, [facts.id]).get(facts.id, ()):
        return
    store.set_cycles(tx, facts, days)
    people.set_values(tx, facts.id)
    subject = Subject("patient", facts.id, facts.id)
    record(tx, "cycles.changed", subject, facts.site_id, count=len(days))


def put_event(tx: Tx, facts: PatientFacts, kind: TreatmentEventKind, on: date) -> None:
    """An event and its day; put again, it moves."""
    store.put_event(tx, facts, kind, on)
    people.set_values(tx, facts.id)
    record(tx, "event.recorded", Subject("patient", facts.id, facts.id), facts.site_id, kind=kind)


def drop_event(tx: Tx, facts: PatientFacts, kind: TreatmentEventKind) -> bool:
    """It did not take place; False when none was on record."""
    if not store.drop_event(tx, facts.id, kind):
        return False
    people.set_values(tx, facts.id)
    record(tx, "event.removed", Subject("patient", facts.id, facts.id), facts.site_id, kind=kind)
    return True
