"""All SQL of the journal: rows are added and read, never changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.orm import aliased

from rsm.db.work import Tx
from rsm.improvement.model import Entry, NewEntry
from rsm.improvement.tables import JournalEntry
from rsm.kernel.words import ActorKind
from rsm.metrics.model import Days

_Later = aliased(JournalEntry)


def add(
    tx: Tx, site_id: UUID, new: NewEntry, former: JournalEntry | None, *, withdrawn: bool = False
) -> UUID:
    """A first row, or one in place of `former`; gives the id of the entry."""
    row_id = tx.new_id()
    thread = former.thread if former else row_id
    tx.session.execute(
        insert(JournalEntry).values(
            id=row_id,
            site_id=site_id,
            thread=thread,
            revision=former.revision + 1 if former else 1,
            replaces=former.id if former else None,
            on_day=new.on,
            kind=new.kind,
            title=new.title,
            words=new.words,
            strategy=new.strategy,
            barrier=new.barrier,
            shared=new.shared,
            source=new.source or None,
            withdrawn=withdrawn,
            written_by=person(tx),
            written_at=tx.now,
        )
    )
    return thread


def person(tx: Tx) -> UUID | None:
    """Who acts, if it is a member of staff."""
    return tx.actor.id if tx.actor.kind is ActorKind.STAFF else None


def between(tx: Tx, site_id: UUID, days: Days) -> list[Entry]:
    """The entries that count now, of these days, the first one first."""
    within = JournalEntry.on_day.between(days.first, days.last)
    return [entry(row) for row in _counting(tx, site_id, within, ~JournalEntry.withdrawn)]


def sources(tx: Tx, site_id: UUID) -> set[str]:
    """What the system noted and somebody has put into her own words, or taken out."""
    query = select(JournalEntry.source).where(
        JournalEntry.site_id == site_id, JournalEntry.source.is_not(None)
    )
    return {each for each in tx.session.scalars(query) if each is not None}


def latest(tx: Tx, site_id: UUID, thread: UUID) -> JournalEntry | None:
    """The row of an entry that counts."""
    return next(iter(_counting(tx, site_id, JournalEntry.thread == thread)), None)


def history(tx: Tx, site_id: UUID, thread: UUID) -> list[JournalEntry]:
    """Every row of an entry, the first one first."""
    query = select(JournalEntry).where(
        JournalEntry.site_id == site_id, JournalEntry.thread == thread
    )
    return list(tx.session.scalars(query.order_by(JournalEntry.revision)))


def shared(tx: Tx, site_id: UUID) -> list[Entry]:
    """What the site lets the collaborative read."""
    lets = JournalEntry.shared.is_(True)
    return [entry(row) for row in _counting(tx, site_id, lets, ~JournalEntry.withdrawn)]


def _counting(tx: Tx, site_id: UUID, *wanted: ColumnElement[bool]) -> Sequence[JournalEntry]:
    replaced = exists().where(_Later.replaces == JournalEntry.id)
    query = (
        select(JournalEntry)
        .where(JournalEntry.site_id == site_id, *wanted, ~replaced)
        .order_by(JournalEntry.on_day, JournalEntry.thread)
    )
    return tx.session.scalars(query.execution_options(populate_existing=True)).all()


def entry(row: JournalEntry) -> Entry:
    """The row as others read it."""
    return Entry(
        id=row.thread,
        on=row.on_day,
        kind=row.kind,
        title=row.title,
        words=row.words,
        strategy=row.strategy,
        barrier=row.barrier,
        shared=row.shared,
        source=row.source or "",
        revision=row.revision,
        written_by=row.written_by,
        written_at=row.written_at,
    )
