"""Contact points. Addresses are sealed and opened here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from rsm.db.statements import Kept, among, rows
from rsm.db.work import Tx
from rsm.kernel.vault import Vault
from rsm.kernel.words import Channel, Reporter
from rsm.patients.model import ContactMatch, ContactState, ContactView, PatientFacts
from rsm.patients.tables import ContactPoint
from rsm.security import patient_keys

_CONTACTS = Kept(
    ContactPoint,
    rows(ContactPoint)
    .where(among(ContactPoint.patient_id, "patients"))
    .order_by(ContactPoint.since.desc(), ContactPoint.id.desc()),
)


def address_hash(vault: Vault, address: str) -> bytes:
    return vault.lookup("contact.address", address)


def put_contact(
    tx: Tx, patient: PatientFacts, channel: Channel, owner: Reporter, address: str
) -> None:
    """Make `address` the active one of its channel and owner; the former one is replaced."""
    box = patient_keys.box(tx, patient.id)
    replace_contact(tx, patient.id, channel, owner)
    tx.session.execute(
        insert(ContactPoint).values(
            id=tx.new_id(),
            site_id=patient.site_id,
            patient_id=patient.id,
            channel=channel,
            owner=owner,
            address_sealed=box.seal(address, "contact.address"),
            address_hash=address_hash(tx.vault, address),
            state=ContactState.ACTIVE,
            since=tx.now,
        )
    )


def contacts(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, list[ContactView]]:
    """By patient, the newest first; whoever was erased is left out."""
    wanted = set(patient_ids)
    found = _CONTACTS.all(tx, patients=list(wanted)) if wanted else []
    boxes = patient_keys.boxes(tx, wanted) if found else {}
    by_patient: dict[UUID, list[ContactView]] = defaultdict(list)
    for each in found:
        if box := boxes.get(each.patient_id):
            address = box.open(each.address_sealed, "contact.address")
            view = ContactView(each.id, each.channel, each.owner, address, each.state)
            by_patient[each.patient_id].append(view)
    return by_patient


def replace_contact(tx: Tx, patient_id: UUID, channel: Channel, owner: Reporter) -> None:
    """What was the address of this channel and owner is so no more."""
    tx.session.execute(
        update(ContactPoint)
        .where(
            ContactPoint.patient_id == patient_id,
            ContactPoint.channel == channel,
            ContactPoint.owner == owner,
            ContactPoint.state != ContactState.REPLACED,
        )
        .values(state=ContactState.REPLACED, until=tx.now)
    )


def own_since(tx: Tx, patient_id: UUID, hashed: bytes) -> datetime | None:
    """Since when this address is her own; None when it is not, or no more."""
    query = select(func.max(ContactPoint.since)).where(
        ContactPoint.patient_id == patient_id,
        ContactPoint.address_hash == hashed,
        ContactPoint.owner == Reporter.SELF,
        ContactPoint.state == ContactState.ACTIVE,
    )
    return tx.session.scalar(query)


def holders(tx: Tx, site_id: UUID, addresses: Iterable[str]) -> Mapping[str, frozenset[UUID]]:
    """Which patients of the site each of these addresses reaches, in one query."""
    hashes = {address_hash(tx.vault, address): address for address in addresses}
    found = tx.session.execute(
        select(ContactPoint.address_hash, ContactPoint.patient_id).where(
            ContactPoint.site_id == site_id,
            ContactPoint.address_hash.in_(list(hashes)),
            ContactPoint.state != ContactState.REPLACED,
        )
    )
    by_address: dict[str, frozenset[UUID]] = {}
    for hashed, patient_id in found:
        address = hashes[hashed]
        by_address[address] = by_address.get(address, frozenset()) | {patient_id}
    return by_address


def suspend_contacts(
    tx: Tx, patient_id: UUID, channel: Channel, owner: Reporter = Reporter.SELF
) -> int:
    gone = tx.session.execute(
        update(ContactPoint)
        .where(
            ContactPoint.patient_id == patient_id,
            ContactPoint.channel == channel,
            ContactPoint.owner == owner,
            ContactPoint.state == ContactState.ACTIVE,
        )
        .values(state=ContactState.SUSPENDED, until=tx.now)
        .returning(ContactPoint.id)
    )
    return len(gone.all())


def by_address(tx: Tx, address: str) -> list[ContactMatch]:
    """Whose number this is, at whichever site: a look-up by hash, before a site is known."""
    found = tx.session.execute(
        text("SELECT site_id, patient_id, contact_id FROM rsm_find_contacts(:hash)"),
        {"hash": address_hash(tx.vault, address)},
    )
    return [ContactMatch(*match) for match in found]
