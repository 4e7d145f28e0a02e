"""The door to escalation: an alert on its ladder, and what moves it.

Whoever calls these holds the alert's row (`alerts.service.lock`), first in the lock order. Each
step reads everything anew under that lock: what was true when it was planned decides nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import decide, published, rows, safety, store
from rsm.escalation.aligned import aligned
from rsm.escalation.climbing import advance, advance_or_leave
from rsm.escalation.model import AckVia, Decision, Due, EscalationReason, Standing, Tell
from rsm.escalation.states import EscalationState
from rsm.escalation.telling import tell
from rsm.kernel.words import AlertEventKind, AlertState, Level, Pin
from rsm.sites.model import SiteView

publish, load = published.publish, published.load

SAFETY_AFTER = 3  # failures of one row; then the safety contact is told without any policy
_BACK_OFF = timedelta(seconds=15)
_BACK_OFF_AT_MOST = timedelta(minutes=2)


# --- beginning -----------------------------------------------------------------------------


def start(tx: Tx, alert: AlertView, site: SiteView) -> bool:
    """Put a new alert on the ladder of the site's policy and take the first step if it is due.

    False when that policy cannot be used: then it is on the built-in ladder instead (P6).
    """
    alert = _in_fresh_epoch(tx, alert)
    try:
        with tx.savepoint():
            _begin(tx, alert, site.policy)
            advance_or_leave(tx, alert)
    except Exception as error:  # noqa: BLE001  # somebody must be told, whatever is wrong with it
        rows.log("policy_unusable", alert.id, error)
        start_safely(tx, alert)
        return False
    return True


def start_safely(tx: Tx, alert: AlertView) -> None:
    """The built-in ladder: needs no policy. If telling fails now, it is due for the worker."""
    policy = safety.policy()
    rows.put(tx, alert, policy.pin, decide.begin(policy, alert.level, tx.now))
    try:
        with tx.savepoint():
            advance(tx, alert)
    except Exception as error:  # noqa: BLE001  # the row stands and is due: the worker tells
        rows.log("first_step_failed", alert.id, error)


def _in_fresh_epoch(tx: Tx, alert: AlertView) -> AlertView:
    """An alert that was on a ladder already begins in a new epoch, so that its texts are new."""
    row = store.lock(tx, alert.id)
    if row is None or row.epoch < alert.epoch:
        return alert
    return alerts.reopen(tx, alert, NewEvent(AlertEventKind.REOPENED))


def _begin(tx: Tx, alert: AlertView, pin: Pin) -> None:
    policy = load(tx, pin)
    hours = rows.hours_for(tx, alert, policy)
    rows.put(tx, alert, pin, decide.begin(policy, alert.level, tx.now, hours))


def worsen(tx: Tx, alert: AlertView, was: Level, site: SiteView) -> bool:
    """The alert has come from level `was` to a higher one, or was opened again by a report (P15).

    `alert` is as it is now, its epoch raised already. The policy is the one that it began with.
    False when that cannot be used any more and the built-in ladder took its place.
    """
    row = store.lock(tx, alert.id)
    if row is None:
        return start(tx, alert, site)
    try:
        with tx.savepoint():
            policy = load(tx, Pin.of(row.policy))
            before = replace(rows.progress_of(row, alert), level=was)
            hours = rows.hours_for(tx, alert, policy)
            worse = decide.worse(policy, before, alert.level, tx.now, hours)
            rows.put(tx, alert, policy.pin, worse)
            advance_or_leave(tx, alert)
    except Exception as error:  # noqa: BLE001  # somebody must be told, whatever is wrong with it
        rows.log("policy_unusable", alert.id, error)
        start_safely(tx, alert)
        return False
    return True


# --- what people do ------------------------------------------------------------------------


def acknowledge(tx: Tx, alert: AlertView, via: AckVia) -> datetime:
    """Lend the alert: returns until when. Raises `Conflict` when it is closed."""
    row, policy = rows.hold(tx, alert.id)
    progress = decide.acknowledge(policy, rows.progress_of(row, alert), via, tx.now)
    store.change(tx, alert.id, since=tx.now, **rows.values_of(progress))
    return progress.next_at or tx.now


def finish(tx: Tx, alert_id: UUID) -> None:
    """The alert is closed: nothing more is due."""
    values = {"state": EscalationState.DONE, "reason": EscalationReason.CLOSED, "attempts": 0}
    store.change(tx, alert_id, next_at=None, since=tx.now, **values)


def reopen(tx: Tx, alert: AlertView) -> None:
    """The closed alert is open again, its epoch raised already: from the foot of its ladder."""
    row, policy = rows.hold(tx, alert.id)
    hours = rows.hours_for(tx, alert, policy)
    progress = decide.reopen(policy, rows.progress_of(row, alert), tx.now, hours)
    rows.put(tx, alert, policy.pin, progress)
    advance_or_leave(tx, alert)


def step_now(tx: Tx, alert: AlertView) -> None:
    """A nurse asks for the next one on the ladder: told in this transaction, if it can be."""
    hurry(tx, alert.id)
    advance_or_leave(tx, alert)


def hurry(tx: Tx, alert_id: UUID) -> bool:
    """Somebody could not be reached, or a nurse asks for it: the next step is due at once.

    Not once the last step is being repeated: its own wait bounds how often that is.
    """
    return store.hurry(tx, alert_id)


# --- time ----------------------------------------------------------------------------------


def due(tx: Tx, limit: int = 200) -> list[Due]:
    """Alerts whose step, or whose loan's end, has come: a peek without locks."""
    return store.due(tx, tx.now, limit)


