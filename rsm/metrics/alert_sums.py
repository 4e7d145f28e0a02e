"""Alerts of some periods by level, from the days on which they were opened: how many, and how many
minutes each took.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache

from sqlalchemy import func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import PRESSING, AlertCounts
from rsm.metrics.packed import Pack, joined
from rsm.metrics.pieces import Bucket, gathered
from rsm.metrics.sums import Asked, Query, Sums, of_rollup, piece_of, plainly, within
from rsm.metrics.tables import AlertDay

_LATELY = timedelta(weeks=10)  # most alerts are closed by then
_COUNTED = tuple(each.name for each in fields(AlertCounts))
ByLevel = Mapping[Level, AlertCounts]
OfPieces = Mapping[tuple[str, int], Mapping[Level, Pack]]  # by value and number of the piece


@dataclass(frozen=True)
class Alerts:
    """The numbers of `AlertDay` by period and level, levels without an alert left out; and by time
    that was asked for, the minutes of each alert that has come so far."""

    by_level: Mapping[Bucket, ByLevel]
    packs: Mapping[str, OfPieces]


def read(tx: Tx, asked: Asked, times: Collection[str] = ()) -> Alerts:
    """By one statement; `times` are columns of `AlertDay`."""
    names = tuple(times)
    numbers: dict[tuple[str, int], dict[Level, tuple[int, ...]]] = {}
    packs: dict[str, dict[tuple[str, int], dict[Level, Pack]]] = {name: {} for name in names}
    for value, piece, level, *each in asked.rows(tx, _query(asked.dimension, names)):
        key, counts, minutes = (value, piece), each[: len(_COUNTED)], each[len(_COUNTED) :]
        numbers.setdefault(key, {})[Level(level)] = tuple(map(int, counts))
        opened = int(counts[_COUNTED.index("opened")])
        for name, some in zip(names, minutes, strict=True):
            packs[name].setdefault(key, {})[Level(level)] = Pack(some, opened)
    by_level = {bucket: _added(some) for bucket, some in gathered(asked.cut, numbers)}
    return Alerts(by_level, dict(packs))


def sums(found: Mapping[Bucket, ByLevel]) -> Sums:
    """The same of all levels; `pressing` are those of the two gravest."""
    return {
        bucket: {name: sum(getattr(each, name) for each in levels.values()) for name in _COUNTED}
        | {"pressing": sum(each.opened for level, each in levels.items() if level in PRESSING)}
        for bucket, levels in found.items()
    }


def of_bucket(asked: Asked, found: OfPieces, bucket: Bucket) -> Mapping[Level, list[Pack]]:
    """The packs of one period: one of all that is long over, one of the last weeks, which change
    while the other, by far the longer, stays as it is."""
    value, place = bucket
    parts: dict[tuple[Level, bool], list[Pack]] = {}
    for piece in asked.cut.of_each[place]:
        is_new = asked.cut.last - asked.cut.begins[piece - 1] < _LATELY
        for level, pack in found.get((value, piece), {}).items():
            parts.setdefault((level, is_new), []).append(pack)
    packs: dict[Level, list[Pack]] = {level: [] for level in Level}
    for (level, _), some in parts.items():
        packs[level].append(joined(some))
    return packs


def _added(some: Iterable[Mapping[Level, tuple[int, ...]]]) -> dict[Level, AlertCounts]:
    parts: dict[Level, list[tuple[int, ...]]] = {}
    for each in some:
        for level, counts in each.items():
            parts.setdefault(level, []).append(counts)
    return {
        level: AlertCounts(*map(sum, zip(*counts, strict=True))) for level, counts in parts.items()
    }


@cache
def _query(dimension: Dimension, times: tuple[str, ...]) -> Query:
    table = table_of(AlertDay)
    value, level = (plainly(each) for each in (table.c.value, table.c.level))
    return (
        select(
            value,
            piece_of(table.c.day).label("piece"),
            level,
            *(func.sum(table.c[name]) for name in _COUNTED),
            *(func.string_agg(table.c[name], b"") for name in times),
        )
        .where(within(table.c.day), *of_rollup(table, dimension))
        .group_by(value, "piece", level)
    )
