"""An answer that comes after its window closed: taken, marked late, judged again (lesson 67).

Only to the question that stood when it closed, and only once; then nothing more is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rsm.db.work import Tx
from rsm.flow import answer, conversation, conversation_end, free_text
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Actor, ActorKind, Channel, Level, Reporter, SurveyState
from rsm.messaging import conversations, item_replies
from rsm.messaging.decide import Reading
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    InboundView,
)
from rsm.messaging.parse import ReplyKind
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
    if [patient.id for patient in known] != [closed.patient_id]:
        return None  # shared, or hers no more
    if known[0].status is PatientStatus.ENDED:
        return None
    survey = schedules.occurrence(tx, closed.occurrence_id)
    item = conversation.instrument_of(tx, survey).item_by_code.get(closed.item)
    if item is None or survey.state is SurveyState.CANCELLED:
        return None
    given = item_replies.parse_item(item, text.body, survey.language)
    if given.kind is not ReplyKind.ANSWER:
        return None
    tx.actor = Actor(ActorKind.PATIENT, closed.patient_id)
    if given.text:
        free_text.read_kept(tx, text, known, reading, Level.INFO)
    return keep(tx, survey, closed, {item.code: item_replies.answer_of(given)})


def keep(
    tx: Tx, survey: OccurrenceView, asked: ConversationView, answers: Mapping[str, Answer]
) -> str | None:
    """Keep these answers though the window is over: a late report, or a revision of hers."""
    by = Author(Reporter.SELF, Channel.SMS, survey.language)
    conversations.end(tx, asked, ConversationEnd.CLOSED)
    try:
        report = responses.of_occurrence(tx, survey.id)
        if report is not None and report.reporter is Reporter.PROXY:
            return None  # a report has one voice (decision 11)
        if report is not None and report.is_final:
            answer.correct(tx, report.id, answers, by)
        else:
            answer.enter(tx, survey.id, answers, "", by)
    except (Conflict, Expired, Invalid):
        return None
    conversations.taken_late(tx, asked)
    found = conversation_end.outcome_now(tx, survey)
    level = found.level if found is not None else None
    which = f"late:{asked.turn}"
    if level is None:
        conversation_end.say(tx, survey, which, "survey_late")
    else:
        conversation_end.say_advice(tx, survey, which, level)
    return "late_answer"
