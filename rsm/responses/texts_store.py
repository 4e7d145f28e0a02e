"""What reports hold sealed, as their rows have it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from rsm.db.work import Tx
from rsm.responses.tables import Response


@dataclass(frozen=True)
class Sealed:
    """The words at the end of a report and its answers in words, as they are sealed."""

    id: UUID
    patient_id: UUID
    words: bytes | None = field(repr=False)
    texts: bytes | None = field(repr=False)


def sealed(tx: Tx, response_ids: Collection[UUID]) -> list[Sealed]:
    """Of these reports that hold any."""
    query = select(
        Response.id, Response.patient_id, Response.words_sealed, Response.texts_sealed
    ).where(
        Response.id.in_(set(response_ids)),
        or_(Response.words_sealed.is_not(None), Response.texts_sealed.is_not(None)),
    )
    return [Sealed(*row) for row in tx.session.execute(query)]
