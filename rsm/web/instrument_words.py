"""Questionnaires in the words of staff's pages: titles, kinds, conditions, answers. Pure."""

from collections.abc import Iterable

from rsm.instruments import numbers
from rsm.instruments.conditions import Condition
from rsm.instruments.items import (
    DateItem,
    Item,
    NumberItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.model import Instrument
from rsm.web.patient_words import language_name
from rsm.web.views.common import Choice

KINDS = (
    Choice("graded", "Graded scale"),
    Choice("yes_no", "Yes or no"),
    Choice("number", "Number"),
    Choice("choice", "One of several"),
    Choice("choices", "Several of several"),
    Choice("date", "Date"),
    Choice("text", "Own words"),
    Choice("visual_scale", "Point on a line"),
    Choice("body_area", "Parts of the body"),
)
KIND = {kind.value: kind.label for kind in KINDS}
OPERATORS = (
    Choice("gate", "at least (otherwise 0 counts)"),
    Choice("at_least", "at least"),
    Choice("equals", "equal to"),
    Choice("differs", "not equal to"),
    Choice("above", "above"),
    Choice("at_most", "at most"),
    Choice("below", "below"),
    Choice("exists", "answered"),
)
_OPERATOR = {each.value: each.label for each in OPERATORS}
WAYS = (("web", "On the page"), ("text", "By text"), ("call", "By phone call"))


def title_of(instrument: Instrument) -> str:
    """Its title in English, else in its first language; else its key."""
    spoken = instrument.languages
    language = spoken.get("en") or next(iter(spoken.values()), None)
    return language.title if language else instrument.key


def name_of(instrument: Instrument) -> str:
    return f"{instrument.key} {instrument.version}"


def languages_of(tags: Iterable[str]) -> str:
    """`English, Spanish`."""
    return ", ".join(language_name(tag) for tag in tags) or "no wording"


def licence_of(instrument: Instrument) -> str:
    licence = instrument.licence
    return licence.name if licence.display else f"{licence.name}: not to be shown"


def says(item: Item) -> str:
    """The question as staff call it."""
    return item.text.get("en") or next(iter(item.text.values()), item.code)


def asked_when(item: Item) -> str:
    """When it is asked, as staff read it; empty when always."""
    match item.asked_when:
        case None:
            return ""
        case Condition(item=code, at_least=least):
            return f"if {code} is at least {least}"
        case branch:
            tests = [
                f"{test.item} is {_OPERATOR[test.operator.value]}"
                + ("" if test.operator.value == "exists" else f" {test.value}")
                for test in branch.tests
            ]
            return f"if {(' and ' if branch.every else ' or ').join(tests)}"


def answers_in(item: Item, language: str) -> tuple[str, ...]:
    """What can be answered, in that language."""
    match item:
        case NumberItem():
            between = [f"{low} to {high}" for low, high in numbers.ranges(item, language)]
            return tuple(between)
        case VisualScaleItem():
            ends = (item.low.get(language, ""), item.high.get(language, ""))
            return (f"{item.minimum} {ends[0]}".strip(), f"{item.maximum} {ends[1]}".strip())
        case DateItem():
            return ("a date",)
        case TextItem():
            return (f"own words, at most {item.max_length} characters",)
        case _:
            said = [f"{one.value} {one.label.get(language, '')}" for one in options_of(item)]
            return tuple(each.strip() for each in said)
