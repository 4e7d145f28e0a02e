"""A condition as a function: true, false, or None for unknown. Pure.

`reach` says what the present value alone decides, whatever came before: tables are made of it
once per pack (`plan`), and the static checks ask it which thresholds can never be met.
"""

from collections.abc import Callable, Iterable
from functools import partial
from statistics import median
from typing import assert_never

from rsm.alerts.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    ImportantChange,
    InARow,
    NewlyPresent,
    NotReported,
    NotThat,
    OfOneValue,
    OutOfRange,
    OwnUrgency,
    RedFlag,
    Symptoms,
    Total,
    WorseBy,
)
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.sheet import Sheet

Verdict = bool | None
# (the report, the code that the rule looks at, its present value) → verdict
Test = Callable[[Sheet, str, float], Verdict]
# (free text, language) → whether it holds an alarming word
Alarms = Callable[[str, str], bool]


class Compiler:
    """Makes the tests of one pack with one instrument."""

    def __init__(self, instrument: InstrumentSpec, alarms: Alarms) -> None:
        self._alarms = alarms
        self._falling = {score.name for score in instrument.scores if score.falling_is_worse}
        self._important = {score.name: score.important for score in instrument.scores}
        loose = [(each.code, each.minimum) for each in instrument.numbers]
        loose += [(each.name, each.minimum) for each in instrument.scores]
        self._from_below_zero = {code for code, minimum in loose if minimum < 0}
        self._graded: dict[str, list[str]] = {}
        for item in instrument.items:
            if item.is_graded:
                self._graded.setdefault(item.symptom, []).append(item.code)
        self._tops = {item.code: item.maximum for item in instrument.items}

    def test(self, condition: Condition) -> Test:
        """The condition as a function."""
        match condition:
            case AllOf():
                return partial(_all, [self.test(each) for each in condition.conditions])
            case AnyOf():
                return partial(_any, [self.test(each) for each in condition.conditions])
            case NotThat():
                return partial(_not, self.test(condition.condition))
            case Symptoms() | Total() | RedFlag() | OwnUrgency() | NotReported():
                return self._whole(condition)
            case _:
                return _about(self._of_one(condition), condition.item)

    # --- about one value -------------------------------------------------------------------

    def _of_one(self, condition: OfOneValue) -> Test:
        match condition:
            case AtLeast():
                return partial(_at_least, condition.value)
            case WorseBy():
                return partial(self._worse, condition)
            case InARow():
                return partial(_in_a_row, condition)
            case NewlyPresent():
                return partial(_newly, condition.value)
            case OutOfRange():
                return partial(_out_of_range, condition)
            case ImportantChange():
                return partial(self._changed, condition)
            case _:
                assert_never(condition)

    def _worse(self, condition: WorseBy, sheet: Sheet, code: str, now: float) -> Verdict:
        if now < condition.by and code not in self._falling | self._from_below_zero:
            return False  # the scale begins at 0: from nowhere is it a rise of so much
        if condition.below is not None and now >= condition.below:
            return False
        before = reference(condition, sheet, code)
        return None if before is None else self._rise(code, now, before) >= condition.by

    def _changed(self, condition: ImportantChange, sheet: Sheet, code: str, now: float) -> Verdict:
        important = self._important.get(code)
        before = _since(sheet, code, condition.since)
        if important is None or before is None:
            return None
        return self._rise(code, now, before) >= important

    def _rise(self, code: str, now: float, before: float) -> float:
        return before - now if code in self._falling else now - before

    # --- about the report as a whole -------------------------------------------------------

    def _whole(self, condition: Symptoms | Total | RedFlag | OwnUrgency | NotReported) -> Test:
        match condition:
            case Symptoms():
                return partial(self._symptoms, condition)
            case Total():
                return partial(self._total, condition)
            case RedFlag():
                return self._red_flag
            case OwnUrgency():
                return _about(partial(_at_least, condition.value), condition.item)
            case NotReported():
                return partial(_not_reported, condition.windows)
            case _:
                assert_never(condition)

    def _symptoms(self, condition: Symptoms, sheet: Sheet, _code: str, _now: float) -> Verdict:
        wanted = condition.symptoms or tuple(self._graded)
        verdicts = [self._has(sheet, key, condition.value) for key in wanted]
        if verdicts.count(True) >= condition.count:
            return True
        return False if len(verdicts) - verdicts.count(False) < condition.count else None

    def _has(self, sheet: Sheet, symptom: str, value: float) -> Verdict:
        """Whether any graded item of the symptom is so high."""
        values = [sheet.now(code) for code in self._graded.get(symptom, ())]
        if any(each is not None and each >= value for each in values):
            return True
        return None if None in values or not values else False

    def _total(self, condition: Total, sheet: Sheet, _code: str, _now: float) -> Verdict:
        values = {each: sheet.now(each) for each in condition.items}
        known = sum(value for value in values.values() if value is not None)
        if known >= condition.value:
            return True
        missing = [each for each, value in values.items() if value is None]
        possible = known + sum(self._tops.get(each, float("inf")) for each in missing)
        return False if possible < condition.value else None

    def _red_flag(self, sheet: Sheet, _code: str, _now: float) -> Verdict:
        text = sheet.facts.text
        return bool(text) and self._alarms(text, sheet.facts.language)