def take_step(tx: Tx, alert_id: UUID) -> Decision | None:
    """Take the step that is due, if it still is; None when another worker holds the alert.

    Raises `NotTold` when there was somebody to tell and nobody could be written to.
    """
    alert = alerts.lock(tx, alert_id, skip_locked=True)
    return advance(tx, alert) if alert is not None else None


def align(tx: Tx, alert: AlertView) -> bool:
    """Bring the ladder in line with an alert that is closed, or that somebody has; False when it
    is neither. `alert` is held."""
    if alert.is_open and not alert.is_held(tx.now):
        return False
    row = store.lock(tx, alert.id)
    if row is None:
        return False
    before = rows.progress_of(row, alert)
    standing = aligned(before, alert, tx.now)
    if standing != before:
        store.change(tx, alert.id, since=tx.now, **rows.values_of(standing))
    return not alert.is_open or decide.is_on_loan(standing, tx.now)


def failed(tx: Tx, alert_id: UUID) -> None:
    """A round could not work the alert: try again within two minutes, never set it aside.

    From the third time on it is on the built-in ladder, at the safety contact.
    """
    alert = alerts.locked(tx, alert_id)
    row = store.lock(tx, alert_id)
    if row is None or row.state is EscalationState.DONE:
        return
    if align(tx, alert):
        return
    attempts = row.attempts + 1
    wait = min(_BACK_OFF_AT_MOST, _BACK_OFF * 2 ** min(attempts, 8))
    store.change(tx, alert_id, attempts=attempts, next_at=tx.now + wait)
    if attempts >= SAFETY_AFTER:
        _tell_safety_contact(tx, alert, row.lap + 1)


def _tell_safety_contact(tx: Tx, alert: AlertView, lap: int) -> None:
    """Straight to the end of the built-in ladder, in a lap of its own: told again, or due soon."""
    if alert.state is AlertState.ACKNOWLEDGED:
        alert = alerts.reopen(tx, alert, NewEvent(AlertEventKind.EXPIRED))
    step = safety.last_step()
    store.change(
        tx,
        alert.id,
        policy=safety.policy().pin.document,
        state=EscalationState.CLIMBING,
        epoch=alert.epoch,
        step=step,
        lap=lap + 1,
        reason=EscalationReason.NOBODY_ON_DUTY,
        next_at=tx.now + safety.EVERY,
        since=tx.now,
    )
    if not tell(tx, alert, [Tell(alert.site_id, (), alert.epoch, lap, step)]):
        store.change(tx, alert.id, next_at=tx.now + _BACK_OFF_AT_MOST)


def standing(tx: Tx, alert_ids: list[UUID]) -> dict[UUID, Standing]:
    """Where these alerts stand on their ladders, for pages."""
    return {alert_id: rows.view_of(row) for alert_id, row in store.many(tx, alert_ids).items()}


def held_until(tx: Tx, alert: AlertView) -> datetime | None:
    """When somebody is told of an alert that is held out of service hours; None when it is not."""
    row = store.many(tx, [alert.id]).get(alert.id)
    is_held = row is not None and row.reason == EscalationReason.HELD
    return row.next_at if row is not None and is_held and alert.is_open else None
