"""What people do with an alert: take it, note, close, open again; and the lists they see.

Nothing here moves the ladder or cancels messages: `rsm.flow.triage` joins the rooms.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from rsm.alerts import store, told_store
from rsm.alerts.events import note
from rsm.alerts.model import AlertAction, AlertView
from rsm.alerts.service import audit, get
from rsm.alerts.timeline import FindingView, NewEvent
from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind, AlertState, Channel

_WORKLIST = 500
_TAKING = (AlertEventKind.ACKNOWLEDGED, AlertEventKind.ASSIGNED, AlertEventKind.SNOOZED)


def take(
    tx: Tx, alert: AlertView, staff_id: UUID | None, channel: Channel, until: datetime
) -> AlertView:
    """Lend the alert until then. Without `staff_id` the site's safety contact has taken it."""
    store.change(
        tx,
        alert.id,
        state=AlertState.ACKNOWLEDGED,
        owner_id=staff_id,
        acknowledged_at=alert.acknowledged_at or tx.now,
        acknowledged_by_channel=channel,
        loan_until=until,
    )
    event = NewEvent(AlertEventKind.ACKNOWLEDGED, staff_id, channel)
    note(tx, alert, event)
    audit(tx, "alert.acknowledged", alert, channel=channel, epoch=alert.epoch)
    return get(tx, alert.id)


def lengthen(tx: Tx, alert: AlertView, channel: Channel, until: datetime) -> AlertView:
    """The same person's loan, longer: no new line on the timeline."""
    store.change(tx, alert.id, loan_until=until, acknowledged_by_channel=channel)
    audit(tx, "alert.lengthened", alert, channel=channel)
    return get(tx, alert.id)


def assign(tx: Tx, alert: AlertView, to: UUID, until: datetime, by: UUID | None) -> AlertView:
    """Lend it to somebody who must still take it: until then nobody has acknowledged it anew."""
    store.change(
        tx,
        alert.id,
        state=AlertState.ACKNOWLEDGED,
        owner_id=to,
        acknowledged_by_channel=Channel.SMS,  # a short loan, which opening the page makes long
        loan_until=until,
    )
    note(tx, alert, NewEvent(AlertEventKind.ASSIGNED, to, Channel.WEB))
    audit(tx, "alert.assigned", alert, to=to, by=by)
    return get(tx, alert.id)


def snooze(tx: Tx, alert: AlertView, staff_id: UUID, until: datetime, reason: str) -> AlertView:
    """Hers until then, for a reason that she gives; she has seen it, so that it is acknowledged."""
    store.change(
        tx,
        alert.id,
        state=AlertState.ACKNOWLEDGED,
        owner_id=staff_id,
        acknowledged_at=alert.acknowledged_at or tx.now,
        acknowledged_by_channel=Channel.WEB,
        loan_until=until,
    )
    event = NewEvent(AlertEventKind.SNOOZED, staff_id, Channel.WEB, until.isoformat(), reason)
    note(tx, alert, event)
    audit(tx, "alert.snoozed", alert, until=until.isoformat())
    return get(tx, alert.id)


def awaits_taking(tx: Tx, alert_id: UUID) -> bool:
    """Whether it was handed to somebody who has not taken it since."""
    return store.last_of(tx, alert_id, _TAKING) is AlertEventKind.ASSIGNED


def seen(tx: Tx, alert: AlertView, staff_id: UUID) -> AlertView:
    """Somebody opened the page: audited each time, marked the first time (P9)."""
    audit(tx, "alert.viewed", alert)
    if alert.first_viewed_at is None:
        store.change(tx, alert.id, first_viewed_at=tx.now)
        note(tx, alert, NewEvent(AlertEventKind.VIEWED, staff_id, Channel.WEB))
    return get(tx, alert.id)


def act(tx: Tx, alert: AlertView, staff_id: UUID, action: AlertAction, words: str) -> None:
    """What was done, as a code and in words; the alert stays as it is."""
    event = NewEvent(AlertEventKind.ACTION, staff_id, Channel.WEB, action, words)
    note(tx, alert, event)
    audit(tx, "alert.action", alert, code=action)


