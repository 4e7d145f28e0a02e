"""How old a patient is, for rules that ask: nobody is shown her date of birth."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.patients.model import PatientLabel
from rsm.patients.store import people


def on(tx: Tx, patient_id: UUID, day: date) -> int | None:
    """Whole years on that day; None when she was erased."""
    label = labels(tx, [patient_id]).get(patient_id)
    return label.age(day) if label is not None else None


def born_in(tx: Tx, patient_id: UUID, year: str) -> bool:
    """Whether these four digits are the year of her birth; False when she was erased."""
    label = labels(tx, [patient_id]).get(patient_id)
    return label is not None and f"{label.birth_date.year:04}" == year


def note_decades(tx: Tx, limit: int) -> int:
    """Write down the decade of birth of those who were entered before it was kept; returns of how
    many. Whoever was erased keeps none."""
    patients = people.without_decade(tx, limit)
    known = people.labels(tx, patients)
    for patient_id, label in known.items():
        people.note_decade(tx, patient_id, label.birth_date)
    return len(known)


def labels(tx: Tx, patient_ids: Collection[UUID]) -> dict[UUID, PatientLabel]:
    """Who knows how old these patients were on any day; whoever was erased is left out."""
    return people.labels(tx, people.rows(tx, patient_ids))
