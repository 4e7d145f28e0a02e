"""The auditor: derives the promises again from the rows, heals what it can, says what it found.

It trusts no timer and no worker, itself included: the switch outside is told only when all is well,
so that silence of any kind raises the alarm (P17).
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rsm.alerts import service as alerts
from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.escalation import service as escalation
from rsm.flow.ports import DeadMansSwitch
from rsm.messaging.model import Lane
from rsm.metrics import promises
from rsm.metrics.promises import BadAlert, PlanFacts
from rsm.patients import service as patients
from rsm.schedules import planning
from rsm.security import audit
from rsm.sites import service as sites

LOG = logging.getLogger(__name__)
STOPPED = "stopped"  # the release that a process leaves when it stops on purpose

_WINDOW_LATE = timedelta(minutes=5)
_LOOK_BACK = timedelta(days=60)  # a gap is reported for so long, if nobody mends it
_STEP_LATE = timedelta(minutes=2)
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


class Check(StrEnum):
    """What the auditor looks at: a metric label, so closed."""

    SURVEYS = "P1"  # no due survey is lost
    ALERTS = "P4"  # an open alert has a next step
    OUTBOX = "outbox"  # lanes in which something due is not sent
    SENDING = "sending"  # messages whose fate nobody looked up
    INBOUND = "inbound"  # texts that nobody read
    CHAIN = "chain"  # audit events that nobody sealed
    HEARTBEAT = "heartbeat"  # processes that fell silent
    QUARANTINE = "quarantine"  # rows that were set aside


@dataclass(frozen=True)
class Report:
    """How many of each were found wrong, before healing; `heads` names the audit chains' state."""

    found: Mapping[Check, int]
    heads: str

    @property
    def is_well(self) -> bool:
        return not any(self.found.values())


def audit_due(db: Database) -> Report:
    """One round: look, heal what can be healed, say what was found."""
    with db.begin(EVERYWHERE) as tx:
        bad = promises.bad_alerts(tx, tx.now - _STEP_LATE)
        report = Report(dict(_find(tx)) | {Check.ALERTS: len(bad)}, heads_hash(tx))
    for each in bad:
        _heal(db, each)
    _log(report)
    return report


def tell_outside(report: Report, switch: DeadMansSwitch) -> bool:
    """Ping the switch, but only when all is well: silence is the alarm. No transaction is open."""
    if report.is_well:
        switch.ping(report.heads)
    return report.is_well


def _find(tx: Tx) -> Iterator[tuple[Check, int]]:
    since = (tx.now - _LOOK_BACK).date()
    plans = promises.plans(tx, since)
    lost = sum(_lost(tx, plan, since) + _is_late(tx, plan) for plan in plans)
    yield Check.SURVEYS, lost + promises.unplanned(tx)
    yield Check.OUTBOX, _late_lanes(tx)
    yield Check.SENDING, promises.stuck_sending(tx, tx.now - _UNRECONCILED)
    yield Check.INBOUND, promises.unread_inbound(tx, tx.now - _UNREAD)
    yield Check.CHAIN, promises.unsealed(tx, tx.now - _UNSEALED)
    yield Check.HEARTBEAT, promises.silent_processes(tx, tx.now - _SILENT, _GONE, STOPPED)
    yield Check.QUARANTINE, promises.quarantined(tx)


def _lost(tx: Tx, plan: PlanFacts, since: date) -> int:
    """Windows between the first that was made and the next to come that were never made."""
    if not plan.keys:
        return 0
    first = max(date.fromisoformat(min(plan.keys)), since)
    return len(planning.passed(tx, plan.following, first) - plan.keys)


def _is_late(tx: Tx, plan: PlanFacts) -> int:
    next_at = plan.following.next_at
    return int(next_at is None or next_at < tx.now - _WINDOW_LATE)


def _late_lanes(tx: Tx) -> int:
    since = promises.waiting_since(tx)
    return sum(1 for lane, oldest in since.items() if oldest < tx.now - _QUEUE_LATE[lane])


def _heal(db: Database, bad: BadAlert) -> None:
    """Give an alert its next step back. What fails here is found again in a minute."""
    try:
        with db.begin(Scope.site(bad.site_id)) as tx:
            if bad.patient_id is not None and not patients.lock(
                tx, bad.patient_id, skip_locked=True
            ):
                return
            if bad.has_step:
                escalation.take_step(tx, bad.id)
                return
            alert = alerts.lock(tx, bad.id, skip_locked=True)
            if alert is not None:
                escalation.start(tx, alert, sites.get(tx, bad.site_id))
    except Exception as error:  # noqa: BLE001 - one alert must not keep the others from healing
        _log_unhealed(bad, error)


def heads_hash(tx: Tx) -> str:
    """One hash over the heads of all audit chains: whoever keeps it can prove a later change."""
    heads = sorted((str(chain), *head) for chain, head in audit.heads(tx).items())
    return hashlib.sha256(repr(heads).encode()).hexdigest()


def _log(report: Report) -> None:
    for check, count in report.found.items():
        if count:
            extra = {"action": "audit.found", "check": check.value, "count": count}
            LOG.error("%s: %d", check.value, count, extra=extra)


def _log_unhealed(bad: BadAlert, error: Exception) -> None:
    extra = {"action": "audit.heal_failed", "alert": str(bad.id)}
    LOG.error("%s", type(error).__name__, extra=extra)
