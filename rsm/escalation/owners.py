"""Telling one person about an alert outside of its ladder: it is hers now, or not hers any more."""

from uuid import UUID

from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import people
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.security import staff
from rsm.sites import service as sites

ASSIGNED = "staff_alert_assigned"
TAKEN_OVER = "staff_alert_taken_over"


def assigned_key(alert: AlertView) -> str:
    """How the keys of these texts begin, of the epoch in which the alert is."""
    return f"alert:{alert.id}:{alert.epoch}:assigned:"


def tell_assigned(tx: Tx, alert: AlertView, to: UUID) -> None:
    """Somebody handed it to her: told at once. Raises `Invalid` when she cannot be told."""
    channel = way_to(tx, alert, to)
    if channel is None:
        who = staff.get(tx, to).name
        what = f"{who} cannot be told: no number or address that takes our messages"
        raise Invalid(Problem("to", what, "choose somebody else"))
    key = f"{assigned_key(alert)}{to}:{tx.now.isoformat()}"
    draft = Draft(
        business_key=key,
        lane=Lane.EMERGENCY if alert.level is Level.EMERGENCY else Lane.STAFF,
        audience=Audience.STAFF,
        site_id=alert.site_id,
        purpose=ASSIGNED,
        language=staff.get(tx, to).language,
        channel=channel,
        fields={"level": alert.level.value, "code": alert.code},
        staff_id=to,
        alert_id=alert.id,
        is_test=alert.is_test,
    )
    if messaging.enqueue(tx, draft) is not None:
        note(tx, alert, NewEvent(AlertEventKind.TOLD, to, channel, "assigned"))


def tell_taken_over(tx: Tx, alert: AlertView) -> None:
    """Whoever had it learns that another has it now; nothing where she cannot be told.

    `alert` is as it was; None as its owner is the site's safety contact.
    """
    site = sites.get(tx, alert.site_id)
    owner = alert.owner_id
    channel = Channel.SMS if owner is None else way_to(tx, alert, owner)
    if channel is None:
        return
    draft = Draft(
        business_key=f"alert:{alert.id}:{alert.epoch}:taken_over:{tx.now.isoformat()}",
        lane=Lane.STAFF,
        audience=Audience.STAFF,
        site_id=alert.site_id,
        purpose=TAKEN_OVER,
        language=staff.get(tx, owner).language if owner else site.languages[0],
        channel=channel,
        fields={"code": alert.code},
        staff_id=owner,
        address=None if owner else site.safety_contact_phone,
        is_test=alert.is_test,
    )
    messaging.enqueue(tx, draft)


def way_to(tx: Tx, alert: AlertView, staff_id: UUID) -> Channel | None:
    """How she can be told: by text, else by e-mail; None when by neither."""
    ways = people.reachable(tx, alert.site_id).get(staff_id, frozenset())
    return next((way for way in (Channel.SMS, Channel.EMAIL) if way in ways), None)