def measure(condition: Condition, instrument: InstrumentSpec, sheet: Sheet) -> float:
    """The count, total or value that a finding about the whole report shows as its value."""
    match condition:
        case Total():
            return sum(sheet.now(code) or 0 for code in condition.items)
        case NotReported():
            return sheet.facts.windows_missed or 0
        case Symptoms():
            wanted = set(condition.symptoms)
            return len(
                {
                    item.symptom
                    for item in instrument.items
                    if item.is_graded
                    and (not wanted or item.symptom in wanted)
                    and (sheet.now(item.code) or 0) >= condition.value
                }
            )
        case AllOf() | AnyOf() | NotThat() | RedFlag():
            return 1
        case _:
            return (sheet.now(condition.item) or 0) if condition.item else 1


# --- verdicts ------------------------------------------------------------------------------


def _about(test: Test, item: str | None) -> Test:
    """The test of the item that a condition names, instead of the rule's own."""
    if item is None:
        return test

    def of_named(sheet: Sheet, _code: str, _now: float) -> Verdict:
        value = sheet.now(item)
        return None if value is None else test(sheet, item, value)

    return of_named


def _all(tests: Iterable[Test], sheet: Sheet, code: str, now: float) -> Verdict:
    verdicts = [test(sheet, code, now) for test in tests]
    return False if False in verdicts else None if None in verdicts else True


def _any(tests: Iterable[Test], sheet: Sheet, code: str, now: float) -> Verdict:
    verdicts = [test(sheet, code, now) for test in tests]
    return True if True in verdicts else None if None in verdicts else False


def _not(test: Test, sheet: Sheet, code: str, now: float) -> Verdict:
    verdict = test(sheet, code, now)
    return None if verdict is None else not verdict


def _at_least(value: float, _sheet: Sheet, _code: str, now: float) -> Verdict:
    return now >= value


def _in_a_row(condition: InARow, sheet: Sheet, code: str, now: float) -> Verdict:
    if now < condition.value:
        return False
    before = sheet.chain(code, condition.reports - 1)
    if any(value < condition.value for value in before):
        return False
    return True if len(before) == condition.reports - 1 else None


def _newly(value: float, sheet: Sheet, code: str, now: float) -> Verdict:
    if now < value:
        return False
    before = sheet.previous(code)
    return None if before is None else before[1] < value


def _out_of_range(condition: OutOfRange, _sheet: Sheet, _code: str, now: float) -> Verdict:
    too_high = condition.at_least is not None and now >= condition.at_least
    return too_high or (condition.below is not None and now < condition.below)


def _not_reported(windows: int, sheet: Sheet, _code: str, _now: float) -> Verdict:
    missed = sheet.facts.windows_missed
    return None if missed is None else missed >= windows


def reference(condition: WorseBy, sheet: Sheet, code: str) -> float | None:
    """The earlier value that a change is measured from."""
    if condition.since in {"previous", "baseline"}:
        return _since(sheet, code, condition.since)
    values = sheet.within(code, condition.weeks or 0)
    if not values:
        return None
    return min(values) if condition.since == "best" else median(values)


def _since(sheet: Sheet, code: str, reference: str) -> float | None:
    if reference == "baseline":
        return sheet.baseline(code)
    before = sheet.previous(code)
    return None if before is None else before[1]


# --- what the present value alone decides ----------------------------------------------------


def reach(condition: Condition, now: float) -> Verdict:
    """True or false when a grade of `now` decides it whatever else is known; else None."""
    match condition:
        case AllOf():
            verdicts = [reach(each, now) for each in condition.conditions]
            return False if False in verdicts else None if None in verdicts else True
        case AnyOf():
            verdicts = [reach(each, now) for each in condition.conditions]
            return True if True in verdicts else None if None in verdicts else False
        case NotThat():
            inner = reach(condition.condition, now)
            return None if inner is None else not inner
        case Symptoms() | Total() | RedFlag() | OwnUrgency() | NotReported():
            return None
        case _:
            return None if condition.item is not None else _reach_of_one(condition, now)


def _reach_of_one(condition: OfOneValue, now: float) -> Verdict:
    match condition:
        case AtLeast():
            return now >= condition.value
        case WorseBy():
            too_high = condition.below is not None and now >= condition.below
            return False if now < condition.by or too_high else None
        case InARow() | NewlyPresent():
            return False if now < condition.value else None
        case OutOfRange():
            high = condition.at_least is not None and now >= condition.at_least
            return high or (condition.below is not None and now < condition.below)
        case ImportantChange():
            return None
        case _:
            assert_never(condition)
