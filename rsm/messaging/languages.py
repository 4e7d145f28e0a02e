"""What is queued to a patient comes in the language that she reads now."""

from uuid import UUID

from sqlalchemy import update

from rsm.db.work import Tx
from rsm.kernel.words import Audience
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message


def translate(tx: Tx, patient_id: UUID, language: str) -> None:
    """Her messages that wait are made in this language; the caller holds her row."""
    tx.session.execute(
        update(Message)
        .where(
            Message.patient_id == patient_id,
            Message.audience == Audience.PATIENT,
            Message.state == MessageState.QUEUED,
            Message.fields["proxy"].is_(None),  # she has a language of her own
        )
        .values(language=language)
    )
