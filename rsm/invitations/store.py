"""All SQL of the invitations."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, column, func, insert, select, text, update

from rsm.db.ready import Ready
from rsm.db.statements import Kept, by_id
from rsm.db.work import Tx
from rsm.invitations.model import Door, Hand, LinkView, Resolved
from rsm.invitations.tables import Link
from rsm.schedules.model import OccurrenceView

_BY_ID = Kept(Link, by_id(Link))
_HELD = Kept(Link, by_id(Link).with_for_update())
_OF_SURVEYS = Ready(
    text(
        """
    SELECT occurrence_id, serial, ring_key FROM link
    WHERE occurrence_id = ANY(CAST(:surveys AS uuid[]))
    """
    ).columns(column("occurrence_id", Uuid), column("serial", Integer), column("ring_key", Text)),
    frozenset({"surveys"}),
)
# Passes row-level security: hash → ids, and nothing more.
_FOUND = func.rsm_find_link(bindparam("hash")).table_valued(
    *(column(name, Uuid) for name in ("site_id", "patient_id", "occurrence_id", "link_id"))
)
LOOK_UP = select(*_FOUND.c)


def next_serial(tx: Tx, occurrence_id: UUID) -> int:
    query = select(func.max(Link.serial)).where(Link.occurrence_id == occurrence_id)
    return (tx.session.scalar(query) or 0) + 1


def add(
    tx: Tx, occurrence: OccurrenceView, serial: int, keyed: tuple[str, bytes], hand: Hand
) -> None:
    """`keyed`: the ring's key that the token is derived with, and the token's hash."""
    ring_key, token_hash = keyed
    tx.session.execute(
        insert(Link).values(
            id=tx.new_id(),
            site_id=occurrence.site_id,
            patient_id=occurrence.patient_id,
            occurrence_id=occurrence.id,
            serial=serial,
            ring_key=ring_key,
            token_hash=token_hash,
            created_at=tx.now,
            door=hand.door,
            proxy_id=hand.proxy_id,
            expires_at=hand.expires_at,
        )
    )


def ring_key(tx: Tx, occurrence_id: UUID, serial: int) -> str | None:
    return tx.session.scalar(
        select(Link.ring_key).where(Link.occurrence_id == occurrence_id, Link.serial == serial)
    )


def ring_keys(tx: Tx, links: Collection[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], str]:
    """By occurrence and serial."""
    surveys = list({occurrence for occurrence, _ in links})
    rows = _OF_SURVEYS.ask(tx.session, {"surveys": surveys})
    return {(row.occurrence_id, row.serial): row.ring_key for row in rows}


def find(tx: Tx, token_hash: bytes) -> Resolved | None:
    """By the look-up that may pass row-level security."""
    row = tx.session.execute(LOOK_UP, {"hash": token_hash}).first()
    return Resolved(*row) if row is not None else None


def link(tx: Tx, link_id: UUID, *, lock: bool = False) -> LinkView | None:
    row = (_HELD if lock else _BY_ID).first(tx, id=link_id)
    return _view(row) if row is not None else None


def latest(tx: Tx, occurrence_id: UUID, door: Door) -> LinkView | None:
    query = select(Link).where(
        Link.occurrence_id == occurrence_id, Link.revoked_at.is_(None), Link.door == door
    )
    row = tx.session.scalar(query.order_by(Link.serial.desc()).limit(1))
    return _view(row) if row is not None else None


def change(tx: Tx, link_id: UUID, values: Mapping[str, object]) -> None:
    tx.session.execute(update(Link).where(Link.id == link_id).values(**values))


def revoke_all(tx: Tx, patient_id: UUID, door: Door) -> list[tuple[UUID, UUID]]:
    """What was revoked by this: (id, site)."""
    gone = tx.session.execute(
        update(Link)
        .where(Link.patient_id == patient_id, Link.revoked_at.is_(None), Link.door == door)
        .values(revoked_at=tx.now)
        .returning(Link.id, Link.site_id)
    )
    return sorted((link_id, site_id) for link_id, site_id in gone)


def _view(row: Link) -> LinkView:
    return LinkView(**{name: getattr(row, name) for name in LinkView.__dataclass_fields__})