def close(tx: Tx, alert: AlertView, staff_id: UUID, outcome: AlertAction, words: str) -> AlertView:
    """Over. Whoever closes what nobody had taken has taken it with that."""
    store.change(
        tx,
        alert.id,
        state=AlertState.CLOSED,
        owner_id=staff_id,
        acknowledged_at=alert.acknowledged_at or tx.now,
        acknowledged_by_channel=alert.acknowledged_by_channel or Channel.WEB,
        loan_until=None,
        closed_at=tx.now,
        closed_by=staff_id,
        outcome=outcome,
    )
    note(tx, alert, NewEvent(AlertEventKind.CLOSED, staff_id, Channel.WEB, outcome, words))
    audit(tx, "alert.closed", alert, outcome=outcome)
    return get(tx, alert.id)


def spent(tx: Tx, alert: AlertView, minutes: int) -> AlertView:
    """How long whoever closes it was busy with it, as she says."""
    store.change(tx, alert.id, minutes_spent=minutes)
    audit(tx, "alert.time_noted", alert, minutes=minutes)
    return get(tx, alert.id)


# --- what people see -----------------------------------------------------------------------


def worklist(tx: Tx, site_id: UUID) -> list[AlertView]:
    """What is not closed at the site, the worst first, then the oldest."""
    return store.open_at(tx, site_id, _WORKLIST)


def count_open(tx: Tx, site_id: UUID) -> int:
    """How many of them there are."""
    return store.count_open(tx, site_id)


def count_late(tx: Tx, site_id: UUID) -> int:
    """How many of them are past their target."""
    return store.count_late(tx, site_id)


def version(tx: Tx, site_id: UUID) -> int:
    """When this number stands still, so does the site's worklist."""
    return store.site_version(tx, site_id)


def substance(tx: Tx, alert_id: UUID) -> int:
    """Rises with whatever a nurse must have seen before she closes the alert."""
    return store.substance(tx, alert_id)


def last_event(tx: Tx, alert_id: UUID) -> int:
    """Rises with every line of its timeline."""
    return store.last_event(tx, alert_id)


def was_told(tx: Tx, alert_id: UUID, staff_id: UUID) -> bool:
    """Whether the ladder has told this member of staff of the alert."""
    return told_store.was_told(tx, alert_id, staff_id)


def told_last(tx: Tx, alert_ids: Sequence[UUID]) -> dict[UUID, set[UUID | None]]:
    """Who of the staff was told of each of them last, together; None: the safety contact."""
    return told_store.told_last(tx, alert_ids)


def taken_at(tx: Tx, alert_id: UUID) -> datetime | None:
    """When whoever has it now took it, or was given it."""
    return store.last_at(tx, alert_id, _TAKING)


def told_safety_contact(tx: Tx, alert_id: UUID) -> bool:
    """Whether the ladder has told the site's safety contact of it."""
    return told_store.was_told_safety_contact(tx, alert_id)


def findings(tx: Tx, alert_ids: Sequence[UUID]) -> dict[UUID, list[FindingView]]:
    """What these alerts found, the oldest first; one without findings is left out."""
    return store.findings(tx, alert_ids)


def of_patient(tx: Tx, patient_id: UUID, limit: int = 50) -> list[AlertView]:
    """A patient's alerts, the newest first."""
    return store.of_patient(tx, patient_id, limit)


def of_occurrences(tx: Tx, occurrence_ids: Sequence[UUID]) -> dict[UUID, AlertView]:
    """The symptom alerts of these surveys, by survey."""
    found = store.of_occurrences(tx, occurrence_ids)
    return {each.occurrence_id: each for each in found if each.occurrence_id}


def closed_since(tx: Tx, site_id: UUID, since: datetime) -> list[AlertView]:
    """What was closed since then, the last first."""
    return store.closed_since(tx, site_id, since)


def waiting_in(tx: Tx, site_id: UUID, code: str) -> list[AlertView]:
    """The alerts that were bundled under this code and that nobody has taken or closed since."""
    return [each for each in store.bundled(tx, site_id, code) if not each.is_held(tx.now)]


def with_code(tx: Tx, site_ids: Sequence[UUID], code: str) -> list[AlertView]:
    """The alert that has this code, at each of these sites."""
    return store.by_code(tx, site_ids, code.strip().upper())
