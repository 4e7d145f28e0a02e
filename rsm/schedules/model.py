"""The words of schedules: slot, anchors, window, and what is kept of them. Plans: `plans.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.words import Pin, SurveyState
from rsm.patients.model import TreatmentEventKind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = timedelta(days=7)


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
class Anchors:
    """What a plan's dates hang on: a patient's slot, first and last day, cycles and events.

    `cycles` are the first days of the treatment cycles that have a date.
    """

    slot: Slot
    starts_on: date
    ends_on: date | None = None
    cycles: tuple[date, ...] = ()
    events: Mapping[TreatmentEventKind, date] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Window:
    """One survey's time: instants in UTC, strictly in order.

    `key` is the local date that the plan names: the same slot has the same key however often, and
    by whomever, it is worked out. `local` is what the wall shows at the opening (naive). `asks`
    names each instrument once (`key@version`, or `site` for the site's own), in the plan's order.
    """

    key: str
    local: datetime
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]
    call_at: datetime | None  # when it goes onto the coordinator's call list
    asks: tuple[str, ...]


# --- what is kept --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assign:
    """Which plan a patient is to follow, when on her wall clock, and from which local date.

    `starts_on` is the plan's first day, from which its phases count; it may be past. No window
    opens after the local date `ends_on`.
    """

    patient_id: UUID
    site_id: UUID
    plan: Pin
    weekday: int
    local_time: time
    zone: str
    starts_on: date
    ends_on: date | None = None

    def has_dates_of(self, former: "AssignmentView") -> bool:
        """Whether it asks on the same local dates, but for its end: another hour or zone does."""
        mine = (self.plan, self.weekday, self.starts_on)
        return mine == (former.plan, former.weekday, former.starts_on)


@dataclass(frozen=True)
class AssignmentView:
    """A plan that a patient follows. `next_key` is the local date of the window to come; empty
    while the plan waits for a date, and `next_at` is then when it is looked at again."""

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
    ends_on: date | None = None

    def anew(self, weekday: int, local_time: time, zone: str) -> Assign:
        """The same plan from the same first day, in another slot."""
        first, last = self.starts_on, self.ends_on
        whom = (self.patient_id, self.site_id)
        return Assign(*whom, self.plan, weekday, local_time, zone, first, last)

    @property
    def waits(self) -> bool:
        return self.active and not self.next_key

    @property
    def opens_next(self) -> datetime | None:
        """When the next window opens, if one is known."""
        return self.next_at if self.next_key else None


class EndedBy(StrEnum):
    """Why a patient no longer follows a plan."""

    COMPLETED = "completed"  # it has nothing more to ask
    REPLACED = "replaced"  # by another, or by the same worked out anew
    ENDED = "ended"  # her participation did


class MissReason(StrEnum):
    """Why a survey was not answered, or not asked. Never asked is not "did not answer"."""

    NOT_ANSWERED = "not_answered"
    NOT_SENT = "not_sent"  # its time passed while nobody could send it
    NOT_LIVE = "not_live"  # nobody had signed yet that the site may send
    PAUSED = "paused"
    NOT_ENROLLED = "not_enrolled"
    ENDED = "ended"
    NOT_ME = "not_me"  # somebody else holds the phone
    REFUSED = "refused"  # said on the phone that she does not want this one
    TOO_ILL = "too_ill"  # said on the phone that she is too ill to answer


# She was asked, and there is no report: for all other reasons she never was.
ASKED = frozenset({MissReason.NOT_ANSWERED, MissReason.REFUSED, MissReason.TOO_ILL})


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
    call_at: datetime | None = None  # when it goes onto the call list
    called: bool = False  # it stands, or stood, on it
    asks: tuple[Pin, ...] = ()  # every instrument that fell together; the first is `instrument`

    def takes_answers(self, now: datetime) -> bool:
        """Whether the patient may still answer: its link works until the closing."""
        return not self.state.is_over and self.opens_at <= now < self.closes_at


class StepKind(StrEnum):
    """What an occurrence's timer does next."""

    WAIT = "wait"
    REMIND = "remind"
    CALL = "call"
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
