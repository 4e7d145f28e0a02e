"""Whether a site has practised: a test patient's alert that climbed its ladder and was taken."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select

from rsm.alerts.tables import Alert, AlertEvent
from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind

_TOLD = (AlertEventKind.TOLD, AlertEventKind.BUNDLED)
_FIRST = "step:1"  # as `rsm.escalation.telling` notes whom the ladder's first step told
_CLIMBED = and_(
    AlertEvent.kind.in_(_TOLD),
    or_(
        AlertEvent.staff_id.is_(None),  # the safety contact is no member of staff
        and_(AlertEvent.code.startswith("step:", autoescape=True), AlertEvent.code != _FIRST),
    ),
)


def last(tx: Tx, site_id: UUID, since: datetime) -> datetime | None:
    """When such an alert was last taken, of those opened since then.

    It climbed when a later step than the first told somebody, or the safety contact was told: that
    one step tells two people at once is no escalation.
    """
    climbed = exists().where(AlertEvent.alert_id == Alert.id, _CLIMBED)
    query = select(func.max(Alert.acknowledged_at)).where(
        Alert.site_id == site_id,
        Alert.is_test,
        Alert.opened_at >= since,
        Alert.acknowledged_at.is_not(None),
        climbed,
    )
    return tx.session.scalar(query)
