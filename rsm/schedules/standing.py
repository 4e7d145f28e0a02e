"""How things stand for many at once: surveys, before their texts leave; plans that are followed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.words import Pin, SurveyState
from rsm.schedules.tables import Occurrence, PlanAssignment


def states(tx: Tx, occurrence_ids: Collection[UUID]) -> dict[UUID, SurveyState]:
    """By survey; one that is not in scope is left out."""
    if not occurrence_ids:
        return {}
    query = select(Occurrence.id, Occurrence.state).where(Occurrence.id.in_(set(occurrence_ids)))
    return {row.id: row.state for row in tx.session.execute(query)}


def plans_followed(tx: Tx, site_id: UUID) -> list[Pin]:
    """Every plan that somebody at the site follows now."""
    query = select(PlanAssignment.plan).where(
        PlanAssignment.site_id == site_id, PlanAssignment.active
    )
    return [Pin.of(document) for document in tx.session.scalars(query.distinct())]
