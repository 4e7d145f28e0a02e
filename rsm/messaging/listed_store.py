"""All SQL that holds the provider's list against our outbox and inbox."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db.ready import Ready
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging import store
from rsm.messaging.model import Due, MessageState, MessageView, Verdict
from rsm.messaging.tables import InboundMessage, Listed, Message

_PLACE = (Message.id, Message.site_id, Message.patient_id, Message.alert_id)


def states(tx: Tx, provider_ids: Collection[str]) -> dict[str, tuple[UUID, MessageState]]:
    """Our messages by what the provider calls them."""
    rows = tx.session.execute(
        select(Message.provider_id, Message.id, Message.state).where(
            Message.provider_id.in_(provider_ids)
        )
    )
    return {str(provider_id): (message_id, state) for provider_id, message_id, state in rows}


def listed(tx: Tx, provider_ids: Collection[str]) -> set[str]:
    """Those of them that were read before, and are none of ours so far."""
    query = select(Listed.provider_id).where(Listed.provider_id.in_(provider_ids))
    return set(tx.session.scalars(query))


_UNKNOWN = Ready(
    select(
        exists()
        .where(
            table_of(Listed).c.verdict == Verdict.UNKNOWN,
            table_of(Listed).c.read_at >= bindparam("since"),
        )
        .label("some")
    ),
    frozenset({"since"}),
)


def has_unknown(tx: Tx, read_since: datetime) -> bool:
    """Whether any entry that was read since then is nobody's yet."""
    return bool(_UNKNOWN.ask(tx.session, {"since": read_since})[0].some)


def add_listed(tx: Tx, values: dict[str, object]) -> bool:
    """Keep an entry; False when we have it."""
    wanted = insert(Listed).values(id=tx.new_id(), read_at=tx.now, **values)
    once = wanted.on_conflict_do_nothing(index_elements=[Listed.provider_id])
    return tx.session.execute(once.returning(Listed.id)).first() is not None


def lock_unknown(tx: Tx, to_hash: bytes, body_hash: bytes, read_since: datetime) -> str | None:
    """The oldest entry that said this to this address and is nobody's yet, held."""
    query = (
        select(Listed.provider_id)
        .where(
            Listed.to_hash == to_hash,
            Listed.body_hash == body_hash,
            Listed.verdict == Verdict.UNKNOWN,
            Listed.read_at >= read_since,
        )
        .order_by(Listed.sent_at, Listed.provider_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return tx.session.scalar(query)


def take(tx: Tx, provider_id: str, message_id: UUID) -> tuple[datetime, str]:
    """The entry is this message: when it was sent, and from where."""
    taken = (
        update(Listed)
        .where(Listed.provider_id == provider_id)
        .values(verdict=Verdict.TAKEN, message_id=message_id)
        .returning(Listed.sent_at, Listed.sender)
    )
    sent_at, sender = tx.session.execute(taken).one()
    return sent_at, sender


def unlisted_yet(tx: Tx, body_hash: bytes) -> list[Due]:
    """Messages with this text that may have been handed over and have no id of the provider's."""
    may_have = (MessageState.SENDING, MessageState.UNCONFIRMED)
    query = select(*_PLACE).where(
        Message.body_hash == body_hash,
        Message.provider_id.is_(None),
        Message.state.in_(may_have),
    )
    return [Due(*row) for row in tx.session.execute(query)]


def queued(tx: Tx, site_id: UUID, after: UUID | None, limit: int) -> list[MessageView]:
    """A site's texts to patients that are still to be sent, by id, not held."""
    where: list[ColumnElement[bool]] = [
        Message.site_id == site_id,
        Message.state == MessageState.QUEUED,
        Message.channel == Channel.SMS,
        Message.audience == Audience.PATIENT,
    ]
    if after is not None:
        where.append(Message.id > after)
    rows = tx.session.scalars(select(Message).where(*where).order_by(Message.id).limit(limit))
    return [store.view(tx, row) for row in rows]


def handed_over(tx: Tx, site_id: UUID, since: datetime, until: datetime) -> dict[str, UUID]:
    """Texts of a site that the provider took in this span and said nothing final of, by its id."""
    query = select(Message.provider_id, Message.id).where(
        Message.site_id == site_id,
        Message.channel == Channel.SMS,
        Message.state.in_((MessageState.ACCEPTED, MessageState.SENT)),
        Message.handed_over_at >= since,
        Message.handed_over_at < until,
        Message.provider_id.is_not(None),
    )
    return {str(provider_id): message_id for provider_id, message_id in tx.session.execute(query)}


def known_texts(tx: Tx, provider: str, provider_ids: Collection[str]) -> set[str]:
    """Those of these texts that we were told of."""
    query = select(InboundMessage.provider_id).where(
        InboundMessage.provider == provider, InboundMessage.provider_id.in_(provider_ids)
    )
    return set(tx.session.scalars(query))


def has_later(tx: Tx, text: tuple[bytes, str, datetime], reading: str) -> bool:
    """Whether a later text of this conversation (from, to, at) was read as that."""
    from_hash, to, at = text
    later = and_(
        InboundMessage.from_hash == from_hash,
        InboundMessage.to_address == to,
        InboundMessage.received_at > at,
        InboundMessage.reading == reading,
    )
    return bool(tx.session.scalar(select(exists().where(later))))
