"""All SQL of the opt-out ledger: lines are added, never changed."""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from rsm.db.ready import Ready
from rsm.db.statements import among, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging.ledger import OptAction, OptHistory, OptLine, OptPurpose
from rsm.messaging.tables import OptEvent

_LEDGER = 20260  # first key of our advisory locks: those of conversations have one key only


@dataclass(frozen=True)
class Latest:
    """The newest line of one address and purpose."""

    id: UUID
    address_hash: bytes
    purpose: OptPurpose
    action: OptAction
    source: str
    seq: int


def lock(tx: Tx, address_hash: bytes) -> None:
    """One writer for each address: of two STOPs at once only one is new. Taken after patients."""
    key = int.from_bytes(address_hash[:4], "big", signed=True)
    tx.session.execute(select(func.pg_advisory_xact_lock(_LEDGER, key)))


def add(tx: Tx, line: OptLine) -> UUID:
    line_id = tx.new_id()
    values = {**dataclasses.asdict(line), "by": tx.actor.id if line.source == "staff" else None}
    tx.session.execute(insert(OptEvent).values(id=line_id, at=tx.now, **values))
    return line_id


_LATEST = Ready(
    select(*(table_of(OptEvent).c[name] for name in Latest.__dataclass_fields__))
    .where(
        among(OptEvent.address_hash, "hashes"),
        OptEvent.sender == bindparam("sender"),
        OptEvent.channel == bindparam("channel"),
    )
    .ext(distinct_on(OptEvent.address_hash, OptEvent.purpose))
    .order_by(OptEvent.address_hash, OptEvent.purpose, OptEvent.seq.desc()),
    frozenset({"hashes", "sender", "channel"}),
)


def latest(tx: Tx, hashes: Collection[bytes], sender: str, channel: Channel) -> list[Latest]:
    """Of each of these addresses the newest line of each purpose, for this number of ours."""
    given = {"hashes": list(hashes), "sender": sender, "channel": channel}
    return [Latest(*row) for row in _LATEST.ask(tx.session, given)]


def newest_lines(tx: Tx, sender: str, channel: Channel) -> list[OptLine]:
    """The newest line of each purpose for each address that ever wrote to this number of ours."""
    rows = tx.session.scalars(
        select(OptEvent)
        .where(*_between(sender, channel))
        .ext(distinct_on(OptEvent.address_hash, OptEvent.purpose))
        .order_by(OptEvent.address_hash, OptEvent.purpose, OptEvent.seq.desc())
    )
    names = OptLine.__dataclass_fields__
    return [OptLine(**{name: getattr(row, name) for name in names}) for row in rows]


def _between(sender: str, channel: Channel) -> tuple[ColumnElement[bool], ...]:
    return OptEvent.sender == sender, OptEvent.channel == channel


def history(tx: Tx, patient_id: UUID, hashes: Iterable[bytes], limit: int) -> list[OptHistory]:
    """Every line about her or one of her addresses, the newest first."""
    rows = tx.session.execute(
        select(
            OptEvent.at,
            OptEvent.channel,
            OptEvent.purpose,
            OptEvent.action,
            OptEvent.source,
            OptEvent.reason,
            OptEvent.by,
        )
        .where(or_(OptEvent.patient_id == patient_id, OptEvent.address_hash.in_(list(hashes))))
        .order_by(OptEvent.seq.desc())
        .limit(limit)
    )
    return [OptHistory(*row) for row in rows]
