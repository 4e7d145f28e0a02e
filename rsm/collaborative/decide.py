"""What may be seen of small numbers, which period is meant, where a site lies. Pure.

A cell is withheld when its numerator, its denominator or what is left between them is under ten;
and so is any further one by which a count under ten could be worked out (`derived`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache, reduce
from math import sqrt
from statistics import median
from typing import Final

from rsm.collaborative.model import LEAST, Lies, Point
from rsm.collaborative.shared import MEASURES, SUMS, Sum, counts_of
from rsm.metrics.statistics.funnel import CONTROL, WARNING, Limits, limits
from rsm.metrics.statistics.intervals import Interval, deviate

Cells = Mapping[str, tuple[int, int]]  # measure → part, whole
FEWEST = 3  # sites, below which a median would say something about one of them
SETTLED: Final = timedelta(days=8)  # after a period; an alert may be open for over seven days
_EXACT = 150  # in a denominator: above, exact limits and approximate ones look the same


# --- small cells ---------------------------------------------------------------------------------


def suppressed(cells: Cells, sums: Sequence[Sum] = SUMS) -> frozenset[str]:
    """The measures that must be withheld of one site and period, the complementary ones included.

    `cells` may hold any measure of `shared.MEASURES`. What is left tells of no count under ten.
    """
    shown = {measure: cell for measure, cell in cells.items() if not is_small(*cell)}
    while found := exposed(shown, sums):
        del shown[_least_missed(shown, sums, len(found))]
    return frozenset(cells) - frozenset(shown)


def is_small(part: int, whole: int) -> bool:
    """Whether numerator, denominator or the difference of both is under ten."""
    return min(part, whole, whole - part) < LEAST


def exposed(cells: Cells, sums: Sequence[Sum] = SUMS) -> Mapping[str, int]:
    """Counts under ten that whoever sees these cells can work out; empty: none.

    Cells that contradict one another expose what they make negative.
    """
    known: dict[str, int] = {}
    laws = list(sums)
    for measure, (part, whole) in cells.items():
        counted, of = counts_of(measure)
        known |= {counted: part, of: whole}
        laws.append(Sum(of, (counted, f"{of} but not {counted}")))
    found = derived(known, laws)
    for law in laws:
        found |= _left_over(law, found)
    return {name: count for name, count in found.items() if count < LEAST}


def _left_over(law: Sum, known: Mapping[str, int]) -> dict[str, int]:
    """What the unknown parts of a sum come to together: a count like any other."""
    unknown = [part for part in law.parts if part not in known]
    if law.total not in known or not unknown:
        return {}
    rest = known[law.total] - sum(known[part] for part in law.parts if part in known)
    return {" or ".join(unknown): rest}


def contradictions(cells: Cells) -> tuple[str, ...]:
    """Counts that stand in two cells with different values."""
    known: dict[str, int] = {}
    wrong = []
    for measure, (part, whole) in cells.items():
        for name, count in zip(counts_of(measure), (part, whole), strict=True):
            if known.setdefault(name, count) != count:
                wrong.append(name)
    return tuple(dict.fromkeys(wrong))


def _least_missed(shown: Cells, sums: Sequence[Sum], exposures: int) -> str:
    """The least important measure without which less is exposed; without any, the last of all."""
    last_first = sorted(shown, key=MEASURES.index, reverse=True)
    for measure in last_first:
        rest = {one: cell for one, cell in shown.items() if one != measure}
        if len(exposed(rest, sums)) < exposures:
            return measure
    return last_first[0]


def derived(known: Mapping[str, int], sums: Iterable[Sum]) -> dict[str, int]:
    """Every count that follows from the known ones and the sums: a linear system, solved exactly.

    Known ones are among them. One that the system does not settle is not.
    """
    rows = [_equation(each, known) for each in sums]
    solved = _reduced([row for row in rows if any(row)])
    found = dict(known)
    for row in solved:
        names = [name for name in row if name]
        if len(names) == 1:
            value = row.get("", Fraction()) / row[names[0]]
            found[names[0]] = int(value) if value >= 0 else -1
    return found


_Row = dict[str, Fraction]  # factor by unknown; "" is what they come to together


def _equation(law: Sum, known: Mapping[str, int]) -> _Row:
    """`total - parts = 0`, what is known on the right side."""
    row: _Row = {}
    for name, sign in ((law.total, 1), *((part, -1) for part in law.parts)):
        if name in known:
            row[""] = row.get("", Fraction()) - sign * known[name]
        else:
            row[name] = row.get(name, Fraction()) + sign
    return {name: factor for name, factor in row.items() if factor}


def _reduced(rows: list[_Row]) -> list[_Row]:
    """Reduced row echelon form: an unknown that is settled stands alone in its row."""
    done: list[_Row] = []
    for raw in rows:
        row = reduce(_without, done, raw)
        if not any(row):
            continue
        lead = next(name for name in sorted(row) if name)
        scaled = {name: factor / row[lead] for name, factor in row.items()}
        scaled = {lead: scaled.pop(lead), **scaled}
        done = [_without(other, scaled) for other in done]
        done.append(scaled)
    return done


def _without(row: _Row, pivot: _Row) -> _Row:
    """The row less as many of `pivot` as take its leading unknown away; that one stands first."""
    lead = next(iter(pivot))
    times = row.get(lead)
    if not times:
        return row
    names = dict.fromkeys((*row, *pivot))
    left = {name: row.get(name, Fraction()) - times * pivot.get(name, Fraction()) for name in names}
    return {name: factor for name, factor in left.items() if factor}


def tells_codes(stages: Collection[str]) -> bool:
    """Whether the stages of sites that are not named say which is which, to whoever knows how far
    each has come: one of several is alone in its stage."""
    sizes = Counter(stages).values()
    return len(sizes) > 1 and min(sizes) == 1


# --- periods -------------------------------------------------------------------------------------


def begins(day: date, months: int) -> date:
    """The first day of the period of so many months that holds `day`; the first begins in January.

    Periods of one length never overlap, so that none can be had by subtracting others from it.
    """
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def ends(first: date, months: int) -> date:
    """The last day of the period that begins on `first`."""
    return _plus(first, months) - timedelta(days=1)


def finished(today: date, months: int, count: int) -> tuple[date, ...]:
    """The beginnings of the last `count` periods that are over and have settled, newest first."""
    last = begins(today - SETTLED, months)
    return tuple(_plus(last, -months * back) for back in range(1, count + 1))


def _plus(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


# --- funnels -------------------------------------------------------------------------------------


def middle(points: Sequence[Point]) -> float | None:
    """The median of the shares around which the funnel stands; None of too few sites."""
    return median(point.share for point in points) if len(points) >= FEWEST else None


@lru_cache(maxsize=4096)
def expected(target: float, whole: int) -> Limits:
    """Between which shares a site of that size is expected (`metrics.statistics.funnel`)."""
    if whole <= _EXACT:
        return limits(target, whole)
    return Limits(_around(target, whole, WARNING), _around(target, whole, CONTROL))


def _around(target: float, whole: int, confidence: float) -> Interval:
    """The same of a large site, by the normal distribution corrected for skewness (Cornish and
    Fisher): it takes no longer for more surveys."""
    far = deviate(confidence)
    reach = far * sqrt(target * (1 - target) / whole)
    skewed = target + (far * far - 1) * (1 - 2 * target) / (6 * whole)
    return Interval(max(0.0, skewed - reach), min(1.0, skewed + reach))


def lies(point: Point, target: float) -> Lies:
    """Whether chance alone explains where the site lies."""
    around = expected(target, point.whole)
    if point.share not in around.control:
        return Lies.CONTROL
    return Lies.WITHIN if point.share in around.warning else Lies.WARNING
