"""What one member of staff, or a site's safety contact, was lately told of alerts."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from rsm.db.statements import Kept, rows, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import Draft, Lane, MessageState
from rsm.messaging.tables import Message

_PLANNED_AHEAD = timedelta(minutes=30)  # a call of a bundle was written at most so long before
_NEVER_LEFT = (MessageState.CANCELLED, MessageState.SUPPRESSED, MessageState.FAILED)
# No clock is so far ahead. A plan that is kept knows no times: between two it expects few rows, and
# finds them by their time; after one, a third of all that were ever written.
_AHEAD = timedelta(days=1)
_TEXTS = (
    rows(Message)
    .with_only_columns(table_of(Message).c.planned_at)
    .where(
        Message.created_at >= bindparam("since"),
        Message.created_at < bindparam("until"),
        Message.site_id == bindparam("site"),
        Message.audience == Audience.STAFF,
        Message.lane == Lane.STAFF,
        Message.channel == Channel.SMS,
        *(Message.state != state for state in _NEVER_LEFT),
    )
)
_TEXTS_TO_PERSON = Kept(Message, _TEXTS.where(Message.staff_id == bindparam("person")))
_TEXTS_TO_CONTACT = Kept(Message, _TEXTS.where(Message.staff_id.is_(None)))


def texts_to(tx: Tx, like: Draft, since: datetime) -> list[datetime]:
    """When the texts of the staff's lane to the same recipient left, or are to leave.

    Those written before `since` are not looked at, nor those that never left.
    """
    given = {"since": since, "until": tx.now + _AHEAD, "site": like.site_id}
    if like.staff_id is not None:
        found = _TEXTS_TO_PERSON.all(tx, **given, person=like.staff_id)
    else:
        found = _TEXTS_TO_CONTACT.all(tx, **given)
    return [row.planned_at for row in found if row.planned_at is not None]


def called_since(tx: Tx, like: Draft, since: datetime) -> bool:
    """Whether the same recipient was called since then, or is to be called by what is written."""
    query = select(Message.id).where(
        Message.created_at >= since - _PLANNED_AHEAD,
        Message.created_at < tx.now + _AHEAD,
        Message.planned_at >= since,
        Message.site_id == like.site_id,
        Message.audience == Audience.STAFF,
        Message.channel == Channel.VOICE,
        Message.staff_id == like.staff_id
        if like.staff_id is not None
        else Message.staff_id.is_(None),
        Message.state.not_in(_NEVER_LEFT),
    )
    return tx.session.scalar(query.limit(1)) is not None


def contact_lost(tx: Tx, alert_id: UUID) -> bool:
    """Whether a text about this alert to its site's safety contact did not arrive."""
    query = select(Message.id).where(
        Message.alert_id == alert_id,
        Message.staff_id.is_(None),
        Message.audience == Audience.STAFF,
        Message.channel == Channel.SMS,
        Message.state.in_((MessageState.UNDELIVERED, MessageState.FAILED)),
    )
    return tx.session.scalar(query.limit(1)) is not None


def is_joined(tx: Tx, key: str) -> bool:
    """Whether the message of this business key still waits; then it does until we commit.

    Never waits for whoever sends it at the moment, and keeps nobody else from joining it.
    """
    query = select(Message.id).where(
        Message.business_key == key, Message.state == MessageState.QUEUED
    )
    held = query.with_for_update(read=True, key_share=True, skip_locked=True)
    return tx.session.scalar(held) is not None
