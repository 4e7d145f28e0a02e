"""The door to every measure: what a site came to in some days, for all or by one dimension.

Read from roll-ups: right for whatever they have seen, and seconds old (weeks, months and messages a
minute or two). Only what time alone changes is read from the alerts that are open now.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from rsm.db.work import Tx
from rsm.metrics.alert_sums import ByLevel
from rsm.metrics.definitions import BY_ID, MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.durations import DERIVED, TIME_OF, Waits
from rsm.metrics.measure import Kind, Measure
from rsm.metrics.measures_patients import WEEKS_OF_RETENTION
from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import Bucket, divided
from rsm.metrics.reading import Reading
from rsm.metrics.statistics.intervals import Interval, wilson
from rsm.metrics.sums import Asked

_RETAINED = MappingProxyType({f"retained_{weeks}": weeks for weeks in WEEKS_OF_RETENTION})
_THERE = tuple(BY_ID[id_] for id_ in ("eligible", "enrolled", "due"))


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


def figures(
    tx: Tx, site_id: UUID, days: Days, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[str, Figure]]:
    """By value of the dimension ("" is not recorded, and the only key of ALL), then by measure.

    What stands as it is now (`Measure.live`) is there as well, whatever the days are.
    """
    reading = Reading(tx, Asked(site_id, (days,), dimension))
    reading.read_times(DERIVED)
    found = {value for each in MEASURES for value, _ in _buckets(reading, each)}
    values = found | {""} if dimension is Dimension.ALL else found
    return {
        value: {each.id: _figure(reading, each, (value, 0)) for each in MEASURES}
        for value in sorted(values)
    }


def by_value(
    tx: Tx, site_id: UUID, days: Days, measure: str, dimension: Dimension
) -> Mapping[str, Figure]:
    """One measure alone, by every value of the dimension that has it, or has patients or surveys
    in these days: of whom nothing is known but that they are there, that is to be seen."""
    reading, wanted = Reading(tx, Asked(site_id, (days,), dimension)), BY_ID[measure]
    known = {value for each in (wanted, *_THERE) for value, _ in _buckets(reading, each)}
    return {value: _figure(reading, wanted, (value, 0)) for value in sorted(known)}


def by_month(
    tx: Tx, site_id: UUID, days: Days, measure: str, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[date, Figure]]:
    """By value of the dimension, then by the first day of each month that has any."""
    return _divided(tx, Asked(site_id, (days,), dimension), Span.MONTH, measure)


def by_week(
    tx: Tx, site_id: UUID, days: Days, measure: str, dimension: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[date, Figure]]:
    """By value of the dimension, then by the Monday of each week that has any."""
    return _divided(tx, Asked(site_id, (days,), dimension), Span.WEEK, measure)


class Together:
    """Figures of a site for several periods at once, for everybody: each measure is read when it is
    first asked for, with all that stands in the same rows, and for all periods by one statement."""

    def __init__(self, tx: Tx, site_id: UUID, periods: Iterable[Days]) -> None:
        self._places = {days: place for place, days in enumerate(dict.fromkeys(periods))}
        self._reading = Reading(tx, Asked(site_id, tuple(self._places)))

    def __contains__(self, days: Days) -> bool:
        return days in self._places

    def of(self, days: Days) -> Mapping[str, Figure]:
        """Every measure of one of the periods. Raises KeyError for any other."""
        return _Everybody(self._reading, self._places[days])

    def by(self, span: Span, days: Days, measure: str) -> Mapping[date, Figure]:
        """The measure by week or month, where it has any, as `by_week` and `by_month`; its weeks
        or months (`divided`) must be among the periods."""
        wanted = BY_ID[measure]
        known = _buckets(self._reading, wanted)
        places = {first: ("", self._places[one]) for first, one in divided(days, span).items()}
        return {
            first: _figure(self._reading, wanted, bucket)
            for first, bucket in places.items()
            if bucket in known
        }

    def alerts(self, days: Days) -> ByLevel:
        """The numbers of one period's alerts by level."""
        return self._reading.alerts.get(("", self._places[days]), {})

    def took(self, days: Days, times: Collection[str]) -> Mapping[str, Waits]:
        """By time of `AlertDay` and level: how long the alerts of one period took."""
        self._reading.read_times(times)
        place = self._places[days]
        return {time: self._reading.waits(time, ("", place)) for time in times}


class _Everybody(Mapping[str, Figure]):
    """One period of `Together`."""

    def __init__(self, reading: Reading, place: int) -> None:
        self._reading, self._place = reading, place
        self._known: dict[str, Figure] = {}

    def __getitem__(self, id_: str) -> Figure:
        if id_ not in self._known:
            self._known[id_] = _figure(self._reading, BY_ID[id_], ("", self._place))
        return self._known[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(BY_ID)

    def __len__(self) -> int:
        return len(BY_ID)


def _divided(tx: Tx, asked: Asked, span: Span, id_: str) -> Mapping[str, Mapping[date, Figure]]:
    """Raises KeyError for what is no measure; what is live belongs to no week or month."""
    wanted, (days,) = BY_ID[id_], asked.periods
    if wanted.live:
        return {}
    parts = divided(days, span)
    firsts = tuple(parts)
    reading = Reading(tx, Asked(asked.site_id, tuple(parts.values()), asked.dimension))
    found: dict[str, dict[date, Figure]] = {}
    for value, place in sorted(_buckets(reading, wanted)):
        figure = _figure(reading, wanted, (value, place))
        found.setdefault(value, {})[firsts[place]] = figure
    return found


def _buckets(reading: Reading, measure: Measure) -> Collection[Bucket]:
    """The values and periods that have anything of it."""
    if measure.id in _RETAINED:
        return reading.seen.keys()
    return reading.buckets(measure.basis, (*measure.part, *measure.whole))


def _figure(reading: Reading, measure: Measure, bucket: Bucket) -> Figure:
    if measure.id in _RETAINED and bucket in reading.seen:
        return _retained(reading, measure, bucket)

    def summed(names: Iterable[str]) -> float:
        return sum(reading.value(measure.basis, name, bucket) or 0 for name in names)

    if measure.kind is Kind.RATE:
        whole = int(summed(measure.whole))
        part = min(int(summed(measure.part)), whole)  # sources are seconds apart
        return Figure(measure.id, part, whole, wilson(part, whole))
    if measure.part[0] in TIME_OF:
        return Figure(measure.id, reading.value(measure.basis, measure.part[0], bucket))
    return Figure(measure.id, summed(measure.part))


def _retained(reading: Reading, measure: Measure, bucket: Bucket) -> Figure:
    """A share of the Kaplan-Meier curve, with its own interval."""
    told, people = reading.still_there(bucket)[_RETAINED[measure.id]], len(reading.seen[bucket])
    if told is None:
        return Figure(measure.id, None, people)
    return Figure(measure.id, told.share * people, people, told.interval)
