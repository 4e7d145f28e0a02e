"""Treatment cycles and events: what a plan may count from, wait for, or end with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db.work import Tx
from rsm.patients.model import PatientFacts, TreatmentEventKind
from rsm.patients.tables import TreatmentCycle, TreatmentEvent


def set_cycles(tx: Tx, patient: PatientFacts, starts: Sequence[date]) -> None:
    tx.session.execute(delete(TreatmentCycle).where(TreatmentCycle.patient_id == patient.id))
    for number, day in enumerate(sorted(starts), start=1):
        tx.session.execute(
            insert(TreatmentCycle).values(
                id=tx.new_id(),
                site_id=patient.site_id,
                patient_id=patient.id,
                number=number,
                starts_on=day,
            )
        )


def cycles(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, tuple[date, ...]]:
    found = tx.session.execute(
        select(TreatmentCycle.patient_id, TreatmentCycle.starts_on)
        .where(TreatmentCycle.patient_id.in_(set(patient_ids)))
        .order_by(TreatmentCycle.number)
    )
    by_patient: dict[UUID, tuple[date, ...]] = {}
    for patient_id, day in found:
        by_patient[patient_id] = (*by_patient.get(patient_id, ()), day)
    return by_patient


def put_event(tx: Tx, patient: PatientFacts, kind: TreatmentEventKind, on: date) -> None:
    """Each kind once: put again, it moves."""
    row = upsert(TreatmentEvent).values(
        id=tx.new_id(), site_id=patient.site_id, patient_id=patient.id, kind=kind, on=on
    )
    same = [TreatmentEvent.patient_id, TreatmentEvent.kind]
    tx.session.execute(row.on_conflict_do_update(index_elements=same, set_={"on": on}))


def drop_event(tx: Tx, patient_id: UUID, kind: TreatmentEventKind) -> bool:
    gone = tx.session.execute(
        delete(TreatmentEvent)
        .where(TreatmentEvent.patient_id == patient_id, TreatmentEvent.kind == kind)
        .returning(TreatmentEvent.id)
    )
    return gone.first() is not None


def events(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[TreatmentEventKind, date]]:
    """By patient, the earliest first."""
    found = tx.session.execute(
        select(TreatmentEvent.patient_id, TreatmentEvent.kind, TreatmentEvent.on)
        .where(TreatmentEvent.patient_id.in_(set(patient_ids)))
        .order_by(TreatmentEvent.on, TreatmentEvent.kind)
    )
    by_patient: dict[UUID, dict[TreatmentEventKind, date]] = {}
    for patient_id, kind, on in found:
        by_patient.setdefault(patient_id, {})[kind] = on
    return by_patient
