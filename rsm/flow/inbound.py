"""What comes in from a provider: reports on our messages, and texts from patients and staff.

A text is stored in a transaction of its own before anything else is done with it, then handled in
a second one; what a crash leaves in between is handled by a tick. The provider's id makes a text
once only, however often it is handed in (P16). Texts of one phone are handled one after another.
"""

import logging
from uuid import UUID

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow import patient_texts, staff_texts, voice_calls
from rsm.flow.undelivered import follow_up
from rsm.kernel import faults
from rsm.kernel.words import Audience
from rsm.messaging import inbox, survey_calls
from rsm.messaging import service as messaging
from rsm.messaging.gate import LOST
from rsm.messaging.incoming import InboundView, Origin
from rsm.messaging.model import IncomingText, StatusReport
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import Address
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5


# --- reports on what we sent ----------------------------------------------------------------------


def receive_status(db: Database, report: StatusReport, site_id: UUID, message_id: UUID) -> bool:
    """Keep a provider's report and what follows from it; False when it is no message of ours.

    Doubled, late and unordered reports change nothing, also when one overtakes our own record.
    """
    with db.begin(Scope.site(site_id)) as tx:
        due = messaging.whereabouts(tx, message_id)
        if due is None:
            return False
        envelopes.lock_roots(tx, due, skip_locked=False)
        message = messaging.lock(tx, message_id)
        if message is None:
            return False
        report = survey_calls.truly(tx, message, report)
        change = messaging.apply_report(tx, message, report)
        if change is not None and change.state in LOST:
            reason = report.reason or report.error_code or change.state
            follow_up(tx, envelopes.address(tx, message), reason)
        elif change is not None and change.state.is_final and survey_calls.is_one(message):
            voice_calls.after_call(tx, message)
    faults.point("callback.stored")
    return True


# --- texts ----------------------------------------------------------------------------------------


def receive_text(db: Database, text: IncomingText) -> bool:
    """Store a text, then handle it; False when we have it already, or it is to none of our numbers.

    An error in handling it does not lose it: the provider has our thanks, a tick comes for it.
    """
    with db.begin(NOWHERE) as tx:
        stored = _store(tx, text)
    if stored is None:
        return False
    faults.point("inbound.stored")
    _handle_in_order(db, *stored)
    faults.point("inbound.handled")
    return True


def keep_for_a_person(db: Database, text: IncomingText) -> bool:
    """Store a text that a later one has taken back: nothing is done, a person reads it.

    A STOP that we hear of only after its START must not stop anything any more.
    """
    with db.begin(NOWHERE) as tx:
        stored = _store(tx, text)
        if stored is not None:
            _set_aside(
                tx, stored[0], "A text came late, and one that was sent after it says the opposite."
            )
    return stored is not None


def handle_due(db: Database, limit: int = 100) -> int:
    """Handle what was stored and never handled; returns how many were looked at."""
    with db.begin(EVERYWHERE) as tx:
        due = inbox.left_behind(tx, limit)
    for inbound_id, site_id in due:
        _handle_in_order(db, inbound_id, site_id)
    return len(due)


def _store(tx: Tx, text: IncomingText) -> tuple[UUID, UUID] | None:
    owner = sites.owner_of(tx, text.to)
    if owner is None:
        log.warning("a text to a number that is not ours", extra={"action": "text.astray"})
        record(tx, "text.astray", Subject("inbound"), provider=text.provider)
        return None
    tx.narrow(Scope.site(owner.site_id))
    inbound_id = inbox.store(tx, text, _origin(tx, owner, text.sender))
    return (inbound_id, owner.site_id) if inbound_id else None


def _origin(tx: Tx, owner: Address, sender: str) -> Origin:
    """Who it is, if that is beyond doubt: a phone that two share names nobody."""
    if owner.audience is Audience.STAFF:
        people = staff_texts.senders(tx, owner.site_id, sender)
        who = people[0] if len(people) == 1 else None
        return Origin(owner.site_id, owner.audience, staff_id=who)
    known = patient_texts.senders(tx, owner.site_id, sender)
    return Origin(owner.site_id, owner.audience, known[0] if len(known) == 1 else None)


def _handle_in_order(db: Database, inbound_id: UUID, site_id: UUID) -> None:
    """Earlier texts of the same phone first: START after STOP is not STOP after START."""
    with db.begin(Scope.site(site_id)) as tx:
        earlier = inbox.before(tx, inbound_id)
    for each in (*earlier, inbound_id):
        _handle_or_set_back(db, each, site_id)


def _handle_or_set_back(db: Database, inbound_id: UUID, site_id: UUID) -> None:
    try:
        with db.begin(Scope.site(site_id)) as tx:
            _handle(tx, inbound_id)
    except Exception as error:  # noqa: BLE001 - it is stored: tried again, then a person reads it
        _log_broken(inbound_id, error)
        with db.begin(Scope.site(site_id)) as tx:
            _set_back(tx, inbound_id)


def _log_broken(inbound_id: UUID, error: Exception) -> None:
    """The type only: its words may hold the text's."""
    facts = {"inbound_id": inbound_id, "error": type(error).__name__}
    log.error("a text could not be handled", extra={"action": "text.broken", **facts})


def _handle(tx: Tx, inbound_id: UUID) -> None:
    seen = inbox.read(tx, inbound_id)
    if seen is None:
        return
    inbox.lock_conversation(tx, seen)
    text = inbox.lock_stored(tx, inbound_id)
    if text is None:
        return
    handle = staff_texts.handle if _is_staff(text) else patient_texts.handle
    inbox.finish(tx, text, handle(tx, text))


def _is_staff(text: InboundView) -> bool:
    return text.origin.audience is Audience.STAFF


def _set_back(tx: Tx, inbound_id: UUID) -> None:
    """Later again; after some tries a person reads it."""
    text = inbox.lock_unopened(tx, inbound_id)
    if text is not None and inbox.set_back(tx, text) >= MOST_ATTEMPTS:
        _set_aside(tx, inbound_id, "A text came in that could not be handled: please read it.")


def _set_aside(tx: Tx, inbound_id: UUID, reason: str) -> None:
    text = inbox.lock_unopened(tx, inbound_id)
    if text is None:
        return
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"text:{text.id}",
            kind=TaskKind.READ_TEXT,
            site_id=text.origin.site_id,
            patient_id=text.origin.patient_id,
            reason=reason,
            due_at=tx.now,
        ),
    )
    inbox.finish(tx, text, "set_aside")
