"""An answer comes in: begun, saved item by item, sent once; and what else a link can ask for.

Thanks means stored: the answer and all that follows from it commit together, and a fault in what
follows never loses the answer (P3, P6: see `rsm.flow.judge`). The patient's row is locked first,
so that web, text and nurse entry for one patient follow one another (decision 11).
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import asking, calls, judge, mail, own_words
from rsm.flow.not_hers import leave_number
from rsm.flow.outbound import link_text
from rsm.flow.outcome import Outcome, outcome_for, was_sent
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answer, Answers
from rsm.kernel.errors import Conflict, Expired, NotAllowed, NotFound
from rsm.kernel.faults import point
from rsm.kernel.words import Reporter, Role, SurveyState
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_LOG = logging.getLogger(__name__)
LINKS_AT_MOST = 6  # texts to one survey that somebody asked for
REPORTS_AT_MOST = 6  # of her own accord, within `_DAY`: beyond, somebody should hear her
_DAY = timedelta(hours=24)
_CHECK_WITHIN = timedelta(hours=24)
_CALL_WITHIN = timedelta(hours=4)
_MAY_REPORT = frozenset({PatientStatus.ENROLLED, PatientStatus.PAUSED})
_Held = tuple[PatientFacts, OccurrenceView]


class EnoughReports(Conflict):
    """She has sent so many reports today that a call is the better way."""


def start(tx: Tx, occurrence_id: UUID, by: Author) -> OccurrenceView:
    """The survey is begun, by the first POST. Raises `Conflict` when sent, `Expired` when over."""
    survey = _open(tx, occurrence_id)
    responses.begin(tx, survey, by)
    return _begun(tx, survey)


def save(tx: Tx, occurrence_id: UUID, item: str, answer: Answer, by: Author) -> ResponseView:
    """Keep one answer; one that meets an emergency rule is judged at once, not only when sent.

    Raises `Invalid` for what the instrument does not know, else as `start`.
    """
    patient, survey = _held(tx, occurrence_id)
    _refuse_finished(tx, survey)
    draft = responses.save(tx, _require_open(tx, survey), {item: answer}, by)
    _begun(tx, survey)
    point("answer.saved")
    if answer.value is not None:
        judge.judge_draft(tx, draft, patient, item)
    return draft


def submit(tx: Tx, occurrence_id: UUID, words: str, by: Author) -> Outcome:
    """The report is final. A second press, tab or device gets the same and changes nothing.

    Raises `Invalid` for words that are too long, `Expired` when the window has closed.
    """
    patient, survey = _held(tx, occurrence_id)
    standing = responses.of_occurrence(tx, survey.id)
    if standing is not None and was_sent(survey, standing):
        return _outcome(tx, survey, standing, None)
    _require_open(tx, survey)
    finished, response = _record(tx, survey, standing, words, by)
    told = tx.optimistically(lambda: _follow(tx, patient, finished, response))
    point("submit.before_commit")
    return told


def enter(tx: Tx, occurrence_id: UUID, answers: Answers, words: str, by: Author) -> Outcome:
    """A whole report at once, such as a nurse takes down by phone; also after the closing.

    A late report is kept and judged, marked late, and the reports after it are judged again.
    Raises `Conflict` when the survey was sent already, `Invalid` for unknown answers.
    """
    patient, survey = _held(tx, occurrence_id)
    _refuse_finished(tx, survey)
    if survey.state is SurveyState.CANCELLED:
        raise Expired("this survey was cancelled: take down a report of today instead")
    draft = responses.save(tx, survey, answers, by)
    finished, response = _record(tx, survey, draft, words, by)
    later = responses.later(tx, response)
    return tx.optimistically(lambda: _follow(tx, patient, finished, response, later))


def _record(
    tx: Tx, survey: OccurrenceView, draft: ResponseView | None, words: str, by: Author
) -> tuple[OccurrenceView, ResponseView]:
    """The answer is final: the survey is over, and nothing more is asked about it."""
    response = responses.record(tx, survey, words, by, draft)
    point("submit.recorded")
    complete = next_item(_asked(tx, survey, response), response.answers) is None
    state = SurveyState.COMPLETED if complete else SurveyState.PARTIAL
    finished = schedules.mark(tx, survey.id, state)
    messaging.cancel_for_occurrence(tx, survey.id, "answered")
    return finished, response


def _follow(
    tx: Tx,
    patient: PatientFacts,
    survey: OccurrenceView,
    response: ResponseView,
    later: Sequence[ResponseView] = (),
) -> Outcome:
    """What follows from an answer once it is stored: no fault in here loses it (P3)."""
    calls.answered(tx, survey)
    judged = judge.judge_or_review(tx, response, patient)
    own_words.judge_words(tx, response, judged)
    point("submit.judged")
    judge.judge_again(tx, later)
    return _outcome(tx, survey, response, judged)


def _asked(tx: Tx, survey: OccurrenceView, response: ResponseView) -> Instrument:
    """What was asked of whoever answered; all of it, when that cannot be known (P3)."""
    whole = instruments.load(tx, response.instrument)
    if response.reporter is not Reporter.PROXY:
        return whole
    try:
        with tx.savepoint():
            return asking.asked_of(tx, survey, response.reporter)
    except Exception as error:  # noqa: BLE001  # the answer is not lost with how it is counted
        _LOG.error("%s", type(error).__name__, extra={"action": "asked.failed"})
        return whole


def _outcome(
    tx: Tx, survey: OccurrenceView, response: ResponseView, judged: judge.Judged | None
) -> Outcome:
    """What she is told; when that cannot be read the answer stands, and a person looks (P3)."""
    nothing = judged is not None and judged.level is None
    try:
        with tx.savepoint():
            return outcome_for(tx, survey, response, found_nothing=nothing)
    except Exception as error:  # noqa: BLE001  # the answer is not lost with the page about it
        _LOG.error("%s", type(error).__name__, extra={"action": "outcome.failed"})
        judge.review(tx, response, error)
        known = judged or judge.Judged()
        return Outcome(
            survey,
            response,
            known.level,
            review=True,
            alert_id=known.alert_id,
            rule_pack=known.rule_pack,
            rules=known.rules,
        )


def correct(tx: Tx, response_id: UUID, changes: Answers, by: Author) -> ResponseView:
    """A correction: a new revision; it and the reports after it are judged again (decision 11)."""
    patients.locked(tx, responses.view(tx, response_id).patient_id)
    corrected = responses.correct(tx, response_id, changes, by)
    judge.judge_again(tx, (corrected.response, *corrected.later))
    return corrected.response


# --- what else a link can ask for ----------------------------------------------------------------


def not_me(tx: Tx, occurrence_id: UUID) -> None:
    """Whoever holds this phone is not the patient: nothing more goes there, staff are told.

    What was answered through the link is set aside; alerts that it opened stay for a person.
    """
    survey = _locked(tx, occurrence_id)
    leave_number(tx, survey.patient_id, "not_me")
    tasks.withdraw(tx, survey.patient_id, calls.ON_LIST, "not_me")
    responses.quarantine(tx, survey)
    if survey.state is not SurveyState.CANCELLED:
        schedules.cancel(tx, survey, MissReason.NOT_ME)
    _ask(tx, survey, TaskKind.CHECK_CONTACT, "says on the page that this phone is not hers")
    record(tx, "link.not_me", _subject(survey), survey.site_id)


def call_me(tx: Tx, occurrence_id: UUID) -> None:
    """She would rather be called about this survey."""
    survey = _locked(tx, occurrence_id)
    _ask(tx, survey, TaskKind.REACH_ANOTHER_WAY, "asks to be called about this check-in")
    record(tx, "call.requested", _subject(survey), survey.site_id)


def report_again(tx: Tx, occurrence_id: UUID) -> tuple[UUID, int]:
    """A report of her own accord after a finished one: survey and serial of the link to it.

    Raises `EnoughReports` when she has begun so many today that she should call.
    """
    survey = _report(tx, _locked(tx, occurrence_id))
    newest = invitations.latest(tx, survey.id)
    return survey.id, newest.serial if newest else invitations.issue(tx, survey)


def text_new_link(tx: Tx, occurrence_id: UUID) -> None:
    """Send a new link to the phone or address on file, for what can be answered now.

    Asked again within ten minutes it changes nothing: the first is on its way. Raises as
    `report_again`.
    """
    survey = _report(tx, _locked(tx, occurrence_id))
    newest = invitations.latest(tx, survey.id)
    if newest is not None and (newest.is_recent(tx.now) or newest.serial >= LINKS_AT_MOST):
        return
    serial = invitations.issue(tx, survey)
    by = mail.channel_of(tx, patients.peek(tx, survey.patient_id))
    asked_for = link_text(survey, serial, "new_link", f"link:{serial}", by)
    messaging.enqueue(tx, replace(asked_for, lane=Lane.REPLY))


def _report(tx: Tx, survey: OccurrenceView) -> OccurrenceView:
    patient = patients.peek(tx, survey.patient_id)
    if patient.status not in _MAY_REPORT:
        raise NotAllowed("her participation has ended")
    if schedules.unfinished(tx, patient.id) is None:
        begun = schedules.reports_since(tx, patient.id, tx.now - _DAY)
        if begun >= REPORTS_AT_MOST:
            raise EnoughReports("so many reports of her own today that she should call")
    return schedules.report_now(tx, patient, sites.get(tx, survey.site_id).instrument)


def _ask(tx: Tx, survey: OccurrenceView, kind: TaskKind, reason: str) -> None:
    """A task for staff about this survey: one of its kind, however often it is asked for."""
    is_call = kind is TaskKind.REACH_ANOTHER_WAY
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"survey:{survey.id}:{kind}",
            kind=kind,
            site_id=survey.site_id,
            patient_id=survey.patient_id,
            role=Role.NURSE if is_call else Role.COORDINATOR,
            reason=reason,
            due_at=tx.now + (_CALL_WITHIN if is_call else _CHECK_WITHIN),
            is_test=survey.is_test,
        ),
    )


# --- the patient's row first ---------------------------------------------------------------------


def _locked(tx: Tx, occurrence_id: UUID) -> OccurrenceView:
    return _held(tx, occurrence_id)[1]


def _held(tx: Tx, occurrence_id: UUID) -> _Held:
    """The survey as it stands once the patient's row is ours: through a link, whose is known."""
    whose = tx.scope.patient or schedules.occurrence(tx, occurrence_id).patient_id
    patient = patients.locked(tx, whose)
    survey = schedules.occurrence(tx, occurrence_id)
    if survey.patient_id != whose:
        raise NotFound("no such survey")
    return patient, survey


def _open(tx: Tx, occurrence_id: UUID) -> OccurrenceView:
    survey = _locked(tx, occurrence_id)
    _refuse_finished(tx, survey)
    return _require_open(tx, survey)


def _refuse_finished(tx: Tx, survey: OccurrenceView) -> None:
    standing = responses.of_occurrence(tx, survey.id)
    if standing is not None and standing.is_final:
        raise Conflict("this survey was sent already")


def _require_open(tx: Tx, survey: OccurrenceView) -> OccurrenceView:
    if not survey.takes_answers(tx.now):
        raise Expired("this survey has closed")
    return survey


def _begun(tx: Tx, survey: OccurrenceView) -> OccurrenceView:
    if survey.state is SurveyState.STARTED:
        return survey
    return schedules.mark(tx, survey.id, SurveyState.STARTED)


def _subject(survey: OccurrenceView) -> Subject:
    return Subject("occurrence", survey.id, survey.patient_id)
