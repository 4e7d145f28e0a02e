"""Which surveys of a site can be answered now, and which windows open until then."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.schedules.store import OPEN_STATES
from rsm.schedules.tables import Occurrence, PlanAssignment


def open_now(tx: Tx, site_id: UUID) -> Sequence[Occurrence]:
    return tx.session.scalars(
        select(Occurrence)
        .where(
            Occurrence.site_id == site_id,
            Occurrence.state.in_(OPEN_STATES),
            Occurrence.opens_at <= tx.now,
            Occurrence.closes_at > tx.now,
        )
        .order_by(Occurrence.closes_at, Occurrence.id)
        .execution_options(populate_existing=True)
    ).all()


def opening(tx: Tx, site_id: UUID, until: datetime) -> Sequence[PlanAssignment]:
    return tx.session.scalars(
        select(PlanAssignment)
        .where(
            PlanAssignment.site_id == site_id,
            PlanAssignment.active,
            PlanAssignment.next_key != "",
            PlanAssignment.next_at < until,
        )
        .order_by(PlanAssignment.next_at, PlanAssignment.id)
        .execution_options(populate_existing=True)
    ).all()
