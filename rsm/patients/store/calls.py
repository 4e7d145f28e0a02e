"""Calls to patients: rows that are only ever added."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert, select

from rsm.db.work import Tx
from rsm.patients.tables import CallAttempt


def add(tx: Tx, values: Mapping[str, object]) -> UUID:
    call_id = tx.new_id()
    tx.session.execute(insert(CallAttempt).values(id=call_id, **values))
    return call_id


def of_surveys(tx: Tx, occurrence_ids: Collection[UUID]) -> Sequence[CallAttempt]:
    """The calls about these surveys, the oldest first."""
    query = select(CallAttempt).where(CallAttempt.occurrence_id.in_(occurrence_ids))
    return tx.session.scalars(query.order_by(CallAttempt.at, CallAttempt.id)).all()
