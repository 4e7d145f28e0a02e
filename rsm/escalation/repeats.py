"""A later report says the same again as an open alert: whoever has it is told, or the next is.

Nothing got worse, so that the alert stays as it is. Whoever has taken it is told once for each
survey; while nobody has, the ladder's next step is taken at once.
"""

from uuid import UUID

from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import owners, people, service
from rsm.escalation.telling import SAFETY
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.security import staff
from rsm.sites import service as sites

PURPOSE = "staff_alert_repeated"
TO_OWNER = frozenset({PURPOSE, owners.ASSIGNED})  # told although somebody has the alert


def repeated(tx: Tx, alert: AlertView, occurrence_id: UUID) -> None:
    """This survey said it again. The caller holds the alert's row."""
    if alert.is_held(tx.now):
        _tell_holder(tx, alert, occurrence_id)
    elif service.held_until(tx, alert) is None:  # else it waits for service hours, as it did
        service.step_now(tx, alert)


def _tell_holder(tx: Tx, alert: AlertView, occurrence_id: UUID) -> None:
    """Whoever has it; the site's safety contact where it has it, or where she cannot be reached."""
    key = f"alert:{alert.id}:repeat:{occurrence_id}"
    way = owners.way_to(tx, alert, alert.owner_id) if alert.owner_id else None
    if way is not None:
        _tell(tx, alert, alert.owner_id, way, key)
        return
    for channel in people.ways_to_contact(tx, alert):
        _tell(tx, alert, None, channel, owners.key_for(key, channel))


def _tell(tx: Tx, alert: AlertView, owner: UUID | None, channel: Channel, key: str) -> None:
    site = sites.get(tx, alert.site_id)
    draft = Draft(
        business_key=key,
        lane=Lane.EMERGENCY if alert.level is Level.EMERGENCY else Lane.STAFF,
        audience=Audience.STAFF,
        site_id=alert.site_id,
        purpose=PURPOSE,
        language=staff.get(tx, owner).language if owner else site.languages[0],
        channel=channel,
        fields=owners.fields_of(tx, alert, channel),
        staff_id=owner,
        address=None if owner else site.safety_contact_phone,
        alert_id=alert.id,
        is_test=alert.is_test,
    )
    if messaging.enqueue(tx, draft) is not None:
        code = "repeat" if owner else SAFETY
        note(tx, alert, NewEvent(AlertEventKind.TOLD, owner, channel, code))
