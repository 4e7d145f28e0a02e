"""What the worker is built from: one frozen object, handed in by `rsm.bootstrap`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rsm.db.work import Database
from rsm.flow.ports import DeadMansSwitch
from rsm.kernel.clock import Clock
from rsm.messaging.model import Lane

# Number of threads = what a sender's rate asks for, times the provider's latency.
THREADS: Mapping[Lane, int] = MappingProxyType(
    {Lane.EMERGENCY: 1, Lane.STAFF: 1, Lane.REPLY: 2, Lane.SURVEY: 2}
)


@dataclass(frozen=True)
class WorkerServices:
    """`db` is the worker role's door; `name` stays the same when the process starts again.

    `deliver` sends what is due in one lane and returns how many; `reconcile` looks up what became
    of messages left behind, `recheck` of those that had no final word: `flow.deliver` and
    `flow.reconcile` with their adapters and configuration. `lifeline` counts on and raises a hold
    when this may be a restored database (`flow.holds`); `read_back` lifts it, `compare` holds the
    provider's list of a day against ours (`flow.history`); `redact` has bodies deleted there.
    `foresee` plays the months that a page asked for (`worker.foreseeing`), `let_go` ends that when
    the worker stops.
    `reports` writes and sends the monthly reports that are due (`flow.reports_due`).
    `host_clock` is held against the database's; without one, or without `metrics_at` (host, port)
    for figures, nothing is compared or shown.
    """

    db: Database
    deliver: Callable[[Lane], int]
    reconcile: Callable[[], int]
    recheck: Callable[[], int] = lambda: 0
    lifeline: Callable[[], object] = lambda: None
    read_back: Callable[[], int] = lambda: 0
    compare: Callable[[], int] = lambda: 0
    redact: Callable[[], int] = lambda: 0
    reports: Callable[[], int] = lambda: 0
    foresee: Callable[[], int] = lambda: 0
    let_go: Callable[[], None] = lambda: None
    name: str = "worker"
    release: str = ""
    switch: DeadMansSwitch | None = None
    host_clock: Clock | None = None
    metrics_at: tuple[str, int] | None = None
    threads: Mapping[Lane, int] = field(default_factory=lambda: THREADS)
