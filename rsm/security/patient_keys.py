"""A data key per patient: what is sealed with it opens with nothing else, and dies with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, insert, select, update

from rsm.db.statements import Kept, among, table_of
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.security.keyring import KEY_BYTES, Box
from rsm.security.tables import DataKey

_KEYS = Kept(
    DataKey,
    select(table_of(DataKey).c.patient_id, table_of(DataKey).c.wrapped).where(
        among(DataKey.patient_id, "patients")
    ),
)


@dataclass(frozen=True, repr=False)
class PatientBox:
    """Seals and opens one patient's texts. `field` says which (`patient.name`)."""

    patient_id: UUID
    box: Box

    def seal(self, text: str, field: str) -> bytes:
        return self.box.seal(text.encode(), f"{field}:{self.patient_id}")

    def open(self, sealed: bytes, field: str) -> str:
        return self.box.open(sealed, f"{field}:{self.patient_id}").decode()


def create(tx: Tx, site_id: UUID, patient_id: UUID) -> PatientBox:
    """Draw and keep the key of a new patient."""
    key = tx.ids.bytes(KEY_BYTES)
    tx.session.execute(
        insert(DataKey).values(
            patient_id=patient_id,
            site_id=site_id,
            ring_key=tx.vault.current,
            wrapped=tx.vault.wrap(key, _context(patient_id)),
            created_at=tx.now,
        )
    )
    return PatientBox(patient_id, Box(key, tx.ids))


def boxes(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, PatientBox]:
    """The boxes of those patients whom this transaction may see and whose key still exists."""
    return {
        row.patient_id: PatientBox(
            row.patient_id, Box(tx.vault.unwrap(row.wrapped, _context(row.patient_id)), tx.ids)
        )
        for row in _KEYS.all(tx, patients=list(set(patient_ids)))
    }


def box(tx: Tx, patient_id: UUID) -> PatientBox:
    """The patient's box; `NotFound` when she is another site's or was erased."""
    found = boxes(tx, [patient_id]).get(patient_id)
    if found is None:
        raise NotFound("no such patient")
    return found


def is_kept(patient_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Whether that patient's key still exists: what is sealed with it can be opened."""
    return exists().where(DataKey.patient_id == patient_id)


def destroy(tx: Tx, patient_id: UUID) -> None:
    """Erasure by right: what was sealed can never be opened again (P12)."""
    tx.session.execute(delete(DataKey).where(DataKey.patient_id == patient_id))


def rewrap(tx: Tx, limit: int = 500) -> int:
    """Wrap under the ring's current key what an older one wrapped; returns how many were done."""
    stale = tx.session.execute(
        select(DataKey.patient_id, DataKey.wrapped)
        .where(DataKey.ring_key != tx.vault.current)
        .limit(limit)
        .with_for_update()
    ).all()
    for patient, wrapped in stale:
        key = tx.vault.unwrap(wrapped, _context(patient))
        tx.session.execute(
            update(DataKey)
            .where(DataKey.patient_id == patient)
            .values(ring_key=tx.vault.current, wrapped=tx.vault.wrap(key, _context(patient)))
        )
    return len(stale)


def _context(patient_id: UUID) -> str:
    return f"data-key:{patient_id}"
