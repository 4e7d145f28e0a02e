"""What is asked next, what counts, and what may be published: pure functions."""

from collections.abc import Collection, Mapping

from rsm.instruments import numbers
from rsm.instruments.model import ChoiceItem, Instrument, Item, Language, NumberItem
from rsm.kernel.answers import (
    REFUSED,
    SKIPPED,
    STRUCTURAL_ZERO,
    Answer,
    Answers,
    AnswerStatus,
    answered,
)
from rsm.kernel.errors import Invalid, Problem

_NOT_APPLICABLE = Answer(AnswerStatus.NOT_APPLICABLE)


def effective(instrument: Instrument, answers: Answers) -> Answers:
    """The answers that count, in the order of the items: closed branches are closed.

    An item whose gate is 0 (answered so, or a structural zero itself) is a structural zero. One
    whose gate has no value, or a value above 0 that is still too low, is not asked and absent.
    An answer that was given to it before its branch closed does not count; it stays in the
    response as a revision. Codes that are not of this instrument are left out.
    """
    result: dict[str, Answer] = {}
    for item in instrument.items:
        gate = item.asked_when
        if gate is not None and not _opens(item, result):
            before = result.get(gate.item)
            if before is not None and before.value == 0:
                result[item.code] = STRUCTURAL_ZERO
        elif _was_given(answers, item.code):
            result[item.code] = answers[item.code]
    return result


def is_asked(instrument: Instrument, item: Item, answers: Answers) -> bool:
    """Whether the item's gate, if it has one, is open."""
    return _opens(item, effective(instrument, answers))


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
        if item.code not in counted and _opens(item, counted):
            return item
    return None


def asked_items(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items whose gates are open now, answered or not: what a review page shows."""
    counted = effective(instrument, answers)
    return tuple(item for item in instrument.items if _opens(item, counted))


def route(instrument: Instrument, answers: Answers) -> tuple[Item, ...]:
    """The items that are asked, or still may be: the longest way from here to the end."""
    counted = effective(instrument, answers)
    ahead: dict[str, Item] = {}
    for item in instrument.items:
        if _opens(item, counted) or _is_undecided(item, counted, ahead):
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


def parse_value(item: Item, raw: str, language: str = "en") -> Answer:
    """The answer that a form or a client sent: a code of the scale, or why there is none.

    A number is read as it is written in `language`. Takes `refused`, `skipped`, and
    `not_applicable` where the item allows it. Raises Invalid.
    """
    word = raw.strip()
    reasons = _reasons(item)
    if word in reasons:
        return reasons[word]
    value = _number(item, word, language) if isinstance(item, NumberItem) else _code(item, word)
    if value is not None:
        return answered(value)
    what = f"{raw[:40]!r} is not an answer of this item" if word else "nothing was chosen"
    raise Invalid(Problem(item.code, what, f"send {_expected(item)}, {', '.join(reasons)}"))


def _number(item: NumberItem, word: str, language: str) -> int | None:
    value = numbers.parse(item, word, language)
    return None if isinstance(value, numbers.Refusal) else value


def _code(item: ChoiceItem, word: str) -> int | None:
    # isdigit alone is true of "²" and of digits of other scripts
    is_number = word.isascii() and word.isdigit() and len(word) < 10
    return int(word) if is_number and int(word) in _values(item) else None


def _expected(item: Item) -> str:
    if not isinstance(item, NumberItem):
        return f"one of {', '.join(str(value) for value in _values(item))}"
    spans = " or ".join(f"{low} to {high}" for low, high in numbers.ranges(item))
    return f"a number from {spans}, decimals: {item.decimals}"


def _values(item: ChoiceItem) -> list[int]:
    return [option.value for option in item.options]


def publish_problems(instrument: Instrument) -> tuple[Problem, ...]:
    """Why this version may not be shown to patients; empty when it may."""
    problems = []
    if not instrument.licence.display:
        name = instrument.licence.name
        what = f"{name}: structure and scoring only, no wording is here"
        if instrument.wording != "none":
            what = f"{name} does not let us show the wording"
        problems.append(Problem("licence", what, "load wording that you are licensed to use"))
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
    return tuple(problems)


def _opens(item: Item, counted: Mapping[str, Answer]) -> bool:
    """Whether the gate is open, given effective answers of the items before."""
    gate = item.asked_when
    if gate is None:
        return True
    before = counted.get(gate.item)
    return before is not None and before.value is not None and before.value >= gate.at_least


def _is_undecided(item: Item, counted: Answers, ahead: Mapping[str, Item]) -> bool:
    """Whether the gate may yet open: it is to come on the way and has no answer so far."""
    gate = item.asked_when
    return gate is not None and gate.item in ahead and gate.item not in counted


def _was_given(answers: Answers, code: str) -> bool:
    """A structural zero is what we conclude, never what was given: it is concluded afresh."""
    answer = answers.get(code)
    return answer is not None and answer.status is not AnswerStatus.STRUCTURAL_ZERO


def _reasons(item: Item) -> dict[str, Answer]:
    reasons = {"refused": REFUSED, "skipped": SKIPPED}
    return reasons | {"not_applicable": _NOT_APPLICABLE} if item.may_not_apply else reasons


def _is_reviewed(language: Language) -> bool:
    return bool(language.reviewed_by.strip()) and language.reviewed_on is not None
