"""What an item that asks for a number must be: ends that can be given, and units that cannot be
mixed up.
"""

from collections.abc import Iterator

from rsm.instruments import numbers
from rsm.instruments.findings import Finding
from rsm.instruments.formulas import exact
from rsm.instruments.items import VALUE_AT_MOST
from rsm.instruments.model import Instrument, NumberItem
from rsm.kernel.documents import Loc


def check_numbers(instrument: Instrument) -> Iterator[Finding]:
    """Everything that is wrong with the number items, each with its place in the content."""
    for place, item in enumerate(instrument.items):
        loc: Loc = ("items", place)
        if isinstance(item, NumberItem):
            yield from _ends(item, loc)
            yield from _units(item, loc)
        if item.not_applicable and not item.may_not_apply:
            what = "words for an answer that the item does not allow"
            yield Finding((*loc, "not_applicable"), what, "say may_not_apply = true")


def _ends(item: NumberItem, loc: Loc) -> Iterator[Finding]:
    if exact(item.minimum) >= exact(item.maximum):
        what = f"the range {item.minimum} to {item.maximum} holds nothing"
        yield Finding((*loc, "maximum"), what, "give a maximum above the minimum")
        return
    for name in ("minimum", "maximum"):
        steps = exact(getattr(item, name)) * 10**item.decimals
        if steps.denominator != 1:
            what = f"{getattr(item, name)} has more than {item.decimals} decimals"
            yield Finding((*loc, name), what, "nobody could give it: round it")
        elif abs(steps) > VALUE_AT_MOST:
            what = f"{getattr(item, name)} with {item.decimals} decimals is too large to be stored"
            yield Finding((*loc, name), what, "say what can be believed, or ask in a larger unit")


def _units(item: NumberItem, loc: Loc) -> Iterator[Finding]:
    for place, other in enumerate(item.other_units):
        if not exact(other.times) or not exact(other.over):
            yield Finding((*loc, "other_units", place), "0 converts nothing", "mend the factor")
            return
    for unit in numbers.units_overlap(item):
        what = f"a number without its unit could be {unit} or {item.unit}"
        yield Finding((*loc, "other_units"), what, "narrow the range, or leave the unit out")
