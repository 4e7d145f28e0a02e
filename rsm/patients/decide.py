"""When a pause ends by itself, and when somebody is asked to end it. Pure.

No pause runs for ever unasked: each has a time, by its reason, after which a person is asked
whether it is over, and asked again until somebody answers. Only who was away or asked for a rest,
and named a day, goes on by itself: a day of discharge is a guess, and nobody texts the dead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, start_instant
from rsm.patients.model import PauseReason

# Before any hour at which a survey may open, and after the hours that a clock change skips.
MORNING = time(5)
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Habit:
    """What a reason for a pause means: when to ask, when again, whether its day ends it."""

    ask_after: timedelta
    ask_again: timedelta
    resumes: bool = False


# Defaults of ours. In hospital: most stays with cancer are over within a week, and the days after
# it are when reports matter most. What a text said is confirmed within a day.
HABITS: Mapping[PauseReason, Habit] = MappingProxyType(
    {
        PauseReason.INPATIENT: Habit(timedelta(days=7), timedelta(days=3)),
        PauseReason.TRAVEL: Habit(timedelta(days=14), timedelta(days=7), resumes=True),
        PauseReason.REQUEST: Habit(timedelta(days=14), timedelta(days=14), resumes=True),
        PauseReason.HOSPICE: Habit(timedelta(days=28), timedelta(days=28)),
        PauseReason.WRONG_NUMBER: Habit(timedelta(days=2), timedelta(days=2)),
        PauseReason.REPORTED_HOSPITAL: Habit(timedelta(days=1), timedelta(days=1)),
        PauseReason.REPORTED_DEATH: Habit(timedelta(days=1), timedelta(days=1)),
    }
)
# What a text says is to be confirmed before it is more than a report.
REPORTED = frozenset({PauseReason.REPORTED_HOSPITAL, PauseReason.REPORTED_DEATH})


@dataclass(frozen=True)
class PauseDetails:
    """What else is known of a pause that begins. `until` is the local day on which it is over."""

    until: date | None = None
    note: str = ""
    source: str = "staff"  # "staff", "patient", "text"
    inbound_id: UUID | None = None


PLAIN = PauseDetails()


@dataclass(frozen=True)
class PauseView:
    """A pause as it stands. `next_at` is when it ends, or somebody is asked to end it."""

    id: UUID
    patient_id: UUID
    site_id: UUID
    reason: PauseReason
    started_at: datetime
    until: datetime | None
    ended_at: datetime | None
    next_at: datetime | None
    asked: int
    attempts: int
    source: str
    inbound_id: UUID | None
    note: str = ""


class PauseStep(StrEnum):
    """What a pause's timer does."""

    WAIT = "wait"
    RESUME = "resume"
    ASK = "ask"


def until_instant(until: date | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The morning of that local day. Raises `Invalid` for a day that is not to come."""
    if until is None:
        return None
    at = start_instant(datetime.combine(until, MORNING), zone)
    if until <= local_of(now, zone).date():
        raise Invalid(Problem("until", "is not a day to come", "the first day of texts again"))
    if at - now > LONGEST:
        mend = "end participation, or leave it open: somebody is asked"
        raise Invalid(Problem("until", "is more than a year away", mend))
    return at


def first_timer(reason: PauseReason, started_at: datetime, until: datetime | None) -> datetime:
    """When a pause that begins has its first look: on its day, else after the reason's time."""
    return until or started_at + HABITS[reason].ask_after


def next_timer(reason: PauseReason, now: datetime) -> datetime:
    """When somebody who was asked just now is asked again."""
    return now + HABITS[reason].ask_again


def step(pause: PauseView, now: datetime) -> PauseStep:
    """What is to be done with a pause at `now`."""
    if pause.ended_at is not None or pause.next_at is None or now < pause.next_at:
        return PauseStep.WAIT
    over = pause.until is not None and pause.until <= now
    return PauseStep.RESUME if over and HABITS[pause.reason].resumes else PauseStep.ASK
