"""By which channels test patients were asked lately: what stands before a site goes live."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging.tables import Message


def surveys(tx: Tx, site_id: UUID, since: datetime) -> Mapping[Channel, set[UUID]]:
    """Channel → surveys of test patients of which a message was handed over since then."""
    query = (
        select(Message.channel, Message.occurrence_id)
        .where(
            Message.site_id == site_id,
            Message.is_test,
            Message.audience == Audience.PATIENT,
            Message.occurrence_id.is_not(None),
            Message.handed_over_at >= since,
        )
        .distinct()
    )
    found: dict[Channel, set[UUID]] = {}
    for channel, survey in tx.session.execute(query):
        if survey is not None:
            found.setdefault(channel, set()).add(survey)
    return found
