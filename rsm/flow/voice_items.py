"""A survey's question as a machine asks it by phone, and the keys of a phone as its answer: pure.

Its words are the instrument's own. A key is the code of an answer where all codes are single
digits; numbers, and codes of two digits, are typed and ended with `#`. What was typed is said back
before it counts; a key that was pressed is said with the next question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rsm.instruments import numbers
from rsm.instruments.decide import asked_items
from rsm.instruments.formulas import exact
from rsm.instruments.model import (
    Instrument,
    Item,
    MultipleChoiceItem,
    NumberItem,
    OneOfItem,
    Option,
    TextItem,
    Texts,
    VisualScaleItem,
)
from rsm.instruments.pages import notes_of
from rsm.instruments.reading import picked_answer, problem
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.messaging.spoken import say

NOT_APPLICABLE = Answer(AnswerStatus.NOT_APPLICABLE)
_SINGLE = range(10)
_MOST_TYPED = 100  # codes up to 99 are typed
_TYPES_DIGITS = 8
_SAYS_ALL = 6  # more options than these are too long to hear: the ends of the scale are said
_NO_BREAK = "\u00a0"
_SPARE = "987"  # keys that leave out or say "does not apply", where they are no answer


@dataclass(frozen=True)
class Read:
    """What keys mean: an answer; `check`: it is said back, and counts once she has said yes."""

    answer: Answer
    check: bool = False


def can_ask(item: Item) -> bool:
    """Whether keys can answer it."""
    match item:
        case NumberItem():
            return exact(item.minimum) >= 0
        case VisualScaleItem():
            return item.minimum >= 0
        case MultipleChoiceItem():
            return bool(_keys(item.options))
        case _:
            if not isinstance(item, OneOfItem):
                return False
            typed = all(0 <= option.value < _MOST_TYPED for option in item.options)
            return typed or bool(_keys(item.options))


def need_more_than_keys(instrument: Instrument) -> list[Item]:
    """The questions for which there is no call: keys cannot answer them, and only words that may
    be left out are left out."""
    return [
        item
        for item in instrument.askable
        if not can_ask(item) and (item.required or not isinstance(item, TextItem))
    ]


def most_keys(item: Item) -> int:
    """How many keys are waited for: one, or so many that `#` ends them."""
    if isinstance(item, OneOfItem) and _keys(item.options):
        return 1
    return len(item.options) if isinstance(item, MultipleChoiceItem) else _TYPES_DIGITS


# --- what is said ---------------------------------------------------------------------------------


def words(instrument: Instrument, item: Item, answers: Answers, language: str) -> str:
    """The whole question: what stands around it, its own words, and the keys."""
    parts = [*_around(instrument, item, answers, language), item.text.get(language, "")]
    return " ".join(part for part in (*parts, *_how(item, language)) if part)


def answer_said(item: Item, answer: Answer, language: str) -> str:
    """The answer as it is said back; empty for one without a value."""
    if answer.value is None:
        return ""
    match item:
        case NumberItem():
            shown = numbers.shown_in_all(item, answer.value, language)
            return shown.replace(_NO_BREAK, " ")
        case MultipleChoiceItem():
            chosen = [option for option in item.options if option.value in answer.picked]
            return ", ".join(_label(option, language) for option in chosen)
        case _:
            options = item.options if isinstance(item, OneOfItem) else ()
            found = (_label(each, language) for each in options if each.value == answer.value)
            return next(found, str(answer.value))


def _around(instrument: Instrument, item: Item, answers: Answers, language: str) -> Iterator[str]:
    """Titles where a section begins, notes, and the time that it looks back over."""
    before = _sections_before(instrument, item, answers)
    for section in instrument.sections_of.get(item.code, ()):
        if section.key not in before:
            yield _stopped(section.title.get(language, ""))
            yield section.text.get(language, "")
    notes = notes_of(instrument, answers, item)
    for note in (*notes.before, *notes.beside):
        yield note.text.get(language, "")
    recall = item.recall.get(language) or instrument.languages[language].recall
    yield _stopped(recall)


def _sections_before(instrument: Instrument, item: Item, answers: Answers) -> set[str]:
    asked = asked_items(instrument, answers)
    place = asked.index(item) if item in asked else 0
    former = asked[place - 1].code if place else ""
    return {section.key for section in instrument.sections_of.get(former, ())}


def _how(item: Item, language: str) -> Iterator[str]:
    match item:
        case NumberItem():
            yield from _how_number(item, language)
        case VisualScaleItem():
            ends = ((item.minimum, item.low), (item.maximum, item.high))
            yield from (_end(value, texts, language) for value, texts in ends)
            yield say("call_type", language, {})
        case MultipleChoiceItem():
            yield from _how_keys(item, item.options, language)
            yield say("call_several", language, {})
        case _:
            if isinstance(item, OneOfItem):
                yield from _how_one(item, language)


def _how_one(item: OneOfItem, language: str) -> Iterator[str]:
    if _keys(item.options):
        yield from _how_keys(item, item.options, language)
        return
    first, last = item.options[0], item.options[-1]
    told = item.options if len(item.options) <= _SAYS_ALL else (first, last)
    yield from (_end(option.value, option.label, language) for option in told)
    yield say("call_type", language, {})


def _how_keys(
    item: OneOfItem | MultipleChoiceItem, options: tuple[Option, ...], language: str
) -> Iterator[str]:
    for key, value in _keys(options).items():
        option = next(each for each in options if each.value == value)
        yield say("call_option", language, {"label": _label(option, language), "key": key})
    for key, answer in _spare(item, options).items():
        if answer is NOT_APPLICABLE:
            label = item.not_applicable.get(language) or "-"
            yield say("call_option", language, {"label": label, "key": key})
        else:
            yield say("call_leave_out", language, {"key": key})


def _how_number(item: NumberItem, language: str) -> Iterator[str]:
    yield item.hint.get(language, "")
    for low, high in numbers.ranges(item, language):
        end = high.replace(_NO_BREAK, " ")
        yield say("call_between", language, {"low": low, "high": end})
    if item.decimals:
        low_end, high_end = numbers.span(item)
        example = (low_end + high_end) // 2
        shown = numbers.typed(item, example, language)
        yield say("call_type_point", language, {"example": shown, "digits": _spaced(example)})
    else:
        yield say("call_type", language, {})
    if _of_zero(item) is NOT_APPLICABLE:
        label = item.not_applicable.get(language) or "-"
        yield say("call_type_zero", language, {"label": label})


def _end(value: int, texts: Texts, language: str) -> str:
    label = texts.get(language, "")
    if not label or label == str(value):
        return ""
    return say("call_end_of_scale", language, {"number": str(value), "label": label})


def _label(option: Option, language: str) -> str:
    return option.label.get(language) or str(option.value)


def _stopped(text: str) -> str:
    """With a stop, so that the voice rests there."""
    return text if not text or text[-1] in ".:?!" else f"{text}."


def _spaced(number: int) -> str:
    return " ".join(str(number))


# --- what keys mean -------------------------------------------------------------------------------


def read(item: Item, keys: str) -> Read | None:
    """The answer that these keys give; None when they give none."""
    if not keys.isdecimal() or not keys.isascii():
        return None
    match item:
        case NumberItem():
            return _number(item, keys)
        case VisualScaleItem():
            return _fitting(item, answered(int(keys)))
        case MultipleChoiceItem():
            return _several(item, keys)
        case _:
            return _one(item, keys) if isinstance(item, OneOfItem) else None


def _one(item: OneOfItem, keys: str) -> Read | None:
    known = _keys(item.options)
    if not known:
        return _fitting(item, answered(int(keys)))
    if keys in known:
        return Read(answered(known[keys]))
    spare = _spare(item, item.options).get(keys)
    return Read(spare) if spare is not None else None


def _several(item: MultipleChoiceItem, keys: str) -> Read | None:
    spare = _spare(item, item.options).get(keys)
    if spare is not None:
        return Read(spare)
    known = _keys(item.options)
    if not set(keys) <= set(known):
        return None
    try:
        return Read(picked_answer(item, (known[key] for key in keys)), check=True)
    except Invalid:
        return None


def _number(item: NumberItem, keys: str) -> Read | None:
    """As it was asked for, without the point; else as a whole number, if only that can be."""
    if keys == "0" and (instead := _of_zero(item)) is not None:
        return Read(instead)
    for text in _spellings(item, keys):
        value = numbers.parse(item, text, "en")
        if not isinstance(value, numbers.Refusal):
            return Read(answered(value), check=True)
    return None


def _spellings(item: NumberItem, keys: str) -> Iterator[str]:
    if item.decimals and len(keys) > item.decimals:
        yield f"{keys[: -item.decimals]}.{keys[-item.decimals :]}"
    yield keys


def _of_zero(item: NumberItem) -> Answer | None:
    """What 0 means where it can be no answer: it does not apply, or is left out."""
    if not isinstance(numbers.parse(item, "0", "en"), numbers.Refusal):
        return None
    return NOT_APPLICABLE if item.may_not_apply else _left_out(item)


def _fitting(item: Item, answer: Answer) -> Read | None:
    return None if problem(item, answer) else Read(answer)


def _left_out(item: Item) -> Answer:
    return REFUSED if item.required else SKIPPED


def _keys(options: tuple[Option, ...]) -> Mapping[str, int]:
    """Key → code: the code itself, else the option's place; empty where keys do not suffice."""
    values = [option.value for option in options]
    if all(value in _SINGLE for value in values):
        return MappingProxyType({str(value): value for value in values})
    if all(0 <= value < _MOST_TYPED for value in values) or len(values) >= len(_SINGLE):
        return MappingProxyType({})
    return MappingProxyType({str(place): value for place, value in enumerate(values, start=1)})


def _spare(
    item: OneOfItem | MultipleChoiceItem, options: tuple[Option, ...]
) -> Mapping[str, Answer]:
    """Keys that are no option's: to leave the question out, and to say that it does not apply."""
    free = [key for key in _SPARE if key not in _keys(options)]
    wanted = [_left_out(item), *([NOT_APPLICABLE] if item.may_not_apply else [])]
    return MappingProxyType(dict(zip(free, wanted, strict=False)))
