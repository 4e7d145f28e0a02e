"""Whose survey is due at a site, now or soon: for a list that is needed without computers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import SurveyState
from rsm.schedules import due_store as store


@dataclass(frozen=True)
class DueSurvey:
    """One patient's: open since `at` until `closes_at`, or (then None) opening at `at`."""

    patient_id: UUID
    at: datetime
    closes_at: datetime | None = None
    begun: bool = False


def until(tx: Tx, site_id: UUID, end: datetime) -> list[DueSurvey]:
    """What can be answered now, the first to close before; then what opens before `end`."""
    found = [
        DueSurvey(each.patient_id, each.opens_at, each.closes_at, each.state is SurveyState.STARTED)
        for each in store.open_now(tx, site_id)
    ]
    coming = [
        DueSurvey(each.patient_id, each.next_at)
        for each in store.opening(tx, site_id, end)
        if each.next_at is not None
    ]
    return [*found, *coming]
