"""The pages of a survey in their order, and which of them comes before another. Pure.

What stands together on one is the instrument's choice (`rsm.instruments.pages`).
"""

from collections.abc import Sequence
from itertools import groupby

from rsm.instruments.decide import asked_items, route
from rsm.instruments.items import Item
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers

Page = tuple[Item, ...]


def pages(instrument: Instrument, items: Sequence[Item]) -> tuple[Page, ...]:
    """The items by page, in their order."""
    if instrument.page == "question":
        return tuple((item,) for item in items)
    runs = groupby(enumerate(items), lambda one: one[1].section or one[0])
    return tuple(tuple(item for _, item in run) for _, run in runs)


def page_before(instrument: Instrument, answers: Answers, item: Item) -> Page:
    """The page before that of the item; empty at the first."""
    asked = pages(instrument, asked_items(instrument, answers))
    place = next((place for place, page in enumerate(asked) if item in page), 0)
    return asked[place - 1] if place else ()


def part(instrument: Instrument, answers: Answers, item: Item) -> tuple[int, int]:
    """Which page of how many is the item's, counting what may still be asked."""
    ahead = pages(instrument, route(instrument, answers))
    place = next((number for number, page in enumerate(ahead, 1) if item in page), len(ahead))
    return place, len(ahead)
