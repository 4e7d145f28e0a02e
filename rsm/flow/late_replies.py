"""An answer that comes after its window closed: taken, marked late, judged again (lesson 67).

Only to the question that stood when it closed, and only once; then nothing more is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rsm.db.work import Tx
from rsm.flow import conversation, conversation_end, free_text, late_answers, saying
from rsm.flow.outcome import was_sent
from rsm.kernel.answers import Answer
from rsm.kernel.words import Actor, ActorKind, Channel, Level, Reporter, SurveyState
from rsm.messaging import advice, conversations, item_replies
from rsm.messaging.decide import Reading
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    InboundView,
)
from rsm.messaging.parse import ReplyKind
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_TAKEN_FOR = timedelta(days=7)


def take(tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading) -> str | None:
    """Take a text as a late answer; None where there is nothing that it could answer.

    Words are read by a person besides: so late they may be about something else.
    """
    since = tx.now - _TAKEN_FOR
    closed = conversations.closed_at(tx, text.sender_hash, text.origin.site_id, since)
    if closed is None or closed.item is None or closed.stage is not ConversationStage.ASKING:
        return None
    if not _is_hers(tx, text, closed, known):
        return None
    survey = schedules.occurrence(tx, closed.occurrence_id)
    item = conversation.instrument_of(tx, survey).item_by_code.get(closed.item)
    if item is None or _is_settled(tx, survey):
        return None
    given = item_replies.parse_item(item, text.body, survey.language)
    if given.kind is not ReplyKind.ANSWER:
        return None
    tx.actor = Actor(ActorKind.PATIENT, closed.patient_id)
    if given.text:
        free_text.read_kept(tx, text, known, reading, Level.INFO)
    return keep(tx, survey, closed, {item.code: item_replies.answer_of(given)})


def _is_settled(tx: Tx, survey: OccurrenceView) -> bool:
    """Nothing was due, or somebody has sent the report since, a nurse after a call: a single late
    number is no word against what was told there."""
    report = responses.of_occurrence(tx, survey.id)
    return survey.state is SurveyState.CANCELLED or was_sent(survey, report)


def _is_hers(
    tx: Tx, text: InboundView, closed: ConversationView, known: Sequence[PatientFacts]
) -> bool:
    """Not of a phone that is shared, or hers no more, or now of whoever answers for her."""
    if [patient.id for patient in known] != [closed.patient_id]:
        return False
    own = patients.address(tx, closed.patient_id, Channel.SMS)
    return own == text.sender and known[0].status is not PatientStatus.ENDED


def keep(
    tx: Tx, survey: OccurrenceView, asked: ConversationView, answers: Mapping[str, Answer]
) -> str | None:
    """Keep these answers though the window is over: a late report, or a revision of hers."""
    by = Author(Reporter.SELF, Channel.SMS, survey.language)
    conversations.end(tx, asked, ConversationEnd.CLOSED)
    if not late_answers.keep(tx, survey, answers, by):
        return None
    conversations.taken_late(tx, asked)
    found = conversation_end.outcome_now(tx, survey)
    level = found.level if found is not None else None
    which = f"late:{asked.turn}"
    if level in advice.LEVELS:
        saying.say_advice(tx, survey, which, level)
    else:
        saying.say(tx, survey, which, "survey_late")
    return "late_answer"
