"""An answer comes in: begun, saved item by item, sent once.

Thanks means stored: the answer and all that follows from it commit together, and a fault in what
follows never loses the answer (P3, P6: see `rsm.flow.judge`). The patient's row is locked first,
so that web, text and nurse entry for one patient follow one another (decision 11).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import asking, calls, judge, own_words
from rsm.flow.outcome import Outcome, outcome_for, was_sent
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answer, Answers
from rsm.kernel.errors import Conflict, Expired, NotFound
from rsm.kernel.faults import point
from rsm.kernel.words import Channel, Reporter, SurveyState
from rsm.messaging import service as messaging
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import closing_words
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A survey while the patient's row is ours: as it was read since, with its report."""

    patient: PatientFacts
    survey: OccurrenceView
    report: ResponseView | None


Which = UUID | Held  # a survey by its id, or as the caller holds it already


def start(tx: Tx, which: Which, by: Author) -> OccurrenceView:
    """The survey is begun, by the first POST. Raises `Conflict` when sent, `Expired` when over."""
    survey = _open(held(tx, which), tx.now)
    responses.begin(tx, survey, by)
    return _begun(tx, survey)


def save(tx: Tx, which: Which, item: str, answer: Answer, by: Author) -> ResponseView:
    """Keep one answer; one that meets an emergency rule is judged at once, not only when sent.

    Raises `Invalid` for what the instrument does not know, else as `start`.
    """
    ours = held(tx, which)
    survey = _open(ours, tx.now)
    draft = responses.save(tx, survey, {item: answer}, by)
    _begun(tx, survey)
    point("answer.saved")
    if answer.value is not None:
        judge.judge_draft(tx, draft, ours.patient, item)
    return draft


def keep_words(tx: Tx, which: Which, words: str, beside: str = "") -> ResponseView:
    """Keep her words at the end before they are sent: they go with the report, sent or not.

    `beside`: words that stand there already, and stay. Raises `Invalid` for words that are too
    long, else as `start`.
    """
    ours = held(tx, which)
    _open(ours, tx.now)
    if ours.report is None:
        raise Conflict("this survey was not begun")
    return closing_words.keep(tx, ours.report, words, beside=beside)


def submit(tx: Tx, which: Which, words: str, by: Author) -> Outcome:
    """The report is final. A second press, tab or device gets the same and changes nothing.

    Raises `Invalid` for words that are too long, `Expired` when the window has closed.
    """
    ours = held(tx, which)
    if ours.report is not None and was_sent(ours.survey, ours.report):
        return _outcome(tx, ours.survey, ours.report, None)
    _require_open(ours.survey, tx.now)
    finished, response = _record(tx, ours.survey, ours.report, words, by)
    told = tx.optimistically(lambda: _follow(tx, ours.patient, finished, response))
    point("submit.before_commit")
    return told


def enter(tx: Tx, which: Which, answers: Answers, words: str, by: Author) -> Outcome:
    """A whole report at once, such as a nurse takes down by phone; also after the closing.

    A late report is kept and judged, marked late, and the reports after it are judged again.
    Raises `Conflict` when the survey was sent already, `Invalid` for unknown answers.
    """
    ours = held(tx, which)
    _refuse_finished(ours)
    survey = ours.survey
    if survey.state is SurveyState.CANCELLED:
        raise Expired("this survey was cancelled: take down a report of today instead")
    draft = responses.save(tx, survey, answers, by)
    finished, response = _record(tx, survey, draft, words, by)
    later = responses.later(tx, response)
    return tx.optimistically(lambda: _follow(tx, ours.patient, finished, response, later))


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
    by_call = response.channel is Channel.VOICE
    if response.reporter is not Reporter.PROXY and not by_call:
        return whole
    try:
        with tx.savepoint():
            if by_call:
                return asking.by_keys(tx, survey) or whole
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


# --- the patient's row first ---------------------------------------------------------------------


def held(tx: Tx, which: Which) -> Held:
    """The survey as it stands once the patient's row is ours: through a link, whose is known."""
    if isinstance(which, Held):
        return which
    whose = tx.scope.patient or schedules.occurrence(tx, which).patient_id
    patient = patients.locked(tx, whose)
    survey = schedules.occurrence(tx, which)
    if survey.patient_id != whose:
        raise NotFound("no such survey")
    return Held(patient, survey, responses.of_occurrence(tx, which))


def _open(ours: Held, now: datetime) -> OccurrenceView:
    _refuse_finished(ours)
    return _require_open(ours.survey, now)


def _refuse_finished(ours: Held) -> None:
    if ours.report is not None and ours.report.is_final:
        raise Conflict("this survey was sent already")


def _require_open(survey: OccurrenceView, now: datetime) -> OccurrenceView:
    if not survey.takes_answers(now):
        raise Expired("this survey has closed")
    return survey


def _begun(tx: Tx, survey: OccurrenceView) -> OccurrenceView:
    if survey.state is SurveyState.STARTED:
        return survey
    return schedules.mark(tx, survey.id, SurveyState.STARTED)
