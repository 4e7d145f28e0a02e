"""SQL of what providers said of messages: each word of theirs once."""

from collections.abc import Collection
from typing import cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.statements import Kept, Query, among, table_of
from rsm.db.work import Tx
from rsm.messaging.model import MessageView, StatusReport
from rsm.messaging.tables import DeliveryEvent

_ADD_ONCE = Kept(
    DeliveryEvent,
    insert(table_of(DeliveryEvent))
    .on_conflict_do_nothing(index_elements=[DeliveryEvent.provider_id, DeliveryEvent.state])
    .returning(table_of(DeliveryEvent).c.id),
)
_KNOWN = Kept(
    DeliveryEvent,
    cast(
        "Query",
        select(table_of(DeliveryEvent).c.provider_id).where(
            among(DeliveryEvent.provider_id, "provider_ids")
        ),
    ),
)


def add(tx: Tx, message: MessageView, report: StatusReport) -> bool:
    """Keep a provider's word on a message; False when we have it already."""
    values = {
        "id": tx.new_id(),
        "site_id": message.site_id,
        "message_id": message.id,
        "provider_id": report.provider_id,
        "state": report.state,
        "error_code": report.error_code,
        "received_at": tx.now,
    }
    return _ADD_ONCE.first(tx, **values) is not None


def known(tx: Tx, provider_ids: Collection[str]) -> set[str]:
    """Those of these provider's ids of which we have a word."""
    return {row.provider_id for row in _KNOWN.all(tx, provider_ids=list(provider_ids))}
