"""What people do with an alert, across the rooms: take it, note, close, open again (P5).

Each of these holds the alert's row first. An acknowledgement and what it cancels are one
transaction: nobody is told after it who was not told before.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.escalation.model import AckVia, EscalationReason
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import AlertEventKind, AlertState, Channel
from rsm.messaging import service as messaging
from rsm.security import staff
from rsm.sites import service as sites

NOTE_AT_MOST = 2000
MINUTES_AT_MOST = 24 * 60
_UNTOLD = frozenset({EscalationReason.BEGUN, EscalationReason.HELD})
_SHORT = frozenset({Channel.SMS, Channel.VOICE})  # doors that do not show the alert
GIVEN_BACK = "given_back"  # the code of a loan that ended so


def acknowledge(tx: Tx, alert_id: UUID, staff_id: UUID | None, channel: Channel) -> AlertView:
    """Take the alert: a loan with an end; what was still to be sent about it is cancelled.

    `staff_id` None is the site's safety contact. Raises `Conflict`, which names who was faster,
    when another has it or it is closed. Whoever has it already has it longer.
    """
    alert = still_open(tx, alert_id)
    held = alert.is_held(tx.now)
    if held and not _is_mine(alert, staff_id):
        raise Conflict(held_words(tx, alert))
    until = escalation.acknowledge(tx, alert, via(channel))
    messaging.cancel_for_alert(tx, alert_id, "acknowledged")
    if held and not handling.awaits_taking(tx, alert_id):
        return handling.lengthen(tx, alert, channel, until)
    return handling.take(tx, alert, staff_id, channel, until)


def view(tx: Tx, alert_id: UUID, staff_id: UUID) -> AlertView:
    """Somebody has opened the alert's page: audited, marked; the short loan of a text or a call
    becomes the page's."""
    alert = alerts.locked(tx, alert_id)
    seen = handling.seen(tx, alert, staff_id)
    by_text = seen.acknowledged_by_channel in _SHORT
    if by_text and seen.is_held(tx.now) and seen.owner_id == staff_id:
        return acknowledge(tx, alert_id, staff_id, Channel.WEB)
    return seen


def record_action(
    tx: Tx, alert_id: UUID, staff_id: UUID, action: AlertAction, note: str = ""
) -> AlertView:
    """What was done; the alert stays as it is. `Conflict` when it is closed."""
    alert = still_open(tx, alert_id)
    handling.act(tx, alert, staff_id, action, checked(note))
    return alerts.get(tx, alert_id)


@dataclass(frozen=True)
class Closing:
    """How an alert ends. `seen` is the `version` that was on the page; None closes regardless."""

    outcome: AlertAction
    note: str = ""
    seen: str | None = None
    minutes: int | None = None  # how long she was busy with it, if she says so


def close(tx: Tx, alert_id: UUID, staff_id: UUID, closing: Closing) -> AlertView:
    """Over: the ladder ends, queued messages are cancelled.

    Raises `Conflict` when it is closed, or when a report came in that was not on the page (P15).
    """
    alert = still_open(tx, alert_id)
    if closing.seen is not None and closing.seen != version(tx, alert_id):
        raise Conflict("something new came in since you opened it: look again, then close")
    note = checked(closing.note)  # what can be refused is refused before anything has changed
    minutes = _checked_minutes(closing.minutes)
    escalation.finish(tx, alert_id)
    messaging.cancel_for_alert(tx, alert_id, "closed")
    closed = handling.close(tx, alert, staff_id, closing.outcome, note)
    return closed if minutes is None else handling.spent(tx, closed, minutes)


def reopen(tx: Tx, alert_id: UUID, staff_id: UUID) -> AlertView:
    """It was not over: open again, told again. `Conflict` when it is not closed."""
    alert = alerts.locked(tx, alert_id)
    if alert.state is not AlertState.CLOSED:
        raise Conflict("the alert is not closed")
    event = NewEvent(AlertEventKind.REOPENED, staff_id, Channel.WEB)
    opened = alerts.reopen(tx, alert, event)
    escalation.reopen(tx, opened)
    return alerts.get(tx, alert_id)


def escalate_now(tx: Tx, alert_id: UUID) -> AlertView:
    """Tell the next one on the ladder at once. `Conflict` unless nobody has the alert."""
    alert = still_open(tx, alert_id)
    if alert.is_held(tx.now):
        raise Conflict(held_words(tx, alert))
    alerts.audit(tx, "alert.hurried", alert)
    escalation.step_now(tx, alert)
    return alerts.get(tx, alert_id)


def version(tx: Tx, alert_id: UUID) -> str:
    """Changes with whatever a nurse must have seen before she closes."""
    return str(handling.substance(tx, alert_id))


def holder(tx: Tx, alert: AlertView) -> str:
    """The name of whoever has the alert."""
    if alert.owner_id is None:
        return f"{sites.get(tx, alert.site_id).safety_contact_name} (safety contact)"
    return staff.get(tx, alert.owner_id).name


def held_words(tx: Tx, alert: AlertView) -> str:
    """Who has it, and since when."""
    return f"{holder(tx, alert)} has had it since {_clock(tx, alert, _taken_at(tx, alert))}"


def closer(tx: Tx, alert: AlertView) -> str:
    """The name of whoever closed it."""
    return staff.get(tx, alert.closed_by).name if alert.closed_by else holder(tx, alert)


def _is_mine(alert: AlertView, staff_id: UUID | None) -> bool:
    return alert.owner_id == staff_id


def via(channel: Channel) -> AckVia:
    """How long a loan is follows from the door that was used."""
    return AckVia.TEXT if channel in _SHORT else AckVia.PAGE


