"""One step of a ladder: decided by what is true now, under the locks; saved; told.

The caller holds the alert's row, first in the lock order.
"""

from dataclasses import replace

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import decide, people, rows, store
from rsm.escalation.aligned import aligned, in_its_time
from rsm.escalation.cover import nobody
from rsm.escalation.hours import Clock
from rsm.escalation.model import Decision, EscalationReason, OnDuty, People, Policy
from rsm.escalation.tables import Escalation
from rsm.escalation.telling import NotTold, tell
from rsm.kernel.words import AlertEventKind, Level

_NOBODY = {EscalationReason.NOBODY_ON_DUTY, EscalationReason.NOBODY_AT_ALL}


def advance(tx: Tx, alert: AlertView) -> Decision:
    """Take the step that is due, if one is; of an alert that is closed, or that somebody has,
    nobody is told, whatever its ladder says.

    Raises `NotTold` when nobody of those to be told could be: such a step is not taken (P4).
    """
    row, policy = rows.hold(tx, alert.id)
    before = rows.progress_of(row, alert)
    found = people.look_up(tx, alert, decide.references(policy, alert.level))
    decision = _decided(tx, alert, row, policy, found)
    if decision.progress.epoch > before.epoch:
        alert = alerts.reopen(tx, alert, NewEvent(AlertEventKind.EXPIRED))
        rows.note_held(tx, alert, decision.progress)
    if decision.progress != before:
        store.change(tx, alert.id, since=tx.now, **rows.values_of(decision.progress))
    if (missing := _missing(tx, alert, decision, found)) is not None:
        _note_nobody(tx, alert, missing, policy)
    if decision.tell and not tell(tx, alert, decision.tell, policy.texts_in_ten_minutes):
        raise NotTold
    return decision


def _decided(tx: Tx, alert: AlertView, row: Escalation, policy: Policy, found: People) -> Decision:
    before = rows.progress_of(row, alert)
    clock = Clock(tx.now, rows.hours_for(tx, alert, policy))
    standing = aligned(before, alert, tx.now)
    decision = decide.advance(policy, standing, found, tx.now, clock.hours)
    return in_its_time(policy, before, decision, row.since, clock)


def _missing(
    tx: Tx, alert: AlertView, decision: Decision, found: People
) -> EscalationReason | None:
    """Who was missing, if that is amiss: out of service hours a manager may be meant to be told
    where nobody is on duty, but for an emergency."""
    if decision.reason in _NOBODY:
        return decision.reason
    duty = [people for who, people in found.items() if isinstance(who, OnDuty)]
    if not decision.passed or not duty or any(one.channels for some in duty for one in some):
        return None
    meant = alert.level is Level.EMERGENCY or rows.service_time(tx, alert).is_open(tx.now)
    return EscalationReason.NOBODY_ON_DUTY if meant else None


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
