"""An alert changes hands: taken over, handed to somebody, put off, sent to a chosen step (P5, P15).

Each of these holds the alert's row, looks at how it stands now, and refuses with `Conflict`, which
says who was faster and when. What is queued about it is cancelled in the same transaction.
"""

from datetime import datetime
from uuid import UUID

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import moves, owners, rows
from rsm.escalation import service as escalation
from rsm.escalation.hours import ServiceTime
from rsm.flow import triage
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of
from rsm.kernel.words import Channel, Level
from rsm.messaging import service as messaging
from rsm.security import staff
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.sites import service as sites
from rsm.sites.model import SiteView


def take_over(
    tx: Tx,
    alert_id: UUID,
    staff_id: UUID | None,
    channel: Channel,
    seen: UUID | None = None,
) -> AlertView:
    """Hers from now on, whoever had it: that one is told. Like taking it, where nobody had it.

    `staff_id` None is the site's safety contact. `seen` is the owner that stood on her page:
    when it is another by now she is told who, and decides anew.
    """
    alert = triage.still_open(tx, alert_id)
    if not alert.is_held(tx.now) or alert.owner_id == staff_id:
        return triage.acknowledge(tx, alert_id, staff_id, channel)
    if seen is not None and seen != alert.owner_id:
        raise Conflict(triage.held_words(tx, alert))
    until = moves.take_over(tx, alert, triage.via(channel))
    messaging.cancel_for_alert(tx, alert_id, "acknowledged")
    owners.tell_taken_over(tx, alert)
    return handling.take(tx, alert, staff_id, channel, until)


def assign(tx: Tx, alert_id: UUID, by: UUID, to: UUID) -> AlertView:
    """Hand it to somebody by name: she is told, and has it for a short time only, until she opens
    or takes it; else it is told again from the foot of its ladder.

    By whoever has it, or by anybody while nobody has. Raises `Conflict` when another has it,
    `Invalid` when the new one does not work there, may not triage, or cannot be told.
    """
    alert = triage.still_open(tx, alert_id)
    if alert.is_held(tx.now) and alert.owner_id != by:
        raise Conflict(triage.held_words(tx, alert))
    if to == by:
        return triage.acknowledge(tx, alert_id, by, Channel.WEB)
    _require_triage(tx, alert, to)
    until = moves.assign(tx, alert)
    messaging.cancel_for_alert(tx, alert_id, "assigned")
    given = handling.assign(tx, alert, to, until, by)
    owners.tell_assigned(tx, given, to)
    return given


def _require_triage(tx: Tx, alert: AlertView, to: UUID) -> None:
    roles = staff.at_site(tx, alert.site_id).get(to, frozenset())
    known = staff.many(tx, [to]).get(to)
    if known is None or known.disabled or not may(roles, Permission.TRIAGE):
        raise Invalid(Problem("to", "does not triage alerts at this site", "choose somebody else"))


def snooze(tx: Tx, alert_id: UUID, staff_id: UUID, until: datetime, reason: str) -> AlertView:
    """Hers, and out of the way until then: told again after it, and by a worse report at once.

    Never an emergency; at most to the end of the next service day. Raises `Conflict` when another
    has it, `Invalid` for a time or a reason that will not do.
    """
    alert = triage.still_open(tx, alert_id)
    if alert.is_held(tx.now) and alert.owner_id != staff_id:
        raise Conflict(triage.held_words(tx, alert))
    if alert.level is Level.EMERGENCY:
        raise Conflict("an emergency cannot be put off")
    why = triage.checked(reason)
    if not why:
        raise Invalid(Problem("reason", "is missing", "say why it can wait"))
    _require_near(tx, alert, until)
    moves.snooze(tx, alert, until)
    messaging.cancel_for_alert(tx, alert_id, "snoozed")
    return handling.snooze(tx, alert, staff_id, until, why)


def latest_snooze(tx: Tx, alert: AlertView) -> datetime:
    """The end of the next service day of its team: no alert is put off beyond it."""
    return rows.service_time(tx, alert).end_of_next_day(tx.now)


def _require_near(tx: Tx, alert: AlertView, until: datetime) -> None:
    hours: ServiceTime = rows.service_time(tx, alert)
    latest = hours.end_of_next_day(tx.now)
    if until <= tx.now:
        raise Invalid(Problem("until", "lies in the past", "choose a later time"))
    if until > latest:
        mend = f"at the latest {local_of(latest, hours.zone):%Y-%m-%d %H:%M}"
        raise Invalid(Problem("until", "is after the next service day", mend))


def escalate_to(tx: Tx, alert_id: UUID, staff_id: UUID, step: int) -> AlertView:
    """Tell a step of its ladder now (from 0), and climb on from there; nobody has it any more.

    Raises `Conflict` when another has it, or the ladder has no such step.
    """
    alert = triage.still_open(tx, alert_id)
    if alert.is_held(tx.now) and alert.owner_id != staff_id:
        raise Conflict(triage.held_words(tx, alert))
    messaging.cancel_for_alert(tx, alert_id, "escalated")
    return moves.jump(tx, alert, step, staff_id)


def escalate_on(tx: Tx, alert_id: UUID, staff_id: UUID) -> AlertView:
    """Tell the next step now; whoever has it gives it away with that (by text: `ESCALATE code`).

    Raises `Conflict` when another has it, or everybody on the ladder was told already.
    """
    alert = triage.still_open(tx, alert_id)
    place = escalation.standing(tx, [alert.id]).get(alert.id)
    steps = moves.steps(tx, alert)
    if alert.is_held(tx.now) and alert.owner_id == staff_id:
        step = min(place.step if place else 0, len(steps) - 1)
        return escalate_to(tx, alert_id, staff_id, step)
    if place is not None and place.lap:
        raise Conflict("everybody on its ladder has been told, and is told again")
    return triage.escalate_now(tx, alert_id)


def safety_contact_changed(tx: Tx, former: SiteView) -> int:
    """The site's settings were saved; `former` is how it stood before.

    With another number for its safety contact, every open alert of which the former was told is
    told anew at once, and what is queued to the former is cancelled. Returns how many.
    """
    if sites.get(tx, former.id).safety_contact_phone == former.safety_contact_phone:
        return 0
    waiting = [each.id for each in handling.worklist(tx, former.id)]
    told = 0
    for alert in alerts.lock_many(tx, waiting).values():
        if not handling.told_safety_contact(tx, alert.id):
            continue
        messaging.cancel_to_safety_contact(tx, alert.id, "contact_mended")
        alerts.audit(tx, "alert.contact_mended", alert)
        told += moves.tell_again(tx, alert)
    return told
