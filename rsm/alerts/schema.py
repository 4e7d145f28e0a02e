"""What a clinician writes in a pack (TOML): rules, worked cases, advice, words that alarm.

Grades are stored codes. Missing is not zero (P7): a condition whose value is missing is unknown,
and the rule's `if_missing` says what that comes to.
"""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from rsm.alerts.conditions import Condition, Subgroup
from rsm.alerts.templates import ADVICE_FIELDS, REASON_FIELDS, check_fields
from rsm.alerts.worked import Case, Number, Text
from rsm.kernel.documents import Strict
from rsm.kernel.words import Level, Pin

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Sureness(StrEnum):
    """How sure we are of a threshold."""

    PUBLISHED = "published"  # read in the source that is named
    FROM_MEMORY = "from_memory"  # known in the field, not read again in the source
    OUR_CHOICE = "our_choice"  # nobody published it


EVERY_GRADED_ITEM = "*"
EVERY_OF = "*."  # `*.severity`: every graded item that ends so


def _selector(value: object) -> object:
    if isinstance(value, str) and value.startswith(EVERY_GRADED_ITEM):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Selector = Annotated[tuple[str, ...], BeforeValidator(_selector)]
_SUBJECTS = ("items", "symptoms", "scores", "numbers", "about")


class Rule(Strict):
    """When to tell somebody, how soon, and in which words.

    It looks at each of its `items`, `symptoms`, `scores` or `numbers`, or at the report as a
    whole, named by what it is `about`. Without a `reason` the nurse reads the values in words.
    """

    id: Key
    title: Text
    level: Level
    items: Selector = ()
    symptoms: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    about: Key | None = None
    when: Condition
    subgroup: Subgroup | None = None
    if_missing: Literal["false", "true", "review"] = "false"
    if_item_absent: Literal["refuse", "skip"] = "refuse"
    red: bool = False  # of the red set: never switched off, never hushed
    crisis: bool = False  # an alert of its own, crisis line at once, never by SMS or of a proxy
    reason: str = ""
    sure: Sureness
    source: Text

    @field_validator("reason")
    @classmethod
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, REASON_FIELDS)

    @model_validator(mode="after")
    def _one_selector(self) -> "Rule":
        named = [name for name in _SUBJECTS if getattr(self, name)]
        if len(named) != 1:
            there = f", not {' and '.join(named)}" if named else ""
            raise ValueError(
                'name one of `items` ("*" for every graded item), `symptoms`, `scores`, '
                f"`numbers` or `about`{there}"
            )
        if self.crisis and self.level is not Level.EMERGENCY:
            raise ValueError('a rule with `crisis` is an emergency: level = "emergency"')
        return self

    @property
    def keeps_loud(self) -> bool:
        """Whether no rule of quiet and no override may touch it."""
        return self.red or self.crisis or self.level is Level.EMERGENCY


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


class Crisis(Strict):
    """The crisis line in one language: on the screen at once, above everything else."""

    reviewed_by: str = ""
    text: Text

    @field_validator("text")
    @classmethod
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, ADVICE_FIELDS)


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


class Need(Strict):
    """Something that rules with `if_item_absent = "skip"` look at where an instrument asks it.

    With `unit` it is asked as a number between `minimum` and `maximum`, else as a grade of 0 up
    to `maximum`.
    """

    code: Text
    symptom: Key
    maximum: Number
    minimum: Number = 0
    unit: str = ""


class Part(Strict):
    """A file that was included, with its own source and limits."""

    key: Key
    version: Version
    title: Text
    source: Text
    limits: Text


class Quiet(Strict):
    """How quiet a pack may be made: bounds for expected levels, and what waits for the digest."""

    expected_up_to: Annotated[int, Field(ge=0, le=3)] = 3  # 0: no expected levels at all
    expected_days: Annotated[int, Field(ge=1, le=30)] = 30
    digest: bool = False  # findings for information wait for the digest


class RulePack(Strict):
    """One version of a site's clinical decision: rules, cases, advice and alarming words."""

    key: Key
    version: Version
    title: Text
    author: Text
    source: Text
    limits: Text
    instrument: InstrumentRange
    also: tuple[InstrumentRange, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    advice: Annotated[dict[Language, Advice], Field(min_length=1)]
    red_flags: dict[Language, RedFlags] = Field(default_factory=dict)
    crisis: dict[Language, Crisis] = Field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    parts: tuple[Part, ...] = ()
    quiet: Quiet = Quiet()

    @property
    def pin(self) -> Pin:
        """Key, version and content hash: what a judgement names as its maker (P11).

        Fields at their default are left out, so that a field added to these models later does
        not change the hash of what is published. Hence: a default, once released, stays.
        """
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return Pin(self.key, self.version, hashlib.sha256(text.encode()).hexdigest())

    def covers(self, key: str, version: str) -> bool:
        """Whether the pack is for this version of this instrument."""
        return any(each.covers(key, version) for each in (self.instrument, *self.also))
