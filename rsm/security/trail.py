"""Reading the audit trail: one site's events, the newest first, page by page."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.security.model import AuditEntry
from rsm.security.tables import AuditEvent, AuditPending


def page(
    tx: Tx, site_id: UUID, *, about: str = "", before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """Up to `limit` events of the site whose action begins with `about`, older than `before`."""
    tx.settle()
    waiting = select(AuditPending.event_id).where(AuditPending.event_id == AuditEvent.id).exists()
    query = select(AuditEvent, waiting).where(AuditEvent.site_id == site_id)
    if about:
        query = query.where(AuditEvent.action.startswith(about, autoescape=True))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    rows = tx.session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit))
    return [_entry(event, sealed=not is_waiting) for event, is_waiting in rows]


def of_patient(
    tx: Tx,
    patient_id: UUID,
    actions: Collection[str],
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditEntry]:
    """Up to `limit` of these events about one patient, the newest first: what happened to her."""
    tx.settle()
    query = select(AuditEvent).where(
        AuditEvent.patient_id == patient_id, AuditEvent.action.in_(list(actions))
    )
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    events = tx.session.scalars(query.order_by(AuditEvent.seq.desc()).limit(limit))
    return [_entry(event, sealed=False) for event in events]


def _entry(event: AuditEvent, *, sealed: bool) -> AuditEntry:
    return AuditEntry(
        seq=event.seq,
        at=event.at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        action=event.action,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        facts=event.facts,
        sealed=sealed,
    )
