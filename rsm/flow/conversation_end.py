"""A survey by text is over: the report is sent, she is thanked, or told at once whom to call.

Callers hold the patient's row; whoever has nothing to add and does not say so is not waited for.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import answer, outcome
from rsm.kernel.words import Actor, ActorKind, Audience, Channel, Level, Reporter
from rsm.messaging import advice, conversations
from rsm.messaging import service as messaging
from rsm.messaging.incoming import ConversationEnd, ConversationStage, ConversationView
from rsm.messaging.model import Draft, Lane
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_LOG = logging.getLogger(__name__)
_WORTH_SAYING = timedelta(hours=12)
_WORTH_WAITING = timedelta(days=3)  # for her hours, over a week-end too: late is no failure of it
_WAITED_FOR_WORDS = timedelta(minutes=30)


# --- the report is sent ---------------------------------------------------------------------------


def finish(
    tx: Tx, survey: OccurrenceView, standing: ConversationView, words: str, lane: Lane = Lane.REPLY
) -> None:
    """All is answered: the report is sent, and she is thanked or told whom to call."""
    conversations.end(tx, standing, ConversationEnd.SENT)
    by = Author(Reporter.SELF, Channel.SMS, survey.language)
    sent = answer.submit(tx, survey.id, words, by)
    if sent.level in advice.LEVELS:
        say_advice(tx, survey, "done", sent.level)
    else:
        say(tx, survey, "done", "survey_done", lane)


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
            if standing is None or not _is_silent(standing, tx.now):
                return 0
            survey = schedules.occurrence(tx, occurrence_id)
            if not survey.takes_answers(tx.now):
                return 0  # the closing is at hand, and keeps what was answered
            tx.actor = Actor(ActorKind.PATIENT, patient_id)
            finish(tx, survey, standing, "", Lane.SURVEY)
    except Exception as error:  # noqa: BLE001  # one that fails never stops the others
        extra = {"action": "conversation.failed", "row": str(occurrence_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)
        return 0
    return 1


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


def say(tx: Tx, survey: OccurrenceView, which: str, purpose: str, lane: Lane = Lane.REPLY) -> None:
    """A text about a survey that may be over by now, once for each `which` (P2)."""
    worth = _WORTH_WAITING if lane is Lane.SURVEY else _WORTH_SAYING
    draft = Draft(
        business_key=f"survey:{survey.id}:{which}",
        lane=lane,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=purpose,
        language=survey.language,
        patient_id=survey.patient_id,
        not_after=tx.now + worth,
        is_test=survey.is_test,
    )
    messaging.enqueue(tx, draft)


def say_advice(tx: Tx, survey: OccurrenceView, which: str, level: Level) -> None:
    """The numbers to call, at once and without a symptom's name."""
    severe = level in {Level.EMERGENCY, Level.URGENT}
    lane = Lane.EMERGENCY if severe else Lane.REPLY
    say(tx, survey, which, advice.purpose_of(level), lane)
