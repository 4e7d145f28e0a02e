"""The words of the alert room: what judging needs to know, and what it gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rsm.kernel.answers import Answers
from rsm.kernel.words import Level, Reporter

# A previous report older than this says nothing about change (design.md, decision 11).
PREVIOUS_AT_MOST = timedelta(days=28)
GRADES_UP_TO = 4  # PRO-CTCAE's scales and ours: 0 to 4


@dataclass(frozen=True)
class ItemSpec:
    """One item of an instrument: its code, its symptom, and the highest code of its scale."""

    code: str
    symptom: str
    maximum: int

    @property
    def is_graded(self) -> bool:
        """On the scale of grades 0 to 4: what a rule on every item (`items = "*"`) looks at."""
        return self.maximum == GRADES_UP_TO


@dataclass(frozen=True)
class InstrumentSpec:
    """The exact instrument that asked."""

    key: str
    version: str
    items: Sequence[ItemSpec]


class ReviewKind(StrEnum):
    """Why a person must look although no rule said so (P6)."""

    WRONG_INSTRUMENT = "wrong_instrument"
    UNKNOWN_ITEM = "unknown_item"
    RULE_WITHOUT_ITEM = "rule_without_item"
    OFF_SCALE = "off_scale"
    ERROR = "error"


@dataclass(frozen=True)
class Report:
    """An earlier, final report of the same patient."""

    at: datetime
    answers: Answers
    reporter: Reporter = Reporter.SELF


@dataclass(frozen=True)
class Facts:
    """All that judging one survey needs. `at` is the time of the answers, not of the judging."""

    now: Answers
    at: datetime
    history: Sequence[Report] = ()
    reporter: Reporter = Reporter.SELF
    baseline: Answers | None = None


@dataclass(frozen=True)
class Finding:
    """One rule met by one item, with the values that met it (None: there was no such value)."""

    rule: str
    symptom: str
    item: str
    level: Level
    first: int | None
    previous: int | None
    current: int
    reason: str


@dataclass(frozen=True)
class ReviewReason:
    """A gap or an error that a person must look at."""

    kind: ReviewKind
    where: str
    what: str


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one survey.

    `findings` holds, for each symptom, those of its highest level; `covered` the lesser ones of
    the same symptoms, kept for the record. `level` is the highest, or None. Anything in `review`
    needs a person whatever the level is: a survey with a review is never routine (P6).
    """

    findings: tuple[Finding, ...] = ()
    covered: tuple[Finding, ...] = ()
    level: Level | None = None
    review: tuple[ReviewReason, ...] = ()
