"""What is asked next, what counts, and what may be published: pure functions."""

from collections.abc import Collection

from rsm.instruments.bounds import has_zero
from rsm.instruments.branching import is_open, sections_open
from rsm.instruments.conditions import Condition
from rsm.instruments.items import Item
from rsm.instruments.model import Instrument, Language
from rsm.instruments.reading import parse_value
from rsm.kernel.answers import STRUCTURAL_ZERO, Answer, Answers, AnswerStatus
from rsm.kernel.errors import Problem

__all__ = [
    "asked_items",
    "effective",
    "is_asked",
    "next_item",
    "parse_value",
    "progress",
    "publish_problems",
    "route",
    "without",
]

_NO_LICENCE = frozenset(("", "unknown", "unclear", "none", "n/a", "tbd", "todo"))


def effective(instrument: Instrument, answers: Answers) -> Answers:
    """The answers that count, in the order of the items: closed branches are closed.

    An item whose gate is 0 (answered so, or a structural zero itself) is a structural zero, if 0
    is on its own scale. One whose gate has no value, or a value above 0 that is still too low, is
    not asked and absent; so is one whose tests or whose section's tests do not hold, one that has
    no 0 (a temperature, a name, a date, words), and one that is hidden. One that is
    asked as another has that one's answer. An answer that was given to it before its branch closed
    does not count; it stays in the response as a revision. Codes that are not of this instrument
    are left out.
    """
    result: dict[str, Answer] = {}
    for item in instrument.items:
        if item.same_as is not None:
            if item.same_as in result:
                result[item.code] = result[item.same_as]
        elif is_open(instrument, item, result):
            if _was_given(answers, item.code):
                result[item.code] = answers[item.code]
        elif _is_zero(instrument, item, result):
            result[item.code] = STRUCTURAL_ZERO
    return result


def is_asked(instrument: Instrument, item: Item, answers: Answers) -> bool:
    """Whether the item's gate and tests, if it has any, are met."""
    return bool(is_open(instrument, item, effective(instrument, answers)))


def without(instrument: Instrument, codes: Collection[str]) -> Instrument:
    """The instrument as it is asked of somebody who is not asked these items.

    Only for asking: answers name the whole one.
    """
    if not codes:
        return instrument
    kept = tuple(item for item in instrument.items if item.code not in codes)
    return Instrument.model_construct(**{**dict(instrument), "items": kept})


def next_item(instrument: Instrument, answers: Answers) -> Item | None:
    """The first item that is asked and has no answer yet; None when the survey is complete."""
    counted = effective(instrument, answers)
    for item in instrument.items:
        if item.code not in counted and is_open(instrument, item, counted):
            return item
    return None


def asked_items(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items whose gates are open now, answered or not: what a review page shows."""
    counted = effective(instrument, answers)
    return tuple(item for item in instrument.items if is_open(instrument, item, counted))


def route(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items that are asked, or still may be: the longest way from here to the end."""
    counted = effective(instrument, answers)
    ahead: dict[str, Item] = {}
    for item in instrument.items:
        if is_open(instrument, item, counted, ahead) is not False:
            ahead[item.code] = item
    return tuple(ahead.values())


def progress(instrument: Instrument, answers: Answers, item: Item | None = None) -> tuple[int, int]:
    """Which question of how many: that of `item`, or of the next open one.

    The total counts what may still be asked, so it only falls while one answers in order. With
    nothing left to ask the position is the total.
    """
    codes = [each.code for each in route(instrument, answers)]
    shown = item or next_item(instrument, answers)
    if shown is None or shown.code not in codes:
        return len(codes), len(codes)
    return codes.index(shown.code) + 1, len(codes)


def publish_problems(instrument: Instrument) -> tuple[Problem, ...]:
    """Why this version may not be shown to patients; empty when it may."""
    problems = []
    if not instrument.licence.display:
        name = instrument.licence.name
        what = f"{name}: structure and scoring only, no wording is here"
        if instrument.wording != "none":
            what = f"{name} does not let us show the wording"
        problems.append(Problem("licence", what, "load wording that you are licensed to use"))
    elif instrument.licence.name.casefold().strip("?. ") in _NO_LICENCE:
        what = f"the licence is {instrument.licence.name!r}: nobody knows its terms"
        problems.append(Problem("licence.name", what, "ask its holder, and name the licence"))
    if not instrument.languages:
        problems.append(
            Problem("languages", "there is no wording in any language", "load the wording")
        )
    problems += [
        Problem(
            f"languages.{tag}", "nobody has reviewed the wording", "name reviewed_by, reviewed_on"
        )
        for tag, language in sorted(instrument.languages.items())
        if not _is_reviewed(language)
    ]
    problems += [
        Problem(name, "nobody has said it", "say it, and take it out of `unstated`")
        for name in instrument.unstated
    ]
    return tuple(problems)


def _is_zero(instrument: Instrument, item: Item, counted: Answers) -> bool:
    """Whether it is closed because the first question of its symptom was answered 0."""
    gate = item.asked_when
    if not isinstance(gate, Condition) or item.code in instrument.hidden_codes:
        return False
    if not has_zero(item):
        return False
    before = counted.get(gate.item)
    is_zero = before is not None and before.value == 0
    return is_zero and sections_open(instrument, item, counted)


def _was_given(answers: Answers, code: str) -> bool:
    """A structural zero is what we conclude, never what was given: it is concluded afresh."""
    answer = answers.get(code)
    return answer is not None and answer.status is not AnswerStatus.STRUCTURAL_ZERO


def _is_reviewed(language: Language) -> bool:
    return bool(language.reviewed_by.strip()) and language.reviewed_on is not None
