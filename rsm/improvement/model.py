"""The words of improving: the journal, before and after, cycles. Going live: `live_model`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from rsm.metrics.statistics.intervals import Interval


class EntryKind(StrEnum):
    """What was changed."""

    TRAINING = "training"
    CHAMPION = "champion"  # somebody was named who stands for it
    THRESHOLD = "threshold"
    CHANNEL = "channel"
    STAFFING = "staffing"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True)
class Entry:
    """One line of the journal as it counts now. `strategy` and `barrier` are tags, or empty.

    `source`: what the system itself noted, such as `release:<id>`; empty: a person wrote it.
    `revision` counts from 1; `written_by` is None for what the system noted.
    """

    id: UUID
    on: date
    kind: EntryKind
    title: str
    words: str
    strategy: str = ""
    barrier: str = ""
    shared: bool = False
    source: str = ""
    revision: int = 1
    written_by: UUID | None = None
    written_at: datetime | None = None

    @property
    def is_noted(self) -> bool:
        """Whether only the system wrote it."""
        return self.written_at is None


@dataclass(frozen=True)
class NewEntry:
    """What a person writes into the journal. `source`: what the system noted, put in her words."""

    on: date
    kind: EntryKind
    title: str
    words: str = ""
    strategy: str = ""
    barrier: str = ""
    shared: bool = False
    source: str = ""


# --- before and after -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """So many of so many, with Wilson's interval; of nothing there is no share."""

    part: int
    whole: int
    interval: Interval

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


class Caution(StrEnum):
    """What a comparison before and after cannot show, or what stands in its way."""

    NO_CONTROL = "no_control"
    SAME_PATIENTS = "same_patients"
    REGRESSION = "regression"  # changed because it was bad: it might have come back by itself
    OTHER_CHANGES = "other_changes"
    FEW = "few"
    NOTHING = "nothing"  # one side has nothing to divide by
    UNFINISHED = "unfinished"  # the weeks after are not over
    MOVING_BEFORE = "moving_before"  # the run chart signals before the change


@dataclass(frozen=True)
class Comparison:
    """A measure in the weeks before a change and from its day on.

    `change` is after minus before with Newcombe's interval; None where a side has nothing.
    """

    measure: str
    weeks: int
    before: Share
    after: Share
    change: float | None
    interval: Interval
    cautions: tuple[Caution, ...]
    others: tuple[Entry, ...]  # further changes within the same weeks
    signals: Mapping[date, tuple[str, ...]]  # the Monday of a week → names of the rules it breaks

    @property
    def tells(self) -> bool:
        """Whether the interval leaves out 'no difference'."""
        return self.change is not None and 0.0 not in self.interval


# --- cycles ---------------------------------------------------------------------------------------


class CycleStage(StrEnum):
    """Plan, do, study, act (Deming); then it is over."""

    PLAN = "plan"
    DO = "do"
    STUDY = "study"
    ACT = "act"
    ADOPTED = "adopted"
    ADAPTED = "adapted"  # another cycle goes on from it
    ABANDONED = "abandoned"

    @property
    def is_over(self) -> bool:
        return self in {CycleStage.ADOPTED, CycleStage.ADAPTED, CycleStage.ABANDONED}


@dataclass(frozen=True)
class NewCycle:
    """What is tried: an aim, the measure that will tell, and how far it is to come."""

    aim: str
    measure: str
    target: str
    owner_id: UUID
    starts_on: date
    due_on: date


@dataclass(frozen=True)
class CycleStep:
    """One step of a cycle as it was written down; steps are only ever added."""

    stage: CycleStage
    words: str
    owner_id: UUID
    due_on: date
    by: UUID | None
    at: datetime


@dataclass(frozen=True)
class Cycle:
    """A cycle with all its steps, the first one first."""

    id: UUID
    aim: str
    measure: str
    target: str
    starts_on: date
    steps: tuple[CycleStep, ...]

    @property
    def now(self) -> CycleStep:
        return self.steps[-1]

    def is_overdue(self, today: date) -> bool:
        return not self.now.stage.is_over and self.now.due_on < today
