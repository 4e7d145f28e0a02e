"""The words of a roster: what was planned, what was changed, and who is on duty because of it.

Days and times of day are the site's local ones, all else are instants. An id names the row, and
`Turn` one shift of it, so that a swap, a note and a calendar feed mean the same shift tomorrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from rsm.sites.model import Shift


class Why(StrEnum):
    """What put a person on duty: the last rule that applied."""

    WEEKLY = "weekly"
    ROTATION = "rotation"  # a cycle of weeks, or a sequence of people
    HOLIDAY = "holiday"  # Sunday's shift on a public holiday, or the shift of one date
    SWAP = "swap"
    OVERRIDE = "override"
    COVER = "cover"


class HolidayRule(StrEnum):
    """Whose shifts a public holiday has, where it has none of its own."""

    AS_USUAL = "as_usual"
    AS_SUNDAY = "as_sunday"


# --- what is planned ------------------------------------------------------------------------------


@dataclass(frozen=True)
class CycleShift:
    """A shift in one week of a cycle; the first week is 0."""

    id: UUID
    week: int
    shift: Shift


@dataclass(frozen=True)
class Cycle:
    """A plan of several weeks, over and over, for shifts that begin from `first_day` on.

    Its week 0 is the one, Monday to Sunday, in which `first_day` lies; no shift begins from
    `ends_on` on.
    """

    id: UUID
    first_day: date
    weeks: int
    shifts: tuple[CycleShift, ...]
    ends_on: date | None = None


@dataclass(frozen=True)
class Rotation:
    """People in sequence, each for `every_days` days, around the clock, changing at `changes_at`.

    It begins on `first_day` and ends on `ends_on`, both at `changes_at`.
    """

    id: UUID
    people: tuple[UUID, ...]
    first_day: date
    every_days: int
    changes_at: time
    rank: int = 1
    ends_on: date | None = None


@dataclass(frozen=True)
class DayShift:
    """A shift of one date, which then has none of its weekday's; its weekday is not looked at."""

    id: UUID
    day: date
    shift: Shift


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift: of which row, beginning on which local day."""

    duty_id: UUID
    day: date


# --- what is changed ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Swap:
    """Two people exchange two shifts. In force once both have agreed, and while each has hers."""

    id: UUID
    one: UUID
    one_turn: Turn
    other: UUID
    other_turn: Turn
    agreed: frozenset[UUID] = frozenset()

    @property
    def is_agreed(self) -> bool:
        return {self.one, self.other} <= self.agreed


@dataclass(frozen=True)
class Override:
    """`staff_id` is on duty in place of `instead_of`; without one, besides all others."""

    id: UUID
    staff_id: UUID
    since: datetime
    until: datetime
    instead_of: UUID | None = None
    rank: int = 1  # of somebody who comes besides; in another's place her rank is kept


@dataclass(frozen=True)
class Cover:
    """Somebody covers a person for a time: whatever duty that person would have."""

    id: UUID
    staff_id: UUID
    covered_by: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Absence:
    """A person is away, and not on duty."""

    id: UUID
    staff_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Rota:
    """All that says who is on duty in one team. Changes stand in the order they were made."""

    weekly: Mapping[UUID, Shift] = field(default_factory=lambda: MappingProxyType({}))
    cycles: tuple[Cycle, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    days: tuple[DayShift, ...] = ()
    holidays: frozenset[date] = frozenset()
    holiday_rule: HolidayRule = HolidayRule.AS_USUAL
    swaps: tuple[Swap, ...] = ()
    overrides: tuple[Override, ...] = ()
    covers: tuple[Cover, ...] = ()
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True)
class HandOverNote:
    """What the one who goes tells the one who comes. `text` may name patients: it stays inside."""

    id: UUID
    team_id: UUID
    written_by: UUID
    written_at: datetime
    text: str
    about: Turn | None = None  # the shift that ended
    read_by: UUID | None = None
    read_at: datetime | None = None


# --- what comes of it -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One person on duty, from when until when, and why; `rank` 1 is told first.

    `instead_of` is whose place it is; `turn` the shift, None for somebody who comes besides.
    """

    staff_id: UUID
    rank: int
    since: datetime
    until: datetime
    why: Why
    turn: Turn | None = None
    instead_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which the same people are on duty, told first first. Nobody: `people` is empty."""

    since: datetime
    until: datetime
    people: tuple[OnDuty, ...] = ()
