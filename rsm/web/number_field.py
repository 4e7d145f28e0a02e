"""A number in a form: what was typed or ticked in its place, and in words what is wrong with it.

Pure. The number is posted under the item's code, and why there is none under `<code>:why`. Who
does both is asked, since either could be the mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rsm.instruments import numbers
from rsm.instruments.decide import parse_value
from rsm.instruments.model import Item, NumberItem
from rsm.kernel.answers import Answer, answered
from rsm.web.pages import plural
from rsm.web.staff_words import section

_WHY = ":why"


class Wrong(StrEnum):
    """What keeps a field from being an answer."""

    EMPTY = "empty"
    BOTH = "both"
    NO_NUMBER = numbers.Refusal.NO_NUMBER
    TOO_FINE = numbers.Refusal.TOO_FINE
    OUT_OF_RANGE = numbers.Refusal.OUT_OF_RANGE


@dataclass(frozen=True)
class Typed:
    """The field as it was filled in."""

    text: str = ""
    why: str = ""


def why_of(item: NumberItem) -> str:
    """The name under which a form says why there is no number."""
    return item.code + _WHY


def typed(item: NumberItem, form: Mapping[str, str]) -> Typed:
    """What the form says of this item; nothing is checked yet."""
    return Typed(form.get(item.code, "").strip(), form.get(why_of(item), ""))


def typed_of(item: NumberItem, answer: Answer | None, language: str) -> Typed:
    """An answer as it would be typed."""
    if answer is None:
        return Typed()
    if answer.value is not None:
        return Typed(numbers.typed(item, answer.value, language))
    return Typed(why=answer.status.value)


def read(item: NumberItem, field: Typed, language: str) -> Answer | Wrong:
    """The answer, or what is wrong. Raises `Invalid` for a reason that the item does not allow."""
    if field.text and field.why:
        return Wrong.BOTH
    if field.why:
        return parse_value(item, field.why)
    if not field.text:
        return Wrong.EMPTY
    value = numbers.parse(item, field.text, language)
    return Wrong(value.value) if isinstance(value, numbers.Refusal) else answered(value)


def in_words(item: NumberItem, wrong: Wrong, language: str) -> str:
    """What is to be mended, in the language of the form."""
    words = section("number", language)
    if wrong is Wrong.TOO_FINE:
        return str(plural(words, "too_fine", item.decimals)) if item.decimals else words.whole
    text: str = getattr(words, wrong.value)
    return text.format(ranges=_ranges(item, language)) if wrong is Wrong.OUT_OF_RANGE else text


def _ranges(item: NumberItem, language: str) -> str:
    words = section("number", language)
    spans = (words.range.format(low=low, high=high) for low, high in numbers.ranges(item, language))
    return f" {words.either} ".join(spans)


def units(item: NumberItem, language: str) -> str:
    """`°C`, or `°C or °F`."""
    word = section("number", language).either
    return f" {word} ".join(filter(None, (item.unit, *(each.unit for each in item.other_units))))


def not_applicable(item: Item, language: str) -> str:
    """What the answer without a value is called: "I have not measured it"."""
    none: str = section("number", language).none
    return _worded(item.not_applicable, language) or none


def _worded(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")
