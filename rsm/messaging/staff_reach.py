"""Whom what we sent lately did not reach: of members of staff, by channel."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message

_ARRIVED = MessageState.DELIVERED
_LOST = (MessageState.UNDELIVERED, MessageState.FAILED)
_NO_SUCH_LINE = (MessageState.FAILED,)  # of a call: that nobody took one says nothing of the phone


def lost(
    tx: Tx, site_id: UUID, since: Mapping[UUID, datetime], channel: Channel
) -> frozenset[UUID]:
    """Those to whom the last message whose end is known did not arrive. `since`: by person from
    when on it counts, such as from the time at which her number was verified."""
    if not since:
        return frozenset()
    gone = _NO_SUCH_LINE if channel is Channel.VOICE else _LOST
    query = (
        select(Message.staff_id, Message.created_at, Message.state)
        .where(
            Message.site_id == site_id,
            Message.created_at >= min(since.values()),
            Message.staff_id.in_(since),
            Message.channel == channel,
            Message.state.in_((_ARRIVED, *gone)),
        )
        .order_by(Message.created_at, Message.id)
    )
    last = {
        staff_id: state
        for staff_id, created_at, state in tx.session.execute(query)
        if staff_id is not None and created_at >= since[staff_id]
    }
    return frozenset(who for who, state in last.items() if state in gone)
