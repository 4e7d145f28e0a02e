"""One step of a ladder: decided by what is true now, under the locks; saved; told.

The caller holds the alert's row, first in the lock order.
"""

from dataclasses import replace

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import decide, people, rows, store
from rsm.escalation.cover import nobody
from rsm.escalation.model import Decision, EscalationReason, Policy
from rsm.escalation.telling import NotTold, tell
from rsm.kernel.words import AlertEventKind

_NOBODY = {EscalationReason.NOBODY_ON_DUTY, EscalationReason.NOBODY_AT_ALL}


def advance(tx: Tx, alert: AlertView) -> Decision:
    """Take the step that is due, if one is.

    Raises `NotTold` when nobody of those to be told could be: such a step is not taken (P4).
    """
    row, policy = rows.hold(tx, alert.id)
    before = rows.progress_of(row, alert)
    found = people.look_up(tx, alert, decide.references(policy, alert.level))
    decision = decide.advance(policy, before, found, tx.now, rows.hours_for(tx, alert, policy))
    if decision.progress.epoch > before.epoch:
        alert = alerts.reopen(tx, alert, NewEvent(AlertEventKind.EXPIRED))
        rows.note_held(tx, alert, decision.progress)
    if decision.progress != before:
        store.change(tx, alert.id, since=tx.now, **rows.values_of(decision.progress))
    if decision.reason in _NOBODY:
        _note_nobody(tx, alert, decision.reason, policy)
    if decision.tell and not tell(tx, alert, decision.tell, policy.texts_in_ten_minutes):
        raise NotTold
    return decision


def advance_or_leave(tx: Tx, alert: AlertView) -> None:
    """As `advance`; when nobody can be told now, the step stays due and the worker takes it."""
    try:
        with tx.savepoint():
            advance(tx, alert)
    except NotTold as error:
        rows.log("not_told", alert.id, error)


def _note_nobody(tx: Tx, alert: AlertView, reason: EscalationReason, policy: Policy) -> None:
    """The day's first time opens a cover alert: on the worklist, told when its target passes."""
    cover = nobody(tx, alert, reason)
    if cover is not None:
        hours = rows.hours_for(tx, cover, policy)
        begun = decide.begin(policy, cover.level, tx.now, hours)
        rows.put(tx, cover, policy.pin, replace(begun, next_at=begun.target_at))
