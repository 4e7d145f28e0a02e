"""Numbers as answers: what people type, what is stored, what rules read. The one place for it.

An answer's value is an int, so a number item counts in its smallest step: 38.2 with one decimal is
stored as 382. Nothing is rounded in silence, but for what was given in another unit.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor

from rsm.instruments.formulas import Exact, Number, exact
from rsm.instruments.items import (
    BodyAreaItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    OtherUnit,
    VisualScaleItem,
)
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers

# Where a point stands before the decimals, by the Unicode CLDR; elsewhere it is a comma.
_WITH_POINT = frozenset({"en", "zh", "ja", "ko", "th", "he", "hi"})
_WITH_POINT_TOO = frozenset(
    f"es-{place}" for place in ("419", "us", "mx", "pr", "do", "gt", "hn", "ni", "pa", "sv", "pe")
)
_MARKS = ".,'’٫"  # noqa: RUF001  # all that stand before decimals or between thousands
_NUMBER = re.compile(rf"([+\-−]?)\s?(\d(?:[\d{_MARKS}]*\d)?)[.,]?")  # noqa: RUF001  # a minus sign
_GROUPS = re.compile(rf"[1-9]\d{{0,2}}(?:[{_MARKS}]\d{{3}})+")
_LONGEST = 40
_NO_BREAK = "\u00a0"


class Refusal(StrEnum):
    """Why what was typed is not taken."""

    NO_NUMBER = "no_number"
    TOO_FINE = "too_fine"  # more decimals than are asked for
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True)
class Split:
    """The answers of a report that are grades, and its numbers as rules read them."""

    grades: Answers
    numbers: dict[str, float]


# --- reading -------------------------------------------------------------------------------


def parse(item: NumberItem, text: str, language: str = "en") -> int | Refusal:
    """What a person typed, as it is stored: `38.2`, `38,2`, `38.2 °C`, `100.8 °F`.

    A number without its unit is in the item's own, unless only another unit makes it possible.
    """
    number, unit = _literal(text, language)
    if number is None:
        return Refusal.NO_NUMBER
    own = _spellings(item.unit) | {""}
    if unit in own and (unit or _fits(item, number) or not _other(item, number)):
        return stored(item, number)
    for other in item.other_units:
        if unit in _spellings(other.unit) or (not unit and _fits(item, _in_own(other, number))):
            return _ranged(item, floor(_in_own(other, number) * _steps(item) + Fraction(1, 2)))
    return Refusal.NO_NUMBER


def stored(item: NumberItem, number: Number | Exact) -> int | Refusal:
    """A number in the item's own unit, such as 38.2, as it is stored: 382."""
    steps = (number if isinstance(number, Fraction) else exact(number)) * _steps(item)
    return Refusal.TOO_FINE if steps != floor(steps) else _ranged(item, floor(steps))


def span(item: NumberItem) -> tuple[int, int]:
    """The lowest and the highest stored value."""
    return floor(exact(item.minimum) * _steps(item)), floor(exact(item.maximum) * _steps(item))


def units_overlap(item: NumberItem) -> Iterator[str]:
    """Units in which a bare number could mean something else than in the item's own."""
    low, high = exact(item.minimum), exact(item.maximum)
    for other in item.other_units:
        ends = sorted((_from_own(other, low), _from_own(other, high)))
        if ends[0] <= high and low <= ends[1]:
            yield other.unit


# --- writing -------------------------------------------------------------------------------


def number(item: NumberItem, value: int) -> float:
    """A stored value as rules and figures read it: 382 is 38.2."""
    return value / _steps(item)


def shown(item: NumberItem, value: int, language: str = "en") -> str:
    """A stored value as people read it: `38.2 °C`, in Spanish `38,2 °C`."""
    return with_unit(typed(item, value, language), item.unit)


def shown_in_all(item: NumberItem, value: int, language: str = "en") -> str:
    """The same with what it is in the other units: `38.2 °C (100.8 °F)`."""
    others = [
        with_unit(_plain(_from_own(other, Fraction(value, _steps(item))), language), other.unit)
        for other in item.other_units
    ]
    return shown(item, value, language) + (f" ({', '.join(others)})" if others else "")


def typed(item: NumberItem, value: int, language: str = "en") -> str:
    """A stored value as it would be typed, without the unit; `parse` gives it back."""
    sign, digits = "-" if value < 0 else "", str(abs(value)).zfill(item.decimals + 1)
    if not item.decimals:
        return sign + digits
    mark = "." if _has_point(language) else ","
    return f"{sign}{digits[: -item.decimals]}{mark}{digits[-item.decimals :]}"


def ranges(item: NumberItem, language: str = "en") -> tuple[tuple[str, str], ...]:
    """The lowest and the highest that can be given, in each unit: `("30", "45 °C")`."""
    ends = (exact(item.minimum), exact(item.maximum))
    others = [
        _range(sorted(_from_own(other, end) for end in ends), other.unit, language)
        for other in item.other_units
    ]
    return (_range(ends, item.unit, language), *others)


def with_unit(text: str, unit: str) -> str:
    """A number and its unit, kept on one line."""
    return f"{text}{_NO_BREAK}{unit}" if unit else text


