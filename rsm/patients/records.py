"""Whole records, opened: for `service.read` and `importing`, which audit what they show."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.patients.model import FOR_FAIR_FIGURES, PatientRecord
from rsm.patients.store import consents as stored
from rsm.patients.store import details, people, treatment
from rsm.patients.tables import Patient
from rsm.security import staff
from rsm.security.model import StaffView


def compose(tx: Tx, patients: Sequence[Patient]) -> dict[UUID, PatientRecord]:
    """Everything on record of each; whoever was erased is left out."""
    ids = [patient.id for patient in patients]
    labels = people.labels(tx, patients)
    contacts = details.contacts(tx, ids)
    consents = stored.latest(tx, ids)
    workers = staff.many(tx, {one.worker_id for one in patients if one.worker_id is not None})
    cycles, events = treatment.cycles(tx, ids), treatment.events(tx, ids)
    return {
        patient.id: PatientRecord(
            facts=people.facts(patient),
            label=labels[patient.id],
            contacts=tuple(contacts.get(patient.id, ())),
            cycles=cycles.get(patient.id, ()),
            events=tuple(events.get(patient.id, {}).items()),
            consent=consents.get(patient.id),
            decline_reason=patient.decline_reason,
            end_reason=patient.end_reason,
            worker=_email(workers, patient.worker_id),
            **{name: getattr(patient, name) for name in FOR_FAIR_FIGURES},
        )
        for patient in patients
        if patient.id in labels
    }


def _email(known: Mapping[UUID, StaffView], worker: UUID | None) -> str | None:
    found = known.get(worker) if worker is not None else None
    return found.email if found is not None else None
