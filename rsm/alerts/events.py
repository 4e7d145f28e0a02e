"""An alert's timeline: lines that are only ever added, their notes sealed."""

from uuid import UUID

from rsm.alerts import store
from rsm.alerts.model import AlertView
from rsm.alerts.tables import AlertEvent
from rsm.alerts.timeline import EventView, NewEvent
from rsm.db.work import Tx
from rsm.security import patient_keys

_NOTE = "alert.note"


def note(tx: Tx, alert: AlertView, event: NewEvent) -> None:
    """Write one line."""
    sealed = None
    if event.note:
        event_id = tx.new_id()
        sealed = (event_id, _seal(tx, alert, event_id, event.note))
    store.add_event(tx, alert, event, sealed)


def timeline(tx: Tx, alert: AlertView) -> list[EventView]:
    """What happened to the alert, the oldest first, with the notes opened."""
    return [
        EventView(
            seq=row.seq,
            kind=row.kind,
            at=row.at,
            staff_id=row.staff_id,
            channel=row.channel,
            code=row.code,
            note=_open(tx, alert, row),
        )
        for row in store.events(tx, alert.id)
    ]


def _seal(tx: Tx, alert: AlertView, event_id: UUID, words: str) -> bytes:
    """Under the patient's key where there is a patient, else under the ring's."""
    if alert.patient_id is None:
        return tx.vault.seal(words.encode(), f"{_NOTE}:{event_id}")
    return patient_keys.box(tx, alert.patient_id).seal(words, f"{_NOTE}:{event_id}")


def _open(tx: Tx, alert: AlertView, row: AlertEvent) -> str:
    if row.note_sealed is None:
        return ""
    if alert.patient_id is None:
        return tx.vault.open(row.note_sealed, f"{_NOTE}:{row.id}").decode()
    return patient_keys.box(tx, alert.patient_id).open(row.note_sealed, f"{_NOTE}:{row.id}")
