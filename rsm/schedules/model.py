"""The words of schedules: plan, slot, window."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from rsm.kernel.documents import Strict
from rsm.kernel.words import Pin, SurveyState
from rsm.messaging.hours import SendingHours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = timedelta(days=7)

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Hours = Annotated[int, Field(ge=1, le=24 * 7)]


class Closing(Strict):
    """A window closes at the first `at` that is at least `after_hours` after its opening."""

    after_hours: Hours
    at: ClockTime


class Daytime(Strict):
    """Local times between which reminders may go out."""

    opens: ClockTime
    closes: ClockTime


class Plan(Strict):
    """A weekly plan. All of its times are on the patient's wall clock."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(min_length=1)
    reminders_after_hours: Sequence[Hours] = Field(max_length=3)
    closing: Closing
    sending_hours: Daytime

    @property
    def pin(self) -> Pin:
        """The exact version, with the hash of its content (P11)."""
        content = self.model_dump_json(by_alias=True).encode()
        return Pin(self.key, self.version, hashlib.sha256(content).hexdigest())

    @property
    def hours(self) -> SendingHours:
        return SendingHours(
            time.fromisoformat(self.sending_hours.opens),
            time.fromisoformat(self.sending_hours.closes),
        )


@dataclass(frozen=True)
class Slot:
    """When one patient's windows open: weekday (0 is Monday) and local time, in a zone."""

    zone: ZoneInfo
    weekday: int
    at: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"weekday is 0 to 6, not {self.weekday}")
        if self.at.tzinfo or self.at.second or self.at.microsecond:
            raise ValueError(f"a slot opens at a local time in whole minutes, not {self.at}")


@dataclass(frozen=True)
class Window:
    """One survey's time: instants in UTC, strictly in order.

    `key` is the local date that the plan names: the same slot has the same key however often, and
    by whomever, it is worked out. `local` is what the wall shows at the opening (naive).
    """

    key: str
    local: datetime
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]


# --- what is kept --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assign:
    """Which plan a patient is to follow, when on her wall clock, and from which local date."""

    patient_id: UUID
    site_id: UUID
    plan: Pin
    weekday: int
    local_time: time
    zone: str
    starts_on: date


@dataclass(frozen=True)
class AssignmentView:
    """A plan that a patient follows. `next_key` is the local date of the window to come."""

    id: UUID
    patient_id: UUID
    site_id: UUID
    plan: Pin
    weekday: int
    local_time: time
    zone: str
    starts_on: date
    active: bool
    next_at: datetime | None
    next_key: str
    attempts: int
    quarantined_at: datetime | None


class MissReason(StrEnum):
    """Why a survey was not answered, or not asked. Never asked is not "did not answer"."""

    NOT_ANSWERED = "not_answered"
    NOT_SENT = "not_sent"  # its time passed while nobody could send it
    PAUSED = "paused"
    NOT_ENROLLED = "not_enrolled"
    ENDED = "ended"
    NOT_ME = "not_me"  # somebody else holds the phone


@dataclass(frozen=True)
class OccurrenceView:
    """One survey of one patient: a window that came due, or a report of her own accord."""

    id: UUID
    patient_id: UUID
    site_id: UUID
    assignment_id: UUID | None
    window_key: str
    local_date: date
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]
    reminded: int
    state: SurveyState
    miss_reason: str | None
    instrument: Pin
    language: str
    scheduled: bool
    next_at: datetime | None
    first_viewed_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    is_test: bool

    def takes_answers(self, now: datetime) -> bool:
        """Whether the patient may still answer: its link works until the closing."""
        return not self.state.is_over and self.opens_at <= now < self.closes_at


class StepKind(StrEnum):
    """What an occurrence's timer does next."""

    WAIT = "wait"
    REMIND = "remind"
    CLOSE = "close"


@dataclass(frozen=True)
class Step:
    """A step, when the timer is due after it, and the reminders that then remain in its list.

    `number` says which reminder it is, counted from 1.
    """

    kind: StepKind
    next_at: datetime
    reminders: tuple[datetime, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Due:
    """A row whose time has come: peeked at without a lock, so to be checked again under one."""

    id: UUID
    patient_id: UUID
    site_id: UUID
