"""Judging a report: scores, rules, one alert, its team, its ladder; and what happens on a fault.

The answer is stored before any of this begins, and nothing here loses it (P3): whatever fails is
undone to a savepoint, and a review alert is opened by a path that uses no pack and no policy (P6).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import decide
from rsm.alerts import handling as handled
from rsm.alerts import service as alerts
from rsm.alerts.model import (
    AlertView,
    Change,
    Facts,
    InstrumentSpec,
    Judgement,
    Opened,
    Opening,
    Report,
    ReviewKind,
    ReviewReason,
)
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.instruments import service as instruments
from rsm.kernel.words import AlertKind, Level, Reporter
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.routing.decide import route
from rsm.routing.model import RouteFacts
from rsm.routing.trees import tree_of
from rsm.scoring import service as scoring
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_LOG = logging.getLogger(__name__)
REVIEW_LEVEL = Level.URGENT
_VOICE = {Reporter.PROXY: (Reporter.PROXY,)}
_PATIENT = (Reporter.SELF, Reporter.STAFF)  # a nurse who fills in the survey asks the patient


@dataclass(frozen=True)
class Judged:
    """What judging a report came to. `level` and `alert_id` are of its symptom alert, if any.

    `review`: a person must look, since it could not be judged, or not in full.
    """

    level: Level | None = None
    alert_id: UUID | None = None
    review: bool = False


def judge_or_review(tx: Tx, response: ResponseView) -> Judged:
    """Score and judge a final report; never raises for what scoring, rules or policy get wrong."""
    try:
        with tx.savepoint():
            scoring.score(tx, response)
            judged, reasons = _judge(tx, response, drafted=False)
    except Exception as error:  # noqa: BLE001  # P6: whatever this was, a person looks
        judged, reasons = Judged(), [_fault(response, error)]
    return _reviewed(tx, response, judged, reasons)


def judge_draft(tx: Tx, response: ResponseView) -> Judged:
    """The emergency rules alone, on the answers so far: asked each time one is saved (P15)."""
    try:
        with tx.savepoint():
            judged, reasons = _judge(tx, response, drafted=True)
    except Exception as error:  # noqa: BLE001  # P6: whatever this was, a person looks
        judged, reasons = Judged(), [_fault(response, error)]
    return _reviewed(tx, response, judged, reasons)


def review(tx: Tx, response: ResponseView, error: Exception) -> Judged:
    """Something that follows from a report failed: a person looks."""
    return _reviewed(tx, response, Judged(), [_fault(response, error)])


def judge_again(tx: Tx, later: Sequence[ResponseView]) -> list[Judged]:
    """After a late report or a correction: the later ones, the oldest first (decision 11)."""
    return [judge_or_review(tx, each) for each in sorted(later, key=lambda each: each.at)]


# --- by the rules --------------------------------------------------------------------------


def _judge(tx: Tx, response: ResponseView, *, drafted: bool) -> tuple[Judged, list[ReviewReason]]:
    site = sites.get(tx, response.site_id)
    pack = alerts.load(tx, site.rule_pack)
    instrument = spec_of(instruments.load(tx, response.instrument))
    judgement = _judgement(tx, response, pack, instrument, drafted=drafted)
    reasons = [] if drafted else list(judgement.review)
    if judgement.level is None:
        return Judged(), reasons
    opened = alerts.open_alert(tx, _opening(response, judgement, judgement.level, pack))
    reasons += _tell(tx, opened, site, patients.peek(tx, response.patient_id))
    return Judged(opened.alert.level, opened.alert.id), reasons


def _judgement(
    tx: Tx, response: ResponseView, pack: RulePack, instrument: InstrumentSpec, *, drafted: bool
) -> Judgement:
    history = _history(tx, response)
    facts = Facts(
        now=response.answers,
        at=response.at,
        history=history,
        reporter=response.reporter,
        baseline=history[0].answers if history else None,
    )
    ask = decide.emergency_only if drafted else decide.judge
    return ask(pack, instrument, facts)


def _history(tx: Tx, response: ResponseView) -> list[Report]:
    """Earlier reports by the same voice, the oldest first; the first one is the baseline."""
    voice = _VOICE.get(response.reporter, _PATIENT)
    return responses.history(tx, response.patient_id, response.at, voice)


def _opening(response: ResponseView, judgement: Judgement, level: Level, pack: RulePack) -> Opening:
    return Opening(
        business_key=f"survey:{response.occurrence_id}",
        site_id=response.site_id,
        kind=AlertKind.SYMPTOM,
        level=level,
        reason=judgement.findings[0].reason,
        is_test=response.is_test,
        patient_id=response.patient_id,
        occurrence_id=response.occurrence_id,
        response_id=response.id,
        rule_pack=pack.pin,
        findings=judgement.findings + judgement.covered,
    )


# --- whom it goes to -----------------------------------------------------------------------


def _tell(
    tx: Tx, opened: Opened, site: SiteView, patient: PatientFacts | None
) -> list[ReviewReason]:
    """Route the alert and put it on its ladder, or begin that anew when it is worse.

    A tree or policy that cannot be used never keeps an alert from being told: it then goes to the
    whole site, or up the built-in ladder, and the reason for a review is returned.
    """
    if opened.change not in {Change.OPENED, Change.WORSENED}:
        return []
    alert, faults = _route(tx, opened.alert, site, patient)
    if opened.change is Change.OPENED:
        by_policy = escalation.start(tx, alert, site)
    else:
        by_policy = escalation.worsen(tx, alert, opened.was, site)
    if not by_policy:
        what = "the escalation policy could not be used"
        faults.append(ReviewReason(ReviewKind.ERROR, site.policy.key, what))
    return faults


def _route(
    tx: Tx, alert: AlertView, site: SiteView, patient: PatientFacts | None
) -> tuple[AlertView, list[ReviewReason]]:
    try:
        with tx.savepoint():
            return _by_tree(tx, alert, site, patient), []
    except Exception as error:  # noqa: BLE001  # told to the whole site rather than to nobody
        _log("route_failed", alert.id, error)
        plain = alerts.set_route(tx, alert.id, None, "the routing tree could not be used")
        return plain, [ReviewReason(ReviewKind.ERROR, "routing", type(error).__name__)]


def _by_tree(tx: Tx, alert: AlertView, site: SiteView, patient: PatientFacts | None) -> AlertView:
    found = handled.findings(tx, [alert.id]).get(alert.id, [])
    facts = RouteFacts(
        level=alert.level,
        symptoms=frozenset(finding.symptom for finding in found),
        language=patient.language if patient else "",
        regimen=(patient.regimen or "") if patient else "",
    )
    decision = route(tree_of(dict(site.routes)), facts)
    teams = {team.name: team.id for team in sites.teams(tx, site.id)}
    reason = " › ".join(decision.path)  # noqa: RUF001  # a path is written so
    if decision.team not in teams:
        reason = f"{reason}: the site has no team {decision.team}"
    return alerts.set_route(tx, alert.id, teams.get(decision.team), reason)


# --- when in doubt, a person looks ---------------------------------------------------------


def _reviewed(
    tx: Tx, response: ResponseView, judged: Judged, reasons: Sequence[ReviewReason]
) -> Judged:
    if not reasons:
        return judged
    opened = alerts.open_alert(
        tx,
        Opening(
            business_key=f"review:{response.id}",
            site_id=response.site_id,
            kind=AlertKind.REVIEW,
            level=REVIEW_LEVEL,
            reason=_in_words(reasons),
            is_test=response.is_test,
            patient_id=response.patient_id,
            occurrence_id=None,
            response_id=response.id,
        ),
    )
    if opened.change is Change.OPENED:
        escalation.start_safely(tx, opened.alert)
        _audit_review(tx, response, reasons)
    return Judged(judged.level, judged.alert_id, review=True)


def _in_words(reasons: Sequence[ReviewReason]) -> str:
    """A sentence for the worklist: no answer in it."""
    if any(reason.kind is ReviewKind.ERROR for reason in reasons):
        return "Could not be judged: the rules failed. The answers are stored."
    return "Could not be judged in full: the rules and the survey do not fit. Answers are stored."


def _audit_review(tx: Tx, response: ResponseView, reasons: Sequence[ReviewReason]) -> None:
    subject = Subject("response", response.id, response.patient_id)
    kinds = sorted({reason.kind.value for reason in reasons})
    record(tx, "response.review", subject, response.site_id, kinds=kinds)


def _fault(response: ResponseView, error: Exception) -> ReviewReason:
    _log("judge_failed", response.id, error)
    return ReviewReason(ReviewKind.ERROR, "judge", type(error).__name__)


def _log(action: str, subject: UUID, error: Exception) -> None:
    facts = {"action": f"judge.{action}", "subject": str(subject)}
    _LOG.error("judging: %s", type(error).__name__, extra=facts)


# --- words that came in --------------------------------------------------------------------


def text_alert(
    tx: Tx, inbound_id: UUID, patient: PatientFacts, level: Level, reason: str
) -> AlertView:
    """An alert for a text that is no answer: opened, routed, told. Once per text."""
    alert = alerts.raise_text_alert(tx, inbound_id, patient, level, reason)
    if not escalation.standing(tx, [alert.id]):
        tell(tx, Opened(alert, Change.OPENED, alert.level), patient)
    return alerts.get(tx, alert.id)


def tell(tx: Tx, opened: Opened, patient: PatientFacts) -> None:
    """Route an alert that was opened outside the rules, and put it on its ladder."""
    _tell(tx, opened, sites.get(tx, patient.site_id), patient)
