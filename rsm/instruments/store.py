"""All SQL of published instruments."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.instruments.tables import InstrumentVersion
from rsm.kernel.words import Pin


def add(tx: Tx, pin: Pin, body: str, by: UUID | None) -> bool:
    """Keep the version; False when key and version stand already, with whatever content."""
    new = insert(InstrumentVersion).values(
        key=pin.key,
        version=pin.version,
        hash=pin.hash,
        body=body,
        published_at=tx.now,
        published_by=by,
    )
    kept = new.on_conflict_do_nothing().returning(InstrumentVersion.key)
    return tx.session.execute(kept).first() is not None


def version(tx: Tx, key: str, version: str) -> InstrumentVersion | None:
    return tx.session.scalar(
        select(InstrumentVersion).where(
            InstrumentVersion.key == key, InstrumentVersion.version == version
        )
    )
