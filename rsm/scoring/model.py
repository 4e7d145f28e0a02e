"""What a score is, and why there may be none."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from rsm.kernel.words import Pin


class ScoreCode(StrEnum):
    """How a score came about, or why it has no value."""

    COMPUTED = "computed"
    PRORATED = "prorated"  # from some of its parts, as many as the formula asks for
    FIRST_ITEM_ZERO = "first_item_zero"  # a composite whose first item is 0 is 0
    MISSING = "missing"  # a part without which there is no score
    TOO_FEW = "too_few"  # fewer parts than the formula asks for
    NOT_IN_TABLE = "not_in_table"

    @property
    def has_value(self) -> bool:
        return self in {ScoreCode.COMPUTED, ScoreCode.PRORATED, ScoreCode.FIRST_ITEM_ZERO}


class Gap(StrEnum):
    """Why a part of a score has no value. A structural zero is none of these: it is 0."""

    NOT_ANSWERED = "not_answered"
    SKIPPED = "skipped"
    REFUSED = "refused"
    NOT_APPLICABLE = "not_applicable"
    NO_SCORE = "no_score"  # a sub-scale that could not be computed


@dataclass(frozen=True)
class Missing:
    """A part without a value: an item's code, or a sub-scale's name."""

    part: str
    why: Gap


@dataclass(frozen=True)
class Score:
    """A value with how it came about, or no value with why there is none.

    `source` is the formula's publication, `instrument` the version that declares it (P11).
    """

    value: int | float | None
    reason: str
    code: ScoreCode = ScoreCode.COMPUTED
    band: str | None = None
    standard_error: int | float | None = None
    missing: tuple[Missing, ...] = ()  # parts without a value, also where it was prorated
    source: str = ""
    instrument: Pin | None = None

    def __post_init__(self) -> None:
        if self.code.has_value != (self.value is not None):
            raise ValueError(f"a score that is {self.code} cannot hold {self.value!r}")


class ScoreDocument(TypedDict):
    """What `rsm score` prints: all by name of the score; `instrument` is the pin.

    `bands` and `standard_errors` hold only scores that have one.
    """

    scores: dict[str, int | float | None]
    reasons: dict[str, str]
    codes: dict[str, str]
    bands: dict[str, str]
    standard_errors: dict[str, int | float]
    sources: dict[str, str]
    instrument: dict[str, object]
