"""Rows that were left `sending`: the provider's own list says whether a message went out.

A worker died between claim and record, or the network did. What the list shows is recorded; what
it does not show is sent again to staff, and never to a patient: there a person is asked (P2, P5).
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow.deliver import DeliveryConfig
from rsm.flow.envelope import Envelope
from rsm.flow.undelivered import follow_up
from rsm.kernel import faults
from rsm.kernel.errors import SendError
from rsm.messaging import service as messaging
from rsm.messaging.gate import LOOK_AGAIN, LOST, Unsure, matching, not_found
from rsm.messaging.model import Accepted, Due, Found, StatusReport
from rsm.messaging.ports import SentList

log = logging.getLogger(__name__)

SILENT_AFTER = timedelta(hours=2)
SILENT_UNTIL = timedelta(hours=26)
_MOST_SILENT = 2000
_READERS = 4  # of the provider's list at once: a worker that died may have left hundreds
_CLOCK_SKEW = timedelta(minutes=1)  # the provider's clock is not ours


def reconcile_due(db: Database, sent_list: SentList, config: DeliveryConfig) -> int:
    """Look after what was left `sending` past its lease; returns how many rows were looked at."""
    with db.begin(EVERYWHERE) as tx:
        due = messaging.unsure(tx, config.batch)
    if not config.threads:
        return sum(_reconcile(db, sent_list, one, config) for one in due)
    with ThreadPoolExecutor(_READERS, thread_name_prefix="reconcile") as pool:
        return sum(pool.map(lambda one: _reconcile(db, sent_list, one, config), due))


def _reconcile(db: Database, sent_list: SentList, due: Due, config: DeliveryConfig) -> bool:
    with db.begin(Scope.site(due.site_id)) as tx:
        message = messaging.lock_unsure(tx, due.message_id, tx.now + config.lease)
        if message is None:
            return False
        envelope = envelopes.address(tx, message)
    found = _look(sent_list, envelope)
    faults.point("reconcile.found")
    with db.begin(Scope.site(due.site_id)) as tx:
        envelopes.lock_roots(tx, due, skip_locked=False)
        _record(tx, envelope, found)
    return True


def _look(sent_list: SentList, envelope: Envelope) -> Sequence[Found] | None:
    """What the provider has to this address since the claim; None when it cannot be asked."""
    claimed_at = envelope.message.claimed_at
    if envelope.to is None or envelope.sender is None or claimed_at is None:
        return None
    try:
        return sent_list.sent_to(envelope.to, envelope.sender, claimed_at - _CLOCK_SKEW)
    except SendError as error:
        log.warning(
            "the provider's list could not be read",
            extra={"action": "message.unlisted", "reason": str(error.reason)},
        )
        return None


def _record(tx: Tx, envelope: Envelope, found: Sequence[Found] | None) -> None:
    message = envelope.message
    strangers = messaging.strangers(tx, [entry.provider_id for entry in found or ()])
    entry = matching(message, found or (), strangers)
    if entry is not None:
        _take(tx, envelope, entry)
        return
    match not_found(message, found is not None, tx.now):
        case Unsure.SEND_AGAIN:
            messaging.record_deferred(tx, message, tx.now, "unconfirmed")
        case Unsure.LOOK_AGAIN:
            messaging.look_again(tx, message, tx.now + LOOK_AGAIN)
        case Unsure.GIVE_UP:
            if messaging.record_unconfirmed(tx, message):
                follow_up(tx, envelope, "unconfirmed")


def _take(tx: Tx, envelope: Envelope, entry: Found) -> None:
    """It went out: as if the provider had answered, and then called back with its state."""
    taken = (envelope.message, Accepted(entry.provider_id))
    if messaging.record_accepted(tx, [taken]):
        _report(tx, envelope, entry)


# --- callbacks that never came --------------------------------------------------------------------


def recheck_silent(db: Database, sent_list: SentList) -> int:
    """Ask what became of a day's messages that had no final word (lesson 61): once an hour will do.

    Returns how many changed. A callback may be lost; then nobody else would ever ask.
    """
    with db.begin(EVERYWHERE) as tx:
        since, until = tx.now - SILENT_UNTIL, tx.now - SILENT_AFTER
        due = messaging.silent(tx, since, until, _MOST_SILENT)
    return sum(_recheck(db, sent_list, one) for one in due)


def _recheck(db: Database, sent_list: SentList, due: Due) -> bool:
    with db.begin(Scope.site(due.site_id)) as tx:
        message = messaging.lock(tx, due.message_id)
        if message is None:
            return False
        envelope = envelopes.address(tx, message)
    listed = {entry.provider_id: entry for entry in _look(sent_list, envelope) or ()}
    entry = listed.get(message.provider_id or "")
    if entry is None:
        return False
    with db.begin(Scope.site(due.site_id)) as tx:
        envelopes.lock_roots(tx, due, skip_locked=False)
        return _report(tx, envelope, entry)


def _report(tx: Tx, envelope: Envelope, entry: Found) -> bool:
    """What the list says of a message, as if it had been called back; whether that is new."""
    message = messaging.lock(tx, envelope.message.id)
    if message is None:
        return False
    report = StatusReport(entry.provider_id, entry.state, entry.error_code, entry.reason)
    change = messaging.apply_report(tx, message, report)
    if change is not None and change.state in LOST:
        reason = entry.reason or entry.error_code or change.state
        follow_up(tx, envelope.of(message), reason)
    return change is not None
