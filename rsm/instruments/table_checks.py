"""What a look-up table must be: a row for every raw score, and none besides."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor

from rsm.instruments.bounds import Bounds
from rsm.instruments.findings import Finding
from rsm.instruments.formulas import (
    Exact,
    Maximum,
    ProctcaeComposite,
    ScoreFormula,
    Sum,
    SymptomCount,
    Table,
    Value,
    exact,
)
from rsm.instruments.model import Instrument
from rsm.kernel.documents import Loc

_SHOWN = 10
_LONGEST = 10_000  # rows that anybody would publish; also so that a range stays small


def check_table(
    instrument: Instrument, table: Table, loc: Loc, raw: Bounds | None
) -> Iterator[Finding]:
    """What is wrong with its raw score, its rows, its values and its standard errors."""
    source = next(score for score in instrument.scores if score.name == table.raw)
    if raw is None or not _is_whole(source):
        what = f"{table.raw!r} is not always a whole number"
        mend = 'look up a sum; where it is prorated, with rounding = "nearest" or "up" as published'
        yield Finding((*loc, "raw"), what, mend)
        return
    rows = (*loc, "rows")
    if raw.highest - raw.lowest > _LONGEST:
        what = f"{table.raw!r} goes from {raw}: more rows than a table can have"
        yield Finding((*loc, "raw"), what, "look up a score of a shorter range")
        return
    raws = [row.raw for row in table.rows]
    if any(first >= second for first, second in pairwise(raws)):
        yield Finding(
            rows, "the rows are not in order", "put the lowest raw score first, each once"
        )
    wanted = set(range(ceil(raw.lowest), floor(raw.highest) + 1))
    if missing := sorted(wanted - set(raws)):
        what = f"no row for raw {_some(missing)}"
        yield Finding(rows, what, f"{table.raw} is {raw}: give a row for each whole number")
    if surplus := sorted(set(raws) - wanted):
        yield Finding(rows, f"raw {_some(surplus)} is never reached", f"{table.raw} is {raw}")
    yield from _values(table, rows)


def _values(table: Table, loc: Loc) -> Iterator[Finding]:
    values = [exact(row.value) for row in table.rows]
    rising = len(values) < 2 or values[-1] >= values[0]
    for row, (first, second) in zip(table.rows[1:], pairwise(values), strict=True):
        if (second < first) if rising else (second > first):
            what = f"the value at raw {row.raw} breaks the order of the values"
            yield Finding(loc, what, "compare it with the published table")
    given = [row.standard_error is not None for row in table.rows]
    if any(given) and not all(given):
        row = table.rows[given.index(False)]
        what = f"no standard_error at raw {row.raw}"
        yield Finding(loc, what, "give one for each row, or for none")


def _is_whole(score: ScoreFormula) -> bool:
    match score:
        case Value() | ProctcaeComposite() | SymptomCount():
            return True
        case Sum():
            weights = [score.weight(part) for part in score.parts]
            plain_sum = not score.is_partial and not score.scores and _are_whole(weights)
            return score.rounding is not None or plain_sum
        case Maximum():
            return not score.scores
        case _:
            return False


def _are_whole(numbers: Sequence[Exact]) -> bool:
    return all(number.denominator == 1 for number in numbers)


def _some(numbers: Sequence[int]) -> str:
    """`7, 8 and 9`, or the first ten and how many more."""
    shown = [str(number) for number in numbers[:_SHOWN]]
    more = len(numbers) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
