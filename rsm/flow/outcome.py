"""What became of a report, as its patient may be told: who looks, by when, and whether they did.

Read from what was stored, never from what was intended: the closing page follows from the route
that the answers really took.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from rsm.alerts import events, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.decide import advice_for, crisis_for
from rsm.alerts.model import AlertView
from rsm.alerts.quiet_store import SuppressedView
from rsm.alerts.schema import RulePack
from rsm.alerts.templates import fill
from rsm.alerts.timeline import EventView
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.flow.advice import own_for_level
from rsm.kernel.errors import NotFound
from rsm.kernel.phones import spoken
from rsm.kernel.words import AlertEventKind, AlertKind, Channel, Level, Pin, SurveyState
from rsm.messaging.advice import LEVELS
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)
_TOLD_AT_ONCE = frozenset({Level.URGENT, Level.EMERGENCY})
_TELLING = frozenset({AlertEventKind.TOLD, AlertEventKind.BUNDLED})
_SEEN = frozenset(
    {
        AlertEventKind.VIEWED,
        AlertEventKind.ACKNOWLEDGED,
        AlertEventKind.ACTION,
        AlertEventKind.CLOSED,
    }
)


@dataclass(frozen=True)
class Outcome:
    """A report and its route. `level` is None when nothing needs a nurse.

    `looker` is who was told last, by name (empty: nobody yet); `nobody` that somebody had to be
    told at once and no member of staff could be. `items` are those that raised the alert.
    `expected`: nobody is told anew, since a nurse expects it; `rule_pack` made the judgement,
    `rules` are those that were met: advice and crisis line follow from them. `held_until`: outside
    of service hours nobody is told before then, as the site's policy says.
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
    expected: bool = False
    rule_pack: Pin | None = None
    rules: frozenset[str] = frozenset()
    held_until: datetime | None = None


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


def outcome_for(
    tx: Tx, survey: OccurrenceView, response: ResponseView, *, found_nothing: bool = False
) -> Outcome:
    """The same, of a survey and its report that the caller has just read; `found_nothing`: it
    was judged just now, without a finding.

    Quiet mutes nothing here: what was added to an older alert, is expected, or waits for the
    digest has its level, and who looks and by when is of the alert that holds it.
    """
    hers = handling.of_patient(tx, survey.patient_id)
    # On the way to it an emergency may have been added to an alert.
    kept = suppressed.of_response(tx, response.id) if hers or not found_nothing else []
    holding = {each.alert_id for each in kept}
    found = [
        each
        for each in hers
        if each.id in holding or survey.id == each.occurrence_id or response.id == each.response_id
    ]
    if not found and not kept:
        return Outcome(survey, response)
    return _routed(tx, _Route(survey, response, found, kept))


@dataclass(frozen=True)
class _Route:
    """Alerts of the report and those that it was added to; what of it was not told anew."""

    survey: OccurrenceView
    response: ResponseView
    alerts: Sequence[AlertView]
    kept: Sequence[SuppressedView]

    @property
    def own(self) -> list[AlertView]:
        """Those that it opened itself."""
        return [
            each
            for each in self.alerts
            if self.survey.id == each.occurrence_id or self.response.id == each.response_id
        ]

    @property
    def level(self) -> Level:
        """The highest, of its own alerts and of what was not told anew."""
        levels = [*(each.level for each in self.own), *(each.level for each in self.kept)]
        return max(levels, key=lambda level: level.rank)

    def of(self, alert: AlertView) -> tuple[int, bool, bool]:
        """How much of the route an alert is: by the level of what it holds of this report."""
        if alert in self.own:
            return alert.level.rank, True, alert.kind is AlertKind.SYMPTOM
        held = [each.level.rank for each in self.kept if each.alert_id == alert.id]
        return max(held), False, True


def _routed(tx: Tx, route: _Route) -> Outcome:
    response, level = route.response, route.level
    found = handling.findings(tx, [alert.id for alert in route.own]) if route.own else {}
    mine = [each for same in found.values() for each in same if each.response_id == response.id]
    items = {*(each.item for each in mine), *(each.item for each in route.kept)}
    worst = max(route.alerts, key=route.of, default=None)
    outcome = Outcome(
        survey=route.survey,
        response=response,
        level=level,
        items=tuple(sorted(items)),
        expected=worst is None or route.of(worst)[0] < level.rank,
        rule_pack=_pack_of(route),
        rules=frozenset({*(each.rule for each in mine), *(each.rule for each in route.kept)}),
    )
    return outcome if worst is None else _with_looker(tx, outcome, route, worst)


