"""The inbox: a text is stored before anything else is done with it, and handled once."""

from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import inbox_store
from rsm.messaging.decide import backoff
from rsm.messaging.incoming import InboundState, InboundView, Origin, Unopened
from rsm.messaging.model import IncomingText
from rsm.messaging.service import jitter
from rsm.messaging.tables import InboundMessage
from rsm.security.audit import Subject, record

# Who stores a text handles it at once; a tick comes for what a crash left behind.
LEFT_BEHIND = timedelta(seconds=20)


def store(tx: Tx, text: IncomingText, origin: Origin) -> UUID | None:
    """Keep a text (the provider's id makes it once only); None when we have it already."""
    inbound_id = inbox_store.add_inbound(tx, text, origin, tx.now + LEFT_BEHIND)
    if inbound_id is not None:
        subject = Subject("inbound", inbound_id, origin.patient_id)
        record(tx, "text.received", subject, origin.site_id, audience=origin.audience)
    return inbound_id


def read(tx: Tx, inbound_id: UUID) -> InboundView | None:
    """One text, opened; whoever shows it audits that."""
    return inbox_store.inbound(tx, inbound_id, lock=False)


def lock_stored(tx: Tx, inbound_id: UUID) -> InboundView | None:
    """Hold a text that is still to be handled; None when it was, or somebody is at it."""
    return inbox_store.inbound(tx, inbound_id, lock=True)


def lock_unopened(tx: Tx, inbound_id: UUID) -> Unopened | None:
    """As `lock_stored`, for one that perhaps cannot be opened."""
    return inbox_store.lock_unopened(tx, inbound_id)


def lock_conversation(tx: Tx, text: InboundView) -> None:
    """Texts from one phone are handled one after another: take this before all other locks."""
    inbox_store.lock_conversation(tx, text.sender_hash)


def left_behind(tx: Tx, limit: int = 100) -> list[tuple[UUID, UUID]]:
    """Stored texts that are due to be handled by a tick: (id, site), oldest first."""
    return inbox_store.stored(tx, InboundMessage.next_at <= tx.now, limit=limit)


def before(tx: Tx, inbound_id: UUID) -> list[UUID]:
    """Earlier texts of the same conversation that were never handled, oldest first."""
    return inbox_store.stored_before(tx, inbound_id)


def conversation(tx: Tx, text: InboundView, since: datetime) -> list[UUID]:
    """All texts of this conversation since then."""
    return inbox_store.conversation(tx, text.sender_hash, text.to, since)


def finish(tx: Tx, text: InboundView | Unopened, reading: str) -> None:
    """It was handled; `reading` says as what."""
    inbox_store.change_inbound(
        tx, text.id, state=InboundState.HANDLED, next_at=None, reading=reading
    )
    subject = Subject("inbound", text.id, text.origin.patient_id)
    record(tx, "text.handled", subject, text.origin.site_id, reading=reading)


def set_back(tx: Tx, text: Unopened) -> int:
    """Handling it broke: again later; returns how often that has happened now."""
    attempts = text.attempts + 1
    inbox_store.change_inbound(
        tx, text.id, attempts=attempts, next_at=tx.now + backoff(attempts, jitter(tx))
    )
    return attempts
