"""Which flow function runs how often. The intervals are the net below NOTIFY, not the timers."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from rsm.collaborative import sharing
from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE
from rsm.flow import (
    audit,
    conversation_end,
    digest,
    escalate,
    idle,
    inbound,
    left_out,
    outbound,
    pauses,
    readiness,
    shadow,
)
from rsm.flow.audit_plans import Turns
from rsm.metrics import check_rollups, figure_gauges, gauges, rollup
from rsm.metrics.decide import skew
from rsm.metrics.exporter import Board
from rsm.patients import ages
from rsm.reports import archive_service
from rsm.security import idempotency
from rsm.security.audit import seal
from rsm.worker.services import WorkerServices

LOG = logging.getLogger(__name__)
METRICS_LEASE = "metrics"
AUDITOR_LEASE = "auditor"
RECHECK_LEASE = "recheck"
_LEASE = timedelta(minutes=3)
_HOURLY = timedelta(minutes=50)  # not an hour: the clocks of two workers do not tick together


@dataclass(frozen=True)
class Job:
    """One flow function: `run` returns how many rows it worked, and is repeated until none."""

    name: str
    seconds: int
    run: Callable[[], int]


def jobs(services: WorkerServices, board: Board) -> tuple[Job, ...]:
    """Everything but the lanes of the outbox, which have threads of their own."""
    db, turns = services.db, Turns()
    return (
        Job("escalate", 2, lambda: escalate.escalate_due(db)),
        Job("inbound", 5, lambda: inbound.handle_due(db)),
        Job("open", 5, lambda: outbound.open_due(db)),
        Job("zones", 3600, lambda: outbound.refresh_zones(db)),
        Job("advance", 5, lambda: outbound.advance_due(db)),
        Job("idle", 30, lambda: idle.judge_due(db)),
        Job("texted", 30, lambda: conversation_end.finish_silent(db)),
        Job("pauses", 60, lambda: pauses.pauses_due(db)),
        Job("tasks", 60, lambda: escalate.overdue_due(db)),
        Job("digest", 300, lambda: digest.digests_due(db)),
        Job("readiness", 300, lambda: readiness.readiness_due(db)),
        Job("left_out", 300, lambda: left_out.ask_due(db)),
        Job("reconcile", 3, services.reconcile),
        Job("read_back", 5, services.read_back),
        Job("compare", 600, services.compare),
        Job("redact", 60, services.redact),
        Job("reports", 300, services.reports),
        Job("shadow", 30, lambda: shadow.judge_due(db)),
        Job("foresee", 5, services.foresee),
        Job("recheck", 3600, lambda: recheck(services)),
        Job("decades", 3600, lambda: note_decades(services)),
        Job("forget", 3600, lambda: forget(services)),
        Job("seal", 1, lambda: seal_audit(services)),
        Job("audit", 60, lambda: audit_round(services, board, turns)),
        Job("measures", 300, lambda: measure_again(services, board)),
        Job("heartbeat", 10, lambda: beat(services, board)),
        Job("roll_up", 5, lambda: rollup.roll_up_due(db)),
        Job("roll_up_slowly", 60, lambda: rollup.roll_up_slowly(db)),
        Job("check_rollups", 3600, lambda: check_rollups.check_due(db)),
        Job("share", 3600, lambda: sharing.share_due(db)),
        Job("metrics", 30, lambda: refresh(services, board)),
    )


def seal_audit(services: WorkerServices) -> int:
    """Chain what was committed since."""
    with services.db.begin(EVERYWHERE) as tx:
        return seal(tx)


def recheck(services: WorkerServices) -> int:
    """Ask the provider what became of messages without a final word, once an hour in all."""
    with services.db.begin(NOWHERE) as tx:
        if not leases.take(tx, RECHECK_LEASE, str(tx.new_id()), _HOURLY):  # not ours to renew
            return 0
    return services.recheck()


def forget(services: WorkerServices) -> int:
    """Drop the answers that are kept for repeated calls of the API, after a day; and what else is
    kept nowhere (`archive_policy.DROPPED`)."""
    with services.db.begin(EVERYWHERE) as tx:
        forgotten = idempotency.forget(tx)
    return forgotten + archive_service.drop_due(services.db)


def note_decades(services: WorkerServices) -> int:
    """Figures by age need the decade of birth of whoever was entered before it was kept."""
    with services.db.begin(EVERYWHERE) as tx:
        return ages.note_decades(tx, limit=500)


def beat(services: WorkerServices, board: Board) -> int:
    """Leave a sign of life, in the database and at /metrics; and how far our clock is from its."""
    with services.db.begin(NOWHERE) as tx:
        leases.beat(tx, services.name, services.release)
        now = tx.now
    board.beat(services.name, now.timestamp())
    off = clock_skew(services)
    board.off(services.name, off.total_seconds())
    if abs(off) > audit.CLOCK_SKEW:
        extra = {"action": "clock.skewed", "seconds": off.total_seconds()}
        LOG.warning("this host's clock is not the database's", extra=extra)
    return 0


def clock_skew(services: WorkerServices) -> timedelta:
    """How far this host's clock is ahead of the database's; 0 where it is not compared."""
    if services.host_clock is None:
        return timedelta()
    before = services.host_clock.now()
    with services.db.begin(NOWHERE) as tx:
        return skew(before, tx.now, services.host_clock.now())


def refresh(services: WorkerServices, board: Board) -> int:
    """Read the gauges, if the lease is ours: two workers must not double them."""
    if not _take(services, METRICS_LEASE):
        board.forget_figures()
        return 0
    with services.db.begin(EVERYWHERE) as tx:
        snapshot = gauges.read(tx)
    board.show(snapshot)
    return 0


def measure_again(services: WorkerServices, board: Board) -> int:
    """Read the measures of the last weeks, if the lease of the gauges is ours."""
    if _take(services, METRICS_LEASE):
        with services.db.begin(EVERYWHERE) as tx:
            measured = figure_gauges.read(tx)
        board.show_measures(measured.part, measured.whole)
    return 0


def audit_round(services: WorkerServices, board: Board, turns: Turns | None = None) -> int:
    """Derive the promises again, if the lease is ours; then tell the switch outside."""
    turns = turns or Turns()
    if not _take(services, AUDITOR_LEASE):
        board.forget_audit()
        turns.forget()
        return 0
    report = audit.audit_due(services.db, clock_skew(services), turns)
    board.show_audit({check.value: count for check, count in report.found.items()})
    if services.switch is not None:
        audit.tell_outside(report, services.switch)
    return 0


def say_goodbye(services: WorkerServices) -> None:
    """A clean stop: give the leases back, and let nobody look for us."""
    with services.db.begin(NOWHERE) as tx:
        leases.beat(tx, services.name, audit.STOPPED)
        for lease in (METRICS_LEASE, AUDITOR_LEASE):
            leases.take(tx, lease, services.name, timedelta())  # ours ends now, another's stays


def _take(services: WorkerServices, lease: str) -> bool:
    with services.db.begin(NOWHERE) as tx:
        return leases.take(tx, lease, services.name, _LEASE)
