"""How each item of a report, or of the revisions before it, was answered last."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from rsm.db.work import Tx
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses import trail
from rsm.responses.tables import Response


class Given(NamedTuple):
    """One answer of a report: where it comes from."""

    response_id: UUID
    item: str
    at: datetime
    reporter: Reporter
    channel: Channel
    recorded_by: UUID | None
    relation: Relation | None


def latest(tx: Tx, response_ids: Collection[UUID]) -> list[Given]:
    """Report, item, and where its answer comes from."""
    former = aliased(Response)
    given = trail.given(former.id)
    query = (
        select(
            Response.id,
            *(given.c.item, given.c.at, given.c.reporter, given.c.channel),
            *(given.c.recorded_by, given.c.relation),
        )
        .select_from(Response)
        .join(
            former,
            (former.occurrence_id == Response.occurrence_id)
            & (former.revision <= Response.revision),
        )
        .join(given, true())
        .where(Response.id.in_(response_ids))
        .ext(distinct_on(Response.id, given.c.item))
        .order_by(Response.id, given.c.item, given.c.seq.desc())
    )
    return [Given(*row) for row in tx.session.execute(query)]
