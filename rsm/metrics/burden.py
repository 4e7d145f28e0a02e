"""How long answering took: from the first page to Send, of reports that one person gave alone."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.words import Channel, Pin, Reporter
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response

_LATEST = 200  # reports
_IN_ONE_GO = timedelta(hours=1)  # longer than this it was laid aside


def seconds_taken(tx: Tx, pins: Collection[Pin]) -> list[float]:
    """Of the latest reports by web to any of these versions, as far as this transaction sees."""
    query = (
        select(Response.started_at, Response.submitted_at)
        .where(
            Response.instrument["hash"].as_string().in_([pin.hash for pin in pins]),
            Response.state == ResponseState.FINAL,
            Response.revision == 1,
            Response.channel == Channel.WEB,
            Response.reporter == Reporter.SELF,
            Response.submitted_at.is_not(None),
            Response.quarantined_at.is_(None),
            Response.is_test.is_(False),
        )
        .order_by(Response.submitted_at.desc())
        .limit(_LATEST)
    )
    taken = [sent - begun for begun, sent in tx.session.execute(query) if sent is not None]
    return [each.total_seconds() for each in taken if timedelta(0) < each < _IN_ONE_GO]
