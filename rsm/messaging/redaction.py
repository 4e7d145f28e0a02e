"""Which bodies the provider is to forget now: of messages that went out, and of texts that came in.

`redact_at` stands while it is still to be done; `redacted_at` only once it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging.tables import InboundMessage, Message
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

AGAIN = timedelta(hours=1)
# Twilio itself ends a message that no carrier answers for long before that.
LONGEST_TRIED = timedelta(days=30)


class Kind(StrEnum):
    """Which way the message went."""

    OUT = "message"
    IN = "inbound"


_TABLES: dict[Kind, type[Message] | type[InboundMessage]] = {
    Kind.OUT: Message,
    Kind.IN: InboundMessage,
}


@dataclass(frozen=True)
class Due:
    """A message whose body is to be deleted at the provider."""

    kind: Kind
    id: UUID
    site_id: UUID
    provider_id: str
    since: datetime  # when the provider got it


def due(tx: Tx, limit: int) -> list[Due]:
    """What is due, in either direction, the oldest first of each."""
    sent = (
        select(
            Message.id,
            Message.site_id,
            Message.provider_id,
            func.coalesce(Message.handed_over_at, Message.created_at),
        )
        .where(
            Message.redact_at <= tx.now,
            Message.provider_id.is_not(None),
            Message.channel == Channel.SMS,  # of an e-mail nothing lies at a provider
        )
        .order_by(Message.redact_at)
        .limit(limit)
    )
    came = (
        select(
            InboundMessage.id,
            InboundMessage.site_id,
            InboundMessage.provider_id,
            InboundMessage.received_at,
        )
        .where(InboundMessage.redact_at <= tx.now)
        .order_by(InboundMessage.redact_at)
        .limit(limit)
    )
    found = [Due(Kind.OUT, *row[:2], str(row[2]), row[3]) for row in tx.session.execute(sent)]
    return found + [Due(Kind.IN, *row) for row in tx.session.execute(came)]


def done(tx: Tx, due: Due) -> None:
    """The provider has forgotten it."""
    _change(tx, due, redact_at=None, redacted_at=tx.now)


def put_off(tx: Tx, due: Due) -> bool:
    """Not now: later again, but not for ever; True when that was the last time."""
    keeps = timedelta(days=sites.get(tx, due.site_id).provider_keeps_days)
    if tx.now >= due.since + keeps + LONGEST_TRIED:
        give_up(tx, due)
        return True
    _change(tx, due, redact_at=tx.now + AGAIN)
    return False


def give_up(tx: Tx, due: Due) -> None:
    """It can never be done: not asked again, and that stands in the trail."""
    _change(tx, due, redact_at=None)
    record(tx, "body.not_deleted", Subject(due.kind.value, due.id), due.site_id)


def _change(tx: Tx, due: Due, **values: object) -> None:
    table = _TABLES[due.kind]
    tx.session.execute(update(table).where(table.id == due.id).values(**values))
