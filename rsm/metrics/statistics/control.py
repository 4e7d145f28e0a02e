"""Has something changed, or is it chance? Shewhart's p-chart and its rules. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import copysign, inf, sqrt
from types import MappingProxyType

_RUN = 8
_TREND = 6
_NEAR = (2, 3)  # so many, of so many in a row
_HUGGING = 15
FEWEST = 12  # points, for limits that are worth acting on (Provost and Murray)


class Signal(StrEnum):
    """Why a point is more than chance: the five rules of Provost and Murray, The Health Care Data
    Guide (2nd ed. 2022, chapter 5), which are those of most improvement programmes."""

    OUTSIDE = "outside"  # beyond a limit of three standard deviations
    RUN = "run"  # eight in a row on one side of the centre
    TREND = "trend"  # six in a row, each higher, or each lower, than the one before
    NEAR = "near"  # two of three in a row in the outer third, on one side
    HUGGING = "hugging"  # fifteen in a row in the inner third


@dataclass(frozen=True)
class Count:
    """One point's numbers: `part` of `whole`."""

    part: int
    whole: int


@dataclass(frozen=True)
class Point:
    """A share with its own limits, since each point has its own denominator.

    `share` is None, and nothing is signalled, where the denominator is 0.
    """

    share: float | None
    low: float
    high: float
    sigma: float
    signals: frozenset[Signal]


@dataclass(frozen=True)
class Chart:
    """`centre` is the share of all points of the baseline together; None where there is none."""

    centre: float | None
    points: tuple[Point, ...]


def p_chart(counts: Sequence[Count], baseline: int | None = None) -> Chart:
    """Limits at three standard deviations of a binomial share (Shewhart 1931).

    `baseline`: how many of the first points make centre and limits; None is all. A p-chart assumes
    that points differ by chance alone: with denominators of thousands nearly every point is outside
    (Laney 2002), so it is for sites, not for nations.
    """
    first = counts[:baseline]
    whole = sum(each.whole for each in first)
    if whole == 0:
        nothing = Point(None, 0.0, 1.0, 0.0, frozenset())
        return Chart(None, tuple(nothing for _ in counts))
    centre = sum(each.part for each in first) / whole
    bare = [_point(each, centre) for each in counts]
    found = _signals(bare, centre)
    points = (
        Point(one.share, one.low, one.high, one.sigma, frozenset(signals))
        for one, signals in zip(bare, found, strict=True)
    )
    return Chart(centre, tuple(points))


def _point(count: Count, centre: float) -> Point:
    if count.whole == 0:
        return Point(None, 0.0, 1.0, 0.0, frozenset())
    sigma = sqrt(centre * (1 - centre) / count.whole)
    low, high = max(0.0, centre - 3 * sigma), min(1.0, centre + 3 * sigma)
    return Point(count.part / count.whole, low, high, sigma, frozenset())


def _signals(points: Sequence[Point], centre: float) -> list[set[Signal]]:
    """What each point signals; points without a share are stepped over, as if not there."""
    found: list[set[Signal]] = [set() for _ in points]
    there = [place for place, point in enumerate(points) if point.share is not None]
    shares = [points[place].share or 0.0 for place in there]
    away = [
        _away(share, centre, points[place].sigma)
        for place, share in zip(there, shares, strict=True)
    ]
    for signal, places in _found(shares, away).items():
        for place in places:
            found[there[place]].add(signal)
    return found


def _away(share: float, centre: float, sigma: float) -> float:
    """How many standard deviations from the centre. A centre of 0 or 1 has no spread: any other
    share is beyond every limit."""
    if share == centre:
        return 0.0
    return (share - centre) / sigma if sigma > 0 else copysign(inf, share - centre)


def _found(shares: Sequence[float], away: Sequence[float]) -> Mapping[Signal, set[int]]:
    up = [later > earlier for earlier, later in pairwise(shares)]
    down = [later < earlier for earlier, later in pairwise(shares)]
    rising = {
        place + extra
        for steps in (up, down)
        for place in _in_a_row(steps, _TREND - 1)
        for extra in (0, 1)
    }
    return MappingProxyType(
        {
            Signal.OUTSIDE: {place for place, each in enumerate(away) if abs(each) > 3},
            Signal.RUN: _each_side(away, lambda each: each > 0, _RUN),
            Signal.TREND: rising,
            Signal.NEAR: _two_of_three(away) | _two_of_three([-each for each in away]),
            Signal.HUGGING: _in_a_row([abs(each) < 1 for each in away], _HUGGING),
        }
    )


def _each_side(away: Sequence[float], holds: Callable[[float], bool], length: int) -> set[int]:
    above = _in_a_row([holds(each) for each in away], length)
    return above | _in_a_row([holds(-each) for each in away], length)


def _in_a_row(holds: Sequence[bool], length: int) -> set[int]:
    """The places of every stretch of at least `length` that hold."""
    found: set[int] = set()
    begin = 0
    for place, each in enumerate([*holds, False]):
        if not each:
            if place - begin >= length:
                found.update(range(begin, place))
            begin = place + 1
    return found


def _two_of_three(away: Sequence[float]) -> set[int]:
    """The places beyond two deviations, wherever two of three in a row are."""
    few, window = _NEAR
    beyond = [each > 2 for each in away]
    found: set[int] = set()
    for begin in range(len(away) - window + 1):
        places = [place for place in range(begin, begin + window) if beyond[place]]
        if len(places) >= few:
            found.update(places)
    return found