def _with_looker(tx: Tx, outcome: Outcome, route: _Route, worst: AlertView) -> Outcome:
    """Who looks and by when: that an older report was promised is said only while it holds."""
    lines, own = events.timeline(tx, worst), worst in route.own
    told = _told(lines, worst)
    return replace(
        outcome,
        review=worst.kind is AlertKind.REVIEW,
        alert_id=worst.id,
        looker=_name(tx, told[-1]) if told else "",
        look_by=worst.target_at if own or worst.target_at > tx.now else None,
        nobody=_finds_nobody(tx, worst, told),
        seen_at=_seen_at(worst) if own else _seen_since(lines, outcome.response.at),
        seen_by=_name(tx, worst.owner_id) if worst.owner_id else "",
        held_until=None if told else escalation.held_until(tx, worst),
    )


def _finds_nobody(tx: Tx, worst: AlertView, told: Sequence[UUID]) -> bool:
    """Somebody had to be told at once and could not be; what is held on purpose is told later."""
    if worst.level not in _TOLD_AT_ONCE or told or not worst.is_open:
        return False
    return escalation.held_until(tx, worst) is None


def _pack_of(route: _Route) -> Pin | None:
    pins = [*(each.rule_pack for each in route.own), *(each.rule_pack for each in route.kept)]
    return next((pin for pin in pins if pin is not None), None)


def _told(timeline: Sequence[EventView], alert: AlertView) -> list[UUID]:
    """Members of staff who were told, in order; whoever took it counts as told."""
    told = [
        event.staff_id
        for event in timeline
        if event.kind in _TELLING and event.staff_id is not None
    ]
    return [*told, alert.owner_id] if alert.owner_id else told


def _seen_at(alert: AlertView) -> datetime | None:
    seen = [at for at in (alert.first_viewed_at, alert.acknowledged_at) if at is not None]
    return min(seen, default=None)


def _seen_since(timeline: Sequence[EventView], since: datetime) -> datetime | None:
    """When somebody first did something about an older alert after it was added to."""
    done = (line.at for line in timeline if line.kind in _SEEN and line.at >= since)
    return min(done, default=None)


def _name(tx: Tx, staff_id: UUID) -> str:
    found = staff.many(tx, [staff_id]).get(staff_id)
    return found.name if found else ""


def advice(tx: Tx, outcome: Outcome, language: str) -> tuple[str, ...]:
    """What she is to do at this level: in the site's own words, else the pack's that judged it.

    A fault in either never takes the thank-you page with it (P3).
    """
    return _own(tx, outcome, language) or _said(
        tx, outcome, lambda pack: _advice(pack, outcome, language)
    )


def _own(tx: Tx, outcome: Outcome, language: str) -> tuple[str, ...]:
    if outcome.level not in LEVELS:
        return ()
    try:
        with tx.savepoint():
            site = sites.get(tx, outcome.response.site_id)
            return own_for_level(tx, site, outcome.level, language, Channel.WEB)
    except Exception as error:  # noqa: BLE001  # the pack's words are said instead
        _LOG.warning("%s", type(error).__name__, extra={"action": "advice.failed"})
        return ()


def _advice(pack: RulePack, outcome: Outcome, language: str) -> str | None:
    return advice_for(pack, outcome.level, language) if outcome.level is not None else None


def crisis_line(tx: Tx, outcome: Outcome, language: str) -> tuple[str, ...]:
    """The crisis line, when a rule was met that asks for it: above everything else."""
    return _said(tx, outcome, lambda pack: crisis_for(pack, outcome.rules, language))


def _said(tx: Tx, outcome: Outcome, words: Callable[[RulePack], str | None]) -> tuple[str, ...]:
    if outcome.rule_pack is None:
        return ()
    try:
        with tx.savepoint():
            text = words(alerts.load_base(tx, outcome.rule_pack))
            site = sites.get(tx, outcome.response.site_id)
            phone = spoken(site.clinic_phone)
            numbers = {"clinic_phone": phone, "emergency_number": site.emergency_number}
            return (fill(text, **numbers),) if text else ()
    except Exception as error:  # noqa: BLE001  # the answer is stored: say so without advice
        _LOG.warning("%s", type(error).__name__, extra={"action": "advice.failed"})
        return ()
