"""The auditor: derives the promises again from the rows, heals what it can, says what it found.

It trusts no timer and no worker, itself included: the switch outside is told only when all is well,
so that silence of any kind raises the alarm (P17). Work that hurries nobody is a ticket and leaves
the switch alone: a report that cannot be printed must not hide for weeks that a worker stopped.

What is the staff's and has a task of its own is no business of the operators: a digest that nobody
read, an override that a new pack leaves out, a shadow that nobody decides on, a level that a nurse
expected until yesterday. Found here is only where a promise about them broke: a finding kept quiet
by a level past its end, and work that a job of ours left undone.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.flow import mend, reports_due
from rsm.flow.audit_plans import Turns
from rsm.flow.ports import DeadMansSwitch
from rsm.messaging.model import Lane
from rsm.metrics import check_rollups, judged, promises
from rsm.metrics.judged import Overlooked
from rsm.metrics.promises import BadAlert
from rsm.security import audit

LOG = logging.getLogger(__name__)
STOPPED = "stopped"  # the release that a process leaves when it stops on purpose

_STEP_LATE = timedelta(minutes=2)
_IDLE_LATE = timedelta(minutes=5)
_QUEUE_LATE = {
    Lane.EMERGENCY: timedelta(minutes=2),
    Lane.STAFF: timedelta(minutes=2),
    Lane.REPLY: timedelta(minutes=15),
    Lane.SURVEY: timedelta(minutes=15),
}
_UNRECONCILED = timedelta(minutes=15)
_UNREAD = timedelta(minutes=2)
_UNSEALED = timedelta(minutes=2)
_SILENT = timedelta(minutes=2)
_GONE = timedelta(hours=1)  # a host that never came back was replaced: it is no news any more
_CALLED_BACK = timedelta(hours=1)  # within it one callback of any text is enough
_CALLS_SOON = timedelta(minutes=5)  # a provider's first word comes in seconds
_FEW_TEXTS = 3  # of which none was called back: fewer may be chance
_SHADOW_LATE = timedelta(minutes=15)
_DIGEST_LATE = timedelta(days=8)  # a site may be at work on one day of the week
_REPORT_LATE = timedelta(days=1)  # of a month's: it is tried every few minutes
CLOCK_SKEW = timedelta(seconds=10)


class Check(StrEnum):
    """What the auditor looks at: a metric label, so closed."""

    SURVEYS = "P1"  # no due survey is lost
    ANSWERS = "P3"  # every report was judged, one left half-way too, or a person looks
    ALERTS = "P4"  # an open alert has a next step
    QUIET = "P15"  # nothing was kept quiet that must be told
    OUTBOX = "outbox"  # lanes in which something due is not sent
    SENDING = "sending"  # messages whose fate nobody looked up
    CALLBACKS = "callbacks"  # texts handed over, of none of which the provider said a word
    INBOUND = "inbound"  # texts that nobody read
    CHAIN = "chain"  # audit events that nobody sealed
    HEARTBEAT = "heartbeat"  # processes that fell silent
    CLOCK = "clock"  # clocks of hosts that differ from the database's, or its own that went back
    SHADOW = "shadow"  # reports that a pack in shadow did not judge for long
    DIGEST = "digest"  # sites where a digest is due that nobody was asked to read
    REPORTS = "reports"  # mails with a monthly report that are due and that nobody wrote
    ROLLUPS = "rollups"  # figures that were not as worked out anew when they were last checked
    QUARANTINE = "quarantine"  # rows that were set aside


HURRIES_NOBODY = frozenset({Check.SHADOW, Check.DIGEST, Check.REPORTS})


@dataclass(frozen=True)
class Report:
    """How many of each were found wrong, before healing; `heads` names the audit chains' state."""

    found: Mapping[Check, int]
    heads: str

    @property
    def is_well(self) -> bool:
        return not any(count for check, count in self.found.items() if check not in HURRIES_NOBODY)


