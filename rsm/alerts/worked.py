"""Worked cases as a pack writes them: what was answered, what came before, what must be raised."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from rsm.alerts.model import QuietReason, ReviewKind
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.documents import Strict
from rsm.kernel.words import Level, Reporter

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_LARGEST = 10**15  # beyond, numbers are neither exact nor meant
_QUOTE = 'put item codes with a dot in quotes: "pain.severity" = 3'
_STATUS_WORDS = tuple(status.value for status in AnswerStatus if status != AnswerStatus.ANSWERED)


def _raw_answer(value: object) -> object:
    """A stored code, a word for why there is none, or null; anything else says what it may be."""
    is_code = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError(f"expected a stored code such as 3, got one of {len(str(value))} digits")
    if value is None or is_code or value in _STATUS_WORDS:
        return value
    if isinstance(value, Mapping):
        raise ValueError(_QUOTE)  # noqa: TRY004  # Pydantic collects ValueError only
    raise ValueError(f"expected a stored code such as 3, or one of {', '.join(_STATUS_WORDS)}")


RawAnswer = Annotated[int | str | None, BeforeValidator(_raw_answer)]


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"expected a number such as 38.2, got {value!r}")  # noqa: TRY004  # Pydantic collects ValueError only
    if not abs(value) <= _LARGEST:  # nor is what TOML calls `nan`
        raise ValueError("expected a number such as 38.2, got none that anybody could mean")
    return value


Number = Annotated[int | float, BeforeValidator(_number)]


class AboutPatient(Strict):
    """Facts that subgroups ask for; what is not known is left out."""

    regimen: str | None = None
    days_since_treatment: int | None = None
    days_since_cycle: int | None = None
    age: int | None = None


class CaseReport(Strict):
    """An earlier report of a worked case."""

    days_ago: Annotated[float, Field(gt=0)]
    answers: dict[str, RawAnswer]
    reporter: Reporter = Reporter.SELF
    numbers: dict[str, Number] = Field(default_factory=dict)
    scores: dict[str, Number] = Field(default_factory=dict)


class Expected(Strict):
    """What a worked case must raise for one symptom."""

    rule: str
    symptom: str
    level: Level


class CaseExpectedLevel(Strict):
    """A symptom that a nurse expects at this grade, for so many days more (UAB's snooze)."""

    symptom: str
    grade: Annotated[int, Field(ge=1, le=3)]
    days_left: Annotated[int, Field(ge=1, le=30)] = 14


class Hushed(Strict):
    """A finding that a worked case must not tell a nurse of, and why not."""

    rule: str
    symptom: str
    why: QuietReason


class Case(Strict):
    """A worked case: these answers after that history raise exactly this."""

    name: Text
    now: dict[str, RawAnswer]
    history: tuple[CaseReport, ...] = ()
    baseline: dict[str, RawAnswer] | None = None
    reporter: Reporter = Reporter.SELF
    expect: tuple[Expected, ...]
    review: tuple[ReviewKind, ...] = ()
    numbers: dict[str, Number] = Field(default_factory=dict)
    scores: dict[str, Number] = Field(default_factory=dict)
    text: str = ""
    windows_missed: int | None = None
    patient: AboutPatient = Field(default_factory=AboutPatient)
    expected_levels: tuple[CaseExpectedLevel, ...] = ()
    hushed: tuple[Hushed, ...] = ()
