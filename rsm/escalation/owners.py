"""Telling one person about an alert outside of its ladder: it is hers now, or not hers any more."""

from uuid import UUID

from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import people, rows
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.security import staff
from rsm.sites import service as sites

ASSIGNED = "staff_alert_assigned"
TAKEN_OVER = "staff_alert_taken_over"
_WAYS = (Channel.SMS, Channel.VOICE, Channel.EMAIL)


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
    draft = Draft(
        business_key=f"{assigned_key(alert)}{to}:{tx.now.isoformat()}",
        lane=Lane.EMERGENCY if alert.level is Level.EMERGENCY else Lane.STAFF,
        audience=Audience.STAFF,
        site_id=alert.site_id,
        purpose=ASSIGNED,
        language=staff.get(tx, to).language,
        channel=channel,
        fields=fields_of(tx, alert, channel),
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
    if alert.owner_id is None:
        for channel in people.ways_to_contact(tx, alert):
            _tell_taken_over(tx, alert, channel)
    elif (way := way_to(tx, alert, alert.owner_id)) is not None:
        _tell_taken_over(tx, alert, way)


def _tell_taken_over(tx: Tx, alert: AlertView, channel: Channel) -> None:
    site, owner = sites.get(tx, alert.site_id), alert.owner_id
    key = f"alert:{alert.id}:{alert.epoch}:taken_over:{tx.now.isoformat()}"
    draft = Draft(
        business_key=key_for(key, channel),
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
    """How she can be told: by text, else by call, else by e-mail; None when by none of them."""
    ways = people.reachable(tx, alert.site_id).get(staff_id, frozenset())
    return next((way for way in _WAYS if way in ways), None)


def fields_of(tx: Tx, alert: AlertView, channel: Channel) -> dict[str, str | int]:
    """What a message about the alert needs besides what delivery knows (site, link)."""
    fields: dict[str, str | int] = {"level": alert.level.value, "code": alert.code}
    return fields | {"loan": rows.loan_minutes(tx, alert)} if channel is Channel.VOICE else fields


def key_for(key: str, channel: Channel) -> str:
    """The same told by another way is another message."""
    return key if channel is Channel.SMS else f"{key}:{channel}"
