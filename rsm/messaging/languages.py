"""What is queued to a patient comes in the language that she reads now."""

from uuid import UUID

from sqlalchemy import or_, update

from rsm.db.work import Tx
from rsm.kernel.words import Audience
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message


def translate(tx: Tx, patient_id: UUID, language: str, but: UUID | None = None) -> None:
    """Her messages that wait are made in this language; the caller holds her row.

    The survey that she has begun goes on in its own: `but` its texts.
    """
    tx.session.execute(
        update(Message)
        .where(
            Message.patient_id == patient_id,
            Message.audience == Audience.PATIENT,
            Message.state == MessageState.QUEUED,
            Message.fields["proxy"].is_(None),  # she has a language of her own
            or_(Message.occurrence_id.is_distinct_from(but), Message.fields["turn"].is_(None)),
        )
        .values(language=language)
    )
