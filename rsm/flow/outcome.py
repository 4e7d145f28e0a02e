"""What became of a report, as its patient may be told: who looks, by when, and whether they did.

Read from what was stored, never from what was intended: the closing page follows from the route
that the answers really took.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts import events, handling
from rsm.alerts import service as alerts
from rsm.alerts.decide import advice_for
from rsm.alerts.model import AlertView, EventView
from rsm.alerts.templates import fill
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.kernel.phones import spoken
from rsm.kernel.words import AlertEventKind, AlertKind, Level, SurveyState
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)
_TOLD_AT_ONCE = frozenset({Level.URGENT, Level.EMERGENCY})


@dataclass(frozen=True)
class Outcome:
    """A report and its route. `level` is None when nothing needs a nurse.

    `looker` is who was told last, by name (empty: nobody yet); `nobody` that somebody had to be
    told at once and no member of staff could be. `items` are those that raised the alert.
    """

    survey: OccurrenceView
    response: ResponseView
    level: Level | None = None
    review: bool = False
    alert_id: UUID | None = None
    items: tuple[str, ...] = ()
    looker: str = ""
    look_by: datetime | None = None
    nobody: bool = False
    seen_at: datetime | None = None
    seen_by: str = ""


def was_sent(survey: OccurrenceView, response: ResponseView | None) -> bool:
    """Whether somebody sent the report; one that the closing made final was never sent."""
    if response is None or not response.is_final:
        return False
    return survey.state is not SurveyState.PARTIAL or survey.closed_at == response.submitted_at


def outcome_of(tx: Tx, occurrence_id: UUID) -> Outcome:
    """The outcome of a survey as it stands now. `NotFound` before anything was answered."""
    survey = schedules.occurrence(tx, occurrence_id)
    response = responses.of_occurrence(tx, occurrence_id)
    if response is None:
        raise NotFound("nothing was answered yet")
    return outcome_for(tx, survey, response)


def outcome_for(tx: Tx, survey: OccurrenceView, response: ResponseView) -> Outcome:
    """The same, of a survey and its report that the caller has just read."""
    found = [
        each
        for each in handling.of_patient(tx, survey.patient_id)
        if each.occurrence_id == survey.id or each.response_id == response.id
    ]
    if not found:
        return Outcome(survey, response)
    return _routed(tx, survey, response, found)


def _routed(
    tx: Tx, survey: OccurrenceView, response: ResponseView, found: Sequence[AlertView]
) -> Outcome:
    worst = max(found, key=lambda alert: (alert.level.rank, alert.kind is AlertKind.SYMPTOM))
    told = _told(events.timeline(tx, worst), worst)
    looker = _name(tx, told[-1]) if told else ""
    findings = handling.findings(tx, [alert.id for alert in found])
    items = {each.item for of_one in findings.values() for each in of_one}
    return Outcome(
        survey=survey,
        response=response,
        level=worst.level,
        review=worst.kind is AlertKind.REVIEW,
        alert_id=worst.id,
        items=tuple(sorted(items)),
        looker=looker,
        look_by=worst.target_at,
        nobody=worst.level in _TOLD_AT_ONCE and not told and worst.is_open,
        seen_at=_seen_at(worst),
        seen_by=_name(tx, worst.owner_id) if worst.owner_id else "",
    )


def _told(timeline: Sequence[EventView], alert: AlertView) -> list[UUID]:
    """Members of staff who were told, in order; whoever took it counts as told."""
    told = [
        event.staff_id
        for event in timeline
        if event.kind is AlertEventKind.TOLD and event.staff_id is not None
    ]
    return [*told, alert.owner_id] if alert.owner_id else told


def _seen_at(alert: AlertView) -> datetime | None:
    seen = [at for at in (alert.first_viewed_at, alert.acknowledged_at) if at is not None]
    return min(seen, default=None)


def _name(tx: Tx, staff_id: UUID) -> str:
    found = staff.many(tx, [staff_id]).get(staff_id)
    return found.name if found else ""


def advice(tx: Tx, outcome: Outcome, language: str) -> tuple[str, ...]:
    """The pack's advice for this level in the page's language; nothing when it cannot be read.

    A fault in a pack never takes the thank-you page with it (P3).
    """
    if outcome.level is None or outcome.alert_id is None:
        return ()
    try:
        with tx.savepoint():
            return _advice(tx, outcome.alert_id, outcome.level, language)
    except Exception as error:  # noqa: BLE001  # the answer is stored: say so without advice
        _LOG.warning("%s", type(error).__name__, extra={"action": "advice.failed"})
        return ()


def _advice(tx: Tx, alert_id: UUID, level: Level, language: str) -> tuple[str, ...]:
    alert = alerts.get(tx, alert_id)
    if alert.rule_pack is None:
        return ()
    text = advice_for(alerts.load(tx, alert.rule_pack), level, language)
    site = sites.get(tx, alert.site_id)
    numbers = {"clinic_phone": spoken(site.clinic_phone), "emergency_number": site.emergency_number}
    return (fill(text, **numbers),) if text else ()
