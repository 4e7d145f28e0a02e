"""Many patients at once, for delivery: hold them, and where each is to be written to."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.patients.model import PatientFacts, active_addresses
from rsm.patients.store import details, people


def lock(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, PatientFacts]:
    """Take their rows, in the order of their ids; whom another holds is left out."""
    return {each.id: people.facts(each) for each in people.lock_many(tx, patient_ids)}


def addresses(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, Mapping[Channel, str]]:
    """The active addresses, by channel: for sending, so not audited as a reading."""
    known = details.contacts(tx, patient_ids)
    return {who: active_addresses(contacts) for who, contacts in known.items()}
