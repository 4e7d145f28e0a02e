"""How long alerts took, from the minutes of each: medians, P90, buckets, the severity gradient."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics.decide import CLOSE_BOUNDS, Ranked, times
from rsm.metrics.measures_alerts import BUCKETS, CLOCKS, STAGES
from rsm.metrics.model import Took
from rsm.metrics.packed import Pack, joined
from rsm.metrics.sums import Asked, Bucket, Sums
from rsm.metrics.tables import AlertDay

GRADIENT = "close_gradient"
_PRESSING = (Level.URGENT, Level.EMERGENCY)
_MINUTE = timedelta(minutes=1)
_ByLevel = dict[Level, Pack]


def _names(stage: str, clock: str) -> tuple[str, ...]:
    """What one time of an alert comes to: median, P90, then its buckets."""
    done, _ = STAGES[stage]
    time = f"{stage}{clock}"
    return time, f"{time}_p90", *(f"{done}{clock}_{bucket}" for bucket in BUCKETS)


# The arrays of `AlertDay` → what is derived from each.
DERIVED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {f"{stage}{clock}": _names(stage, clock) for stage in STAGES for clock in CLOCKS}
)
TIME_OF: Mapping[str, str] = MappingProxyType(
    {name: time for time, names in DERIVED.items() for name in names} | {GRADIENT: "close"}
)


def durations(tx: Tx, asked: Asked) -> Sums:
    """Of alerts opened in these days: minutes by the stage's name, counts by its buckets'.

    A percentile is the nearest rank; None where so many are not over that it cannot be told.
    """
    wanted = {TIME_OF[name]: None for name in TIME_OF if asked.wants(name)}
    found: Sums = {}
    for key, by_time in (_read(tx, asked, wanted) if wanted else {}).items():
        known = found.setdefault(key, {})
        for time, by_level in by_time.items():
            known.update(_told(asked, time, by_level))
    return found


def took(tx: Tx, asked: Asked, wanted: Iterable[str]) -> dict[str, dict[Level, Took]]:
    """Of everybody's alerts, by level, how many took how many minutes; None is not yet."""
    (by_time,) = _read(tx, asked, wanted).values() or ({},)
    return {
        time: {level: pack.counted() for level, pack in by_level.items()}
        for time, by_level in by_time.items()
    }


def _read(tx: Tx, asked: Asked, wanted: Iterable[str]) -> dict[Bucket, dict[str, _ByLevel]]:
    table = table_of(AlertDay)
    names = list(wanted)
    query = (
        select(
            table.c.value,
            asked.bucket(table.c.day).label("bucket"),
            table.c.level,
            func.sum(table.c.opened),
            *(func.string_agg(table.c[name], b"") for name in names),
        )
        .where(
            table.c.site_id == asked.site_id,
            table.c.dimension == asked.dimension,
            table.c.day.between(asked.days.first, asked.days.last),
        )
        .group_by(table.c.value, "bucket", table.c.level)
    )
    found: dict[Bucket, dict[str, _ByLevel]] = {}
    for value, bucket, level, opened, *each in tx.session.execute(query):
        by_time = found.setdefault((value, bucket), {name: {} for name in names})
        for name, minutes in zip(names, each, strict=True):
            by_time[name][Level(level)] = Pack(minutes, int(opened))
    return found


def _told(asked: Asked, time: str, by_level: _ByLevel) -> dict[str, float | None]:
    """What is wanted of one time: of five years each pass over it takes its milliseconds."""
    known: dict[str, float | None] = {}
    if any(map(asked.wants, DERIVED[time])):
        found = times(joined(by_level.values()).counted(), CLOSE_BOUNDS)
        measured = (_minutes(found.median), _minutes(found.p90), *found.buckets)
        known.update(zip(DERIVED[time], measured, strict=True))
    if TIME_OF[GRADIENT] == time and asked.wants(GRADIENT):
        known[GRADIENT] = _gradient(by_level)
    return known


def _gradient(by_level: _ByLevel) -> int | None:
    """The median of urgent and emergency alerts less that of the others."""
    medians: list[timedelta | None] = []
    for pressing in (True, False):
        some = [one for level, one in by_level.items() if (level in _PRESSING) is pressing]
        medians.append(Ranked(joined(some).counted()).percentile(0.5))
    graver, others = medians
    return None if graver is None or others is None else (graver - others) // _MINUTE


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else length // _MINUTE
