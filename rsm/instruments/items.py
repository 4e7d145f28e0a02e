"""The types of items: what is asked, and what an answer to it is.

What an `rsm.kernel.answers.Answer` holds of each:

| type | `value` | besides |
|---|---|---|
| graded, yes_no | the grade | |
| number | the count of its smallest step (`rsm.instruments.numbers`) | |
| visual_scale | the number | |
| choice | the chosen option's code: a name, never a grade | |
| choices, body_area | how many were chosen, an exclusive one not counted | `picked`: the codes |
| date | days since 1970-01-01 | |
| text | 1 | `text`: what was written, sealed where it is kept |
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rsm.instruments.basics import ItemCode, Key, Metadata, Text, Texts
from rsm.instruments.body import Area
from rsm.instruments.conditions import AskedWhen
from rsm.instruments.formulas import Number
from rsm.kernel.documents import Strict

TEXT_AT_MOST = 1000  # characters; as with a patient's own words
VALUE_AT_MOST = 999_999_999  # what is stored of an answer, either side of 0: it fits its column
Code = Annotated[int, Field(ge=-VALUE_AT_MOST, le=VALUE_AT_MOST)]


class Option(Strict):
    """One answer that can be chosen: the stored code, and what people read."""

    value: Code
    label: Texts = Field(default_factory=dict)
    hint: Texts = Field(default_factory=dict)
    picture: Key | None = None  # of the instrument's pictures, shown beside the label
    codes: Mapping[str, str] = Field(default_factory=dict)  # code system → code
    metadata: Metadata = Field(default_factory=dict)


class PickOption(Option):
    """One of several that can be chosen together, unless it is exclusive: "none of these"."""

    exclusive: bool = False


class AreaOption(PickOption):
    """A part of the body on our drawing; an exclusive option such as "nowhere" has none."""

    area: Area | None = None


class _BaseItem(Strict):
    code: ItemCode
    symptom: Key | None = None
    attribute: Key | None = None
    text: Texts = Field(default_factory=dict)
    short: Texts = Field(default_factory=dict)  # for review pages and staff: "Pain, at its worst"
    recall: Texts = Field(default_factory=dict)  # where it looks back over another time
    asked_when: AskedWhen | None = None  # a gate, or tests; None: always asked
    may_not_apply: bool = False  # "not applicable" is an answer of its own, without a value
    not_applicable: Texts = Field(default_factory=dict)  # how it reads: "I have not measured it"
    codes: Mapping[str, str] = Field(default_factory=dict)  # code system → code
    section: ItemCode | None = None
    picture: Key | None = None  # of the instrument's pictures, shown with the question
    prefix: str = ""  # how the item is numbered: "1a."
    required: bool = False  # not to be skipped; "prefer not to answer" is always offered
    hidden: bool = False  # metadata only: never asked, never answered
    same_as: ItemCode | None = None  # asked there, and answered with it: one question, two codes
    metadata: Metadata = Field(default_factory=dict)


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


class SingleChoiceItem(_BaseItem):
    """One of several options that have no order: their codes are names, and no grades."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=2)


class MultipleChoiceItem(_BaseItem):
    """Any of several options, at least `at_least` and at most `at_most` of them; or an exclusive
    one alone."""

    type: Literal["choices"]
    options: tuple[PickOption, ...] = Field(min_length=2)
    at_least: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)  # None: all of them


class BodyAreaItem(_BaseItem):
    """Parts of the body, chosen on our drawing of its front and back (`rsm.instruments.body`) or
    from the list of their names, which is always there as well."""

    type: Literal["body_area"]
    options: tuple[AreaOption, ...] = Field(min_length=2)
    at_least: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)  # None: all of them


class DateItem(_BaseItem):
    """A day of the calendar. Both bounds can be given themselves; `today` is the patient's own."""

    type: Literal["date"]
    earliest: date | None = None
    latest: date | None = None
    not_after_today: bool = False
    not_before_today: bool = False
    hint: Texts = Field(default_factory=dict)


class TextItem(_BaseItem):
    """Her own words: read by a person, sealed with her key, never scored."""

    type: Literal["text"]
    max_length: int = Field(default=500, ge=1, le=TEXT_AT_MOST)
    long: bool = False  # more than a line is expected
    hint: Texts = Field(default_factory=dict)


class VisualScaleItem(_BaseItem):
    """A point on a line from `minimum` to `maximum`, with words at both ends."""

    type: Literal["visual_scale"]
    minimum: Code
    maximum: Code
    step: int = Field(default=1, ge=1)
    low: Texts = Field(default_factory=dict)  # "No pain"
    high: Texts = Field(default_factory=dict)  # "The worst pain I can imagine"


# An ordered scale: its answer is a grade, for rules, scores and colours.
RatedItem = GradedItem | YesNoItem
# Answered with one of its options.
OneOfItem = GradedItem | YesNoItem | SingleChoiceItem
# Answered with some of its options.
PickItem = MultipleChoiceItem | BodyAreaItem
Item = Annotated[
    GradedItem
    | YesNoItem
    | NumberItem
    | SingleChoiceItem
    | MultipleChoiceItem
    | BodyAreaItem
    | DateItem
    | TextItem
    | VisualScaleItem,
    Field(discriminator="type"),
]


class Way(StrEnum):
    """How a question can be put to somebody."""

    PAGE = "page"  # any page: her own, a tablet, staff's, paper
    TEXT = "text"  # a text message, answered by one
    KEYS = "keys"  # spoken by a machine, answered with the keys of a telephone


_MOST_BY_TEXT = 12  # options that still fit into one message and one head
_MOST_BY_KEYS = 10  # keys 0 to 9


def options_of(item: Item) -> tuple[Option, ...]:
    """The options that a person chooses from; none for a number, a date, words or a line."""
    if isinstance(item, OneOfItem | PickItem):
        return item.options
    return ()


def askable_by(item: Item) -> frozenset[Way]:
    """How this item can be put to somebody without becoming another question.

    By text: one or several numbered options, a number, a point of a scale, words. By keys the
    same but for words. A date and a part of the body are for a page only: by text a day and a
    month are mistaken for one another, and a body without its drawing is a long list.
    """
    if item.hidden or item.same_as is not None:
        return frozenset()
    ways = {Way.PAGE}
    match item:
        case NumberItem() | VisualScaleItem():
            ways |= {Way.TEXT, Way.KEYS}
        case TextItem():
            ways |= {Way.TEXT}
        case BodyAreaItem() | DateItem():
            pass
        case _:
            ways |= {Way.TEXT} if len(item.options) <= _MOST_BY_TEXT else set()
            ways |= {Way.KEYS} if len(item.options) <= _MOST_BY_KEYS else set()
    return frozenset(ways)


def is_page_only(item: Item) -> bool:
    """Whether it can only be answered on a page, by herself or by whoever sits with her."""
    return askable_by(item) == {Way.PAGE}
