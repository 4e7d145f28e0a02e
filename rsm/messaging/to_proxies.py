"""Messages to whoever answers for a patient, apart from the patient's own: each goes for itself."""

from collections.abc import Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import conversations, store
from rsm.messaging.model import Due, MessageView
from rsm.messaging.tables import Message
from rsm.security.audit import Subject, record

FIELD = "proxy"  # of a message's fields: whose it is


def proxy_of(message: MessageView) -> UUID | None:
    """To which proxy it goes; None for the patient's own."""
    found = message.fields.get(FIELD)
    return UUID(found) if isinstance(found, str) else None


def cancel(tx: Tx, patient_id: UUID, proxy_id: UUID, reason: str) -> int:
    """Cancel every message to this proxy that was not handed over yet."""
    to_her = Message.fields[FIELD].as_string() == str(proxy_id)
    return _cancelled(
        tx, store.cancel(tx, reason, Message.patient_id == patient_id, to_her), reason
    )


def cancel_others(tx: Tx, patient_id: UUID, reason: str, about: UUID | None = None) -> int:
    """Cancel what was not handed over yet to the patient herself, or only what is `about` that
    survey; asked by text it ends. Of her proxy's own number nothing was said (P8)."""
    hers = [Message.patient_id == patient_id, Message.fields[FIELD].as_string().is_(None)]
    if about is None:
        conversations.end_with(tx, patient_id)
    else:
        conversations.end_about(tx, about, reason)
        hers.append(Message.occurrence_id == about)
    return _cancelled(tx, store.cancel(tx, reason, *hers), reason)


def _cancelled(tx: Tx, gone: Sequence[Due], reason: str) -> int:
    for each in gone:
        subject = Subject("message", each.message_id, each.patient_id)
        record(tx, "message.cancelled", subject, each.site_id, reason=reason)
    return len(gone)
