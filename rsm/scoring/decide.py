"""From answers to scores: pure. The formulas are the instrument's own declarations."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import assert_never

from rsm.instruments.decide import effective
from rsm.instruments.formulas import (
    Maximum,
    Mean,
    ProctcaeComposite,
    ScoreFormula,
    Sum,
    SymptomCount,
)
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers, value_of
from rsm.scoring.composite import composite_grade
from rsm.scoring.model import Score


def score(instrument: Instrument, answers: Answers) -> Mapping[str, Score]:
    """Every score that the instrument declares, by name, in its order.

    Only answers that count are used: a closed branch is a structural zero, or absent. A score
    without the values that it needs is None and its reason names the items (P7).
    """
    counted = effective(instrument, answers)
    return {formula.name: _score(formula, instrument, counted) for formula in instrument.scores}


def _score(formula: ScoreFormula, instrument: Instrument, counted: Answers) -> Score:
    match formula:
        case ProctcaeComposite():
            return _composite(formula, instrument, counted)
        case SymptomCount():
            return _symptom_count(formula, instrument, counted)
        case Maximum() | Mean() | Sum():
            return _summary(formula, counted)
        case _:
            assert_never(formula)


def _composite(formula: ProctcaeComposite, instrument: Instrument, counted: Answers) -> Score:
    """The code rule first: if the first item is 0 the grade is 0. Else the table, complete."""
    first = formula.items[0]
    if value_of(counted, first) == 0:
        return Score(0, f"{first} is 0")
    missing = _missing(formula.items, counted)
    if missing:
        return Score(None, missing)
    values = {
        instrument.item_by_code[code].attribute or "": value
        for code, value in _values(formula.items, counted).items()
    }
    return Score(composite_grade(values), f"published table: {_spell(values)}")


def _symptom_count(formula: SymptomCount, instrument: Instrument, counted: Answers) -> Score:
    missing = _missing(formula.items, counted)
    if missing:
        return Score(None, missing)
    values = _values(formula.items, counted)
    reached = {
        instrument.item_by_code[code].symptom
        for code, value in values.items()
        if value >= formula.at_least
    }
    return Score(len(reached), f"symptoms with an item at {formula.at_least} or above")


def _summary(formula: Maximum | Mean | Sum, counted: Answers) -> Score:
    values = _values(formula.items, counted)
    if len(values) < (formula.min_answered or len(formula.items)):
        return Score(None, _missing(formula.items, counted))
    grades = list(values.values())
    of = f"of {len(grades)} of {len(formula.items)} items"
    match formula:
        case Maximum():
            return Score(max(grades), f"highest {of}")
        case Mean():
            return Score(_plain(Fraction(sum(grades), len(grades))), f"mean {of}")
        case Sum():
            total = Fraction(sum(grades) * len(formula.items), len(grades))
            prorated = len(grades) < len(formula.items)
            return Score(_plain(total), f"{'prorated sum' if prorated else 'sum'} {of}")
        case _:
            assert_never(formula)


def _values(codes: Sequence[str], counted: Answers) -> dict[str, int]:
    """The values of those items that have one."""
    found = {code: value_of(counted, code) for code in codes}
    return {code: value for code, value in found.items() if value is not None}


def _missing(codes: Sequence[str], counted: Answers) -> str:
    """Which items have no value, and why; the empty text when all have one."""
    reasons = []
    for code in codes:
        if value_of(counted, code) is None:
            answer = counted.get(code)
            reasons.append(f"{code} ({answer.status if answer else 'not answered'})")
    return f"missing: {', '.join(reasons)}" if reasons else ""


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def _spell(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
