"""The lowest and highest value of items and of scores, by what the instrument declares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from rsm.instruments.conditions import Condition
from rsm.instruments.formulas import (
    Exact,
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
from rsm.instruments.model import (
    BodyAreaItem,
    GradedItem,
    Instrument,
    Item,
    MultipleChoiceItem,
    NumberItem,
    VisualScaleItem,
    YesNoItem,
)

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Bounds:
    """From `lowest` to `highest`, both reached."""

    lowest: Exact
    highest: Exact

    def reverse(self, value: Exact) -> Exact:
        """The value as far from the other end; doing it twice changes nothing."""
        return self.lowest + self.highest - value

    def __str__(self) -> str:
        return f"{plain(self.lowest)} to {plain(self.highest)}"


def plain(number: Exact) -> int | float:
    """A whole number as one, all else as the nearest float."""
    return int(number) if number.denominator == 1 else float(number)


def rounded(number: Exact, how: str | None) -> Exact:
    """To a whole number: `nearest` (a half goes up) or `up`; None leaves it as it is."""
    match how:
        case "nearest":
            return floor(number + _HALF)
        case "up":
            return ceil(number)
        case _:
            return number


def item_bounds(item: Item) -> Bounds | None:
    """The ends of the item's scale: of options that are chosen together, how many can be.

    None for an item that has no scale, as a number, a name, a date or words have none.
    """
    match item:
        case GradedItem() | YesNoItem():
            values = [option.value for option in item.options]
            return Bounds(min(values), max(values)) if values else None
        case VisualScaleItem():
            return Bounds(item.minimum, item.maximum)
        case MultipleChoiceItem() | BodyAreaItem():
            several = [option for option in item.options if not option.exclusive]
            # none of them is also what a gate that was answered 0 says
            always_some = len(several) == len(item.options) and not _has_gate(item)
            lowest = item.at_least if always_some else 0
            return Bounds(lowest, item.at_most or len(several))
        case _:
            return None


def has_zero(item: Item) -> bool:
    """Whether 0 says of this item that there is nothing: only then can it be concluded (P7).

    A temperature from 30, a scale from 1, a name, a date and words know no such 0.
    """
    match item:
        case GradedItem() | YesNoItem():
            return any(option.value == 0 for option in item.options)
        case NumberItem():
            return exact(item.minimum) <= 0 <= exact(item.maximum)
        case VisualScaleItem():
            return 0 in range(item.minimum, item.maximum + 1, item.step)
        case MultipleChoiceItem() | BodyAreaItem():
            return True
        case _:
            return False


def _has_gate(item: Item) -> bool:
    return isinstance(item.asked_when, Condition)


def part_bounds(instrument: Instrument) -> dict[str, Bounds | None]:
    """Bounds of every item and score by name; None where they cannot be told."""
    known = {item.code: item_bounds(item) for item in instrument.items}
    for formula in instrument.scores:
        known[formula.name] = _score_bounds(formula, instrument, known)
    return known


def _score_bounds(
    formula: ScoreFormula, instrument: Instrument, known: Mapping[str, Bounds | None]
) -> Bounds | None:
    match formula:
        case ProctcaeComposite():
            return Bounds(0, 3)
        case SymptomCount():
            items = [instrument.item_by_code.get(code) for code in formula.items]
            return Bounds(0, len({item.symptom for item in items if item}))
        case Table():
            return _span([exact(row.value) for row in formula.rows])
        case Linear():
            return _span([exact(end) for end in formula.onto])
        case Value() | Profile() | Maximum() | Mean() | Sum():
            return _over_parts(formula, [known.get(part) for part in formula.parts])


def _over_parts(
    formula: Value | Profile | Maximum | Mean | Sum, bounds: Sequence[Bounds | None]
) -> Bounds | None:
    told = [bound for bound in bounds if bound is not None]
    if len(told) < len(bounds):
        return None
    low, high = [bound.lowest for bound in told], [bound.highest for bound in told]
    match formula:
        case Value():
            return told[0]
        case Profile():
            return Bounds(digits(low), digits(high))
        case Maximum():
            return Bounds(min(low) if formula.is_partial else max(low), max(high))
        case Mean():
            return Bounds(_mean(formula, low, min), _mean(formula, high, max))
        case Sum():
            weight = formula.weight_of(formula.parts)
            return Bounds(
                rounded(weight * _mean(formula, low, min), formula.rounding),
                rounded(weight * _mean(formula, high, max), formula.rounding),
            )


def _mean(
    formula: Mean | Sum,
    values: Sequence[Exact],
    furthest: Callable[[Iterable[Exact]], Exact],
) -> Exact:
    """The mean of all parts at one end; where some suffice, the furthest of them."""
    if formula.is_partial:
        return furthest(values)
    return formula.mean(dict(zip(formula.parts, values, strict=True)))


def _span(ends: Sequence[Exact]) -> Bounds:
    return Bounds(min(ends), max(ends))


def digits(values: Sequence[Exact]) -> Exact:
    """The number that these digits spell, the first one leading."""
    number: Exact = 0
    for value in values:
        number = number * 10 + value
    return number
