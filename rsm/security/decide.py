"""Decisions about log-ins and sessions: pure, with their reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rsm.security.model import Refusal, SessionState

CODE_LIFE = timedelta(minutes=10)  # between the password and the code
SESSION_LIFE = timedelta(hours=12)  # a shift; then the password again
IDLE_LIFE = timedelta(minutes=15)
FREE_FAILURES = 5
FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=24)


@dataclass(frozen=True)
class Attempt:
    """What is known when somebody gave a password or a code."""

    right: bool
    disabled: bool
    has_role: bool
    paused_until: datetime | None


def refusal(attempt: Attempt, now: datetime) -> Refusal | None:
    """Why this attempt is refused, if it is. While paused, even the right secret is."""
    if attempt.disabled:
        return Refusal.DISABLED
    if attempt.paused_until is not None and now < attempt.paused_until:
        return Refusal.PAUSED
    if not attempt.right:
        return Refusal.WRONG
    if not attempt.has_role:
        return Refusal.NO_ROLE
    return None


def pause_after(failures: int, now: datetime) -> datetime | None:
    """Until when log-in pauses after so many failures in a row: 15 minutes at five, doubling."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 20)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


@dataclass(frozen=True)
class SessionFacts:
    """A session's row and what has become of the account since."""

    expires_at: datetime
    seen_at: datetime
    ended: bool
    locked: bool
    has_second_factor: bool  # the session gave it
    account_has_second_factor: bool  # the account has one to give
    may_work: bool  # enabled, and has a role somewhere


def session_state(facts: SessionFacts, now: datetime) -> SessionState | None:
    """How far this session has come; None when it is over."""
    if facts.ended or not facts.may_work or now >= facts.expires_at:
        return None
    if not facts.has_second_factor:
        known = facts.account_has_second_factor
        return SessionState.NEEDS_CODE if known else SessionState.NEEDS_ENROLMENT
    if facts.locked or now - facts.seen_at >= IDLE_LIFE:
        return SessionState.LOCKED
    return SessionState.READY
