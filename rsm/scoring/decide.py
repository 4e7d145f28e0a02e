"""From answers to scores: pure. The formulas are the instrument's own declarations."""

from collections.abc import Mapping
from typing import assert_never

from rsm.instruments.bounds import digits, plain
from rsm.instruments.decide import effective, route
from rsm.instruments.formulas import (
    Linear,
    Maximum,
    Mean,
    ProctcaeComposite,
    Profile,
    ScoreFormula,
    Sum,
    SymptomCount,
    Table,
    Value,
    exact,
)
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers
from rsm.scoring.composite import composite_grade
from rsm.scoring.model import Score, ScoreCode
from rsm.scoring.parts import Found, Known, Parts
from rsm.scoring.summary import summary


def score(instrument: Instrument, answers: Answers) -> Mapping[str, Score]:
    """Every score that the instrument declares, by name, in its order.

    Only answers that count are used: a closed branch is a structural zero, or absent. A score
    without the values that it needs is None; its code, its reason and `missing` say why (P7).
    """
    known = Known(instrument, effective(instrument, answers))
    scores = {}
    for formula in instrument.scores:
        parts = known.parts(formula.parts)
        found = _found(formula, known, parts)
        known.keep(formula.name, found.value)
        scores[formula.name] = _score(formula, instrument, found, parts)
    return scores


def pending(instrument: Instrument, answers: Answers) -> frozenset[str]:
    """Of a survey that is not finished: items still to be answered, and scores that need one.

    Such a score is not known yet, even where its formula could do without the item.
    """
    counted = effective(instrument, answers)
    waiting = {item.code for item in route(instrument, answers) if item.code not in counted}
    waiting |= {item.code for item in instrument.items if item.same_as in waiting}
    for formula in instrument.scores:
        if not waiting.isdisjoint(formula.parts):
            waiting.add(formula.name)
    return frozenset(waiting)


def _score(formula: ScoreFormula, instrument: Instrument, found: Found, parts: Parts) -> Score:
    value = None if found.value is None else plain(found.value)
    cut_offs = formula.cut_offs
    return Score(
        value=value,
        reason=found.reason,
        code=found.code,
        band=cut_offs.band_of(value) if cut_offs and value is not None else None,
        standard_error=found.standard_error,
        missing=parts.missing,
        source=formula.source,
        instrument=instrument.pin,
    )


def _found(formula: ScoreFormula, known: Known, parts: Parts) -> Found:
    match formula:
        case Maximum() | Mean() | Sum() | Linear():
            return summary(formula, known, parts)
        case ProctcaeComposite():
            return _composite(formula, known.instrument, parts)
        case SymptomCount() | Value() | Profile() | Table():
            return parts.gap() if parts.missing else _of_all(formula, known.instrument, parts)
        case _:
            assert_never(formula)


def _of_all(
    formula: SymptomCount | Value | Profile | Table, instrument: Instrument, parts: Parts
) -> Found:
    """A score that is computed over all its parts or not at all."""
    match formula:
        case SymptomCount():
            return _symptom_count(formula, instrument, parts)
        case Value():
            return Found(parts.values[formula.items[0]], "as answered")
        case Profile():
            return Found(digits(list(parts.values.values())), "one digit for each item")
        case Table():
            return _looked_up(formula, parts)
        case _:
            assert_never(formula)


def _composite(formula: ProctcaeComposite, instrument: Instrument, parts: Parts) -> Found:
    """The code rule first: if the first item is 0 the grade is 0. Else the table, complete."""
    first = formula.items[0]
    if parts.values.get(first) == 0:
        return Found(0, f"{first} is 0", ScoreCode.FIRST_ITEM_ZERO)
    if parts.missing:
        return parts.gap()
    values = {
        instrument.item_by_code[code].attribute or "": int(value)
        for code, value in parts.values.items()
    }
    spelled = ", ".join(f"{attribute} {value}" for attribute, value in values.items())
    return Found(composite_grade(values), f"published table: {spelled}")


def _symptom_count(formula: SymptomCount, instrument: Instrument, parts: Parts) -> Found:
    reached = {
        instrument.item_by_code[code].symptom
        for code, value in parts.values.items()
        if value >= formula.at_least
    }
    return Found(len(reached), f"symptoms with an item at {formula.at_least} or above")


def _looked_up(formula: Table, parts: Parts) -> Found:
    raw = parts.values[formula.raw]
    row = next((row for row in formula.rows if row.raw == raw), None)
    if row is None:
        what = f"{formula.raw} {plain(raw)} is not in the table"
        return Found(None, what, ScoreCode.NOT_IN_TABLE)
    return Found(
        exact(row.value),
        f"published table: {formula.raw} {row.raw}",
        standard_error=row.standard_error,
    )
