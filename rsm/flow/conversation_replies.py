"""What comes back in a survey by text: an answer, a word in its place, or words for a person.

Answers go the one way of every door (`rsm.flow.answer`). What is not understood is asked once more,
gently, then the link is sent; nothing is guessed. Whoever shares a phone says first who it is. The
caller holds the patients; texts of one phone come one after another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rsm.db.work import Tx
from rsm.flow import answer, conversation, conversation_end, free_text, late_replies, saying, voices
from rsm.flow.conversation import How
from rsm.instruments.decide import next_item
from rsm.instruments.model import Item
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Actor, ActorKind, Channel, Level, Reporter
from rsm.messaging import conversations, item_replies
from rsm.messaging import service as messaging
from rsm.messaging.decide import Reading
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    InboundView,
)
from rsm.messaging.model import Draft
from rsm.messaging.parse import Reply, ReplyKind
from rsm.patients import service as patients
from rsm.patients import texting
from rsm.patients.model import PatientFacts
from rsm.responses.decide import WORDS_AT_MOST
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_ANSWERS = frozenset(
    {ReplyKind.ANSWER, ReplyKind.SKIP, ReplyKind.REFUSED, ReplyKind.NOT_APPLICABLE}
)


@dataclass(frozen=True)
class _Turn:
    """A text within a conversation, and what it is about."""

    text: InboundView
    reading: Reading
    conversation: ConversationView
    survey: OccurrenceView
    patient: PatientFacts
    known: Sequence[PatientFacts]

    @property
    def by(self) -> Author:
        return Author(Reporter.SELF, Channel.SMS, self.survey.language)

    @property
    def alone(self) -> Sequence[PatientFacts]:
        """Whose words they are: on a shared phone she has said who she is."""
        return (self.patient,)


def reply(tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading) -> str | None:
    """Take the text as a reply to what we asked; None where it is for a person to read.

    Returns as what it was read: never what was answered.
    """
    standing = conversations.open_at(tx, text.sender_hash, text.origin.site_id)
    if standing is None:
        return late_replies.take(tx, text, known, reading)
    patient = next((each for each in known if each.id == standing.patient_id), None)
    if patient is None or patients.address(tx, patient.id, Channel.SMS) != text.sender:
        # The number is hers no more, or may not be used.
        conversations.end(tx, standing, ConversationEnd.STOPPED)
        return None
    survey = schedules.occurrence(tx, standing.occurrence_id)
    turn = _Turn(text, reading, standing, survey, patient, known)
    if standing.stage is ConversationStage.WHO or _may_be_another(tx, turn):
        return _who(tx, turn)
    tx.actor = Actor(ActorKind.PATIENT, patient.id)
    is_words = standing.stage is ConversationStage.WORDS
    return (_words(tx, turn) if is_words else _asked(tx, turn)) or _for_a_person(tx, turn)


def _for_a_person(tx: Tx, turn: _Turn) -> str:
    """No answer: it stands first with whoever replied, also where others have the phone."""
    others = (each for each in turn.known if each.id != turn.patient.id)
    free_text.read_by_a_person(tx, turn.text, (turn.patient, *others), turn.reading, turn.patient)
    return turn.reading.reason.value


# --- whose it is ----------------------------------------------------------------------------------


def _may_be_another(tx: Tx, turn: _Turn) -> bool:
    """Others have the phone by now, and she began when it was hers alone: asked before it counts.

    With whom it was shared from the beginning, she has said who she is before the first question.
    """
    others = [each.id for each in turn.known if each.id != turn.patient.id]
    theirs = (texting.has_phone_since(tx, each, turn.text.sender_hash) for each in others)
    return any(since and since > turn.conversation.started_at for since in theirs)


def _who(tx: Tx, turn: _Turn) -> str | None:
    """The year of birth, before anything counts; wrong twice, the link, where it is asked again."""
    standing = turn.conversation
    year = item_replies.birth_year(turn.text.body)
    if year is not None and year == texting.birth_year(tx, turn.patient.id):
        told = replace(turn, conversation=conversations.known(tx, standing))
        _send(tx, _next(tx, told, How("survey_ask_first")))
        return "known"
    if item_replies.parse_words(turn.text.body).kind is ReplyKind.LINK:
        return _link(tx, turn)
    if year is None and not item_replies.is_only_signs(turn.text.body):
        return None
    if standing.repeats or standing.stage is not ConversationStage.WHO:
        _send(tx, conversation.by_link(tx, turn.survey, standing))
        return "not_known"
    _send(tx, conversation.who(tx, turn.survey, standing, How("survey_who_again", again=True)))
    return "not_known"


# --- an answer ------------------------------------------------------------------------------------


def _asked(tx: Tx, turn: _Turn) -> str | None:
    instrument = conversation.instrument_of(tx, turn.survey)
    item = instrument.item_by_code.get(turn.conversation.item or "")
    if item is None:
        return None
    if voices.is_anothers(tx, turn.survey, Reporter.SELF):
        return _link(tx, turn)  # where her answers become a report of their own
    given = item_replies.parse_item(item, turn.text.body, turn.survey.language)
    if conversations.came_before_the_question(tx, turn.conversation, turn.text.received_at):
        return _too_early(tx, turn, item, given)
    return _understood(tx, turn, item, given)


def _understood(tx: Tx, turn: _Turn, item: Item, given: Reply) -> str | None:
    if given.kind in _ANSWERS:
        return _take(tx, turn, {item.code: item_replies.answer_of(given)}, given)
    match given.kind:
        case ReplyKind.UNCLEAR:
            line = _line(tx, turn, item)
            return _take(tx, turn, line, given) if line else _unclear(tx, turn, item, given)
        case ReplyKind.BACK:
            return _back(tx, turn, item)
        case ReplyKind.LINK:
            return _link(tx, turn)
        case _:
            return None


def _line(tx: Tx, turn: _Turn, item: Item) -> Mapping[str, Answer] | None:
    """Several answers in one text, where it is beyond doubt to which questions."""
    instrument = conversation.instrument_of(tx, turn.survey)
    known = conversation.answers_of(tx, turn.survey)
    body, language = turn.text.body, turn.survey.language
    return item_replies.parse_line(instrument, known, item, body, language)


def _too_early(tx: Tx, turn: _Turn, item: Item, given: Reply) -> str | None:
    """Sent twice, or two answers in a row: to what it was an answer nobody guesses."""
    if turn.conversation.turn == 1:
        return None  # nothing was asked yet
    if given.kind in _ANSWERS:
        given = Reply(ReplyKind.UNCLEAR, tell_staff=bool(given.text))
    return _unclear(tx, turn, item, given) if given.kind is ReplyKind.UNCLEAR else None


def _take(tx: Tx, turn: _Turn, answers: Mapping[str, Answer], given: Reply) -> str | None:
    """Keep the answers, each by itself; advice at once where they are an emergency; then go on."""
    if not turn.survey.takes_answers(tx.now):
        _read_free_text(tx, turn, answers, given)
        return late_replies.keep(tx, turn.survey, turn.conversation, answers)
    try:
        with tx.savepoint():
            for code, each in answers.items():
                answer.save(tx, turn.survey.id, code, each, turn.by)
    except (Conflict, Expired):  # sent another way a moment ago
        conversations.end(tx, turn.conversation, ConversationEnd.OTHER_DOOR)
        return None
    except Invalid:  # a question that is not of this survey's version any more: a person looks
        return None
    _read_free_text(tx, turn, answers, given)
    if _is_emergency(tx, turn):
        saying.say_advice(tx, turn.survey, saying.on_the_way(Level.EMERGENCY), Level.EMERGENCY)
    _send(tx, _next(tx, turn, How("survey_ask")))
    return "answer"


def _read_free_text(tx: Tx, turn: _Turn, answers: Mapping[str, Answer], given: Reply) -> None:
    """Her own words are kept with the answer, and read at once where they are alarming."""
    if any(each.text for each in answers.values()):
        least = Level.INFO if given.tell_staff else Level.URGENT
        free_text.read_kept(tx, turn.text, turn.alone, turn.reading, least)


def _is_emergency(tx: Tx, turn: _Turn) -> bool:
    """Whether the answers so far met a rule for an emergency, each by itself or together."""
    found = conversation_end.outcome_now(tx, turn.survey)
    return found is not None and found.level is Level.EMERGENCY


def _next(tx: Tx, turn: _Turn, how: How) -> Draft:
    """What leaves next: the next question, or whether there is anything else."""
    if turn.patient.answers_by_text_since is None:  # she wants it no more
        return conversation.by_link(tx, turn.survey, turn.conversation)
    instrument = conversation.instrument_of(tx, turn.survey)
    following = next_item(instrument, conversation.answers_of(tx, turn.survey))
    if following is None:
        return conversation.own_words(tx, turn.survey, turn.conversation)
    return conversation.ask(tx, turn.survey, turn.conversation, following, how)


# --- what is no answer ----------------------------------------------------------------------------


def _unclear(tx: Tx, turn: _Turn, item: Item, given: Reply) -> str | None:
    """Once more, then the link; words are read by a person besides, a slip only the second time."""
    level, _ = free_text.level_of(tx, turn.text, turn.alone, turn.reading)
    if level.rank >= Level.URGENT.rank or turn.reading.reason in free_text.FOR_A_PERSON:
        return None
    first = turn.conversation.repeats == 0
    is_slip = not given.tell_staff or item_replies.is_only_signs(turn.text.body)
    if not (first and is_slip):
        free_text.to_people(tx, turn.text, turn.alone, turn.reading)
    if not first:
        _send(tx, conversation.by_link(tx, turn.survey, turn.conversation))
        return "unclear_again"
    again = How("survey_ask_again", again=True)
    _send(tx, conversation.ask(tx, turn.survey, turn.conversation, item, again))
    return "unclear"


def _back(tx: Tx, turn: _Turn, item: Item | None) -> str:
    """The question before is asked again; what was answered to it stands until then."""
    instrument = conversation.instrument_of(tx, turn.survey)
    again = item_replies.before(instrument, conversation.answers_of(tx, turn.survey), item)
    if again is not None:
        how = How("survey_ask")
        _send(tx, conversation.ask(tx, turn.survey, turn.conversation, again, how))
    return "back"


def _link(tx: Tx, turn: _Turn) -> str:
    _send(tx, conversation.by_link(tx, turn.survey, turn.conversation))
    return "link"


# --- anything else --------------------------------------------------------------------------------


def _words(tx: Tx, turn: _Turn) -> str | None:
    """Her own words or "done": the report is sent with them."""
    said = item_replies.parse_words(turn.text.body)
    if said.kind is ReplyKind.BACK:
        return _back(tx, turn, None)
    if said.kind is ReplyKind.LINK:
        return _link(tx, turn)
    if said.kind not in {ReplyKind.ANSWER, ReplyKind.DONE}:
        return None
    if not turn.survey.takes_answers(tx.now):
        conversations.end(tx, turn.conversation, ConversationEnd.CLOSED)
        return None
    if _is_doubled(tx, turn):
        return "doubled"
    if said.text:
        least = Level.INFO if len(said.text) > WORDS_AT_MOST else Level.EMERGENCY
        free_text.read_kept(tx, turn.text, turn.alone, turn.reading, least)
    conversation_end.finish(tx, turn.survey, turn.conversation, said.text[:WORDS_AT_MOST])
    return "words" if said.text else "done"


def _is_doubled(tx: Tx, turn: _Turn) -> bool:
    """The last answer, sent twice."""
    at = turn.text.received_at
    early = conversations.came_before_the_question(tx, turn.conversation, at)
    return early and item_replies.is_only_signs(turn.text.body)


def _send(tx: Tx, draft: Draft) -> None:
    """At once: she has just written. It is worth nothing once the window is over."""
    messaging.enqueue(tx, replace(draft, not_before=None))
