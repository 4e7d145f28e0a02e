"""All SQL of drafts of instruments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_new

from rsm.db.work import Tx
from rsm.instruments.tables import InstrumentDraft, InstrumentDraftEditor


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


def note_editor(tx: Tx, site_id: UUID, draft_id: UUID, staff_id: UUID) -> None:
    """Somebody wrote on it; once is enough."""
    row = {"draft_id": draft_id, "staff_id": staff_id, "site_id": site_id}
    tx.session.execute(insert_new(InstrumentDraftEditor).values(**row).on_conflict_do_nothing())


def editors(tx: Tx, draft_id: UUID) -> Sequence[UUID]:
    """Everybody who ever wrote on it."""
    query = select(InstrumentDraftEditor.staff_id).where(InstrumentDraftEditor.draft_id == draft_id)
    return tx.session.scalars(query).all()
