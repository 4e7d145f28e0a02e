"""Messages to whoever answers for a patient: they go with her."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import store
from rsm.messaging.model import MessageView
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
    gone = store.cancel(tx, reason, Message.patient_id == patient_id, to_her)
    for each in gone:
        subject = Subject("message", each.message_id, each.patient_id)
        record(tx, "message.cancelled", subject, each.site_id, reason=reason)
    return len(gone)
