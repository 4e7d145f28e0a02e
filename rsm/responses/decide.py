"""Is this an answer of that item, and how answers are kept: pure functions."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from rsm.instruments.model import DateItem, Instrument, Item, TextItem
from rsm.instruments.reading import problem
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.lazily import LazyMapping

WORDS_AT_MOST = 1000


def check(instrument: Instrument, answers: Answers, day: date | None = None) -> None:
    """Refuse what the instrument does not know. Raises `Invalid` with every problem.

    `day`: when it was answered, for dates that are bound to it; None leaves these alone.
    """
    problems = [
        found
        for code, answer in answers.items()
        if (found := _problem(instrument, code, answer, day)) is not None
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
    """Answers as a row holds them: never words, which are sealed beside them."""
    return {code: _document(answer) for code, answer in answers.items()}


def _document(answer: Answer) -> dict[str, object]:
    plain: dict[str, object] = {"status": answer.status.value, "value": answer.value}
    return plain | {"picked": list(answer.picked)} if answer.picked else plain


def answers_of(document: Mapping[str, object]) -> dict[str, Answer]:
    """Answers as a row holds them, read again."""
    answers: dict[str, Answer] = {}
    for code, stored in document.items():
        if not isinstance(stored, dict):
            raise TypeError(f"{code} holds no answer")
        answers[code] = _answer(stored["status"], stored["value"], tuple(stored.get("picked", ())))
    return answers


def unread(document: str) -> Mapping[str, Answer]:
    """The same, of the row's JSON that is not read yet: of half a year of reports rules look at
    the last ones, and at the first."""
    return LazyMapping(lambda: answers_of(json.loads(document)))


@lru_cache(maxsize=2048, typed=True)
def _answer(status: str, value: int | None, picked: tuple[int, ...]) -> Answer:
    """Half a year of reports holds the same few answers over and over."""
    return Answer(AnswerStatus(status), value, picked)


def _problem(instrument: Instrument, code: str, answer: Answer, day: date | None) -> Problem | None:
    item = instrument.item_by_code.get(code)
    if item is None:
        return Problem(code, "is no item of this survey", nearest(code, instrument.item_by_code))
    if code in instrument.hidden_codes or item.same_as is not None:
        return Problem(code, "is not asked", f"answer {item.same_as}" if item.same_as else "")
    if answer.status is AnswerStatus.STRUCTURAL_ZERO:
        return Problem(code, "a structural zero is concluded, never given")
    if answer.status is AnswerStatus.NOT_APPLICABLE and not item.may_not_apply:
        return Problem(code, "always applies")
    return _off_scale(item, answer, day)


def _off_scale(item: Item, answer: Answer, day: date | None) -> Problem | None:
    if isinstance(item, TextItem) and answer.value is not None and not answer.text:
        return Problem(item.code, "nothing was written", "write something, or skip it")
    if isinstance(item, DateItem):
        return _off_calendar(item, answer, day)
    return problem(item, answer)


def _off_calendar(item: DateItem, answer: Answer, day: date | None) -> Problem | None:
    """Today is hers, somewhere on Earth: it may be a day off ours."""
    days = [None] if day is None else [day + timedelta(days=off) for off in (-1, 0, 1)]
    found = [problem(item, answer, today) for today in days]
    return None if None in found else found[0]