def still_open(tx: Tx, alert_id: UUID) -> AlertView:
    """The alert, held; `Conflict`, which says who closed it and when, if it is over."""
    alert = alerts.locked(tx, alert_id)
    if alert.state is AlertState.CLOSED:
        raise Conflict(f"closed at {_clock(tx, alert, alert.closed_at)} by {closer(tx, alert)}")
    return alert


def checked(note: str) -> str:
    """A note as it is kept; `Invalid` when it is too long."""
    text = note.strip()
    if len(text) > NOTE_AT_MOST:
        raise Invalid(Problem("note", f"is longer than {NOTE_AT_MOST} letters", "shorten it"))
    return text


def _clock(tx: Tx, alert: AlertView, instant: datetime | None) -> str:
    """Wall time at the site."""
    zone = zone_named(sites.get(tx, alert.site_id).zone)
    return f"{local_of(instant or tx.now, zone):%H:%M}"


# --- by text -------------------------------------------------------------------------------


@dataclass(frozen=True)
class AckReply:
    """The text that answers: its purpose and fields (site, link: delivery knows them)."""

    purpose: str
    fields: dict[str, str | int] = field(default_factory=dict)
    alert_id: UUID | None = None

    @property
    def taken(self) -> bool:
        return self.purpose == "staff_ack_ok"


def acknowledge_by_text(
    tx: Tx, staff_id: UUID | None, code: str | None, channel: Channel = Channel.SMS
) -> AckReply:
    """A member of staff texts ACK and a code, or presses 1: taken, or why not (lesson 31).

    Looks at the sites of this transaction's scope where she works; `staff_id` None is the safety
    contact. Without a code the one alert that is open is meant, if there is only one.
    """
    known = meant(tx, staff_id, code)
    if isinstance(known, AckReply):
        return known
    if known.is_held(tx.now) and not _is_mine(known, staff_id):
        return late(tx, known)
    return yours(tx, acknowledge(tx, known.id, staff_id, channel))


def yours(tx: Tx, taken: AlertView) -> AckReply:
    """It is hers, and until when."""
    until = _clock(tx, taken, taken.loan_until)
    return AckReply("staff_ack_ok", {"code": taken.code, "until": until}, taken.id)


def late(tx: Tx, alert: AlertView) -> AckReply:
    """Who has it, and since when."""
    since = _clock(tx, alert, _taken_at(tx, alert))
    fields: dict[str, str | int] = {"code": alert.code, "holder": holder(tx, alert), "since": since}
    return AckReply("staff_ack_late", fields, alert.id)


def over(tx: Tx, alert: AlertView) -> AckReply:
    """It was closed, and when."""
    since = _clock(tx, alert, alert.closed_at)
    return AckReply("staff_ack_closed", {"code": alert.code, "since": since}, alert.id)


def meant(tx: Tx, staff_id: UUID | None, code: str | None) -> AlertView | AckReply:
    """The alert that a text is about, held and not closed; or what to answer (lesson 31)."""
    alert = _named(tx, staff_id, code)
    if isinstance(alert, AckReply):
        return alert
    known = alerts.locked(tx, alert.id)
    if known.state is AlertState.CLOSED:
        return over(tx, known)
    return known


def _named(tx: Tx, staff_id: UUID | None, code: str | None) -> AlertView | AckReply:
    here = [
        site_id
        for site_id in sorted(tx.scope.sites)
        if staff_id is None or staff.works_at(tx, staff_id, site_id)
    ]
    if code:
        found = handling.with_code(tx, here, code)
        return found[0] if found else AckReply("staff_ack_unknown", {"code": code.upper()})
    waiting = [
        alert
        for site_id in here
        for alert in handling.worklist(tx, site_id)
        if not alert.is_held(tx.now) and _was_told(tx, alert)
    ]
    if len(waiting) == 1:
        return waiting[0]
    return AckReply("staff_ack_which" if waiting else "staff_not_understood")


def _was_told(tx: Tx, alert: AlertView) -> bool:
    """Whether anybody was told of it: what only stands on the worklist is not meant by a text."""
    stands = escalation.standing(tx, [alert.id]).get(alert.id)
    return stands is not None and stands.reason not in _UNTOLD


def _taken_at(tx: Tx, alert: AlertView) -> datetime | None:
    """When the present owner took it: the ladder has stood still since then."""
    return handling.taken_at(tx, alert.id) or alert.acknowledged_at


# --- given back ----------------------------------------------------------------------------


def give_back(tx: Tx, alert_id: UUID, staff_id: UUID) -> AlertView:
    """She took it and cannot keep it: open again for everybody, told again, its target as it was.

    Raises `Conflict` unless she has it at this moment: what another has is not given away.
    """
    alert = still_open(tx, alert_id)
    if not alert.is_held(tx.now):
        raise Conflict("you do not have it any more")
    if not _is_mine(alert, staff_id):
        raise Conflict(f"{holder(tx, alert)} has it")
    event = NewEvent(AlertEventKind.EXPIRED, staff_id, Channel.WEB, GIVEN_BACK)
    opened = alerts.reopen(tx, alert, event)
    escalation.worsen(tx, opened, opened.level, sites.get(tx, opened.site_id))
    return alerts.get(tx, alert_id)


def _checked_minutes(minutes: int | None) -> int | None:
    if minutes is not None and not 0 <= minutes <= MINUTES_AT_MOST:
        raise Invalid(Problem("minutes", f"must lie between 0 and {MINUTES_AT_MOST}"))
    return minutes
