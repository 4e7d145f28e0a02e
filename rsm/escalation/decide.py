"""How an alert climbs its ladder. Pure: progress, event and `now` in; progress and reason out.

What holds after every function here (P4): while an alert is not done, `next_at` is set; and
after `advance`, it lies in the future.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.escalation.hours import ALWAYS, Clock, ServiceTime, held_until, waited
from rsm.escalation.model import (
    SAFETY_CONTACT,
    AckVia,
    Contact,
    Decision,
    EscalationReason,
    FirstStep,
    Ladder,
    People,
    Policy,
    PolicyStep,
    Progress,
    Tell,
    Who,
)
from rsm.escalation.states import EscalationState
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Channel, Level

_MEANS = (Channel.SMS, Channel.VOICE, Channel.EMAIL)


def begin(
    policy: Policy, level: Level, opened_at: datetime, hours: ServiceTime = ALWAYS
) -> Progress:
    """A new alert at the foot of its ladder; due at once, or when its target passes.

    Out of service hours a level that is held is due when they begin again, or at its cap; the
    target of one that is told at once counts from then.
    """
    ladder = policy.ladder(level)
    if ladder.first_step is FirstStep.AT_ONCE:
        next_at = held_until(ladder, level, opened_at, hours)
        target_at, is_held = next_at + ladder.target, next_at > opened_at
    else:
        target_at = opened_at + ladder.target
        next_at, is_held = held_until(ladder, level, target_at, hours), False
    reason = EscalationReason.HELD if is_held else EscalationReason.BEGUN
    return Progress(level, EscalationState.CLIMBING, next_at, target_at, reason=reason)


def references(policy: Policy, level: Level) -> frozenset[Who]:
    """Everybody whom the ladder names: look these up before `advance`."""
    return frozenset(who for step in policy.ladder(level).steps for who in step.who)


def advance(
    policy: Policy,
    progress: Progress,
    people: People,
    now: datetime,
    hours: ServiceTime = ALWAYS,
) -> Decision:
    """Take the step that is due, if one is; a loan that has ended is re-opened first.

    Steps with nobody to reach cost no time: the next one is taken at once, after the last the
    first again. When a whole lap finds nobody, it is tried again after the last step's wait, and
    the reason says so. A loan has ended when `loaned` has become `climbing`, whatever the reason;
    an alert that climbs at its target only may then wait for that (`loan_expired`).
    """
    before, progress = progress, expire(policy, progress, now, hours)
    if progress.state is EscalationState.DONE:
        return Decision(progress, EscalationReason.CLOSED)
    if progress.next_at is not None and now < progress.next_at:
        return Decision(progress, _why_not(before, progress))
    return _climb(policy.ladder(progress.level), progress, people, Clock(now, hours))


def acknowledge(policy: Policy, progress: Progress, via: AckVia, now: datetime) -> Progress:
    """A loan: its end is `next_at`. A second one may lengthen it and never shortens it.

    Call it again with `AckVia.PAGE` when the alert of a text acknowledgement has been opened.
    Raises `Conflict` for a closed alert.
    """
    if progress.state is EscalationState.DONE:
        raise Conflict("the alert is closed")
    ladder = policy.ladder(progress.level)
    by_text = via is AckVia.TEXT
    minutes = ladder.text_ack_loan_minutes if by_text else ladder.ack_loan_minutes
    ends = now + timedelta(minutes=minutes)
    if progress.state is EscalationState.LOANED and progress.next_at is not None:
        ends = max(ends, progress.next_at)
    reason = EscalationReason.ACKNOWLEDGED
    return replace(progress, state=EscalationState.LOANED, next_at=ends, reason=reason)


def take_over(policy: Policy, progress: Progress, via: AckVia, now: datetime) -> Progress:
    """A loan to another than had it, as long as this one's door gives: what the former had
    promised is nothing that she promised. Raises `Conflict` for a closed alert."""
    if progress.state is EscalationState.LOANED:
        progress = replace(progress, next_at=None)
    return acknowledge(policy, progress, via, now)


def assign(policy: Policy, progress: Progress, now: datetime) -> Progress:
    """A short loan, until she whom it was given to opens it or takes it; else it is told again.

    It begins anew whatever loan it had: what one had promised is nothing that another knows of.
    Raises `Conflict` for a closed alert.
    """
    if progress.state is EscalationState.DONE:
        raise Conflict("the alert is closed")
    minutes = policy.ladder(progress.level).text_ack_loan_minutes
    ends, reason = now + timedelta(minutes=minutes), EscalationReason.ASSIGNED
    return replace(progress, state=EscalationState.LOANED, next_at=ends, reason=reason)


def snooze(progress: Progress, until: datetime) -> Progress:
    """A loan to whoever promised to look again then. Raises `Conflict` for one that is closed,
    and for an emergency."""
    if progress.state is EscalationState.DONE:
        raise Conflict("the alert is closed")
    if progress.level is Level.EMERGENCY:
        raise Conflict("an emergency cannot be put off")
    reason = EscalationReason.SNOOZED
    return replace(progress, state=EscalationState.LOANED, next_at=until, reason=reason)


def jump(policy: Policy, progress: Progress, step: int, now: datetime) -> Progress:
    """To a step that somebody chose, due at once, in an epoch of its own: told anew.

    Raises `Conflict` for a closed alert, or a step that the ladder does not have.
    """
    if progress.state is EscalationState.DONE:
        raise Conflict("the alert is closed")
    if not 0 <= step < len(policy.ladder(progress.level).steps):
        raise Conflict("the ladder has no such step")
    return replace(_again(progress, now, EscalationReason.CHOSEN), step=step)


def expire(
    policy: Policy, progress: Progress, now: datetime, hours: ServiceTime = ALWAYS
) -> Progress:
    """Re-open an alert whose loan has ended, from the foot of its ladder; else as it was."""
    if progress.state is not EscalationState.LOANED or is_on_loan(progress, now):
        return progress
    ladder = policy.ladder(progress.level)
    start, is_held = _foot(ladder, progress, Clock(now, hours))
    reason = EscalationReason.HELD if is_held else EscalationReason.LOAN_EXPIRED
    return _again(progress, start, reason)


def is_on_loan(progress: Progress, now: datetime) -> bool:
    """Whether somebody has it, and her loan has not ended."""
    loaned, ends = progress.state is EscalationState.LOANED, progress.next_at
    return loaned and ends is not None and now < ends


def worse(
    policy: Policy,
    progress: Progress,
    level: Level,
    now: datetime,
    hours: ServiceTime = ALWAYS,
) -> Progress:
    """A report at least as bad came in: never postpones anything, never lowers the level (P15).

    A higher level, or an alert that somebody has taken or closed, starts again. An open one of
    the same level keeps its place, and its next step is due at once.
    """
    higher = level.rank > progress.level.rank
    new = replace(progress, level=level) if higher else progress
    ladder = policy.ladder(new.level)
    target_at = now + ladder.target
    if progress.state is not EscalationState.DONE:
        target_at = min(target_at, progress.target_at)
    new = replace(new, target_at=target_at)
    start, is_held = _foot(ladder, new, Clock(now, hours))
    start = _sooner(progress, start)
    reason = EscalationReason.HELD if is_held and start > now else EscalationReason.WORSE
    if progress.state is not EscalationState.CLIMBING or higher:
        return _again(new, start, reason)
    return replace(new, next_at=start, reason=reason)


def close(progress: Progress) -> Progress:
    """Done: nothing more is due."""
    closed = replace(progress, state=EscalationState.DONE, next_at=None)
    return replace(closed, reason=EscalationReason.CLOSED)


def reopen(
    policy: Policy, progress: Progress, now: datetime, hours: ServiceTime = ALWAYS
) -> Progress:
    """A closed alert that was not over: from the foot of its ladder, with a new target.

    Raises `Conflict` for an alert that is not closed.
    """
    if progress.state is not EscalationState.DONE:
        raise Conflict("the alert is not closed")
    fresh = begin(policy, progress.level, now, hours)
    new = replace(progress, target_at=fresh.target_at)
    is_held = fresh.reason is EscalationReason.HELD
    reason = EscalationReason.HELD if is_held else EscalationReason.REOPENED
    return _again(new, fresh.next_at or now, reason)


def _why_not(before: Progress, progress: Progress) -> EscalationReason:
    if progress is not before:
        return EscalationReason.LOAN_EXPIRED
    loaned = progress.state is EscalationState.LOANED
    return EscalationReason.ON_LOAN if loaned else EscalationReason.NOT_DUE


# --- climbing ------------------------------------------------------------------------------


def _climb(ladder: Ladder, progress: Progress, people: People, clock: Clock) -> Decision:
    """Take the first step with somebody to reach, from the one that is due once around."""
    last = len(ladder.steps) - 1
    start = min(progress.step, last)  # a mended policy may be shorter
    passed: list[int] = []
    for place in (*range(start, last + 1), *range(start)):
        step = ladder.steps[place]
        if told := _reachable(step, people):
            around = replace(progress, lap=progress.lap + (place < start))
            moved = _past(around, place, last, waited(ladder, step, clock))
            reason = _reason(around, place, passed, last)
            tell = [Tell(who, by, around.epoch, around.lap, place) for who, by in told.items()]
            return Decision(replace(moved, reason=reason), reason, tuple(tell), tuple(passed))
        passed.append(place)
    reason, retry = EscalationReason.NOBODY_AT_ALL, clock.now + ladder.steps[last].wait
    stuck = replace(progress, step=0, lap=progress.lap + 1, next_at=retry, reason=reason)
    return Decision(stuck, reason, passed=tuple(passed))


def _past(progress: Progress, place: int, last: int, next_at: datetime) -> Progress:
    """Behind the step just taken; the last one is taken again, as a lap of its own."""
    if place < last:
        return replace(progress, step=place + 1, next_at=next_at)
    return replace(progress, step=last, lap=progress.lap + 1, next_at=next_at)


def _reason(progress: Progress, place: int, passed: Sequence[int], last: int) -> EscalationReason:
    if place == last and len(passed) == last > 0:
        return EscalationReason.NOBODY_ON_DUTY
    if passed:
        return EscalationReason.EMPTY_PASSED
    return EscalationReason.REPEATED if progress.lap else EscalationReason.STEP_DUE


def _reachable(step: PolicyStep, people: People) -> dict[UUID, tuple[Channel, ...]]:
    """Whom this step reaches and how, each person once; the safety contact by any means."""
    told: dict[UUID, tuple[Channel, ...]] = {}
    for who in step.who:
        for contact in people.get(who, ()):
            by = _by(step.how, contact) or (_by(_MEANS, contact) if who == SAFETY_CONTACT else ())
            if by:
                told[contact.id] = by
    return told


def _by(means: Sequence[Channel], contact: Contact) -> tuple[Channel, ...]:
    return tuple(channel for channel in means if channel in contact.channels)


# --- beginning again -----------------------------------------------------------------------


def _foot(ladder: Ladder, progress: Progress, clock: Clock) -> tuple[datetime, bool]:
    """When a ladder that begins again is due, and whether it is held until then."""
    at_once = ladder.first_step is FirstStep.AT_ONCE
    due = clock.now if at_once else max(clock.now, progress.target_at)
    starts = held_until(ladder, progress.level, due, clock.hours)
    return starts, starts > due == clock.now


def _again(progress: Progress, next_at: datetime, reason: EscalationReason) -> Progress:
    return replace(
        progress,
        state=EscalationState.CLIMBING,
        next_at=next_at,
        epoch=progress.epoch + 1,
        step=0,
        lap=0,
        reason=reason,
    )


def _sooner(progress: Progress, start: datetime) -> datetime:
    """`start`, or what was due before that."""
    if progress.state is EscalationState.CLIMBING and progress.next_at is not None:
        return min(progress.next_at, start)
    return start
