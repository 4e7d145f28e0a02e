"""Delivery: claim (transaction) → send (no transaction) → record (transaction).

The only place, with `reconcile`, that lets the network be called. Each message is claimed by
itself, so that its lease begins with its own sending, and one that breaks holds up no other.
Patients get a message at most once, staff at least once (decision 4).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow.envelope import Envelope
from rsm.flow.undelivered import follow_up
from rsm.kernel import faults
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.messaging import service as messaging
from rsm.messaging.decide import backoff
from rsm.messaging.gate import Admission, GateReason, Go, admit, next_try
from rsm.messaging.model import Accepted, Due, Lane, MessageState, Outgoing
from rsm.messaging.ports import Sender

log = logging.getLogger(__name__)

MOST_BROKEN = 5  # attempts at a row that we cannot even make into a text


@dataclass(frozen=True)
class DeliveryConfig:
    """How delivery goes about it; `public_url` is the base of links and callbacks.

    The lease must be more than twice the sender's time-out, so that no two workers can be within
    the same call (P2).
    """

    public_url: str
    lease: timedelta = timedelta(seconds=30)
    batch: int = 50
    daily_cap: int = 6


@dataclass(frozen=True)
class _Claimed:
    envelope: Envelope
    outgoing: Outgoing


def deliver_due(db: Database, sender: Sender, lanes: Sequence[Lane], config: DeliveryConfig) -> int:
    """Send what is due in these lanes; returns how many rows were dealt with, in this process."""
    with db.begin(EVERYWHERE) as tx:
        due = messaging.due(tx, lanes, config.batch)
    return sum(_deliver(db, sender, one, config) for one in due)


def _deliver(db: Database, sender: Sender, due: Due, config: DeliveryConfig) -> bool:
    """One message; False when somebody else is at it."""
    faults.point("deliver.before_claim")
    try:
        found = _claim(db, due, config)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others go on
        return _set_back(db, due, error)
    if not isinstance(found, _Claimed):
        return found
    faults.point("deliver.claimed")
    outcome = _send(sender, found.outgoing)
    faults.point("deliver.before_record")
    with db.begin(Scope.site(due.site_id)) as tx:
        _record(tx, due, found.envelope, outcome)
    faults.point("deliver.recorded")
    return True


# --- claim ---------------------------------------------------------------------------------------


def _claim(db: Database, due: Due, config: DeliveryConfig) -> _Claimed | bool:
    """Ask the gate and claim; else whether the row was dealt with otherwise."""
    with db.begin(Scope.site(due.site_id)) as tx:
        if not envelopes.lock_roots(tx, due, skip_locked=True):
            return False
        message = messaging.lock_due(tx, due.message_id)
        if message is None:
            return False
        envelope = envelopes.address(tx, message)
        admission = admit(envelopes.facts(tx, envelope, config.daily_cap), tx.now)
        if admission.go is Go.SEND:
            return _start(tx, envelope, admission, config)
        _turn_away(tx, envelope, admission)
        return True


def _start(tx: Tx, envelope: Envelope, admission: Admission, config: DeliveryConfig) -> _Claimed:
    """Render first: an error in here must never come after the claim (lesson 7)."""
    message = envelope.message
    body = envelopes.render(tx, envelope, config.public_url)
    outgoing = Outgoing(
        id=message.id,
        channel=message.channel,
        to=envelope.to or "",
        sender=envelope.sender or "",
        body=body,
        callback_url=f"{config.public_url}/hooks/twilio/status/{message.site_id}/{message.id}",
        valid_seconds=envelopes.valid_seconds(admission.best_before, tx.now),
    )
    claimed = messaging.start_sending(tx, message, body, config.lease)
    return _Claimed(envelope.of(claimed), outgoing)


def _turn_away(tx: Tx, envelope: Envelope, admission: Admission) -> None:
    """Not now, or not any more."""
    message, reason = envelope.message, str(admission.reason)
    if admission.until is not None:
        messaging.hold(tx, message, admission.until, reason)
        return
    if admission.go is Go.CANCEL:
        messaging.settle(tx, message, MessageState.CANCELLED, reason)
        return
    messaging.settle(tx, message, MessageState.SUPPRESSED, reason)
    follow_up(tx, envelope, reason)


def _set_back(db: Database, due: Due, error: Exception) -> bool:
    """In a transaction of its own; False when even that broke: then it is still due."""
    _log_broken(due, "message.broken", error)
    try:
        with db.begin(Scope.site(due.site_id)) as tx:
            _later_or_aside(tx, due)
    except Exception as worse:  # noqa: BLE001 - the next round has it again
        _log_broken(due, "message.not_set_back", worse)
        return False
    return True


def _later_or_aside(tx: Tx, due: Due) -> None:
    """Try later, or set the row aside and tell a person, without what may be what is broken."""
    if not envelopes.lock_roots(tx, due, skip_locked=False):
        return
    message = messaging.lock_due(tx, due.message_id)
    if message is None:
        return
    if message.attempts + 1 < MOST_BROKEN:
        messaging.set_back(tx, message, GateReason.BROKEN)
        return
    messaging.settle(tx, message, MessageState.FAILED, GateReason.BROKEN)
    follow_up(tx, envelopes.unaddressed(tx, message), GateReason.BROKEN)


def _log_broken(due: Due, action: str, error: Exception) -> None:
    """The type only: its words may hold a number."""
    facts = {"message_id": due.message_id, "error": type(error).__name__}
    log.error("a message could not be claimed", extra={"action": action, **facts})


# --- send ----------------------------------------------------------------------------------------


def _send(sender: Sender, outgoing: Outgoing) -> Accepted | SendError:
    """Hand it over. Whatever an adapter raises beside its own errors leaves the outcome unknown."""
    faults.point("deliver.before_send")
    try:
        accepted = sender.send(outgoing)
    except SendError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the provider may have taken it nevertheless
        return OutcomeUnknown(SendReason.PROVIDER_ERROR, type(error).__name__)
    faults.point("deliver.sent")
    return accepted


# --- record --------------------------------------------------------------------------------------


def _record(tx: Tx, due: Due, envelope: Envelope, outcome: Accepted | SendError) -> None:
    message = envelope.message
    if isinstance(outcome, Accepted):
        messaging.record_accepted(tx, message, outcome)
        return
    log.warning(
        "a message was not taken",
        extra={
            "action": "message.not_taken",
            "message_id": message.id,
            "outcome": type(outcome).__name__,
            "reason": str(outcome.reason),
            "detail": outcome.detail,
        },
    )
    if isinstance(outcome, Deferred):
        _put_off(tx, due, envelope, outcome)
    elif isinstance(outcome, Rejected):
        _fail(tx, due, envelope, outcome.reason)
    # OutcomeUnknown: the row stays `sending`, and `reconcile` looks at it when its lease is over.


def _put_off(tx: Tx, due: Due, envelope: Envelope, outcome: Deferred) -> None:
    message = envelope.message
    wait = backoff(max(1, message.attempts), messaging.jitter(tx))
    if outcome.retry_at is not None:
        wait = max(outcome.retry_at - tx.now, timedelta(0))
    again = next_try(message, wait, tx.now)
    if again is None:
        _fail(tx, due, envelope, outcome.reason)
    else:
        messaging.record_deferred(tx, message, again, outcome.reason)


def _fail(tx: Tx, due: Due, envelope: Envelope, reason: SendReason) -> None:
    envelopes.lock_roots(tx, due, skip_locked=False)
    if messaging.record_failed(tx, envelope.message, reason):
        follow_up(tx, envelope, reason)
