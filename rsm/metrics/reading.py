"""Reading roll-ups for measures: each table once, when it is first asked for, for all periods."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import alert_sums, courses, standing, sums
from rsm.metrics.alert_sums import Alerts, ByLevel
from rsm.metrics.courses import StillThere
from rsm.metrics.durations import TIME_OF, Waits, bucket_of, is_bucket, told
from rsm.metrics.measure import Basis
from rsm.metrics.measures_patients import WEEKS_OF_RETENTION
from rsm.metrics.packed import Pack
from rsm.metrics.pieces import Bucket
from rsm.metrics.statistics.survival import Seen
from rsm.metrics.sums import Asked, Source, Sums

_SOURCES: Mapping[Basis, Source] = MappingProxyType(
    {
        Basis.WINDOW: sums.surveys,
        Basis.WEEK: sums.weeks,
        Basis.MONTH: sums.months,
        Basis.WRITING: sums.messages,
        Basis.ENTRY: sums.entered,
        Basis.ENROLMENT: sums.enrolled,
        Basis.EVENT: sums.events,
    }
)
# What no roll-up can know, since time alone changes it.
_LIVE: Mapping[str, Callable[[Tx, Asked], Sums]] = MappingProxyType(
    {standing.OPEN_NOW: standing.open_now, standing.WAITING_LATE: standing.waiting}
)


class Reading:
    """What the measures of a site are put together from, for some periods, by a dimension.

    What was read is kept for as long as this is: one page, or one report.
    """

    def __init__(self, tx: Tx, asked: Asked) -> None:
        self._tx, self.asked = tx, asked
        self._sums: dict[Basis | str, Sums] = {}
        self._alerts: Mapping[Bucket, ByLevel] | None = None
        self._packs: dict[str, alert_sums.OfPieces] = {}
        self._waits: dict[tuple[str, Bucket], Waits] = {}
        self._stayed: dict[Bucket, Mapping[int, StillThere | None]] = {}

    def value(self, basis: Basis, name: str, bucket: Bucket) -> float | None:
        """One of the names of `Measure.part` or `Measure.whole`; None where there is nothing."""
        if name in TIME_OF:
            return self._told(TIME_OF[name], name, bucket)
        return self._of(basis, name).get(bucket, {}).get(name)

    def buckets(self, basis: Basis, names: Collection[str]) -> set[Bucket]:
        """The values and periods that have anything of these."""
        found: set[Bucket] = set()
        for name in names:
            found |= (self.alerts if name in TIME_OF else self._of(basis, name)).keys()
        return found

    def waits(self, time: str, bucket: Bucket) -> Waits:
        """How long alerts of every level took to one of the times of `AlertDay`."""
        if (time, bucket) not in self._waits:
            self._waits[time, bucket] = {
                level: [pack.ranked() for pack in packs]
                for level, packs in self._packed(time, bucket).items()
            }
        return self._waits[time, bucket]

    def read_times(self, times: Collection[str]) -> None:
        """Several at once, which else are read one by one; the numbers of alerts come with them."""
        missing = [each for each in times if each not in self._packs]
        if missing:
            self._keep(alert_sums.read(self._tx, self.asked, missing))

    @property
    def alerts(self) -> Mapping[Bucket, ByLevel]:
        """The numbers of alerts by level."""
        if self._alerts is None:
            self._keep(alert_sums.read(self._tx, self.asked))
        return self._alerts or {}

    def _keep(self, found: Alerts) -> None:
        self._alerts = found.by_level
        self._packs |= found.packs

    @cached_property
    def seen(self) -> Mapping[Bucket, Sequence[Seen]]:
        """Patients enrolled in the periods, and for how long each reported."""
        return courses.seen(self._tx, self.asked)

    def still_there(self, bucket: Bucket) -> Mapping[int, StillThere | None]:
        """How many of these were reporting at each of the weeks of which measures tell."""
        if bucket not in self._stayed:
            self._stayed[bucket] = courses.still_there(self.seen[bucket], WEEKS_OF_RETENTION)
        return self._stayed[bucket]

    def _told(self, time: str, name: str, bucket: Bucket) -> int | None:
        """To put all minutes in order costs several times what counting those of a bucket does."""
        if is_bucket(name) and (time, bucket) not in self._waits:
            packs = self._packed(time, bucket).values()
            return bucket_of(name, [pack for some in packs for pack in some])
        return told(name, self.waits(time, bucket))

    def _packed(self, time: str, bucket: Bucket) -> Mapping[Level, list[Pack]]:
        self.read_times((time,))
        return alert_sums.of_bucket(self.asked, self._packs[time], bucket)

    def _of(self, basis: Basis, name: str) -> Sums:
        key = name if name in _LIVE else basis
        if key not in self._sums:
            self._sums[key] = self._read(basis, name)
        return self._sums[key]

    def _read(self, basis: Basis, name: str) -> Sums:
        if name in _LIVE:
            return _LIVE[name](self._tx, self.asked)
        if basis is Basis.OPENING:
            return alert_sums.sums(self.alerts)
        return sums.summed(self._tx, self.asked, _SOURCES[basis])
