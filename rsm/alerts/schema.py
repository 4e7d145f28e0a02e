"""What a clinician writes in a pack (TOML): rules, worked cases, advice, words that alarm.

Grades are stored codes. Missing is not zero (P7): a rule that needs a value does not fire
without one, and a rule about change does not fire without an earlier one.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from rsm.alerts.model import ReviewKind
from rsm.alerts.templates import ADVICE_FIELDS, REASON_FIELDS, check_fields
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.documents import Strict
from rsm.kernel.words import Level, Pin, Reporter

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Sureness(StrEnum):
    """How sure we are of a threshold."""

    PUBLISHED = "published"  # read in the source that is named
    FROM_MEMORY = "from_memory"  # known in the field, not read again in the source
    OUR_CHOICE = "our_choice"  # nobody published it


class AtLeast(Strict):
    """The item's value is `value` or more."""

    kind: Literal["at_least"]
    value: Annotated[int, Field(ge=1)]


class WorseBy(Strict):
    """The item rose by `by` or more since the previous report or the baseline.

    With `below`, only while the value stays under it. Without the earlier value it cannot fire.
    """

    kind: Literal["worse_by"]
    by: Annotated[int, Field(ge=1)]
    since: Literal["previous", "baseline"]
    below: Annotated[int, Field(ge=1)] | None = None


# Open on purpose: a new kind of condition is a class here and a case in `decide.meets`,
# `checks` and `explain` (mypy finds the places).
Condition = Annotated[AtLeast | WorseBy, Field(discriminator="kind")]

EVERY_GRADED_ITEM = "*"


def _selector(value: object) -> object:
    if value == EVERY_GRADED_ITEM:
        return (EVERY_GRADED_ITEM,)
    return tuple(value) if isinstance(value, list) else value


class Rule(Strict):
    """When to tell somebody, how soon, and in which words. Looks at `items` or at `symptoms`."""

    id: Key
    title: Text
    level: Level
    items: Annotated[tuple[str, ...], BeforeValidator(_selector)] = ()
    symptoms: tuple[str, ...] = ()
    when: Condition
    reason: Text
    sure: Sureness
    source: Text

    @field_validator("reason")
    @classmethod
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, REASON_FIELDS)

    @model_validator(mode="after")
    def _one_selector(self) -> "Rule":
        if bool(self.items) == bool(self.symptoms):
            raise ValueError('name either `items` ("*" for every graded item) or `symptoms`')
        return self


_QUOTE = 'put item codes with a dot in quotes: "pain.severity" = 3'
_STATUS_WORDS = tuple(status.value for status in AnswerStatus if status != AnswerStatus.ANSWERED)


def _raw_answer(value: object) -> object:
    """A stored code, a word for why there is none, or null; anything else says what it may be."""
    is_code = isinstance(value, int) and not isinstance(value, bool)
    if value is None or is_code or value in _STATUS_WORDS:
        return value
    if isinstance(value, Mapping):
        raise ValueError(_QUOTE)  # noqa: TRY004  # Pydantic collects ValueError only
    raise ValueError(f"expected a stored code such as 3, or one of {', '.join(_STATUS_WORDS)}")


RawAnswer = Annotated[int | str | None, BeforeValidator(_raw_answer)]


class CaseReport(Strict):
    """An earlier report of a worked case."""

    days_ago: Annotated[float, Field(gt=0)]
    answers: dict[str, RawAnswer]
    reporter: Reporter = Reporter.SELF


class Expected(Strict):
    """What a worked case must raise for one symptom."""

    rule: str
    symptom: str
    level: Level


class Case(Strict):
    """A worked case: these answers after that history raise exactly this."""

    name: Text
    now: dict[str, RawAnswer]
    history: tuple[CaseReport, ...] = ()
    baseline: dict[str, RawAnswer] | None = None
    reporter: Reporter = Reporter.SELF
    expect: tuple[Expected, ...]
    review: tuple[ReviewKind, ...] = ()


class Advice(Strict):
    """What the patient reads at once, in one language; shown only with a named reviewer."""

    reviewed_by: str = ""
    emergency: Text
    urgent: Text
    soon: Text
    info: Text

    @field_validator("emergency", "urgent", "soon", "info")
    @classmethod
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, ADVICE_FIELDS)

    def text(self, level: Level) -> str:
        by_level = {
            Level.EMERGENCY: self.emergency,
            Level.URGENT: self.urgent,
            Level.SOON: self.soon,
            Level.INFO: self.info,
        }
        return by_level[level]


class RedFlags(Strict):
    """Words in free text that alarm, in one language."""

    reviewed_by: str = ""
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


class InstrumentRange(Strict):
    """The instrument that a pack is for: versions from `at_least` up to, not including, `below`."""

    key: Key
    at_least: Version
    below: Version

    def covers(self, key: str, version: str) -> bool:
        low, high = _numbers(self.at_least), _numbers(self.below)
        return key == self.key and low <= _numbers(version) < high


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class RulePack(Strict):
    """One version of a site's clinical decision: rules, cases, advice and alarming words."""

    key: Key
    version: Version
    title: Text
    author: Text
    source: Text
    limits: Text
    instrument: InstrumentRange
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    advice: Annotated[dict[Language, Advice], Field(min_length=1)]
    red_flags: dict[Language, RedFlags] = Field(default_factory=dict)

    @property
    def pin(self) -> Pin:
        """Key, version and content hash: what a judgement names as its maker (P11).

        Fields at their default are left out, so that a field added to these models later does
        not change the hash of what is published. Hence: a default, once released, stays.
        """
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return Pin(self.key, self.version, hashlib.sha256(text.encode()).hexdigest())
