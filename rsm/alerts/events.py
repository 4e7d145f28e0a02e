"""An alert's timeline: lines that are only ever added, their notes sealed."""

from collections.abc import Iterable, Mapping
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
    rows = store.events(tx, alert.id)
    said = _opened(tx, rows, {alert.id: alert.patient_id})
    return [
        EventView(
            seq=row.seq,
            kind=row.kind,
            at=row.at,
            staff_id=row.staff_id,
            channel=row.channel,
            code=row.code,
            note=said.get(row.id, ""),
        )
        for row in rows
    ]


def closing_notes(tx: Tx, found: Iterable[AlertView]) -> dict[UUID, str]:
    """What whoever closed each of them wrote, by alert: read at once for all of them. One that
    was closed again has the last note; one without words is left out."""
    closed = {one.id: one.patient_id for one in found if one.closed_at is not None}
    rows = {row.alert_id: row for row in store.closings(tx, closed)} if closed else {}
    said = _opened(tx, rows.values(), closed)
    return {alert_id: said[row.id] for alert_id, row in rows.items() if row.id in said}


def _seal(tx: Tx, alert: AlertView, event_id: UUID, words: str) -> bytes:
    """Under the patient's key where there is a patient, else under the ring's."""
    if alert.patient_id is None:
        return tx.vault.seal(words.encode(), f"{_NOTE}:{event_id}")
    return patient_keys.box(tx, alert.patient_id).seal(words, f"{_NOTE}:{event_id}")


def _opened(
    tx: Tx, rows: Iterable[AlertEvent], owners: Mapping[UUID, UUID | None]
) -> dict[UUID, str]:
    """The notes of these lines, by line; `owners` says whose patient's key, by alert. The key of
    one who was erased is gone, and her notes with it."""
    sealed = [(row, owners[row.alert_id], row.note_sealed) for row in rows if row.note_sealed]
    boxes = patient_keys.boxes(tx, {who for _, who, _ in sealed if who}) if sealed else {}
    said = {}
    for row, who, note_sealed in sealed:
        if who is None:
            said[row.id] = tx.vault.open(note_sealed, f"{_NOTE}:{row.id}").decode()
        elif who in boxes:
            said[row.id] = boxes[who].open(note_sealed, f"{_NOTE}:{row.id}")
    return said
