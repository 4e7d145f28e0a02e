"""All SQL of members: what was agreed, the own key, whose files are believed, and their files."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.collaborative.tables import (
    AggregateFile,
    CollaborativeKey,
    CollaborativeMember,
    CollaborativeRow,
    ForeignSite,
    SharedFigure,
)
from rsm.db.statements import table_of
from rsm.db.work import Tx

Values = Mapping[str, object]


# --- what was agreed, and keys -------------------------------------------------------------------


def collaborative(tx: Tx, *, lock: bool = False) -> CollaborativeRow | None:
    """The one there is; with `lock`, whoever else takes in a file waits."""
    query = select(CollaborativeRow)
    return tx.session.scalars(query.with_for_update() if lock else query).first()


def add_collaborative(tx: Tx, values: Values) -> bool:
    """Make it, unless there is one."""
    made = upsert(table_of(CollaborativeRow)).values(id=tx.new_id(), created_at=tx.now, **values)
    done = tx.session.execute(made.on_conflict_do_nothing().returning(CollaborativeRow.id))
    return done.first() is not None


def own_key(tx: Tx) -> CollaborativeKey | None:
    return tx.session.scalars(
        select(CollaborativeKey).where(CollaborativeKey.retired_at.is_(None))
    ).first()


def retire_key(tx: Tx) -> None:
    tx.session.execute(
        update(CollaborativeKey)
        .where(CollaborativeKey.retired_at.is_(None))
        .values(retired_at=tx.now)
    )


def add_key(tx: Tx, key_id: UUID, public: bytes, sealed: bytes) -> None:
    tx.session.execute(
        insert(CollaborativeKey).values(
            id=key_id, public=public, sealed=sealed, made_at=tx.now, made_by=tx.actor.id
        )
    )


def own_publics(tx: Tx) -> set[bytes]:
    """Every public key that was ever this installation's."""
    return set(tx.session.scalars(select(CollaborativeKey.public)))


# --- members -------------------------------------------------------------------------------------


def members(
    tx: Tx,
) -> list[tuple[CollaborativeMember, date | None, datetime | None]]:
    """Each with the period of its newest file, and when that came."""
    newest = (
        select(
            AggregateFile.member_id,
            func.max(AggregateFile.period).label("period"),
            func.max(AggregateFile.received_at).label("received_at"),
        )
        .group_by(AggregateFile.member_id)
        .subquery()
    )
    query = select(CollaborativeMember, newest.c.period, newest.c.received_at).outerjoin(
        newest, newest.c.member_id == CollaborativeMember.id
    )
    rows = tx.session.execute(query.order_by(CollaborativeMember.name))
    return [(row[0], row[1], row[2]) for row in rows]


def member_known_by(tx: Tx, fingerprint: str) -> CollaborativeMember | None:
    return tx.session.scalars(
        select(CollaborativeMember).where(CollaborativeMember.fingerprint == fingerprint)
    ).first()


def add_member(tx: Tx, values: Values) -> UUID | None:
    """A new one; None when its key is a member's already."""
    made = upsert(table_of(CollaborativeMember)).values(
        id=tx.new_id(), added_at=tx.now, added_by=tx.actor.id, **values
    )
    done = tx.session.execute(made.on_conflict_do_nothing().returning(CollaborativeMember.id))
    return done.scalar_one_or_none()


def end_member(tx: Tx, member_id: UUID) -> bool:
    """Its key is believed no more, and what it sent counts no more."""
    tx.session.execute(delete(ForeignSite).where(ForeignSite.member_id == member_id))
    for table in (AggregateFile, SharedFigure):
        tx.session.execute(
            update(table)
            .where(table.member_id == member_id, table.replaced_at.is_(None))
            .values(replaced_at=tx.now)
        )
    done = tx.session.execute(
        update(CollaborativeMember)
        .where(CollaborativeMember.id == member_id, CollaborativeMember.ended_at.is_(None))
        .values(ended_at=tx.now, ended_by=tx.actor.id)
        .returning(CollaborativeMember.id)
    )
    return done.first() is not None


# --- files ---------------------------------------------------------------------------------------


def file_known_by(tx: Tx, hash_: str) -> AggregateFile | None:
    return tx.session.scalars(select(AggregateFile).where(AggregateFile.hash == hash_)).first()


def newest_issue(tx: Tx, member_id: UUID) -> datetime | None:
    """When the newest of the member's files was made."""
    query = select(func.max(AggregateFile.issued_at)).where(AggregateFile.member_id == member_id)
    return tx.session.scalar(query)


def current_file(tx: Tx, member_id: UUID, period: date) -> AggregateFile | None:
    query = select(AggregateFile).where(
        AggregateFile.member_id == member_id,
        AggregateFile.period == period,
        AggregateFile.replaced_at.is_(None),
    )
    return tx.session.scalars(query).first()


def replace_file(tx: Tx, file_id: UUID) -> None:
    """The file and its figures stay, and count no more."""
    for table, key in ((AggregateFile, AggregateFile.id), (SharedFigure, SharedFigure.file_id)):
        tx.session.execute(update(table).where(key == file_id).values(replaced_at=tx.now))


def add_file(tx: Tx, values: Values) -> UUID:
    file_id = tx.new_id()
    tx.session.execute(
        insert(AggregateFile).values(
            id=file_id, received_at=tx.now, received_by=tx.actor.id, **values
        )
    )
    return file_id
