"""The door to escalation: an alert on its ladder, and what moves it.

Whoever calls these holds the alert's row (`alerts.service.lock`), first in the lock order. Each
step reads everything anew under that lock: what was true when it was planned decides nothing.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView, NewEvent
from rsm.db.work import Tx
from rsm.escalation import decide, people, published, safety, store
from rsm.escalation.cover import nobody
from rsm.escalation.model import (
    AckVia,
    Decision,
    Due,
    EscalationReason,
    Policy,
    Progress,
    Standing,
    Tell,
)
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation
from rsm.escalation.telling import NotTold, tell
from rsm.kernel.errors import NotFound, RsmError
from rsm.kernel.words import AlertEventKind, AlertState, Level, Pin
from rsm.sites.model import SiteView

_LOG = logging.getLogger(__name__)
publish, load = published.publish, published.load

SAFETY_AFTER = 3  # failures of one row; then the safety contact is told without any policy
_BACK_OFF = timedelta(seconds=15)
_BACK_OFF_AT_MOST = timedelta(minutes=2)
_NOBODY = {EscalationReason.NOBODY_ON_DUTY, EscalationReason.NOBODY_AT_ALL}


# --- beginning -----------------------------------------------------------------------------


def start(tx: Tx, alert: AlertView, site: SiteView) -> bool:
    """Put a new alert on the ladder of the site's policy and take the first step if it is due.

    False when that policy cannot be used: then it is on the built-in ladder instead (P6).
    """
    alert = _in_fresh_epoch(tx, alert)
    try:
        with tx.savepoint():
            _begin(tx, alert, site.policy)
            _advance_or_leave(tx, alert)
    except Exception as error:  # noqa: BLE001  # somebody must be told, whatever is wrong with it
        _log("policy_unusable", alert.id, error)
        start_safely(tx, alert)
        return False
    return True


def start_safely(tx: Tx, alert: AlertView) -> None:
    """The built-in ladder: needs no policy. If telling fails now, it is due for the worker."""
    policy = safety.policy()
    _put(tx, alert, policy.pin, decide.begin(policy, alert.level, tx.now))
    try:
        with tx.savepoint():
            _advance(tx, alert)
    except Exception as error:  # noqa: BLE001  # the row stands and is due: the worker tells
        _log("first_step_failed", alert.id, error)


def _in_fresh_epoch(tx: Tx, alert: AlertView) -> AlertView:
    """An alert that was on a ladder already begins in a new epoch, so that its texts are new."""
    row = store.lock(tx, alert.id)
    if row is None or row.epoch < alert.epoch:
        return alert
    return alerts.reopen(tx, alert, NewEvent(AlertEventKind.REOPENED))


def _begin(tx: Tx, alert: AlertView, pin: Pin) -> None:
    policy = load(tx, pin)
    _put(tx, alert, pin, decide.begin(policy, alert.level, tx.now))


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
            before = replace(_progress(row, alert), level=was)
            _put(tx, alert, policy.pin, decide.worse(policy, before, alert.level, tx.now))
            _advance_or_leave(tx, alert)
    except Exception as error:  # noqa: BLE001  # somebody must be told, whatever is wrong with it
        _log("policy_unusable", alert.id, error)
        start_safely(tx, alert)
        return False
    return True


# --- what people do ------------------------------------------------------------------------


def acknowledge(tx: Tx, alert: AlertView, via: AckVia) -> datetime:
    """Lend the alert: returns until when. Raises `Conflict` when it is closed."""
    row, policy = _standing(tx, alert.id)
    progress = decide.acknowledge(policy, _progress(row, alert), via, tx.now)
    store.change(tx, alert.id, since=tx.now, **_values(progress))
    return progress.next_at or tx.now


def finish(tx: Tx, alert_id: UUID) -> None:
    """The alert is closed: nothing more is due."""
    values = {"state": EscalationState.DONE, "reason": EscalationReason.CLOSED, "attempts": 0}
    store.change(tx, alert_id, next_at=None, since=tx.now, **values)


def reopen(tx: Tx, alert: AlertView) -> None:
    """The closed alert is open again, its epoch raised already: from the foot of its ladder."""
    row, policy = _standing(tx, alert.id)
    _put(tx, alert, policy.pin, decide.reopen(policy, _progress(row, alert), tx.now))
    _advance_or_leave(tx, alert)


def step_now(tx: Tx, alert: AlertView) -> None:
    """A nurse asks for the next one on the ladder: told in this transaction, if it can be."""
    hurry(tx, alert.id)
    _advance_or_leave(tx, alert)


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
    return _advance(tx, alert) if alert is not None else None


def failed(tx: Tx, alert_id: UUID) -> None:
    """A round could not work the alert: try again within two minutes, never set it aside.

    From the third time on it is on the built-in ladder, at the safety contact.
    """
    alert = alerts.locked(tx, alert_id)
    row = store.lock(tx, alert_id)
    if row is None or row.state is EscalationState.DONE:
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
    return {alert_id: _view(row) for alert_id, row in store.many(tx, alert_ids).items()}


# --- one step ------------------------------------------------------------------------------


def _advance(tx: Tx, alert: AlertView) -> Decision:
    """Decide by what is true now, under the locks; save; tell.

    Raises `NotTold` when nobody of those to be told could be: such a step is not taken (P4).
    """
    row, policy = _standing(tx, alert.id)
    before = _progress(row, alert)
    names = decide.references(policy, alert.level)
    decision = decide.advance(policy, before, people.look_up(tx, alert, names), tx.now)
    if decision.progress.epoch > before.epoch:
        alert = alerts.reopen(tx, alert, NewEvent(AlertEventKind.EXPIRED))
    if decision.progress != before:
        store.change(tx, alert.id, since=tx.now, **_values(decision.progress))
    if decision.reason in _NOBODY:
        _note_nobody(tx, alert, decision.reason, policy)
    if decision.tell and not tell(tx, alert, decision.tell):
        raise NotTold
    return decision


def _advance_or_leave(tx: Tx, alert: AlertView) -> None:
    """As `_advance`; when nobody can be told now, the step stays due and the worker takes it."""
    try:
        with tx.savepoint():
            _advance(tx, alert)
    except NotTold as error:
        _log("not_told", alert.id, error)


def _note_nobody(tx: Tx, alert: AlertView, reason: EscalationReason, policy: Policy) -> None:
    """The day's first time opens a cover alert: on the worklist, told when its target passes."""
    cover = nobody(tx, alert, reason)
    if cover is not None:
        begun = decide.begin(policy, cover.level, tx.now)
        _put(tx, cover, policy.pin, replace(begun, next_at=begun.target_at))


