"""The door to findings that were not told anew: quiet on purpose is stored, counted and shown.

Written by `rsm.flow.quieting` alone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from rsm.alerts import quiet_store as store
from rsm.alerts.model import QuietReason
from rsm.alerts.quiet_store import NewSuppressed, SuppressedView
from rsm.db.work import Tx
from rsm.kernel.words import Pin
from rsm.responses.model import ResponseView
from rsm.security.audit import Subject, record


def keep(tx: Tx, response: ResponseView, pack: Pin, new: Sequence[NewSuppressed]) -> None:
    """Keep findings of this report, each with its reason; the pack is the one that judged it."""
    if not new:
        return
    store.add(tx, response, pack, new)
    subject = Subject("response", response.id, response.patient_id)
    reasons = sorted({each.reason.value for each in new})
    record(tx, "findings.suppressed", subject, response.site_id, count=len(new), reasons=reasons)


def of_response(tx: Tx, response_id: UUID) -> list[SuppressedView]:
    """What was not told anew of this report, the oldest first."""
    return store.of_response(tx, response_id)


def of_alert(tx: Tx, alert_id: UUID) -> list[SuppressedView]:
    """What later reports said again of this alert, the oldest first."""
    return store.of_alert(tx, alert_id)


def of_alerts(tx: Tx, alert_ids: Collection[UUID]) -> dict[UUID, list[SuppressedView]]:
    """As `of_alert`, for many; an alert without any is left out."""
    return store.of_alerts(tx, alert_ids) if alert_ids else {}


def of_site(
    tx: Tx, site_id: UUID, since: datetime, until: datetime, reason: QuietReason | None = None
) -> list[SuppressedView]:
    """What was not told anew at the site from `since` up to `until`, the oldest first."""
    return store.of_site(tx, site_id, since, until, reason)


def known(
    tx: Tx, patient_id: UUID, occurrence_id: UUID, alert_ids: Collection[UUID]
) -> list[SuppressedView]:
    """What was kept of this survey before, and what was added to these alerts of the patient."""
    return store.known(tx, patient_id, occurrence_id, alert_ids)
