"""How surveys stand, for many at once: asked before their invitations and reminders leave."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.words import SurveyState
from rsm.schedules.tables import Occurrence


def states(tx: Tx, occurrence_ids: Collection[UUID]) -> dict[UUID, SurveyState]:
    """By survey; one that is not in scope is left out."""
    if not occurrence_ids:
        return {}
    query = select(Occurrence.id, Occurrence.state).where(Occurrence.id.in_(set(occurrence_ids)))
    return {row.id: row.state for row in tx.session.execute(query)}