# --- of a whole report ---------------------------------------------------------------------


def number_items(instrument: Instrument) -> dict[str, NumberItem]:
    """Every item of the instrument that asks for a number, by code."""
    return {item.code: item for item in instrument.items if isinstance(item, NumberItem)}


def has_more_than_grades(instrument: Instrument) -> bool:
    """Whether any item is answered with something else than a grade, so that it must be split."""
    return instrument.ungraded != {}


def numbers_of(instrument: Instrument, answers: Answers) -> dict[str, float]:
    """The numbers that were given, by code, as rules read them; what was not given is left out."""
    return split(instrument, answers).numbers


def split(instrument: Instrument, answers: Answers) -> Split:
    """Grades and numbers apart: for `Facts.now` and `Facts.numbers`, and for earlier reports.

    A number is also a point on a line, and how many of several options were chosen. One of several
    options, a date and words are neither: rules see nothing of them.
    """
    ungraded = instrument.ungraded
    if not ungraded:
        return Split(answers, {})
    found: dict[str, float] = {}
    for code in answers.keys() & ungraded.keys():
        value = as_number(ungraded[code], answers[code].value)
        if value is not None:
            found[code] = value
    return Split(
        {code: answer for code, answer in answers.items() if code not in ungraded},
        {code: found[code] for code in answers if code in found},
    )


def as_number(item: Item, value: int | None) -> float | None:
    """What rules and figures read of a stored value, if the item is one of numbers."""
    if value is None:
        return None
    match item:
        case NumberItem():
            return number(item, value)
        case VisualScaleItem() | MultipleChoiceItem() | BodyAreaItem():
            return float(value)
        case _:
            return None


# -------------------------------------------------------------------------------------------


def _literal(text: str, language: str) -> tuple[Exact | None, str]:
    """The number that a text begins with, and the unit that follows, folded."""
    plain = "".join(_digit(char) for char in text.strip()[: _LONGEST + 1])
    found = _NUMBER.match(plain)
    if found is None or len(plain) > _LONGEST:
        return None, ""
    size = _size(found[2], "." if _has_point(language) else ",")
    unit = _folded(plain[found.end() :])
    return (size if size is None or found[1] in {"", "+"} else -size), unit


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _size(digits: str, decimal_mark: str) -> Exact | None:
    """`38.2`, `38,2`, `1,200`, `1.200,5`; None for what is no number anywhere."""
    digits = digits.replace("٫", ",").replace("’", "'")  # noqa: RUF001  # as it is typed on phones
    used = "".join(dict.fromkeys(char for char in digits if not char.isdigit()))
    last = max((digits.rfind(mark) for mark in used), default=-1)
    if last < 0:
        return int(digits)
    if len(used) == 1 and _GROUPS.fullmatch(digits) and used != decimal_mark:
        return int(digits.replace(used, ""))
    whole, decimals = digits[:last], digits[last + 1 :]
    groups = "".join(char for char in whole if not char.isdigit())
    if groups and (digits[last] in groups or not _GROUPS.fullmatch(whole) or len(set(groups)) > 1):
        return None
    return Fraction("".join(char for char in whole if char.isdigit()) + "." + decimals)


def _folded(unit: str) -> str:
    """`ºC` is written for `°C`, and so are `° C` and a bare `C`."""
    word = "".join(unit.casefold().split()).rstrip(".,")
    word = word.replace("º", "°").replace("℃", "°c").replace("℉", "°f")
    return "" if word == "°" else word  # degrees of which kind, the number must say


def _spellings(unit: str) -> set[str]:
    word = _folded(unit)
    return {word, word.removeprefix("°")} - {""}


def _steps(item: NumberItem) -> int:
    whole: int = 10**item.decimals
    return whole


def _ranged(item: NumberItem, value: int) -> int | Refusal:
    low, high = span(item)
    return value if low <= value <= high else Refusal.OUT_OF_RANGE


def _fits(item: NumberItem, value: Exact) -> bool:
    return exact(item.minimum) <= value <= exact(item.maximum)


def _other(item: NumberItem, value: Exact) -> bool:
    return any(_fits(item, _in_own(other, value)) for other in item.other_units)


def _in_own(other: OtherUnit, value: Exact) -> Exact:
    return (value - exact(other.minus)) * Fraction(exact(other.times)) / exact(other.over)


def _from_own(other: OtherUnit, value: Exact) -> Exact:
    return value * Fraction(exact(other.over)) / exact(other.times) + exact(other.minus)


def _range(ends: Sequence[Exact], unit: str, language: str) -> tuple[str, str]:
    low, high = (_plain(end, language) for end in ends)
    return low, with_unit(high, unit)


def _plain(value: Exact, language: str) -> str:
    """To a tenth, which is fine enough to be recognised."""
    text = f"{float(value):.1f}".removesuffix(".0")
    return text if _has_point(language) else text.replace(".", ",")


def _has_point(language: str) -> bool:
    tag = language.replace("_", "-").casefold()
    return tag in _WITH_POINT_TOO or tag.split("-")[0] in _WITH_POINT
