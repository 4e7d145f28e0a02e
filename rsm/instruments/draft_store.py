"""All SQL of drafts of instruments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update

from rsm.db.work import Tx
from rsm.instruments.tables import InstrumentDraft


def add(tx: Tx, site_id: UUID, values: dict[str, object]) -> UUID:
    draft_id = tx.new_id()
    row = {"id": draft_id, "site_id": site_id, "revision": 1, **values}
    tx.session.execute(insert(InstrumentDraft).values(**row))
    return draft_id


def change(tx: Tx, draft_id: UUID, revision: int, values: dict[str, object]) -> bool:
    """False when it is not open any more, or has another revision than the editor had."""
    kept = (
        update(InstrumentDraft)
        .where(
            InstrumentDraft.id == draft_id,
            InstrumentDraft.revision == revision,
            InstrumentDraft.discarded_at.is_(None),
            InstrumentDraft.published_at.is_(None),
        )
        .values(revision=revision + 1, **values)
        .returning(InstrumentDraft.id)
    )
    found = tx.session.execute(kept, execution_options={"synchronize_session": False})
    return found.first() is not None


def one(tx: Tx, draft_id: UUID) -> InstrumentDraft | None:
    query = select(InstrumentDraft).where(InstrumentDraft.id == draft_id)
    return tx.session.scalar(query.execution_options(populate_existing=True))


def open_at(tx: Tx, site_id: UUID) -> Sequence[InstrumentDraft]:
    """Neither discarded nor published; what was changed last comes first."""
    query = select(InstrumentDraft).where(
        InstrumentDraft.site_id == site_id,
        InstrumentDraft.discarded_at.is_(None),
        InstrumentDraft.published_at.is_(None),
    )
    newest = query.order_by(InstrumentDraft.updated_at.desc(), InstrumentDraft.id)
    return tx.session.scalars(newest.execution_options(populate_existing=True)).all()
