"""Who gave each answer of a report, through which door, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses import origins_store as store


@dataclass(frozen=True)
class Origin:
    """Where one answer comes from. `recorded_by`: the member of staff who took it down."""

    at: datetime
    reporter: Reporter
    channel: Channel
    recorded_by: UUID | None = None
    relation: Relation | None = None


def of_report(tx: Tx, response_id: UUID) -> dict[str, Origin]:
    """By item, of a draft or a report: of a correction's unchanged items, what stood before."""
    return of_reports(tx, [response_id]).get(response_id, {})


def of_reports(tx: Tx, response_ids: Collection[UUID]) -> dict[UUID, dict[str, Origin]]:
    """The same for many, by report."""
    found: dict[UUID, dict[str, Origin]] = {}
    for row in store.latest(tx, response_ids) if response_ids else ():
        origin = Origin(row.at, row.reporter, row.channel, row.recorded_by, row.relation)
        found.setdefault(row.response_id, {})[row.item] = origin
    return found
