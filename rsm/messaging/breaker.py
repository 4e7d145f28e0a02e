"""The most messages that a patient may be sent in a day, and who lifts the stop.

One who is about to be sent more gets none until a person has looked why: what is held is not
dropped. Severe advice is outside it, and so are the answers that carriers demand.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import batch_store
from rsm.messaging.gate import OUTSIDE_CAP, GateReason
from rsm.patients import service as patients
from rsm.security.audit import Subject, record

_DAY = timedelta(hours=24)


def standing(tx: Tx, patient_ids: Collection[UUID]) -> set[UUID]:
    """Those of them to whom nothing goes out."""
    return batch_store.tripped(tx, patient_ids) if patient_ids else set()


def sent_today(tx: Tx, patient_ids: Collection[UUID], most: int) -> dict[UUID, int]:
    """How many of what counts each of them got, or may have got, within a day; up to `most`."""
    if not patient_ids:
        return {}
    return batch_store.recent(tx, patient_ids, tx.now - _DAY, OUTSIDE_CAP, most)


def stopped_now(tx: Tx) -> Mapping[UUID, int]:
    """How many patients get nothing until a person has looked, by site: for operators."""
    return batch_store.stopped_patients(tx)


def trip(tx: Tx, patient_id: UUID, site_id: UUID) -> UUID:
    """Stop her messages; returns the stop's id. The caller holds her row, and none stands."""
    breaker_id = batch_store.trip(tx, patient_id, site_id)
    record(tx, "texts.stopped", Subject("breaker", breaker_id, patient_id), site_id)
    return breaker_id


def release(tx: Tx, patient_id: UUID) -> int:
    """A person has looked: what is still wanted goes out. Returns how many that are; 0 also when
    nothing was stopped. Takes her row first, as every change to her messages does."""
    facts = patients.locked(tx, patient_id)
    breaker_id = batch_store.release(tx, patient_id)
    if breaker_id is None:
        return 0
    count = batch_store.let_go(tx, patient_id, GateReason.BREAKER)
    subject = Subject("breaker", breaker_id, patient_id)
    record(tx, "texts.released", subject, facts.site_id, messages=count)
    return count
