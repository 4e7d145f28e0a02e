"""A question as a text message: its words, what they cost, and whether it can be asked that way.

Pure. A question keeps its wording; what is added says how to answer. A survey is asked by text as a
whole or not at all: one that left a question out would be another instrument.
"""

from collections.abc import Mapping

from rsm.instruments import numbers
from rsm.instruments.items import Way, askable_by
from rsm.instruments.model import (
    Instrument,
    Item,
    MultipleChoiceItem,
    NumberItem,
    TextItem,
    VisualScaleItem,
)
from rsm.messaging.texts import plain_punctuation, segments

# What one question may cost, its options included: letters that GSM-7 lacks halve a segment.
MOST_SEGMENTS: Mapping[str, int] = {"GSM-7": 2, "UCS-2": 3}
_HOW: Mapping[str, Mapping[str, str]] = {
    "en": {
        "number": "Reply with a number, {low} to {high}.",
        "scale": "Reply with a number from {low} ({low_words}) to {high} ({high_words}).",
        "several": "Reply with one or more numbers, such as 1 3.",
        "words": "Reply in your own words, or SKIP.",
    },
    "es": {
        "number": "Responda con un número, de {low} a {high}.",
        "scale": "Responda con un número de {low} ({low_words}) a {high} ({high_words}).",
        "several": "Responda con uno o más números, como 1 3.",
        "words": "Responda con sus palabras, o SALTAR.",
    },
}


def question(instrument: Instrument, item: Item, language: str) -> str:
    """The question and how it is answered, in one line. Raises `KeyError` without a wording."""
    recall = _recall(instrument, item, language)
    options, how = _options(item, language), _how(item, language)
    parts = (recall, item.text[language], f"{options}." if options and how else options, how)
    return plain_punctuation(" ".join(" ".join(part for part in parts if part).split()))


def first_question(instrument: Instrument, item: Item, language: str) -> str:
    """As `question`, with the time that it looks back over: said once where it is that of all."""
    asked = question(instrument, item, language)
    if _recall(instrument, item, language):
        return asked
    recall = plain_punctuation(instrument.languages[language].recall).rstrip(" .:")
    return f"{recall}: {asked}"


def can_be_texted(instrument: Instrument, language: str) -> bool:
    """Whether every question of it can be asked by text in this language, within the budget."""
    if language not in instrument.languages:
        return False
    return not _has_other_words(instrument) and all(
        fits(instrument, item, language) for item in instrument.askable
    )


def fits(instrument: Instrument, item: Item, language: str) -> bool:
    """Whether this question can be asked by text: its kind, its wording and what it costs."""
    known = language in item.text and primary(language) in _HOW
    if Way.TEXT not in askable_by(item) or not known:
        return False
    try:
        cost = segments(question(instrument, item, language))
    except KeyError:  # an option without a label in this language
        return False
    return cost.parts <= MOST_SEGMENTS[cost.encoding]


def primary(language: str) -> str:
    """`es-MX` is answered as `es` is."""
    return language.replace("_", "-").split("-")[0].casefold()


def _has_other_words(instrument: Instrument) -> bool:
    """Notes and introductions between the questions must be read too: they need a page."""
    noted = any(not note.hidden for note in instrument.notes)
    return noted or any(section.text and not section.hidden for section in instrument.sections)


def _recall(instrument: Instrument, item: Item, language: str) -> str:
    """Where questions look back over different times, each says which."""
    if not any(each.recall for each in instrument.items):
        return ""
    said = item.recall.get(language) or instrument.languages[language].recall
    return said if said.endswith((":", ".", ",")) else f"{said}:"


def _options(item: Item, language: str) -> str:
    options = getattr(item, "options", ())
    said = [f"{option.value} {option.label[language]}" for option in options]
    if item.may_not_apply and language in item.not_applicable:
        said.append(f"NA {item.not_applicable[language]}")
    return ", ".join(said)


def _how(item: Item, language: str) -> str:
    how = _HOW[primary(language)]
    match item:
        case NumberItem():
            low, high = numbers.ranges(item, language)[0]
            return how["number"].format(low=low, high=high)
        case VisualScaleItem():
            ends = {"low_words": item.low[language], "high_words": item.high[language]}
            return how["scale"].format(low=item.minimum, high=item.maximum, **ends)
        case MultipleChoiceItem():
            return how["several"]
        case TextItem():
            return how["words"]
        case _:
            return ""
