"""How things stand for many at once: surveys, before their texts leave; plans that are followed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from rsm.db.statements import Kept, among, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Pin, SurveyState
from rsm.schedules.tables import Occurrence, PlanAssignment

_STATES = Kept(
    Occurrence,
    select(table_of(Occurrence).c.id, table_of(Occurrence).c.state).where(
        among(Occurrence.id, "ids")
    ),
)


def states(tx: Tx, occurrence_ids: Collection[UUID]) -> dict[UUID, SurveyState]:
    """By survey; one that is not in scope is left out."""
    if not occurrence_ids:
        return {}
    return {row.id: row.state for row in _STATES.all(tx, ids=list(set(occurrence_ids)))}


def plans_followed(tx: Tx, site_id: UUID) -> list[Pin]:
    """Every plan that somebody at the site follows now."""
    query = select(PlanAssignment.plan).where(
        PlanAssignment.site_id == site_id, PlanAssignment.active
    )
    return [Pin.of(document) for document in tx.session.scalars(query.distinct())]
