"""The door to every measure: what a site came to in some days, for all or by one dimension.

Read from roll-ups: right for whatever they have seen, and seconds old (weeks, months and messages a
minute or two). Only what time alone changes is read from the alerts that are open now.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

from rsm.db.work import Tx
from rsm.metrics import courses, standing, sums
from rsm.metrics.definitions import BY_ID, MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.durations import GRADIENT, TIME_OF, durations
from rsm.metrics.measure import Basis, Kind, Measure
from rsm.metrics.measures_patients import WEEKS_OF_RETENTION
from rsm.metrics.model import Days
from rsm.metrics.statistics.intervals import Interval, wilson
from rsm.metrics.sums import Asked, Bucket, Sums
from rsm.metrics.tables import Span

_RETAINED = MappingProxyType({f"retained_{weeks}": weeks for weeks in WEEKS_OF_RETENTION})
_Read = Callable[[Tx, Asked], Sums]


@dataclass(frozen=True)
class Figure:
    """One measure's value. A rate has `part`, `whole` and its 95 % interval; a count has `part`
    alone; a duration has minutes in `part`, None where it cannot be told."""

    measure: str
    part: float | None
    whole: int | None = None
    interval: Interval | None = None

    @property
    def share(self) -> float | None:
        """Part of whole; None for what is no rate, and for a rate of nothing."""
        return self.part / self.whole if self.part is not None and self.whole else None


_Found = dict[Bucket, dict[str, Figure]]
_SOURCES: Mapping[Basis, tuple[_Read, ...]] = MappingProxyType(
    {
        Basis.WINDOW: (sums.surveys,),
        Basis.WEEK: (sums.weeks,),
        Basis.MONTH: (sums.months,),
        Basis.OPENING: (sums.alerts, durations, standing.waiting),
        Basis.WRITING: (sums.messages,),
        Basis.ENTRY: (sums.entered,),
        Basis.ENROLMENT: (sums.enrolled,),
        Basis.EVENT: (sums.events,),
        Basis.NOW: (standing.open_now,),
    }
)


def figures(
    tx: Tx, site_id: UUID, days: Days, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[str, Figure]]:
    """By value of the dimension ("" is not recorded, and the only key of ALL), then by measure.

    What stands as it is now (`Measure.live`) is there as well, whatever the days are.
    """
    found = _figures(tx, Asked(site_id, days, dimension), MEASURES)
    values = {value for value, _ in found} | ({""} if dimension is Dimension.ALL else set())
    return {
        value: {
            each.id: found.get((value, None), {}).get(each.id) or _figure(each, {})
            for each in MEASURES
        }
        for value in sorted(values)
    }


class Everybody(Mapping[str, Figure]):
    """Every measure of a site for some days, as `figures` has them for all, but read only when
    somebody asks: with one figure those come that are read from the same rows."""

    def __init__(self, tx: Tx, site_id: UUID, days: Days) -> None:
        self._tx, self._asked = tx, Asked(site_id, days)
        self._known: dict[str, Figure] = {}

    def __getitem__(self, id_: str) -> Figure:
        if id_ not in self._known:
            related = [each for each in MEASURES if _family(each) == _family(BY_ID[id_])]
            found = _figures(self._tx, self._asked, related).get(("", None), {})
            self._known |= {each.id: found.get(each.id) or _figure(each, {}) for each in related}
        return self._known[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(BY_ID)

    def __len__(self) -> int:
        return len(BY_ID)


def _family(measure: Measure) -> tuple[Basis, str | None, bool]:
    """Measures that are read from the same rows, in the same pass."""
    (first, *_) = measure.part
    time = first if first == GRADIENT else TIME_OF.get(first)
    return measure.basis, time, measure.id in _RETAINED


def by_month(
    tx: Tx, site_id: UUID, days: Days, measure: str, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[date, Figure]]:
    """By value of the dimension, then by the first day of each month that has any."""
    return _divided(tx, Asked(site_id, days, dimension, Span.MONTH), measure)


def by_week(
    tx: Tx, site_id: UUID, days: Days, measure: str, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[date, Figure]]:
    """By value of the dimension, then by the Monday of each week that has any."""
    return _divided(tx, Asked(site_id, days, dimension, Span.WEEK), measure)


def _divided(tx: Tx, asked: Asked, id_: str) -> Mapping[str, Mapping[date, Figure]]:
    """Raises KeyError for what is no measure; what is live belongs to no week or month."""
    wanted = BY_ID[id_]
    asked = replace(asked, per=None) if wanted.live else asked
    divided: dict[str, dict[date, Figure]] = {}
    for (value, bucket), found in sorted(_figures(tx, asked, (wanted,)).items(), key=_order):
        if bucket is not None:
            divided.setdefault(value, {})[bucket] = found[id_]
    return divided


def _order(item: tuple[Bucket, object]) -> tuple[str, date]:
    value, bucket = item[0]
    return value, bucket or date.min


def _figures(tx: Tx, asked: Asked, wanted: Iterable[Measure]) -> _Found:
    by_basis: dict[Basis, list[Measure]] = {}
    for each in wanted:
        by_basis.setdefault(each.basis, []).append(each)
    found: _Found = {}
    for basis, measures in by_basis.items():
        for key, known in _sums(tx, _for(asked, measures), _SOURCES[basis]).items():
            of_key = found.setdefault(key, {})
            of_key.update({each.id: _figure(each, known) for each in measures})
        retained = {each.id: _RETAINED[each.id] for each in measures if each.id in _RETAINED}
        if retained:
            _retain(tx, asked, retained, found)
    return found


def _for(asked: Asked, measures: Iterable[Measure]) -> Asked:
    return replace(
        asked, names=frozenset(name for each in measures for name in (*each.part, *each.whole))
    )


def _sums(tx: Tx, asked: Asked, sources: Iterable[_Read]) -> Sums:
    together: Sums = {}
    for read in sources:
        for key, known in read(tx, asked).items():
            together.setdefault(key, {}).update(known)
    return together


def _figure(measure: Measure, known: Mapping[str, float | None]) -> Figure:
    if measure.kind is Kind.RATE:
        whole = int(_sum(known, measure.whole))
        part = min(int(_sum(known, measure.part)), whole)  # sources are seconds apart
        return Figure(measure.id, part, whole, wilson(part, whole))
    if measure.part[0] in TIME_OF:
        return Figure(measure.id, known.get(measure.part[0]))
    return Figure(measure.id, _sum(known, measure.part))


def _sum(known: Mapping[str, float | None], names: Iterable[str]) -> float:
    return sum(known.get(name) or 0 for name in names)


def _retain(tx: Tx, asked: Asked, weeks_of: Mapping[str, int], found: _Found) -> None:
    """Shares of the Kaplan-Meier curve, with its own intervals."""
    for key, people in courses.seen(tx, asked).items():
        told_at, whole = courses.still_there(people, weeks_of.values()), len(people)
        for id_, weeks in weeks_of.items():
            told = told_at[weeks]
            part = None if told is None else told.share * whole
            interval = None if told is None else told.interval
            found.setdefault(key, {})[id_] = Figure(id_, part, whole, interval)
