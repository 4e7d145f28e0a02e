"""Periods that are read together: cut where any of them begins or ends, so that what is asked of
several is read once, and put together again. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar, assert_never

from rsm.metrics.model import Days, Span

Bucket = tuple[str, int]  # value of the dimension, and the place of the period
_One = TypeVar("_One")


@dataclass(frozen=True)
class Cut:
    """The first days of the pieces, in order; the last piece ends with `last`. `of_each`: the
    numbers of the pieces that each period is made of, the first piece being 1.

    What lies between two periods is a piece that belongs to none.
    """

    begins: tuple[date, ...]
    last: date
    of_each: tuple[range, ...]


def cut(periods: Sequence[Days]) -> Cut:
    """Each piece is as long as it can be. A period that ends before it begins has none."""
    edges = sorted({edge for each in periods for edge in _edges(each)})
    place = {edge: number for number, edge in enumerate(edges, start=1)}
    return Cut(
        tuple(date.fromordinal(edge) for edge in edges[:-1]),
        date.fromordinal(edges[-1] - 1) if edges else date.min,
        tuple(_numbers(place, each) for each in periods),
    )


def _numbers(place: Mapping[int, int], days: Days) -> range:
    edges = _edges(days)
    return range(place[edges[0]], place[edges[1]]) if edges else range(0)


def _edges(days: Days) -> tuple[int, ...]:
    """The first day and the one after the last, as numbers: the last may be the last there is."""
    if days.last < days.first:
        return ()
    return days.first.toordinal(), days.last.toordinal() + 1


def gathered(
    parts: Cut, found: Mapping[tuple[str, int], _One]
) -> Iterator[tuple[Bucket, list[_One]]]:
    """By value and period, what was found in its pieces; periods without anything are left out."""
    for value in dict.fromkeys(value for value, _ in found):
        for place, pieces in enumerate(parts.of_each):
            some = [found[value, each] for each in pieces if (value, each) in found]
            if some:
                yield (value, place), some


def divided(days: Days, span: Span) -> dict[date, Days]:
    """The weeks or months of these days, by the day on which each begins; the first and the last
    may lie in it in part."""
    begins = [first_of(span, days.first)]
    while begins[-1] <= days.last:
        begins.append(_next(span, begins[-1]))
    return {
        first: Days(max(first, days.first), min(after - timedelta(days=1), days.last))
        for first, after in pairwise(begins)
    }


def first_of(span: Span, day: date) -> date:
    """The day on which the week or month of that day begins."""
    match span:
        case Span.WEEK:
            return day - timedelta(days=day.weekday())
        case Span.MONTH:
            return day.replace(day=1)
    assert_never(span)


def _next(span: Span, begins: date) -> date:
    """No month is longer than 31 days, and none so short that this would lead past the next."""
    return first_of(span, begins + timedelta(days=7 if span is Span.WEEK else 31))
