"""The door to expected levels: a nurse says up to which grade a symptom is expected, until when.

What they hold back `rsm.alerts.quiet` decides; whether one may be set, `rsm.flow.expected`.
Callers that write hold the patient's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import expected_store as store
from rsm.alerts.expected_words import ExpectedView, NewLevel
from rsm.alerts.quiet import ExpectedLevel
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.security.audit import Event, Subject, record, record_all

_HISTORY = 30


@dataclass(frozen=True)
class StandingLevel:
    """A level that has not been ended; whether it holds at a time is `quieten`'s to say."""

    id: UUID
    level: ExpectedLevel


def standing(tx: Tx, patient_id: UUID) -> list[StandingLevel]:
    """Her levels that nobody and nothing has ended, one for each symptom. One statement."""
    return [
        StandingLevel(row.id, ExpectedLevel(row.symptom, row.grade, row.since, row.until))
        for row in store.standing(tx, patient_id)
    ]


def end_broken(tx: Tx, ids: Sequence[UUID], response_id: UUID) -> int:
    """This report was worse than these expected: they end. Returns how many did (P15)."""
    ended = store.end_broken(tx, ids, response_id) if ids else []
    facts = {"response": response_id}
    record_all(
        tx,
        [
            Event("expected.broken", Subject("expected_level", level_id, patient), site, facts)
            for level_id, site, patient in ended
        ],
    )
    return len(ended)


def set_level(tx: Tx, new: NewLevel) -> UUID:
    """From now on it is expected; what stood for the symptom is replaced.

    Use `rsm.flow.expected.expect`, which holds it against the pack's bounds first.
    """
    store.replace(tx, new.patient_id, new.symptom, new.set_by)
    level_id = store.add(tx, new)
    subject = Subject("expected_level", level_id, new.patient_id)
    record(tx, "expected.set", subject, new.site_id)
    return level_id


def end_level(tx: Tx, level_id: UUID, by: UUID) -> bool:
    """A nurse ends it; False when it had ended meanwhile."""
    level = get(tx, level_id)
    if not store.end(tx, level_id, by):
        return False
    subject = Subject("expected_level", level_id, level.patient_id)
    record(tx, "expected.ended", subject, level.site_id)
    return True


def get(tx: Tx, level_id: UUID) -> ExpectedView:
    """The level; `NotFound` when it is not in scope."""
    found = store.one(tx, level_id)
    if found is None:
        raise NotFound("no such expected level")
    return found


def history(tx: Tx, patient_id: UUID, limit: int = _HISTORY) -> list[ExpectedView]:
    """Everything that was ever expected of her, the newest first."""
    return store.of_patient(tx, patient_id, limit)


def broken_by(tx: Tx, response_ids: Sequence[UUID]) -> list[ExpectedView]:
    """The levels that these reports ended because they were worse."""
    return store.broken_by(tx, response_ids) if response_ids else []
