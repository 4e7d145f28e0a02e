"""A number in a form: its units, and in words what is wrong with what was typed. Pure.

`item_fields` reads it, as it reads every other item.
"""

from rsm.instruments import numbers
from rsm.instruments.model import NumberItem
from rsm.web.item_fields import Wrong
from rsm.web.pages import plural
from rsm.web.staff_words import section


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
