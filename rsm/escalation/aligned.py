"""A ladder's row held against its alert, and taken back by a step. Pure.

The alert's own state is what counts: a row that some path left behind tells nobody of an alert
that is closed, or that somebody has (P5).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rsm.alerts.model import AlertView
from rsm.escalation import decide
from rsm.escalation.hours import Clock, waited
from rsm.escalation.model import Decision, EscalationReason, Policy, Progress
from rsm.escalation.states import EscalationState
from rsm.kernel.words import AlertState

_AT_LEAST = timedelta(minutes=1)


def aligned(progress: Progress, alert: AlertView, now: datetime) -> Progress:
    """The progress as its alert has it: done with one that is closed, on loan while it is taken."""
    if alert.state is AlertState.CLOSED:
        return progress if progress.state is EscalationState.DONE else decide.close(progress)
    if alert.state is AlertState.ACKNOWLEDGED and progress.state is not EscalationState.LOANED:
        ends, reason = alert.loan_until or now, EscalationReason.ACKNOWLEDGED
        return replace(progress, state=EscalationState.LOANED, next_at=ends, reason=reason)
    return progress


def taken_again(policy: Policy, progress: Progress, now: datetime) -> Progress:
    """At the step that was taken last, due now: whoever it means now is told.

    As it was, where nothing was told yet, where something is due anyway, or somebody has it.
    """
    last = len(policy.ladder(progress.level).steps) - 1
    nothing_to_do = progress.next_at is None or progress.next_at <= now or not progress.step
    if progress.state is not EscalationState.CLIMBING or nothing_to_do:
        return progress
    repeated = progress.lap > 0 and progress.step >= last
    step, lap = (last, progress.lap - 1) if repeated else (progress.step - 1, progress.lap)
    reason = EscalationReason.SHIFT_CHANGED
    return replace(progress, step=step, lap=lap, next_at=now, reason=reason)


def in_its_time(
    policy: Policy, before: Progress, decision: Decision, since: datetime, clock: Clock
) -> Decision:
    """A step that was taken again since a shift had changed postpones nothing: what follows is due
    when it was. `since` is when the step was taken first."""
    due = decision.progress.next_at
    if before.reason is not EscalationReason.SHIFT_CHANGED or due is None or not decision.tell:
        return decision
    ladder = policy.ladder(before.level)
    step = ladder.steps[min(before.step, len(ladder.steps) - 1)]
    was_due = max(waited(ladder, step, Clock(since, clock.hours)), clock.now + _AT_LEAST)
    progress = replace(decision.progress, next_at=min(due, was_due))
    return replace(decision, progress=progress)
