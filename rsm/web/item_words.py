"""What is said of an item and its answer: the answer in words, and what is to be mended. Pure."""

from collections.abc import Mapping
from datetime import date

from rsm.instruments.branching import EPOCH
from rsm.instruments.items import (
    BodyAreaItem,
    DateItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.numbers import shown_in_all
from rsm.instruments.reading import date_bounds, date_of
from rsm.kernel.answers import Answer, AnswerStatus
from rsm.web import number_field, when
from rsm.web.item_fields import Reader, Typed, Wrong
from rsm.web.pages import plural
from rsm.web.staff_words import section

_BETWEEN = {"ar": "، "}


def worded(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else in whichever there is."""
    return texts.get(language) or next(iter(texts.values()), "")


def not_applicable(item: Item, language: str) -> str:
    """What the answer without a value is called: "I have not measured it"."""
    none: str = section("number", language).none
    return worded(item.not_applicable, language) or none


def shown(item: Item, answer: Answer, language: str) -> str | None:
    """The answer as people read it; None when there is no value.

    Of her own words it is what `answer.text` holds: empty where they were not opened.
    """
    if answer.status is AnswerStatus.NOT_APPLICABLE:
        return not_applicable(item, language)
    return None if answer.value is None else _value(item, answer, answer.value, language)


def _value(item: Item, answer: Answer, value: int, language: str) -> str:
    match item:
        case NumberItem():
            text = shown_in_all(item, value, language)
        case DateItem():
            text = long_date(date_of(answer) or EPOCH, language)
        case TextItem():
            text = answer.text
        case VisualScaleItem():
            text = f"{value} ({item.minimum}\N{EN DASH}{item.maximum})"
        case _:
            chosen = answer.picked if isinstance(item, PickItem) else (value,)
            labels = {option.value: worded(option.label, language) for option in options_of(item)}
            named = (labels.get(code, str(code)) for code in chosen)
            text = _BETWEEN.get(language, ", ").join(named)
    return text


def ends(item: VisualScaleItem, language: str) -> str:
    """Both ends of a line with their words, where it is answered by a number."""
    low, high = worded(item.low, language), worded(item.high, language)
    return f"{item.minimum} ({low}) \N{EN DASH} {item.maximum} ({high})"


def long_date(day: date, language: str) -> str:
    """`19 October 2026`."""
    return when.local_date(day, "UTC", language, year=True)


def to_mend(item: Item, field: Typed, wrong: Wrong, reader: Reader) -> str:
    """What is to be mended, in the language of the form."""
    language = reader.language
    match item:
        case NumberItem():
            text = number_field.in_words(item, wrong, language)
        case DateItem():
            text = _of_date(item, wrong, reader)
        case MultipleChoiceItem() | BodyAreaItem():
            text = _of_picked(item, field, wrong, language)
        case TextItem():
            text = _of_text(item, wrong, language)
        case VisualScaleItem():
            text = _of_scale(item, wrong, language)
        case _:
            text = section("answer", language).empty_one
    return text


def _of_text(item: TextItem, wrong: Wrong, language: str) -> str:
    words = section("answer", language)
    if wrong is Wrong.TOO_LONG:
        return str(plural(words, "too_long", item.max_length))
    return str(words.both if wrong is Wrong.BOTH else words.empty_text)


def _of_scale(item: VisualScaleItem, wrong: Wrong, language: str) -> str:
    words = section("answer", language)
    if wrong in {Wrong.BOTH, Wrong.EMPTY}:
        return str(words.both if wrong is Wrong.BOTH else words.empty_scale)
    text: str = words.scale if item.step == 1 else words.scale_steps
    return text.format(low=item.minimum, high=item.maximum, step=item.step)


def _of_date(item: DateItem, wrong: Wrong, reader: Reader) -> str:
    words = section("answer", reader.language)
    first, last = date_bounds(item, reader.today)
    if wrong is Wrong.TOO_EARLY and first is not None:
        return str(words.too_early).format(date=long_date(first, reader.language))
    if wrong is Wrong.TOO_LATE and last is not None:
        return str(words.too_late).format(date=long_date(last, reader.language))
    return str({Wrong.BOTH: words.both, Wrong.EMPTY: words.empty_date}.get(wrong, words.no_date))


def _of_picked(item: PickItem, field: Typed, wrong: Wrong, language: str) -> str:
    words = section("answer", language)
    if wrong is Wrong.EXCLUSIVE:
        alone = (each for each in item.options if each.exclusive and each.value in field.picked)
        label = worded(next(alone).label, language)
        return str(words.exclusive).format(option=label)
    if wrong is Wrong.TOO_FEW:
        return str(plural(words, "too_few", item.at_least))
    if wrong is Wrong.TOO_MANY:
        return str(plural(words, "too_many", item.at_most or len(item.options)))
    return str(words.both if wrong is Wrong.BOTH else words.empty_choices)
