"""Whether she answers by replying to texts: her own choice, since they then speak of her health."""

from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.patients.model import PatientFacts
from rsm.patients.store import details, people
from rsm.security.audit import Subject, record


def choose(tx: Tx, facts: PatientFacts, wanted: bool) -> bool:
    """Keep that she wants it, or no more; False when it stands so. The caller holds her row."""
    if wanted == (facts.answers_by_text_since is not None):
        return False
    people.set_values(tx, facts.id, answers_by_text_since=tx.now if wanted else None)
    subject = Subject("patient", facts.id, facts.id)
    record(tx, "patient.answers_by_text", subject, facts.site_id, wanted=wanted)
    return True


def has_phone_since(tx: Tx, patient_id: UUID, hashed: bytes) -> datetime | None:
    """Since when the phone of this hash is her own; None when it is not."""
    return details.own_since(tx, patient_id, hashed)


def birth_year(tx: Tx, patient_id: UUID) -> int | None:
    """By which whoever shares a phone with others is told apart; None for an erased patient.

    Not audited: nobody is shown it.
    """
    found = people.row(tx, patient_id)
    label = people.labels(tx, [found]).get(patient_id) if found is not None else None
    return label.birth_date.year if label is not None else None
