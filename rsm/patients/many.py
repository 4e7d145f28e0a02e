"""Many patients at once, for delivery: hold them, and where each is to be written to."""

from collections.abc import Collection, Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.patients.model import PatientFacts
from rsm.patients.store import batches


def lock(tx: Tx, patient_ids: Collection[UUID]) -> dict[UUID, PatientFacts]:
    """Take their rows, in the order of their ids; whom another holds is left out."""
    return {each.id: each for each in batches.lock(tx, patient_ids)} if patient_ids else {}


def addresses(tx: Tx, patient_ids: Collection[UUID]) -> Mapping[UUID, Mapping[Channel, str]]:
    """The active addresses, by channel: for sending, so not audited as a reading."""
    return batches.addresses(tx, patient_ids) if patient_ids else {}
