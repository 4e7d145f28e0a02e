"""An item in a form: what was typed, ticked or chosen, read as an answer, or what is wrong with it.

Pure. An item posts under its code; each of several options under `<code>:<option>`; the parts of a
date under `<code>:day`, `:month`, `:year`; and why there is no answer under `<code>:why`. Who gives
both an answer and a reason for none is asked, since either could be the mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rsm.instruments import numbers
from rsm.instruments.branching import days
from rsm.instruments.items import (
    BodyAreaItem,
    DateItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    OneOfItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.reading import (
    date_bounds,
    date_of,
    parse_value,
    picked_answer,
    words_answer,
)
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid

_LONGEST_NUMBER = 9  # digits
_DATE_PARTS = ("day", "month", "year")


class Wrong(StrEnum):
    """What keeps a field from being an answer."""

    EMPTY = "empty"
    BOTH = "both"
    NO_NUMBER = numbers.Refusal.NO_NUMBER
    TOO_FINE = numbers.Refusal.TOO_FINE
    OUT_OF_RANGE = numbers.Refusal.OUT_OF_RANGE
    NO_DATE = "no_date"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    EXCLUSIVE = "exclusive"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Typed:
    """An item's fields as they were filled in; nothing is checked yet."""

    text: str = ""  # what was written, or the one option that was chosen
    why: str = ""
    picked: frozenset[int] = frozenset()
    day: str = ""
    month: str = ""
    year: str = ""

    @property
    def is_filled(self) -> bool:
        return bool(self.text or self.picked or self.day or self.month or self.year)


@dataclass(frozen=True)
class Reader:
    """How whoever fills in the form writes, and what day it is for her."""

    language: str
    today: date


def why_of(item: Item) -> str:
    """The name under which a form says why there is no answer."""
    return f"{item.code}:why"


def part_of(item: Item, part: object) -> str:
    """The name of one of several fields of an item: an option's code, or `day`."""
    return f"{item.code}:{part}"


def names_of(item: Item) -> frozenset[str]:
    """All names under which a form may hold something of the item."""
    parts = [*_DATE_PARTS, *(option.value for option in options_of(item))]
    return frozenset({item.code, why_of(item), *(part_of(item, part) for part in parts)})


def typed(item: Item, form: Mapping[str, str]) -> Typed:
    """What the form says of this item."""
    text, why = form.get(item.code, "").strip(), form.get(why_of(item), "")
    if isinstance(item, PickItem):
        values = (option.value for option in item.options)
        picked = frozenset(value for value in values if part_of(item, value) in form)
        return Typed(why=why, picked=picked)
    if isinstance(item, DateItem):
        parts = (form.get(part_of(item, part), "").strip() for part in _DATE_PARTS)
        day, month, year = parts
        return Typed(why=why, day=day, month=month, year=year)
    return Typed(text, why)


def typed_of(item: Item, answer: Answer | None, language: str) -> Typed:
    """An answer as it would be filled in."""
    if answer is None:
        return Typed()
    if answer.value is None:
        reason = answer.status.value
        return Typed(text=reason) if isinstance(item, OneOfItem) else Typed(why=reason)
    match item:
        case NumberItem():
            return Typed(numbers.typed(item, answer.value, language))
        case DateItem():
            return _typed_date(date_of(answer))
        case TextItem():
            return Typed(answer.text)
        case _:
            return Typed(
                "" if answer.picked else str(answer.value), picked=frozenset(answer.picked)
            )


def read(item: Item, field: Typed, reader: Reader) -> Answer | Wrong:
    """The answer, or what is wrong. A reason that the item does not allow is no answer."""
    if field.why:
        return Wrong.BOTH if field.is_filled else _reason(item, field.why)
    if field.is_filled:
        return _filled(item, field, reader)
    may_be_empty = isinstance(item, TextItem) and not item.required
    return SKIPPED if may_be_empty else Wrong.EMPTY


def _filled(item: Item, field: Typed, reader: Reader) -> Answer | Wrong:
    found: Answer | Wrong
    match item:
        case NumberItem():
            found = _number(item, field.text, reader.language)
        case VisualScaleItem():
            found = _point(item, field.text)
        case DateItem():
            found = _date(item, field, reader.today)
        case TextItem():
            found = _words(item, field.text)
        case MultipleChoiceItem() | BodyAreaItem():
            found = _picked(item, field.picked)
        case _:
            found = _reason(item, field.text)
    return found


def _typed_date(day: date | None) -> Typed:
    if day is None:
        return Typed()
    return Typed(day=str(day.day), month=str(day.month), year=str(day.year))


def _reason(item: Item, word: str) -> Answer | Wrong:
    """One of the item's options, or why there is no answer."""
    try:
        found = parse_value(item, word)
    except Invalid:
        return Wrong.EMPTY
    is_one = isinstance(item, OneOfItem) or not found.status.has_value
    return found if is_one and found.status is not AnswerStatus.STRUCTURAL_ZERO else Wrong.EMPTY


def _number(item: NumberItem, text: str, language: str) -> Answer | Wrong:
    value = numbers.parse(item, text, language)
    return Wrong(value.value) if isinstance(value, numbers.Refusal) else answered(value)


def _point(item: VisualScaleItem, text: str) -> Answer | Wrong:
    digits = text.lstrip("-\N{MINUS SIGN}")
    if not digits.isdecimal() or not 0 < len(digits) <= _LONGEST_NUMBER:
        return Wrong.NO_NUMBER
    value = int(digits) if digits == text else -int(digits)
    on_scale = item.minimum <= value <= item.maximum and (value - item.minimum) % item.step == 0
    return answered(value) if on_scale else Wrong.OUT_OF_RANGE


def _date(item: DateItem, field: Typed, today: date) -> Answer | Wrong:
    try:
        day = date(int(field.year), int(field.month), int(field.day))
    except (ValueError, OverflowError):
        return Wrong.NO_DATE
    first, last = date_bounds(item, today)
    if first is not None and day < first:
        return Wrong.TOO_EARLY
    if last is not None and day > last:
        return Wrong.TOO_LATE
    return answered(days(day))


def _words(item: TextItem, text: str) -> Answer | Wrong:
    plain = text.replace("\r\n", "\n")
    return Wrong.TOO_LONG if len(plain) > item.max_length else words_answer(item, plain)


def _picked(item: PickItem, picked: frozenset[int]) -> Answer | Wrong:
    chosen = [option for option in item.options if option.value in picked]
    alone = any(option.exclusive for option in chosen)
    if alone and len(chosen) > 1:
        return Wrong.EXCLUSIVE
    count = 0 if alone else len(chosen)
    if not alone and count < item.at_least:
        return Wrong.TOO_FEW
    if item.at_most is not None and count > item.at_most:
        return Wrong.TOO_MANY
    return picked_answer(item, picked)
