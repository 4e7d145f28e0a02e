"""What a form, a client or a person gave, as an answer of an item: pure.

`parse_value` is the one reader of codes and numbers for every door; a date is read by
`parse_date`, words by `words_answer`, several options by `picked_answer`.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from rsm.instruments import numbers
from rsm.instruments.branching import EPOCH, days
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
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid, Problem

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST, _LAST = days(date.min), days(date.max)
_NOT_APPLICABLE = Answer(AnswerStatus.NOT_APPLICABLE)


def parse_value(item: Item, raw: str, language: str = "en", today: date | None = None) -> Answer:
    """The answer that a form or a client sent: a code of the scale, or why there is none.

    A number is read as it is written in `language`; several options come as `1,3`, a date as
    `2026-11-21`, words as they are. Takes `refused`, `skipped` where the item may be skipped, and
    `not_applicable` where it allows that; but a field of words belongs to `words_answer`, since
    they may be somebody's own words. `today`: the patient's, for dates that are bound to it.
    Raises Invalid.
    """
    word = raw.strip()
    reasons = _reasons(item)
    if word in reasons:
        return reasons[word]
    found = _read(item, word, language)
    wrong = problem(item, found, today) if found is not None else None
    if found is not None and wrong is None:
        return found
    what = f"{raw[:40]!r} is not an answer of this item" if word else "nothing was chosen"
    if wrong is not None:
        what = wrong.what
    raise Invalid(Problem(item.code, what, f"send {_expected(item)}, {', '.join(reasons)}"))


def picked_answer(item: PickItem, codes: Iterable[int]) -> Answer:
    """The answer of these options together, in the order of the item. Raises Invalid."""
    chosen = set(codes)
    found = _picked(item, chosen)
    wrong = problem(item, found) or _unknown(item, chosen)
    if wrong is not None:
        raise Invalid(wrong)
    return found


def words_answer(item: TextItem, words: str) -> Answer:
    """What was written there, trimmed. Raises Invalid for nothing and for too much."""
    found = _words(words)
    if found is None:
        raise Invalid(Problem(item.code, "nothing was written", "write something, or skip it"))
    wrong = problem(item, found)
    if wrong is not None:
        raise Invalid(wrong)
    return found


def parse_date(raw: str) -> date | None:
    """A day as forms send it, `2026-11-21`; None for what is none."""
    word = raw.strip()
    if not _DAY.fullmatch(word):  # Python also reads weeks: 2026-W47-6
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def date_bounds(item: DateItem, today: date | None) -> tuple[date | None, date | None]:
    """The first and the last day that can be given, as far as there is one and today is known."""
    firsts = [item.earliest, today if item.not_before_today else None]
    lasts = [item.latest, today if item.not_after_today else None]
    return (
        max((day for day in firsts if day is not None), default=None),
        min((day for day in lasts if day is not None), default=None),
    )


def date_of(answer: Answer) -> date | None:
    """The day that an answer of a date item holds."""
    return None if answer.value is None else EPOCH + timedelta(days=answer.value)


def problem(item: Item, answer: Answer, today: date | None = None) -> Problem | None:
    """What is wrong with an answer of this item, in words for whoever gave it; None if nothing.

    Also used for what is stored, whatever door it came by.
    """
    if answer.value is None:
        return None
    what, mend = _wrong(item, answer, answer.value, today)
    return Problem(item.code, what, mend) if what else None


# -------------------------------------------------------------------------------------------

_Wrong = tuple[str, str]
_FINE: _Wrong = ("", "")


def _wrong(item: Item, answer: Answer, value: int, today: date | None) -> _Wrong:
    if (answer.picked and not isinstance(item, PickItem)) or (
        answer.text and not isinstance(item, TextItem)
    ):
        return "takes one value only", _expected(item)
    match item:
        case NumberItem():
            return _wrong_number(item, value)
        case DateItem():
            is_day = _FIRST <= value <= _LAST
            day = EPOCH + timedelta(days=value) if is_day else None
            return ("is no date", _expected(item)) if day is None else _wrong_date(item, day, today)
        case TextItem():
            return _wrong_words(item, answer, value)
        case MultipleChoiceItem() | BodyAreaItem():
            return _wrong_picks(item, answer, value)
    known = (
        range(item.minimum, item.maximum + 1, item.step)
        if isinstance(item, VisualScaleItem)
        else _values(item)
    )
    return _FINE if value in known else (f"{value} is not on its scale", _expected(item))


def _wrong_number(item: NumberItem, value: int) -> _Wrong:
    low, high = numbers.span(item)
    if low <= value <= high:
        return _FINE
    between = f"{numbers.shown(item, low)} to {numbers.shown(item, high)}"
    return f"{numbers.shown(item, value)} cannot be", between


def _wrong_date(item: DateItem, day: date, today: date | None) -> _Wrong:
    earliest, latest = date_bounds(item, today)
    if earliest is not None and day < earliest:
        return f"{day} is too early", f"{earliest} or later"
    if latest is not None and day > latest:
        return f"{day} is too late", f"{latest} or earlier"
    return _FINE


def _wrong_words(item: TextItem, answer: Answer, value: int) -> _Wrong:
    if value != 1:
        return f"{value} is no answer in words", "send words"
    if len(answer.text) > item.max_length:
        return f"has {len(answer.text)} characters", f"at most {item.max_length}"
    return _FINE


def _wrong_picks(item: PickItem, answer: Answer, value: int) -> _Wrong:
    picked = list(answer.picked)
    if not picked:
        return "nothing was chosen", _expected(item)
    if picked != [code for code in _values(item) if code in set(picked)]:
        return f"{', '.join(map(str, picked))} are not its options, in order", _expected(item)
    exclusive = {option.value for option in item.options if option.exclusive}
    if exclusive & set(picked):
        return (
            _FINE
            if len(picked) == 1 and value == 0
            else ("one of these cannot be chosen with others", "choose it alone")
        )
    if value != len(picked):
        return f"{value} is not how many were chosen", f"{len(picked)}"
    most = item.at_most or len(item.options)
    if not item.at_least <= value <= most:
        return f"{value} were chosen", f"choose {item.at_least} to {most}"
    return _FINE


def _unknown(item: PickItem, chosen: set[int]) -> Problem | None:
    unknown = sorted(chosen - set(_values(item)))
    what = f"{', '.join(map(str, unknown))} are not among its options"
    return Problem(item.code, what, _expected(item)) if unknown else None


def _read(item: Item, word: str, language: str) -> Answer | None:
    """The answer by its form; whether it fits is looked at afterwards. None for no such form."""
    match item:
        case NumberItem():
            value = numbers.parse(item, word, language)
            return None if isinstance(value, numbers.Refusal) else answered(value)
        case DateItem():
            day = parse_date(word)
            return None if day is None else answered(days(day))
        case TextItem():
            return _words(word)
        case MultipleChoiceItem() | BodyAreaItem():
            return _several(item, word)
        case _:
            code = _code(word)
            fits = isinstance(item, VisualScaleItem) or code in _values(item)
            return answered(code) if code is not None and fits else None


def _several(item: PickItem, word: str) -> Answer | None:
    codes = [_code(part) for part in word.replace(",", " ").split()]
    chosen = {code for code in codes if code is not None}
    if not codes or None in codes or not chosen <= set(_values(item)):
        return None
    return _picked(item, chosen)


def _picked(item: PickItem, chosen: set[int]) -> Answer:
    options = [option for option in item.options if option.value in chosen]
    count = sum(not option.exclusive for option in options)
    picked = tuple(option.value for option in options)
    return Answer(AnswerStatus.ANSWERED, count, picked)


def _words(words: str) -> Answer | None:
    text = words.replace("\r\n", "\n").strip()
    return Answer(AnswerStatus.ANSWERED, 1, text=text) if text else None


def _code(word: str) -> int | None:
    # isdigit alone is true of "²" and of digits of other scripts
    digits = word.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(word) < 10
    return int(word) if is_number else None


def _expected(item: Item) -> str:
    match item:
        case NumberItem():
            spans = " or ".join(f"{low} to {high}" for low, high in numbers.ranges(item))
            return f"a number from {spans}, decimals: {item.decimals}"
        case VisualScaleItem():
            steps = f" in steps of {item.step}" if item.step > 1 else ""
            return f"a number from {item.minimum} to {item.maximum}{steps}"
        case DateItem():
            return "a date such as 2026-11-21"
        case TextItem():
            return f"words, at most {item.max_length} characters"
        case _:
            some = "some" if isinstance(item, PickItem) else "one"
            return f"{some} of {', '.join(map(str, _values(item)))}"


def _values(item: Item) -> list[int]:
    return [option.value for option in options_of(item)]


def _reasons(item: Item) -> dict[str, Answer]:
    reasons = {"refused": REFUSED}
    if not item.required:
        reasons["skipped"] = SKIPPED
    if item.may_not_apply:
        reasons["not_applicable"] = _NOT_APPLICABLE
    return reasons
