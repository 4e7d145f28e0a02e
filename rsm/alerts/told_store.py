"""SQL of who was told of which alert, by a text of its own or in a bundle."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, select

from rsm.alerts.tables import AlertEvent
from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind

_TOLD = (AlertEventKind.TOLD, AlertEventKind.BUNDLED)


def was_told(tx: Tx, alert_id: UUID, staff_id: UUID) -> bool:
    told = select(AlertEvent.id).where(
        AlertEvent.alert_id == alert_id,
        AlertEvent.kind.in_(_TOLD),
        AlertEvent.staff_id == staff_id,
    )
    return tx.session.scalar(told.limit(1)) is not None


def told_last(tx: Tx, alert_ids: Sequence[UUID]) -> dict[UUID, set[UUID | None]]:
    told = (AlertEvent.alert_id.in_(alert_ids), AlertEvent.kind.in_(_TOLD))
    last = (
        select(AlertEvent.alert_id, func.max(AlertEvent.at).label("at"))
        .where(*told)
        .group_by(AlertEvent.alert_id)
        .subquery()
    )
    then = and_(last.c.alert_id == AlertEvent.alert_id, last.c.at == AlertEvent.at)
    query = select(AlertEvent.alert_id, AlertEvent.staff_id).join(last, then).where(*told)
    found: dict[UUID, set[UUID | None]] = {}
    for alert_id, staff_id in tx.session.execute(query):
        found.setdefault(alert_id, set()).add(staff_id)
    return found


def was_told_safety_contact(tx: Tx, alert_id: UUID) -> bool:
    told = select(AlertEvent.id).where(
        AlertEvent.alert_id == alert_id,
        AlertEvent.kind.in_(_TOLD),
        AlertEvent.staff_id.is_(None),
    )
    return tx.session.scalar(told.limit(1)) is not None