@dataclass(frozen=True)
class _Bad:
    """What can be mended."""

    alerts: Sequence[BadAlert]
    unjudged: Sequence[Overlooked]
    idle: Sequence[Overlooked]
    swallowed: Sequence[Overlooked]

    @property
    def counts(self) -> Mapping[Check, int]:
        return {
            Check.ANSWERS: len(self.unjudged) + len(self.idle),
            Check.ALERTS: len(self.alerts),
            Check.QUIET: len(self.swallowed),
        }


def audit_due(db: Database, skew: timedelta = timedelta(), turns: Turns | None = None) -> Report:
    """One round: look, heal what can be healed, say what was found.

    `skew` is how far this host's clock is from the database's; `turns` what the process that audits
    knows of its last rounds, without which every plan is read.
    """
    with db.begin(EVERYWHERE) as tx:
        bad = _Bad(
            alerts=promises.bad_alerts(tx, tx.now - _STEP_LATE),
            unjudged=judged.unjudged(tx),
            idle=judged.idle_late(tx, tx.now - _IDLE_LATE),
            swallowed=judged.swallowed(tx),
        )
        lost = (turns or Turns()).lost(tx) + promises.unplanned(tx)
        found = {
            **bad.counts,
            Check.SURVEYS: lost,
            **dict(_find(tx)),
            Check.CLOCK: _clocks(tx, skew),
        }
        report = Report(found, heads_hash(tx))
    for alert in bad.alerts:
        mend.alert(db, alert)
    for answers in bad.unjudged:
        mend.judge(db, answers)
    for draft in bad.idle:
        mend.judge_idle(db, draft)
    for answers in bad.swallowed:
        mend.ask(db, answers)
    _log(report)
    return report


def tell_outside(report: Report, switch: DeadMansSwitch) -> bool:
    """Ping the switch, but only when all is well: silence is the alarm. No transaction is open."""
    if report.is_well:
        switch.ping(report.heads)
    return report.is_well


def _find(tx: Tx) -> Iterator[tuple[Check, int]]:
    yield Check.OUTBOX, _late_lanes(tx)
    yield Check.SENDING, promises.stuck_sending(tx, tx.now - _UNRECONCILED)
    yield Check.INBOUND, promises.unread_inbound(tx, tx.now - _UNREAD)
    yield Check.CHAIN, promises.unsealed(tx, tx.now - _UNSEALED)
    yield Check.HEARTBEAT, promises.silent_processes(tx, tx.now - _SILENT, _GONE, STOPPED)
    yield Check.QUARANTINE, promises.quarantined(tx)
    yield Check.CALLBACKS, _silent_callbacks(tx)
    yield Check.SHADOW, judged.shadow_late(tx, tx.now - _SHADOW_LATE)
    yield Check.ROLLUPS, sum(check_rollups.wrong_now(tx).values())
    yield Check.DIGEST, judged.digests_unasked(tx, tx.now - _DIGEST_LATE)
    yield Check.REPORTS, reports_due.late(tx, _REPORT_LATE)


def _late_lanes(tx: Tx) -> int:
    since = promises.waiting_since(tx)
    return sum(1 for lane, oldest in since.items() if oldest < tx.now - _QUEUE_LATE[lane])


def _silent_callbacks(tx: Tx) -> int:
    texts = promises.unanswered_texts(tx, tx.now - _CALLED_BACK, tx.now - _CALLS_SOON)
    return texts if texts >= _FEW_TEXTS else 0


def _clocks(tx: Tx, skew: timedelta) -> int:
    ahead = promises.from_the_future(tx, tx.now + CLOCK_SKEW)
    return ahead + int(abs(skew) > CLOCK_SKEW)


def heads_hash(tx: Tx) -> str:
    """One hash over the heads of all audit chains: whoever keeps it can prove a later change."""
    heads = sorted((str(chain), *head) for chain, head in audit.heads(tx).items())
    return hashlib.sha256(repr(heads).encode()).hexdigest()


def _log(report: Report) -> None:
    for check, count in report.found.items():
        if count:
            extra = {"action": "audit.found", "check": check.value, "count": count}
            LOG.error("%s: %d", check.value, count, extra=extra)
