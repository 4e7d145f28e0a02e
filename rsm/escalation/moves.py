"""What people do with an alert on its ladder besides taking it: hand it on, put it off, jump.

Whoever calls these holds the alert's row, first in the lock order.
"""

from datetime import datetime
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import decide, rows, store
from rsm.escalation.climbing import advance_or_leave
from rsm.escalation.model import AckVia, PolicyStep
from rsm.escalation.states import EscalationState
from rsm.kernel.words import AlertEventKind, Channel

CHOSEN = "chosen:"  # begins the code of a re-opening at a step that somebody chose


def take_over(tx: Tx, alert: AlertView, via: AckVia) -> datetime:
    """Lend it to another than has it: returns until when."""
    row, policy = rows.hold(tx, alert.id)
    progress = decide.take_over(policy, rows.progress_of(row, alert), via, tx.now)
    store.change(tx, alert.id, since=tx.now, **rows.values_of(progress))
    return progress.next_at or tx.now


def assign(tx: Tx, alert: AlertView) -> datetime:
    """Lend it for a short time to somebody by name: returns until when she has to look at it."""
    row, policy = rows.hold(tx, alert.id)
    progress = decide.assign(policy, rows.progress_of(row, alert), tx.now)
    store.change(tx, alert.id, since=tx.now, **rows.values_of(progress))
    return progress.next_at or tx.now


def snooze(tx: Tx, alert: AlertView, until: datetime) -> None:
    """Put it off until then; a worse report opens it all the same. `Conflict` for an emergency."""
    row, _ = rows.hold(tx, alert.id)
    progress = decide.snooze(rows.progress_of(row, alert), until)
    store.change(tx, alert.id, since=tx.now, **rows.values_of(progress))


def jump(tx: Tx, alert: AlertView, step: int, staff_id: UUID) -> AlertView:
    """Tell that step of its ladder now (from 0), and climb on from there; nobody has it any more.

    `Conflict` when the ladder has no such step.
    """
    row, policy = rows.hold(tx, alert.id)
    progress = decide.jump(policy, rows.progress_of(row, alert), step, tx.now)
    event = NewEvent(AlertEventKind.REOPENED, staff_id, Channel.WEB, f"{CHOSEN}{step + 1}")
    opened = alerts.reopen(tx, alert, event)
    store.change(tx, alert.id, since=tx.now, **rows.values_of(progress) | {"epoch": opened.epoch})
    advance_or_leave(tx, opened)
    return alerts.get(tx, alert.id)


def end_loan(tx: Tx, alert_id: UUID) -> bool:
    """Whoever it was handed to cannot be told: told anew at once. False when nobody has it."""
    row = store.lock(tx, alert_id)
    if row is None or row.state is not EscalationState.LOANED:
        return False
    store.change(tx, alert_id, next_at=tx.now)
    return True


def tell_again(tx: Tx, alert: AlertView) -> bool:
    """What was told last went to a wrong number: the step that comes next is due now, even where
    the last one is being repeated. False while somebody has the alert."""
    row = store.lock(tx, alert.id)
    if row is None or row.state is not EscalationState.CLIMBING:
        return False
    store.change(tx, alert.id, next_at=tx.now)
    return True


def steps(tx: Tx, alert: AlertView) -> tuple[PolicyStep, ...]:
    """The steps of its ladder, in order: what somebody may choose from."""
    _, policy = rows.hold(tx, alert.id)
    return policy.ladder(alert.level).steps
