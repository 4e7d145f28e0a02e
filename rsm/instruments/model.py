"""What an instrument is: items in order, with their texts per language, gates and scores.

All models are frozen and strict, and refuse unknown keys. Item types and kinds of score are
tagged unions (`type`, `kind`): a new one is a new class beside the others. Read content with
`Instrument.model_validate_json`, since strict JSON knows neither tuples nor dates.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rsm.instruments.formulas import Number, ScoreFormula
from rsm.kernel.documents import Strict
from rsm.kernel.words import Pin

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Version = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$", max_length=30)
]
# A FHIR linkId is a code as well, so all but blanks is allowed.
ItemCode = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=255)]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
# Language tag → text. Empty in an instrument that is structure without wording.
Texts = Mapping[LanguageTag, Text]


class Symptom(Strict):
    """What several items ask about, such as `nausea`."""

    key: Key
    name: Texts = Field(default_factory=dict)


class Condition(Strict):
    """Holds when the item has a value, and that value is at least `at_least`."""

    item: ItemCode
    at_least: int = Field(default=1, ge=1)


class Option(Strict):
    """One answer that can be chosen: the stored code, and what people read."""

    value: int
    label: Texts = Field(default_factory=dict)
    hint: Texts = Field(default_factory=dict)


class _BaseItem(Strict):
    code: ItemCode
    symptom: Key | None = None
    attribute: Key | None = None
    text: Texts = Field(default_factory=dict)
    short: Texts = Field(default_factory=dict)  # for review pages and staff: "Pain, at its worst"
    recall: Texts = Field(default_factory=dict)  # where it looks back over another time
    asked_when: Condition | None = None  # the gate; None: always asked
    may_not_apply: bool = False  # "not applicable" is an answer of its own, without a value
    not_applicable: Texts = Field(default_factory=dict)  # how it reads: "I have not measured it"
    codes: Mapping[str, str] = Field(default_factory=dict)  # code system → code


class GradedItem(_BaseItem):
    """One grade of an ordered scale, 0 upwards; 0 is the absence of what is asked about."""

    type: Literal["graded"]
    options: tuple[Option, ...] = Field(min_length=2)


class YesNoItem(_BaseItem):
    """No (0) or yes (1)."""

    type: Literal["yes_no"]
    options: tuple[Option, Option]


class OtherUnit(Strict):
    """Another unit in which people may give a number: (n - `minus`) x `times` / `over` of ours."""

    unit: Text
    minus: Number = 0
    times: Number = 1
    over: Number = 1


class NumberItem(_BaseItem):
    """A number, stored as a count of its smallest step: 38.2 with one decimal is 382.

    `unit` is a symbol, the same in every language. How it is typed, stored and shown stands in
    `rsm.instruments.numbers`.
    """

    type: Literal["number"]
    unit: str = ""
    minimum: Number  # what can be believed; both ends can be given
    maximum: Number
    decimals: int = Field(ge=0, le=3)
    hint: Texts = Field(default_factory=dict)  # how to measure it
    other_units: tuple[OtherUnit, ...] = ()


ChoiceItem = GradedItem | YesNoItem  # an item that is answered with one of its options
Item = Annotated[GradedItem | YesNoItem | NumberItem, Field(discriminator="type")]


class Language(Strict):
    """One language in which the instrument is offered, and who vouches for its wording."""

    title: Text
    recall: Text  # "In the last 7 days"
    notice: str = ""  # what an instrument that is not validated must say of itself
    reviewed_by: str = ""  # a named person; without one the language is not published
    reviewed_on: date | None = None


class Licence(Strict):
    """Whose the wording is, on which terms, and whether these let us show it."""

    name: Text
    holder: Text
    terms: str = ""
    display: bool


class MergedPart(Strict):
    """An instrument that went into a merged one, by its exact version (P11)."""

    key: Key
    version: Version
    hash: str


class Instrument(Strict):
    """One immutable version of a questionnaire."""

    key: Key
    version: Version
    wording: Literal["own", "official", "none"]  # none: structure only, never shown to anybody
    validated: bool
    licence: Licence
    recall_days: int = Field(ge=0, le=366)
    min_age: int = Field(ge=0, le=120)
    languages: Mapping[LanguageTag, Language] = Field(default_factory=dict)
    symptoms: tuple[Symptom, ...] = ()
    items: tuple[Item, ...] = Field(min_length=1)
    scores: tuple[ScoreFormula, ...] = ()
    merged_from: tuple[MergedPart, ...] = ()  # set by `rsm.instruments.merge`

    @cached_property
    def pin(self) -> Pin:
        """Key, version and content hash: what answers and scores name as their maker (P11)."""
        digest = hashlib.sha256(self.canonical_json.encode()).hexdigest()
        return Pin(self.key, self.version, digest)

    @property
    def canonical_json(self) -> str:
        """The content, spelled in the one way that is hashed.

        Fields at their default are left out, so that a field added to these models later does not
        change the hash of what is published already. Hence: a default, once released, stays.
        """
        content = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def item_by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def symptom_by_key(self) -> Mapping[str, Symptom]:
        return {symptom.key: symptom for symptom in self.symptoms}
