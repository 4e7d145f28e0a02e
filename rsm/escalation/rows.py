"""An alert's place on its ladder as it is kept: read, held and written for the rest of the room."""

import logging
from datetime import timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import safety, store
from rsm.escalation.hours import ALWAYS, ServiceTime
from rsm.escalation.model import EscalationReason, Policy, Progress, Standing
from rsm.escalation.published import load
from rsm.escalation.tables import Escalation
from rsm.kernel.errors import NotFound, RsmError
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import AlertEventKind, Level, Pin
from rsm.sites import service as sites
from rsm.sites.rota import service as rosters

_LOG = logging.getLogger(__name__)
AHEAD = timedelta(days=62)  # as far as service hours are looked for


def hold(tx: Tx, alert_id: UUID) -> tuple[Escalation, Policy]:
    """The row, held, and its frozen policy; the built-in one when that cannot be read any more."""
    row = store.lock(tx, alert_id)
    if row is None:
        raise NotFound("this alert has no ladder")
    try:
        return row, load(tx, Pin.of(row.policy))
    except (RsmError, KeyError) as error:
        log("policy_unusable", alert_id, error)
        return row, safety.policy()


def loan_minutes(tx: Tx, alert: AlertView) -> int:
    """How long a text or a key lends the alert: calls say so."""
    _, policy = hold(tx, alert.id)
    return policy.ladder(alert.level).text_ack_loan_minutes


def progress_of(row: Escalation, alert: AlertView) -> Progress:
    """Row and alert as the pure functions take them."""
    return Progress(
        level=alert.level,
        state=row.state,
        next_at=row.next_at,
        target_at=alert.target_at,
        epoch=row.epoch,
        step=row.step,
        lap=row.lap,
        reason=EscalationReason(row.reason),
    )


def put(tx: Tx, alert: AlertView, pin: Pin, progress: Progress) -> None:
    """The alert's place on a ladder, and its target; alert and ladder count the same epochs."""
    values = values_of(progress) | {"policy": pin.document, "epoch": alert.epoch}
    store.put(tx, alert.id, alert.site_id, values)
    alerts.set_target(tx, alert.id, progress.target_at)
    note_held(tx, alert, progress)


def note_held(tx: Tx, alert: AlertView, progress: Progress) -> None:
    """On the timeline: nobody is told before then, and that is meant."""
    if progress.reason is EscalationReason.HELD and progress.next_at is not None:
        until = progress.next_at.isoformat()
        note(tx, alert, NewEvent(AlertEventKind.HELD, code=until))
        alerts.audit(tx, "alert.held", alert, until=until)


def hours_for(tx: Tx, alert: AlertView, policy: Policy, level: Level | None = None) -> ServiceTime:
    """The service hours of the alert's team, else of its site; read only for a ladder that asks."""
    if not policy.ladder(level or alert.level).keeps_hours:
        return ALWAYS
    return service_time(tx, alert)


def service_time(tx: Tx, alert: AlertView) -> ServiceTime:
    """When the alert's team, else its site, is at work."""
    return hours_of(tx, alert.site_id, alert.team_id)


def hours_of(tx: Tx, site_id: UUID, team_id: UUID | None = None) -> ServiceTime:
    """When the team, else the site, is at work."""
    site = sites.get(tx, site_id)
    own = rosters.team_hours(tx, site.id).get(team_id) if team_id else None
    return ServiceTime(
        hours=own or site.service_hours,
        closed_days=rosters.closed_days(site, tx.now, tx.now + AHEAD),
        zone=zone_named(site.zone),
    )


def values_of(progress: Progress) -> dict[str, object]:
    """What the row keeps."""
    return {
        "state": progress.state,
        "epoch": progress.epoch,
        "step": progress.step,
        "lap": progress.lap,
        "next_at": progress.next_at,
        "reason": progress.reason,
        "attempts": 0,
    }


def view_of(row: Escalation) -> Standing:
    """As pages read it."""
    pin = Pin.of(row.policy)
    return Standing(row.alert_id, pin, row.state, row.next_at, row.step, row.lap, row.reason)


def log(action: str, alert_id: UUID, error: Exception) -> None:
    """A fault on the way, without a word about the patient (P10)."""
    facts = {"action": f"escalation.{action}", "alert": str(alert_id)}
    _LOG.error("escalation: %s", type(error).__name__, extra=facts)
