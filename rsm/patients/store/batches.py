"""Many patients at once: what delivery asks for each of its batches."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from rsm.db.ready import Ready
from rsm.db.statements import Kept, among, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Channel, Reporter
from rsm.patients.model import ContactState, PatientFacts
from rsm.patients.tables import ContactPoint, Patient
from rsm.security import patient_keys

_FACTS = [table_of(Patient).c[name] for name in PatientFacts.__dataclass_fields__]
_HELD = Ready(
    select(*_FACTS)
    .where(among(Patient.id, "ids"))
    .order_by(Patient.id)
    .with_for_update(key_share=True, skip_locked=True),
    frozenset({"ids"}),
)
_ADDRESSES = Kept(
    ContactPoint,
    select(
        *(table_of(ContactPoint).c[name] for name in ("patient_id", "channel", "address_sealed")),
    ).where(
        among(ContactPoint.patient_id, "ids"),
        ContactPoint.state == ContactState.ACTIVE,
        ContactPoint.owner == Reporter.SELF,
    ),
)


def lock(tx: Tx, patient_ids: Collection[UUID]) -> list[PatientFacts]:
    """Take their rows, in the order of their ids; whom another holds is left out."""
    held = _HELD.ask(tx.session, {"ids": list(patient_ids)})
    return [PatientFacts(*row) for row in held]


def addresses(tx: Tx, patient_ids: Collection[UUID]) -> Mapping[UUID, Mapping[Channel, str]]:
    """The patients' own active addresses, by channel; whoever was erased is left out."""
    found = _ADDRESSES.all(tx, ids=list(patient_ids))
    boxes = patient_keys.boxes(tx, patient_ids) if found else {}
    by_patient: dict[UUID, dict[Channel, str]] = defaultdict(dict)
    for each in found:
        if box := boxes.get(each.patient_id):
            address = box.open(each.address_sealed, "contact.address")
            by_patient[each.patient_id][each.channel] = address
    return by_patient
