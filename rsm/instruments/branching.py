"""Whether an item is asked, by the answers before it: gates, tests and sections; pure.

Three answers are possible while one looks ahead: yes, no, and None where it hangs on an item that
is still to come.
"""

from collections.abc import Collection, Iterable
from datetime import date
from fractions import Fraction

from rsm.instruments.conditions import AnswerTest, Branch, Condition, Operator
from rsm.instruments.formulas import exact
from rsm.instruments.items import Item, NumberItem, PickItem
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answer, Answers, AnswerStatus

EPOCH = date(1970, 1, 1)


def days(day: date) -> int:
    """A date as answers hold it: days since 1970-01-01."""
    return (day - EPOCH).days


def is_open(
    instrument: Instrument, item: Item, counted: Answers, ahead: Collection[str] = ()
) -> bool | None:
    """Whether the item is asked, given the answers that count before it.

    `ahead`: items that are on the way; one of them without an answer leaves it undecided.
    """
    if item.code in instrument.never_asked:
        return False
    outer = instrument.section_tests.get(item.code)
    if outer is None:
        return _met(instrument, item.asked_when, counted, ahead)
    return _all(
        [
            _met(instrument, item.asked_when, counted, ahead),
            *(_branch(instrument, branch, counted, ahead) for branch in outer),
        ]
    )


def sections_open(instrument: Instrument, item: Item, counted: Answers) -> bool:
    """Whether what the item lies in is asked, whatever its own gate says."""
    outer = instrument.section_tests.get(item.code, ())
    return all(_branch(instrument, branch, counted, ()) for branch in outer)


def _met(
    instrument: Instrument,
    asked_when: Condition | Branch | None,
    counted: Answers,
    ahead: Collection[str],
) -> bool | None:
    if asked_when is None:
        return True
    if isinstance(asked_when, Condition):
        return _gate(instrument, asked_when, counted, ahead)
    return _branch(instrument, asked_when, counted, ahead)


def note_shown(instrument: Instrument, asked_when: Branch | None, counted: Answers) -> bool:
    """Whether words with these tests are shown."""
    return asked_when is None or bool(_branch(instrument, asked_when, counted, ()))


def _gate(
    instrument: Instrument, gate: Condition, counted: Answers, ahead: Collection[str]
) -> bool | None:
    before = counted.get(gate.item)
    if before is None:
        return None if _is_to_come(instrument, gate.item, counted, ahead) else False
    return before.value is not None and before.value >= gate.at_least


def _branch(
    instrument: Instrument, branch: Branch, counted: Answers, ahead: Collection[str]
) -> bool | None:
    verdicts = [
        None
        if _is_to_come(instrument, test.item, counted, ahead)
        else _holds(instrument, test, counted)
        for test in branch.tests
    ]
    return _all(verdicts) if branch.every else _any(verdicts)


def _is_to_come(
    instrument: Instrument, code: str, counted: Answers, ahead: Collection[str]
) -> bool:
    if not ahead or code in counted:
        return False
    item = instrument.item_by_code.get(code)
    return (item.same_as or code if item is not None else code) in ahead


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    if False in found:
        return False
    return None if None in found else True


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    if True in found:
        return True
    return None if None in found else False


def _holds(instrument: Instrument, test: AnswerTest, counted: Answers) -> bool:
    """As FHIR reads it: without a value only `exists = false` and `differs` hold.

    What was concluded and never asked, a structural zero, has the value 0 (P7), but is no answer.
    """
    item, answer = instrument.item_by_code.get(test.item), counted.get(test.item)
    if test.operator is Operator.EXISTS:
        return (item is not None and _is_answered(answer)) is bool(test.value)
    if item is None or answer is None or answer.value is None:
        return test.operator is Operator.DIFFERS
    return _compares(item, answer, answer.value, test)


def _is_answered(answer: Answer | None) -> bool:
    if answer is None or answer.value is None:
        return False
    return answer.status is not AnswerStatus.STRUCTURAL_ZERO


def _compares(item: Item, answer: Answer, value: int, test: AnswerTest) -> bool:
    target = stored_value(item, test)
    same = target in answer.picked if isinstance(item, PickItem) else value == target
    match test.operator:
        case Operator.EQUALS:
            return same
        case Operator.DIFFERS:
            return not same
        case Operator.ABOVE:
            return value > target
        case Operator.BELOW:
            return value < target
        case Operator.AT_LEAST:
            return value >= target
        case _:
            return value <= target


def stored_value(item: Item, test: AnswerTest) -> int | Fraction:
    """What the test looks for, as answers to that item are stored."""
    if isinstance(test.value, date):
        return days(test.value)
    number = exact(test.value)
    return number * 10**item.decimals if isinstance(item, NumberItem) else number
