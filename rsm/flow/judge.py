"""Judging a report: scores, rules, its alerts and their ladders; and what happens on a fault.

The answer is stored before any of this begins, and nothing here loses it (P3): whatever fails is
undone to a savepoint, and a review alert is opened by a path that uses no pack and no policy (P6).
What is kept quiet on purpose is `rsm.flow.quieting`; whom an alert goes to, `rsm.flow.tell`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rsm.alerts import decide
from rsm.alerts import service as alerts
from rsm.alerts.conditions import RedFlag, parts
from rsm.alerts.decide import AlertGroup
from rsm.alerts.model import (
    AlertView,
    Change,
    Finding,
    Opened,
    Opening,
    ReviewKind,
    ReviewReason,
)
from rsm.alerts.plan import EVERY_LEVEL
from rsm.alerts.schema import RulePack
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.flow import quieting
from rsm.flow import tell as telling
from rsm.flow.effective import pack_for
from rsm.flow.facts import Asking, live_facts, so_far
from rsm.flow.quieting import Case, Sifted
from rsm.instruments import service as instruments
from rsm.kernel.words import AlertKind, Level, Pin
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses.model import ResponseView
from rsm.scoring import service as scoring
from rsm.sites import service as sites

_EMERGENCY = frozenset({Level.EMERGENCY})


@dataclass(frozen=True)
class Judged:
    """What judging a report came to.

    `level` is what the patient reads, whatever was kept quiet; `alert_id` the worst of its alerts,
    or the older one that it was added to; `told`: an alert of its own stands. `words`: a rule
    about the patient's own words was met. `review`: a person must look, since it could not be
    judged, or not in full. `rules` of `rule_pack` were met.
    """

    level: Level | None = None
    alert_id: UUID | None = None
    told: bool = False
    words: bool = False
    review: bool = False
    rule_pack: Pin | None = None
    rules: frozenset[str] = frozenset()


def judge_or_review(tx: Tx, response: ResponseView, patient: PatientFacts | None = None) -> Judged:
    """Score and judge a final report; never raises for what scoring, rules or policy get wrong."""
    try:
        with tx.savepoint():
            scoring.score(tx, response)
            judged, reasons = _judge(tx, _case(tx, response, patient))
    except Exception as error:  # noqa: BLE001  # P6: whatever this was, a person looks
        judged, reasons = Judged(), [_fault(response, error)]
    return _reviewed(tx, response, judged, reasons)


def judge_draft(tx: Tx, response: ResponseView, patient: PatientFacts, saved: str) -> Judged:
    """The emergency rules alone, on the answers so far: asked each time one is saved (P15).

    `saved` is the item that was just answered.
    """
    try:
        with tx.savepoint():
            judged, reasons = _judge(tx, _draft_case(tx, response, patient, saved))
    except Exception as error:  # noqa: BLE001  # P6: whatever this was, a person looks
        judged, reasons = Judged(), [_fault(response, error)]
    return _reviewed(tx, response, judged, reasons)


def judge_idle(tx: Tx, draft: ResponseView, patient: PatientFacts) -> Judged:
    """All rules, on a report that nobody has gone on with, as far as it is answered.

    What is still to be answered is not missing: no rule fires, and nobody is asked to look, for
    that alone (P7). What is told of it stands; the whole report, when it is sent, adds to it.
    """
    try:
        with tx.savepoint():
            judged, reasons = _judge(tx, _draft_case(tx, draft, patient))
    except Exception as error:  # noqa: BLE001  # P6: whatever this was, a person looks
        judged, reasons = Judged(), [_fault(draft, error)]
    return _reviewed(tx, draft, judged, reasons)


def review(tx: Tx, response: ResponseView, error: Exception) -> Judged:
    """Something that follows from a report failed: a person looks."""
    return _reviewed(tx, response, Judged(), [_fault(response, error)])


def judge_again(tx: Tx, later: Sequence[ResponseView]) -> list[Judged]:
    """After a late report or a correction: these reports, the oldest first (decision 11).

    All their alerts are held beforehand, so that they are locked in the order of their ids.
    """
    if later:
        surveys = [each.occurrence_id for each in later]
        alerts.lock_standing(tx, later[0].patient_id, surveys)
    return [judge_or_review(tx, each) for each in sorted(later, key=lambda each: each.at)]


# --- by the rules --------------------------------------------------------------------------


def _case(tx: Tx, response: ResponseView, patient: PatientFacts | None) -> Case:
    """What the rules that hold for this patient say of the report."""
    whose = patient or patients.peek(tx, response.patient_id)
    pack = pack_for(tx, sites.get(tx, response.site_id), whose, response.at)
    instrument = instruments.load(tx, response.instrument)
    asking = Asking(pack.pack, instrument, whose)
    facts = live_facts(tx, response, asking)
    judgement = decide.judge(pack.pack, asking.spec, facts)
    return Case(response, whose, pack, asking.spec, facts, judgement)


def _draft_case(tx: Tx, draft: ResponseView, patient: PatientFacts, saved: str = "") -> Case:
    """The same of a draft: closed branches are closed, and scores wait for all of their parts.

    By the emergency rules alone where an item was just `saved`.
    """
    pack = pack_for(tx, sites.get(tx, draft.site_id), patient, draft.at)
    instrument = instruments.load(tx, draft.instrument)
    answers, pending = so_far(instrument, draft.answers)
    counted = replace(draft, answers=answers)
    levels = _EMERGENCY if saved else EVERY_LEVEL
    asking = Asking(pack.pack, instrument, patient, levels)
    facts = live_facts(tx, counted, asking, pending)
    judgement = decide.judge(pack.pack, asking.spec, facts, levels, pending)
    mine = {item.code for item in instrument.items if saved in (item.code, item.same_as)}
    return Case(counted, patient, pack, asking.spec, facts, judgement, bool(saved), frozenset(mine))


def _judge(tx: Tx, case: Case) -> tuple[Judged, list[ReviewReason]]:
    judgement = case.judgement
    reasons = _reasons(case)
    if judgement.level is None:
        return Judged(), reasons
    sifted, faults = _sifted(tx, case)
    reasons += faults
    site = sites.get(tx, case.response.site_id)
    opened = []
    for group in decide.alert_groups(sifted.tell):
        one = alerts.open_alert(tx, _opening(case, group, sifted))
        reasons += telling.tell(tx, one, site, case.patient)
        opened.append(one.alert)
    return _judged(case, opened, sifted), reasons


def _reasons(case: Case) -> list[ReviewReason]:
    """Why a person must look. On the way only where an emergency rule failed: nobody waits for what
    is still to come."""
    if case.drafted:
        return [each for each in case.judgement.review if each.kind is ReviewKind.ERROR]
    return [*case.pack.review, *case.judgement.review]


def _sifted(tx: Tx, case: Case) -> tuple[Sifted, list[ReviewReason]]:
    """What is to be told; everything, when that cannot be said: quiet is never by a fault (P15)."""
    try:
        with tx.savepoint():
            return quieting.sift(tx, case), []
    except Exception as error:  # noqa: BLE001  # whatever it is: told, and a person looks (P6)
        loud = Sifted(tell=case.judgement.findings, along=case.judgement.covered)
        return loud, [_fault(case.response, error)]


def _judged(case: Case, opened: Sequence[AlertView], sifted: Sifted) -> Judged:
    judgement, level = case.judgement, case.judgement.level
    met = frozenset(each.rule for each in (*judgement.findings, *judgement.covered))
    worst = max(opened, key=lambda alert: alert.level.rank, default=None)
    if worst is not None and (level is None or worst.level.rank > level.rank):
        level = worst.level  # of its survey, once: a level never falls
    return Judged(
        level=level,
        alert_id=worst.id if worst is not None else sifted.added_to,
        told=worst is not None,
        words=_about_words(case.pack.pack, met),
        rule_pack=case.pack.pin,
        rules=met,
    )


def _about_words(pack: RulePack, met: frozenset[str]) -> bool:
    return any(
        isinstance(leaf, RedFlag)
        for rule in pack.rules
        if rule.id in met
        for leaf in parts(rule.when)
    )


def _opening(case: Case, group: AlertGroup, sifted: Sifted) -> Opening:
    """One alert for the survey; one more for each rule that has an alert of its own."""
    response = case.response
    key = f"survey:{response.occurrence_id}"
    findings = (*group.findings, *_along(group, sifted))
    return Opening(
        business_key=f"{key}:{group.own}" if group.own else key,
        site_id=response.site_id,
        kind=AlertKind.SYMPTOM,
        level=group.level,
        reason=group.findings[0].reason,
        is_test=response.is_test,
        patient_id=response.patient_id,
        occurrence_id=response.occurrence_id,
        response_id=response.id,
        rule_pack=case.pack.pin,
        findings=findings,
        raised=tuple(each for each in sifted.raised if each in findings),
        known=sifted.known,
    )


def _along(group: AlertGroup, sifted: Sifted) -> list[Finding]:
    """Lesser findings of its symptoms; those of a symptom that two alerts share go with the
    survey's, not with the one of a rule of its own."""
    common = {each.symptom for each in sifted.tell if not each.own_alert}
    mine = {each.symptom for each in group.findings}
    if group.own:
        mine -= common
    return [each for each in sifted.along if each.symptom in mine]


# --- when in doubt, a person looks ---------------------------------------------------------


def _reviewed(
    tx: Tx, response: ResponseView, judged: Judged, reasons: Sequence[ReviewReason]
) -> Judged:
    if not reasons:
        return judged
    telling.ask_a_person(tx, response, reasons)
    return replace(judged, review=True)


def _fault(response: ResponseView, error: Exception) -> ReviewReason:
    telling.log("judge_failed", response.id, error)
    return ReviewReason(ReviewKind.ERROR, "judge", type(error).__name__)


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
    telling.tell(tx, opened, sites.get(tx, patient.site_id), patient)
