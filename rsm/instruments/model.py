"""What an instrument is: items in order, with their texts per language, gates and scores.

All models are frozen and strict, and refuse unknown keys. Item types and kinds of score are
tagged unions (`type`, `kind`): a new one is a new class beside the others. Read content with
`Instrument.model_validate_json`, since strict JSON knows neither tuples nor dates. The types of
items are in `items`, when they are asked in `conditions`; both can be had from here.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from rsm.instruments.basics import ItemCode, Key, LanguageTag, Metadata, Text, Texts, Version
from rsm.instruments.conditions import AnswerTest, Branch, Condition, Operator
from rsm.instruments.formulas import ScoreFormula
from rsm.instruments.items import (
    TEXT_AT_MOST,
    AreaOption,
    BodyAreaItem,
    DateItem,
    GradedItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    OneOfItem,
    Option,
    OtherUnit,
    PickItem,
    PickOption,
    RatedItem,
    SingleChoiceItem,
    TextItem,
    VisualScaleItem,
    YesNoItem,
    options_of,
)
from rsm.instruments.pictures import Picture
from rsm.kernel.documents import Strict
from rsm.kernel.words import Pin

__all__ = [
    "TEXT_AT_MOST",
    "AnswerTest",
    "AreaOption",
    "BodyAreaItem",
    "Branch",
    "ChoiceItem",
    "Condition",
    "DateItem",
    "GradedItem",
    "Instrument",
    "Item",
    "Key",
    "Language",
    "LanguageTag",
    "Licence",
    "MergedPart",
    "MultipleChoiceItem",
    "Note",
    "NumberItem",
    "OneOfItem",
    "Operator",
    "Option",
    "OtherUnit",
    "PickItem",
    "PickOption",
    "Picture",
    "RatedItem",
    "Section",
    "SingleChoiceItem",
    "Symptom",
    "TextItem",
    "Texts",
    "VisualScaleItem",
    "YesNoItem",
    "options_of",
]

ChoiceItem = RatedItem  # an ordered scale; `SingleChoiceItem` is one without an order


class Symptom(Strict):
    """What several items ask about, such as `nausea`."""

    key: Key
    name: Texts = Field(default_factory=dict)


class Section(Strict):
    """Items that stand together under a title: a group in FHIR. Sections may lie in one another.

    Its items follow one another; its tests apply to all of them.
    """

    key: ItemCode
    title: Texts = Field(default_factory=dict)  # may be left out
    text: Texts = Field(default_factory=dict)  # what is said before the first of its items
    parent: ItemCode | None = None
    asked_when: Branch | None = None
    codes: Mapping[str, str] = Field(default_factory=dict)  # code system → code
    prefix: str = ""
    hidden: bool = False  # metadata only, with all that is in it
    metadata: Metadata = Field(default_factory=dict)


class Note(Strict):
    """Words between the questions, that are not answered: FHIR calls them `display`.

    It stands before an item, beside it (as help), before a section's title, or at the end of a
    section; if none of these is said, at the end of all.
    """

    code: ItemCode
    text: Texts
    before: ItemCode | None = None
    beside: ItemCode | None = None
    before_section: ItemCode | None = None
    end_of: ItemCode | None = None  # a section
    asked_when: Branch | None = None
    picture: Key | None = None
    prefix: str = ""
    hidden: bool = False
    metadata: Metadata = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        places = (self.before, self.beside, self.before_section, self.end_of)
        if sum(place is not None for place in places) > 1:
            raise ValueError("give one of `before`, `beside`, `before_section`, `end_of`")
        return self


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
    # Whether a question that another questionnaire asks in the same words may be asked once for
    # both; None: only where the wording is our own.
    shared: bool | None = None


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
    page: Literal["question", "section"] = "question"  # what is shown at once
    languages: Mapping[LanguageTag, Language] = Field(default_factory=dict)
    symptoms: tuple[Symptom, ...] = ()
    sections: tuple[Section, ...] = ()
    pictures: Mapping[Key, Picture] = Field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    items: tuple[Item, ...] = Field(min_length=1)
    scores: tuple[ScoreFormula, ...] = ()
    merged_from: tuple[MergedPart, ...] = ()  # set by `rsm.instruments.merge`
    metadata: Metadata = Field(default_factory=dict)
    # What is only supposed, since whoever made the file did not say it (`min_age`, `languages.nb`,
    # `weight.maximum`): a draft may leave it so, but it is not published.
    unstated: tuple[str, ...] = ()

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

    @cached_property
    def section_by_key(self) -> Mapping[str, Section]:
        return {section.key: section for section in self.sections}

    @property
    def may_share(self) -> bool:
        """Whether its questions may be asked once together with another questionnaire's."""
        own = self.wording == "own"
        return self.licence.display and (
            own if self.licence.shared is None else self.licence.shared
        )

    @cached_property
    def ungraded(self) -> Mapping[str, Item]:
        """Items whose answers are no grades, by code: numbers, names, dates, words."""
        return {item.code: item for item in self.items if not isinstance(item, RatedItem)}

    @cached_property
    def sections_of(self) -> Mapping[str, tuple[Section, ...]]:
        """The sections that each item lies in, the outermost first; items in none are left out."""
        return {item.code: self.ancestry(item.section) for item in self.items if item.section}

    @cached_property
    def hidden_codes(self) -> frozenset[str]:
        """Items that are metadata only, by themselves or with their section."""
        return frozenset(
            item.code
            for item in self.items
            if item.hidden or any(one.hidden for one in self.sections_of.get(item.code, ()))
        )

    @cached_property
    def never_asked(self) -> frozenset[str]:
        """Items that are hidden, or asked as another."""
        return self.hidden_codes | {item.code for item in self.items if item.same_as is not None}

    @cached_property
    def askable(self) -> tuple[Item, ...]:
        """The questions that can come up, in order, whatever is answered."""
        return tuple(item for item in self.items if item.code not in self.never_asked)

    @cached_property
    def section_tests(self) -> Mapping[str, tuple[Branch, ...]]:
        """What must hold before an item's own gate or tests are looked at; most have nothing."""
        found = {
            code: tuple(one.asked_when for one in sections if one.asked_when is not None)
            for code, sections in self.sections_of.items()
        }
        return {code: tests for code, tests in found.items() if tests}

    def ancestry(self, key: str | None) -> tuple[Section, ...]:
        """The section of that key within those that it lies in, the outermost first."""
        found: list[Section] = []
        while key is not None and key in self.section_by_key:
            section = self.section_by_key[key]
            if section in found:  # a ring, which a check refuses
                break
            found.append(section)
            key = section.parent
        return tuple(reversed(found))
