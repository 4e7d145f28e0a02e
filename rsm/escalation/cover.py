"""Nobody on duty, or nobody reachable: an event, and once a day an alert of its own (P4)."""

import logging

from rsm.alerts import service as alerts
from rsm.alerts.events import note
from rsm.alerts.model import AlertView, Change, Opening
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation.model import EscalationReason
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import AlertEventKind, AlertKind, Level
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)


def nobody(tx: Tx, alert: AlertView, reason: EscalationReason) -> AlertView | None:
    """Write it down. Returns the day's cover alert when this opened it: it needs a ladder."""
    note(tx, alert, NewEvent(AlertEventKind.NOBODY, code=reason))
    alerts.audit(tx, "escalation.nobody", alert, reason=reason)
    facts = {"action": "escalation.nobody", "site": str(alert.site_id), "reason": reason.value}
    _LOG.warning("nobody to tell: %s", reason, extra=facts)
    if alert.kind is AlertKind.COVER:
        return None
    opening = _opening(tx, alert, reason)
    if alerts.stands(tx, opening.business_key):
        return None  # not held after this alert: its own step locks it first, and finds this one's
    opened = alerts.open_alert(tx, opening)
    return opened.alert if opened.change is Change.OPENED else None


def _opening(tx: Tx, alert: AlertView, reason: EscalationReason) -> Opening:
    """One for each day of the site; the alert that found nobody is told by its own ladder.

    A test patient's has its own, so that neither hides the other's (P14).
    """
    today = local_of(tx.now, zone_named(sites.get(tx, alert.site_id).zone)).date()
    key = f"cover:{alert.site_id}:{today.isoformat()}"
    return Opening(
        business_key=f"{key}:test" if alert.is_test else key,
        site_id=alert.site_id,
        kind=AlertKind.COVER,
        level=Level.SOON,
        reason=_WORDS[reason],
        is_test=alert.is_test,
    )


_WORDS = {
    EscalationReason.NOBODY_ON_DUTY: "Nobody on duty could be told: look at the roster.",
    EscalationReason.NOBODY_AT_ALL: "Nobody could be told, not even the safety contact.",
}