def _standing(tx: Tx, alert_id: UUID) -> tuple[Escalation, Policy]:
    """The row, held, and its frozen policy; the built-in one when that cannot be read any more."""
    row = store.lock(tx, alert_id)
    if row is None:
        raise NotFound("this alert has no ladder")
    try:
        return row, load(tx, Pin.of(row.policy))
    except (RsmError, KeyError) as error:
        _log("policy_unusable", alert_id, error)
        return row, safety.policy()


def _progress(row: Escalation, alert: AlertView) -> Progress:
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


def _put(tx: Tx, alert: AlertView, pin: Pin, progress: Progress) -> None:
    """The alert's place on a ladder, and its target; alert and ladder count the same epochs."""
    values = _values(progress) | {"policy": pin.document, "epoch": alert.epoch}
    store.put(tx, alert.id, alert.site_id, values)
    alerts.set_target(tx, alert.id, progress.target_at)


def _values(progress: Progress) -> dict[str, object]:
    return {
        "state": progress.state,
        "epoch": progress.epoch,
        "step": progress.step,
        "lap": progress.lap,
        "next_at": progress.next_at,
        "reason": progress.reason,
        "attempts": 0,
    }


def _view(row: Escalation) -> Standing:
    pin = Pin.of(row.policy)
    return Standing(row.alert_id, pin, row.state, row.next_at, row.step, row.lap, row.reason)


def _log(action: str, alert_id: UUID, error: Exception) -> None:
    facts = {"action": f"escalation.{action}", "alert": str(alert_id)}
    _LOG.error("escalation: %s", type(error).__name__, extra=facts)
