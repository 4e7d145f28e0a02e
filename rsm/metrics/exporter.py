"""What /metrics shows: a collector over the latest snapshot. It never asks the database itself.

Database figures are shown by the holder of the lease only; whoever loses it forgets them, so
that two workers neither double a figure nor show an old one.
"""

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from rsm.metrics import series as names
from rsm.metrics.model import Figures, Snapshot
from rsm.metrics.series import Exported


class Board(Collector):
    """The series of one worker process. Safe to use from several threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lock = Lock()
        self._database: dict[Exported, Figures] = {}
        self._measures: dict[Exported, Figures] = {}
        self._audit: Figures = {}
        self._own: dict[Exported, dict[tuple[str, ...], float]] = {
            names.HEARTBEAT: {},
            names.CLOCK_SKEW: {},
            names.JOB_ROUNDS: {},
            names.JOB_FAILURES: {},
        }
        registry.register(self)

    def show(self, snapshot: Snapshot) -> None:
        """Show these figures from now on."""
        figures: dict[Exported, Figures] = {
            names.ALERTS: snapshot.alerts,
            names.ALERT_SECONDS: snapshot.alert_seconds,
            names.ALERTS_OPEN: snapshot.alerts_open,
            names.UNACKNOWLEDGED: snapshot.unacknowledged,
            names.ESCALATIONS: snapshot.escalations,
            names.MESSAGES: snapshot.messages,
            names.NOBODY_ON_DUTY: snapshot.nobody_on_duty,
            names.QUEUE_AGE: snapshot.queue_age,
            names.SURVEYS: snapshot.surveys,
            names.SENDING_HELD: snapshot.sending_held,
            names.TEXTS_STOPPED: snapshot.texts_stopped,
            names.SUPPRESSED: snapshot.suppressed,
            names.EXPECTED_LEVELS: snapshot.expected_levels,
            names.PROVIDER_LIST: snapshot.provider_list,
            names.PROVIDER_LIST_READ: snapshot.provider_list_read,
            names.STAFFING: snapshot.staffing,
            names.ROSTER_GAP_HOURS: snapshot.roster_gap_hours,
            names.ROLLUPS_WRONG: snapshot.rollups_wrong,
        }
        with self._lock:
            self._database = figures

    def show_measures(self, part: Figures, whole: Figures) -> None:
        """Show the measures of the last weeks from now on (`figure_gauges`)."""
        with self._lock:
            self._measures = {names.FIGURE_PART: part, names.FIGURE_WHOLE: whole}

    def show_audit(self, found: Mapping[str, int]) -> None:
        """Show what the auditor found."""
        with self._lock:
            self._audit = {(check,): count for check, count in found.items()}

    def forget_figures(self) -> None:
        """Another worker shows the database's figures now."""
        with self._lock:
            self._database, self._measures = {}, {}

    def forget_audit(self) -> None:
        """Another worker audits now."""
        with self._lock:
            self._audit = {}

    def beat(self, process: str, timestamp: float) -> None:
        """This process is alive; seconds since 1970."""
        with self._lock:
            self._own[names.HEARTBEAT][(process,)] = timestamp

    def off(self, process: str, seconds: float) -> None:
        """So far is this host's clock ahead of the database's."""
        with self._lock:
            self._own[names.CLOCK_SKEW][(process,)] = seconds

    def job_begun(self, job: str) -> None:
        """A round begins: from now on this job's rounds are shown, so that a hang can be seen."""
        with self._lock:
            self._own[names.JOB_ROUNDS].setdefault((job,), 0)

    def job_done(self, job: str) -> None:
        """One more round of this job ended without an error."""
        self._count(names.JOB_ROUNDS, job)

    def job_failed(self, job: str) -> None:
        """One more round of this job ended in an error."""
        self._count(names.JOB_FAILURES, job)

    def _count(self, series: Exported, job: str) -> None:
        with self._lock:
            rounds = self._own[series]
            rounds[(job,)] = rounds.get((job,), 0) + 1

    def describe(self) -> Iterable[Metric]:
        """All names, before there is a figure."""
        return [_family(series, {}) for series in names.EXPORTED]

    def collect(self) -> Iterator[Metric]:
        """Every series that there is a figure for."""
        with self._lock:
            figures = {**self._database, **self._measures, names.AUDIT_PROBLEMS: self._audit}
            figures |= {series: dict(values) for series, values in self._own.items()}
        for series, values in figures.items():
            yield _family(series, values)


def _family(series: Exported, values: Figures) -> Metric:
    kind = CounterMetricFamily if series.counter else GaugeMetricFamily
    name = series.name.removesuffix("_total")
    family = kind(name, series.help, labels=series.labels)
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family
