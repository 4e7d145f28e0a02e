"""Pauses: who is paused, and whose timer has come. Notes are sealed and opened here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from rsm.db.work import Tx
from rsm.patients.decide import PauseDetails, PauseView
from rsm.patients.model import PatientFacts, PauseReason
from rsm.patients.tables import Pause
from rsm.security import patient_keys

_NOTE = "pause.note"


def add(
    tx: Tx,
    patient: PatientFacts,
    reason: PauseReason,
    more: PauseDetails,
    times: tuple[datetime | None, datetime],
) -> UUID:
    """`times`: when it is over, if that was said, and when its timer is due."""
    pause_id = tx.new_id()
    sealed = patient_keys.box(tx, patient.id).seal(more.note, _NOTE) if more.note else None
    tx.session.execute(
        insert(Pause).values(
            id=pause_id,
            site_id=patient.site_id,
            patient_id=patient.id,
            reason=reason,
            started_at=tx.now,
            until=times[0],
            next_at=times[1],
            source=more.source,
            inbound_id=more.inbound_id,
            note_sealed=sealed,
        )
    )
    return pause_id


def end(tx: Tx, patient_id: UUID) -> UUID | None:
    """The pause that ended with this; None when none was running."""
    return tx.session.scalar(
        update(Pause)
        .where(Pause.patient_id == patient_id, Pause.ended_at.is_(None))
        .values(ended_at=tx.now, next_at=None)
        .returning(Pause.id)
    )


def change(tx: Tx, pause_id: UUID, **values: object) -> None:
    tx.session.execute(update(Pause).where(Pause.id == pause_id).values(**values))


def running(tx: Tx, patient_id: UUID) -> PauseView | None:
    found = tx.session.scalar(
        select(Pause)
        .where(Pause.patient_id == patient_id, Pause.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return _view(tx, found) if found else None


def of_patient(tx: Tx, patient_id: UUID, limit: int) -> list[PauseView]:
    """The newest first."""
    found = tx.session.scalars(
        select(Pause)
        .where(Pause.patient_id == patient_id)
        .order_by(Pause.started_at.desc(), Pause.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_view(tx, each) for each in found]


def due(tx: Tx, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Whose pause's timer has come: (patient, site), the longest first. Nothing is held."""
    rows = tx.session.execute(
        select(Pause.patient_id, Pause.site_id)
        .where(Pause.ended_at.is_(None), Pause.next_at <= tx.now)
        .order_by(Pause.next_at, Pause.id)
        .limit(limit)
    )
    return [(patient_id, site_id) for patient_id, site_id in rows]


def _view(tx: Tx, row: Pause) -> PauseView:
    same = {name: getattr(row, name) for name in PauseView.__dataclass_fields__ if name != "note"}
    if row.note_sealed is None:
        return PauseView(**same)
    return PauseView(**same, note=patient_keys.box(tx, row.patient_id).open(row.note_sealed, _NOTE))
