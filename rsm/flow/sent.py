"""What the provider said of each message that was sent, written down: the third step of delivery.

What was taken or put off is recorded for the whole batch in one transaction. What failed for good
has consequences for its patient or its alert, and each has a transaction of its own, which holds
those first.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow.envelope import Envelope
from rsm.flow.undelivered import follow_up
from rsm.kernel.errors import Deferred, Rejected, SendError
from rsm.messaging import service as messaging
from rsm.messaging.decide import wait_after
from rsm.messaging.gate import next_try
from rsm.messaging.model import Accepted, Due

log = logging.getLogger(__name__)

Outcome = Accepted | SendError


def record(db: Database, site_id: UUID, outcomes: Sequence[tuple[Envelope, Outcome]]) -> datetime:
    """Write down what became of messages of one site; returns when that was.

    What is unknown stays `sending`, and `reconcile` looks at it when its lease is over; so does
    one whose record breaks.
    """
    failed: list[tuple[Envelope, str]] = []
    with db.begin(Scope.site(site_id)) as tx:
        taken = [(each.message, said) for each, said in outcomes if isinstance(said, Accepted)]
        messaging.record_accepted(tx, taken)
        for envelope, said in outcomes:
            if isinstance(said, SendError) and not _recorded(tx, envelope, said):
                failed.append((envelope, said.reason))
    for envelope, reason in failed:
        _fail(db, envelope, reason)
    return tx.now


def _recorded(tx: Tx, envelope: Envelope, error: SendError) -> bool:
    """Whether that is all there is to do: it is put off, or its outcome is unknown."""
    _log_not_taken(envelope, error)
    if not isinstance(error, Deferred):
        return not isinstance(error, Rejected)
    message = envelope.message
    wait = wait_after(message.attempts, messaging.jitter(tx), _wished(tx, error))
    again = next_try(message, wait, tx.now)
    if again is None:
        return False
    messaging.record_deferred(tx, message, again, error.reason)
    return True


def _wished(tx: Tx, error: Deferred) -> timedelta | None:
    return None if error.retry_at is None else error.retry_at - tx.now


def _fail(db: Database, envelope: Envelope, reason: str) -> None:
    """It will never be taken: somebody is told, or it goes another way."""
    message = envelope.message
    roots = Due(message.id, message.site_id, message.patient_id, message.alert_id)
    try:
        with db.begin(Scope.site(message.site_id)) as tx:
            envelopes.lock_roots(tx, roots, skip_locked=False)
            if messaging.record_failed(tx, message, reason):
                follow_up(tx, envelope, reason)
    except Exception as error:  # noqa: BLE001 - the others of the batch are recorded
        _log_not_recorded(message.id, error)


def _log_not_recorded(message_id: UUID, error: Exception) -> None:
    """The type only: its words may hold a number."""
    facts = {"message_id": message_id, "error": type(error).__name__}
    log.error("a failure is not recorded", extra={"action": "message.not_recorded", **facts})


def _log_not_taken(envelope: Envelope, error: SendError) -> None:
    facts = {
        "action": "message.not_taken",
        "message_id": envelope.message.id,
        "outcome": type(error).__name__,
        "reason": str(error.reason),
        "detail": error.detail,
    }
    log.warning("a message was not taken", extra=facts)
