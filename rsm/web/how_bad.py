"""The worst answers of a report first, though each is on a scale of its own. Pure."""

from collections.abc import Iterable, Mapping

from rsm.instruments.bounds import item_bounds
from rsm.instruments.items import Item, YesNoItem
from rsm.kernel.answers import Answers


def by_worst(items: Mapping[str, Item], answers: Answers, codes: Iterable[str]) -> list[str]:
    """Those of `codes` whose answers say that something is there, by how far up their scale it is.

    A yes says that it is there and not how bad it is: it stands behind what was graded; and behind
    both what has no scale.
    """
    placed = []
    for code in codes:
        item, value = items[code], answers[code].value if code in answers else None
        share = _share(item, value)
        if value and share != 0:
            placed.append(((share is None, isinstance(item, YesNoItem), -(share or 0)), code))
    return [code for _, code in sorted(placed, key=lambda each: each[0])]


def _share(item: Item, value: int | None) -> float | None:
    """How far up the item's scale, 0 to 1; None without a scale."""
    bounds = item_bounds(item)
    if value is None or bounds is None or bounds.highest <= bounds.lowest:
        return None
    return float((value - bounds.lowest) / (bounds.highest - bounds.lowest))
