"""A survey by text is over: the report is sent, she is thanked, or told at once whom to call.

Callers hold the patient's row; whoever has nothing to add and does not say so is not waited for.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import answer, outcome, saying
from rsm.kernel.words import Actor, ActorKind, Channel, Reporter, Role
from rsm.messaging import advice, conversations
from rsm.messaging.incoming import ConversationEnd, ConversationStage, ConversationView
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_LOG = logging.getLogger(__name__)
_WAITED_FOR_WORDS = timedelta(minutes=30)
_CHECK_WITHIN = timedelta(hours=4)


# --- the report is sent ---------------------------------------------------------------------------


def finish(
    tx: Tx, survey: OccurrenceView, standing: ConversationView, words: str, lane: Lane = Lane.REPLY
) -> None:
    """All is answered: the report is sent, and she is thanked or told whom to call."""
    conversations.end(tx, standing, ConversationEnd.SENT)
    by = Author(Reporter.SELF, Channel.SMS, survey.language)
    sent = answer.submit(tx, survey.id, words, by)
    if sent.level in advice.LEVELS:
        saying.say_advice(tx, survey, "done", sent.level)
    else:
        saying.say(tx, survey, "done", "survey_done", lane)


def finish_silent(db: Database, limit: int = 100) -> int:
    """Whoever was asked for her own words and has none is not waited for; returns how many."""
    with db.begin(EVERYWHERE) as tx:
        silent = conversations.silent_in_words(tx, tx.now - _WAITED_FOR_WORDS, limit)
    return sum(_finish_one(db, *each) for each in silent)


def _finish_one(db: Database, occurrence_id: UUID, patient_id: UUID, site_id: UUID) -> int:
    try:
        with db.begin(Scope.site(site_id)) as tx:
            if patients.lock(tx, patient_id, skip_locked=True) is None:
                return 0
            standing = conversations.open_about(tx, occurrence_id)
            return _finish_it(tx, standing) if standing is not None else 0
    except Exception as error:  # noqa: BLE001  # one that fails never stops the others
        _log_failed("conversation.failed", occurrence_id, error)
    _set_back(db, occurrence_id, patient_id, site_id)
    return 0


def _finish_it(tx: Tx, standing: ConversationView) -> int:
    if not _is_silent(standing, tx.now):
        return 0
    survey = schedules.occurrence(tx, standing.occurrence_id)
    if not survey.takes_answers(tx.now):  # the closing keeps what was answered
        conversations.end(tx, standing, ConversationEnd.CLOSED)
        return 0
    tx.actor = Actor(ActorKind.PATIENT, standing.patient_id)
    finish(tx, survey, standing, "", Lane.SURVEY)
    return 1


def _set_back(db: Database, occurrence_id: UUID, patient_id: UUID, site_id: UUID) -> None:
    """Later again, behind those that wait; after some tries a person looks why (decision 3)."""
    try:
        with db.begin(Scope.site(site_id)) as tx:
            patients.locked(tx, patient_id)
            standing = conversations.open_about(tx, occurrence_id)
            if standing is None or not _is_silent(standing, tx.now):
                return
            if conversations.set_back(tx, standing, _WAITED_FOR_WORDS) == conversations.MOST_TRIES:
                _tell_of_row(tx, standing)
            _advise(tx, standing)
    except Exception as worse:  # noqa: BLE001  # the next round has it again
        _log_failed("conversation.not_set_back", occurrence_id, worse)


def _advise(tx: Tx, standing: ConversationView) -> None:
    """That her report could not be sent keeps nobody from telling her whom to call, once."""
    survey = schedules.occurrence(tx, standing.occurrence_id)
    found = outcome_now(tx, survey)
    if found is not None and found.level in advice.LEVELS:
        which = saying.on_the_way(found.level)
        saying.say_advice(tx, survey, which, found.level, Lane.SURVEY)


def _tell_of_row(tx: Tx, standing: ConversationView) -> None:
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"conversation:{standing.id}:{tx.now:%Y-%m-%dT%H:%M:%SZ}",
            kind=TaskKind.CHECK_ROW,
            site_id=standing.site_id,
            patient_id=standing.patient_id,
            role=Role.COORDINATOR,
            reason="a survey by text could not be finished: its log lines say why",
            due_at=tx.now + _CHECK_WITHIN,
            is_test=standing.is_test,
        ),
    )


def _log_failed(action: str, occurrence_id: UUID, error: Exception) -> None:
    extra = {"action": action, "row": str(occurrence_id)}
    _LOG.warning("%s", type(error).__name__, extra=extra)


def _is_silent(standing: ConversationView, now: datetime) -> bool:
    asked = standing.asked_at
    is_asked = standing.stage is ConversationStage.WORDS and asked is not None
    return is_asked and asked is not None and now - asked >= _WAITED_FOR_WORDS


# --- what is said when it is over -----------------------------------------------------------------


def outcome_now(tx: Tx, survey: OccurrenceView) -> outcome.Outcome | None:
    """How bad the answers so far were found to be. A fault in reading that loses no answer (P3):
    they have been judged, and whoever is told of them is told."""
    try:
        with tx.savepoint():
            return outcome.outcome_of(tx, survey.id)
    except Exception as error:  # noqa: BLE001  # see above
        _LOG.error("%s", type(error).__name__, extra={"action": "conversation.no_level"})
        return None
