"""Maximum, mean, sum and linear scores, with some parts missing or reversed: pure arithmetic."""

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never

from rsm.instruments.bounds import Bounds, rounded
from rsm.instruments.formulas import Exact, Linear, Maximum, Mean, Sum, Summary, exact
from rsm.scoring.model import ScoreCode
from rsm.scoring.parts import Found, Known, Parts

Formula = Maximum | Mean | Sum | Linear


def summary(formula: Formula, known: Known, parts: Parts) -> Found:
    """The score over the parts that have a value, if they are enough."""
    if len(parts.values) < formula.needed:
        return parts.gap(ScoreCode.TOO_FEW if formula.is_partial else ScoreCode.MISSING)
    values = dict(parts.values)
    for part in values.keys() & set(formula.reversed):
        values[part] = _bounds(known, part).reverse(values[part])
    code = ScoreCode.PRORATED if parts.missing else ScoreCode.COMPUTED
    return Found(_value(formula, values, known), _words(formula, len(values)), code)


def _value(formula: Formula, values: Mapping[str, Exact], known: Known) -> Exact:
    match formula:
        case Maximum():
            return max(values.values())
        case Mean():
            return formula.mean(values)
        case Sum():
            return rounded(_prorated(formula, values), formula.rounding)
        case Linear():
            mean = Fraction(sum(values.values()), len(values))
            return _stretched(mean, _bounds(known, formula.parts[0]), formula)
        case _:
            assert_never(formula)


def _prorated(formula: Sum, values: Mapping[str, Exact]) -> Exact:
    if len(values) == len(formula.parts):
        return formula.total(values)
    return formula.weight_of(formula.parts) * formula.mean(values)


def _stretched(mean: Fraction, scale: Bounds, formula: Linear) -> Exact:
    start, end = (exact(number) for number in formula.onto)
    return start + (mean - scale.lowest) / (scale.highest - scale.lowest) * (end - start)


def _bounds(known: Known, part: str) -> Bounds:
    bounds = known.bounds[part]
    if bounds is None:  # refused when an instrument is checked
        raise ValueError(f"{part} of {known.instrument.key} has no lowest and highest value")
    return bounds


def _words(formula: Formula, used: int) -> str:
    total = len(formula.parts)
    match formula:
        case Maximum():
            name = "highest"
        case Mean():
            name = "mean"
        case Sum():
            name = "prorated sum" if used < total else "sum"
        case Linear():
            name = f"mean on a scale from {formula.onto[0]} to {formula.onto[1]},"
    return f"{name} of {used} of {total} {_kind(formula)}"


def _kind(formula: Summary) -> str:
    if formula.items and formula.scores:
        return "parts"
    return "items" if formula.items else "scores"
