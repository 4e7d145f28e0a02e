"""The newest event of each item of a report and of the revisions before it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from rsm.db.work import Tx
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses.tables import AnswerEvent, Response


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
    rows = tx.session.execute(
        select(
            Response.id,
            AnswerEvent.item,
            AnswerEvent.at,
            AnswerEvent.reporter,
            AnswerEvent.channel,
            AnswerEvent.recorded_by,
            AnswerEvent.relation,
        )
        .join(
            former,
            (former.occurrence_id == Response.occurrence_id)
            & (former.revision <= Response.revision),
        )
        .join(AnswerEvent, AnswerEvent.response_id == former.id)
        .where(Response.id.in_(response_ids))
        .ext(distinct_on(Response.id, AnswerEvent.item))
        .order_by(Response.id, AnswerEvent.item, AnswerEvent.seq.desc())
    )
    return [Given(*row) for row in rows]
