"""Whom an alert goes to: routed, and put on its ladder; and the review that a fault opens (P6).

A tree or policy that cannot be used never keeps an alert from being told: it then goes to the
whole site, or up the built-in ladder, and the reason for a review is returned.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from rsm.alerts import handling as handled
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView, Change, Opened, Opening, ReviewKind, ReviewReason
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.escalation.rows import service_time
from rsm.kernel.localtime import local_of
from rsm.kernel.words import AlertKind, Level
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.routing.decide import route
from rsm.routing.model import RouteFacts, Service
from rsm.routing.trees import asks_time, tree_of
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_LOG = logging.getLogger(__name__)
REVIEW_LEVEL = Level.URGENT


def tell(tx: Tx, opened: Opened, site: SiteView, patient: PatientFacts) -> list[ReviewReason]:
    """Route the alert and put it on its ladder, or begin that anew when it is worse."""
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
    tx: Tx, alert: AlertView, site: SiteView, patient: PatientFacts
) -> tuple[AlertView, list[ReviewReason]]:
    try:
        with tx.savepoint():
            return _by_tree(tx, alert, site, patient), []
    except Exception as error:  # noqa: BLE001  # told to the whole site rather than to nobody
        log("route_failed", alert.id, error)
        plain = alerts.set_route(tx, alert.id, None, "the routing tree could not be used")
        return plain, [ReviewReason(ReviewKind.ERROR, "routing", type(error).__name__)]


def _by_tree(tx: Tx, alert: AlertView, site: SiteView, patient: PatientFacts) -> AlertView:
    found = handled.findings(tx, [alert.id]).get(alert.id, [])
    facts = RouteFacts(
        level=alert.level,
        symptoms=frozenset(finding.symptom for finding in found),
        language=patient.language,
        regimen=patient.regimen or "",
    )
    tree = tree_of(dict(site.routes))
    if asks_time(tree):
        facts = _at_this_hour(tx, alert, facts)
    decision = route(tree, facts)
    teams = {team.name: team.id for team in sites.teams(tx, site.id)}
    reason = " › ".join(decision.path)  # noqa: RUF001  # a path is written so
    if decision.team not in teams:
        reason = f"{reason}: the site has no team {decision.team}"
    return alerts.set_route(tx, alert.id, teams.get(decision.team), reason)


def _at_this_hour(tx: Tx, alert: AlertView, facts: RouteFacts) -> RouteFacts:
    hours = service_time(tx, alert)
    service = Service.OPEN if hours.is_open(tx.now) else Service.CLOSED
    return replace(facts, local=local_of(tx.now, hours.zone), service=service)


# --- when in doubt, a person looks ---------------------------------------------------------


def ask_a_person(tx: Tx, response: ResponseView, reasons: Sequence[ReviewReason]) -> None:
    """Open the report's review alert, once, by a path that uses no pack and no policy; again where
    the report was changed since somebody closed it."""
    opened = alerts.open_alert(
        tx,
        Opening(
            business_key=_review_key(response),
            site_id=response.site_id,
            kind=AlertKind.REVIEW,
            level=REVIEW_LEVEL,
            reason=_in_words(reasons),
            is_test=response.is_test,
            patient_id=response.patient_id,
            occurrence_id=None,
            response_id=response.id,
            changed_at=responses.changed_at(tx, response),
        ),
    )
    if opened.change in {Change.OPENED, Change.WORSENED}:
        escalation.start_safely(tx, opened.alert)
        subject = Subject("response", response.id, response.patient_id)
        kinds = sorted({reason.kind.value for reason in reasons})
        record(tx, "response.review", subject, response.site_id, kinds=kinds)


def review_of(tx: Tx, response: ResponseView) -> AlertView | None:
    """The review alert of this report, if it ever had one."""
    return alerts.under(tx, _review_key(response))


def _review_key(response: ResponseView) -> str:
    return f"review:{response.id}"


def _in_words(reasons: Sequence[ReviewReason]) -> str:
    """A sentence for the worklist: no answer in it."""
    if any(reason.kind is ReviewKind.ERROR for reason in reasons):
        return "Could not be judged: the rules failed. The answers are stored."
    return "Could not be judged in full: the rules and the survey do not fit. Answers are stored."


def log(action: str, subject: UUID, error: Exception) -> None:
    """A fault on the way, without a word about the patient (P10)."""
    facts = {"action": f"judge.{action}", "subject": str(subject)}
    _LOG.error("judging: %s", type(error).__name__, extra=facts)
