"""Is this an answer of that item, and how answers are kept: pure functions."""

from collections.abc import Mapping
from functools import lru_cache

from rsm.instruments import numbers
from rsm.instruments.model import Instrument, Item, NumberItem
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem

WORDS_AT_MOST = 1000


def check(instrument: Instrument, answers: Answers) -> None:
    """Refuse what the instrument does not know. Raises `Invalid` with every problem."""
    problems = [
        problem
        for code, answer in answers.items()
        if (problem := _problem(instrument, code, answer)) is not None
    ]
    if problems:
        raise Invalid(problems)


def check_words(words: str) -> str:
    """The patient's own words, trimmed; `Invalid` when they are too long to keep."""
    trimmed = words.replace("\r\n", "\n").strip()
    if len(trimmed) > WORDS_AT_MOST:
        what = f"has {len(trimmed)} characters"
        raise Invalid(Problem("words", what, f"at most {WORDS_AT_MOST}"))
    return trimmed


def document_of(answers: Answers) -> dict[str, object]:
    """Answers as a row holds them."""
    return {
        code: {"status": answer.status.value, "value": answer.value}
        for code, answer in answers.items()
    }


def answers_of(document: Mapping[str, object]) -> dict[str, Answer]:
    """Answers as a row holds them, read again."""
    answers: dict[str, Answer] = {}
    for code, stored in document.items():
        if not isinstance(stored, dict):
            raise TypeError(f"{code} holds no answer")
        answers[code] = _answer(stored["status"], stored["value"])
    return answers


@lru_cache(maxsize=2048, typed=True)
def _answer(status: str, value: int | None) -> Answer:
    """Half a year of reports holds the same few answers over and over."""
    return Answer(AnswerStatus(status), value)


def _problem(instrument: Instrument, code: str, answer: Answer) -> Problem | None:
    item = instrument.item_by_code.get(code)
    if item is None:
        return Problem(code, "is no item of this survey", nearest(code, instrument.item_by_code))
    if answer.status is AnswerStatus.STRUCTURAL_ZERO:
        return Problem(code, "a structural zero is concluded, never given")
    if answer.status is AnswerStatus.NOT_APPLICABLE and not item.may_not_apply:
        return Problem(code, "always applies")
    return None if answer.value is None else _off_scale(item, answer.value)


def _off_scale(item: Item, value: int) -> Problem | None:
    if isinstance(item, NumberItem):
        low, high = numbers.span(item)
        if low <= value <= high:
            return None
        between = f"{numbers.shown(item, low)} to {numbers.shown(item, high)}"
        return Problem(item.code, f"{numbers.shown(item, value)} cannot be", between)
    values = [option.value for option in item.options]
    scale = ", ".join(str(each) for each in values)
    what = f"{value} is not on its scale"
    return None if value in values else Problem(item.code, what, f"one of {scale}")
