"""A survey by text: how it begins, which question leaves next, and how it ends.

Only of who chose it (`rsm.patients.texting`). The outbox holds which question of which survey; its
words are made when it is sent. The next one leaves only after an answer. Callers hold the patient's
row; what she replies is `rsm.flow.conversation_replies`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import asking, voices
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument, Item
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answers
from rsm.kernel.words import Audience, Channel, Reporter
from rsm.messaging import conversations, optouts, questions
from rsm.messaging import service as messaging
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    NewConversation,
)
from rsm.messaging.ledger import OptPurpose
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.messaging.texts import text_language
from rsm.patients import proxies, texting
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites

_JUST_ASKED = timedelta(hours=1)  # no reminder of a question that has only just come


@dataclass(frozen=True)
class How:
    """How something is asked: in which words, when, with which link in reserve, again or not."""

    purpose: str
    lane: Lane = Lane.REPLY
    serial: int | None = None
    again: bool = False


@dataclass(frozen=True)
class _Phone:
    """Between which two numbers it is, and whether others have hers as well."""

    hashed: bytes
    sender: str
    shared: bool


# --- how it begins --------------------------------------------------------------------------------


def opening(tx: Tx, survey: OccurrenceView, patient: PatientFacts, serial: int) -> Draft | None:
    """The first text of a survey that she answers by replying; None when she gets the link.

    So she does when she did not choose it, when a question needs a page, when whoever answers for
    her has begun it, and while another survey is asked by text on the same phone.
    """
    phone = _phone(tx, survey, patient)
    asked = _next(tx, survey) if phone is not None else None
    if phone is None or asked is None or voices.is_anothers(tx, survey, Reporter.SELF):
        return None
    standing = conversations.open_about(tx, survey.id)
    if standing is not None and standing.phone_hash != phone.hashed:
        conversations.end(tx, standing, ConversationEnd.LINK)  # she has another number since
        standing = None
    begun = standing or conversations.begin(tx, _new(survey, phone))
    if begun is None:
        return None
    if phone.shared:
        return who(tx, survey, begun, How("survey_who", Lane.SURVEY, serial))
    return ask(tx, survey, begun, asked, How("survey_ask_first", Lane.SURVEY, serial))


def _new(survey: OccurrenceView, phone: _Phone) -> NewConversation:
    return NewConversation(
        site_id=survey.site_id,
        patient_id=survey.patient_id,
        occurrence_id=survey.id,
        phone_hash=phone.hashed,
        sender=phone.sender,
        language=survey.language,
        stage=ConversationStage.WHO if phone.shared else ConversationStage.ASKING,
        is_test=survey.is_test,
    )


def _phone(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> _Phone | None:
    """Between which numbers she can be asked by text; None when it is not to be."""
    if patient.answers_by_text_since is None or patient.channel is not Channel.SMS:
        return None
    address = patients.address(tx, patient.id, Channel.SMS)
    sender = sites.sender(tx, patient.site_id, Audience.PATIENT, Channel.SMS)
    if address is None or sender is None or not may_be_texted(tx, survey):
        return None
    hashed = optouts.hash_of(tx, address)
    if optouts.is_stopped(tx, hashed, sender, Channel.SMS, OptPurpose.SURVEYS):
        return None
    sharing = others(tx, patient, address)
    years = [texting.birth_year(tx, each) for each in (patient.id, *sharing)]
    if len(set(years)) < len(years):
        return None  # whoever replies could not be told apart
    return _Phone(hashed, sender, shared=bool(sharing))


def others(tx: Tx, patient: PatientFacts, address: str) -> list[UUID]:
    """The other patients of her site who have the same number."""
    found = patients.by_address(tx, address)
    here = proxies.own_first(tx, [each for each in found if each.site_id == patient.site_id])
    return sorted({each.patient_id for each in here} - {patient.id})


def may_be_texted(tx: Tx, survey: OccurrenceView) -> bool:
    """Whether all of its questions can be asked by text, in the language of the survey."""
    language = survey.language
    if text_language(language) != questions.primary(language):
        return False
    instrument = instruments.load(tx, survey.instrument)
    return questions.can_be_texted(instrument, language) and asking.may_be_asked_by_text(tx, survey)


# --- how it goes on -------------------------------------------------------------------------------


def reminders(
    tx: Tx, survey: OccurrenceView, patient: PatientFacts, serial: int
) -> tuple[Draft, ...] | None:
    """The question that stands, once more; None when she is to be reminded by the link.

    Nothing, where it has only just been asked: she is answering.
    """
    standing = conversations.open_about(tx, survey.id)
    if standing is None:
        return None
    phone, asked = _phone(tx, survey, patient), _next(tx, survey)
    if phone is None or asked is None or phone.hashed != standing.phone_hash:
        conversations.end(tx, standing, ConversationEnd.LINK)
        return None
    if standing.asked_at is not None and tx.now - standing.asked_at < _JUST_ASKED:
        return ()
    if phone.shared:
        return (who(tx, survey, standing, How("survey_who", Lane.SURVEY, serial)),)
    return (ask(tx, survey, standing, asked, How("survey_ask_remind", Lane.SURVEY, serial)),)


def ask(
    tx: Tx, survey: OccurrenceView, conversation: ConversationView, item: Item, how: How
) -> Draft:
    """The text that asks this question; the conversation waits for its answer."""
    stage = ConversationStage.ASKING
    moved = conversations.asked(tx, conversation, stage, item.code, again=how.again)
    return _draft(survey, moved, how, {"item": item.code})


def who(tx: Tx, survey: OccurrenceView, conversation: ConversationView, how: How) -> Draft:
    """The text that asks, on a shared phone, whose survey it is: in a way that names nobody."""
    stage = ConversationStage.WHO
    moved = conversations.asked(tx, conversation, stage, None, again=how.again)
    return _draft(survey, moved, how, {})


def own_words(tx: Tx, survey: OccurrenceView, conversation: ConversationView) -> Draft:
    """The text that asks, once all is answered, whether there is anything else."""
    moved = conversations.asked(tx, conversation, ConversationStage.WORDS, conversation.item)
    return _draft(survey, moved, How("survey_words"), {})


def by_link(tx: Tx, survey: OccurrenceView, conversation: ConversationView) -> Draft:
    """The text with the link, where replies lead no further; the conversation is over."""
    moved = conversations.asked(tx, conversation, conversation.stage, conversation.item)
    conversations.end(tx, moved, ConversationEnd.LINK)
    return _draft(survey, moved, How("survey_by_link", serial=serial_of(tx, survey)), {})


def is_of_one(message: MessageView) -> bool:
    """Whether this text is a turn of ours in a survey by text."""
    return "turn" in message.fields


def cannot_be_asked(tx: Tx, message: MessageView) -> bool:
    """The question of this text cannot be asked so after all: she goes on by the link. False where
    she is not asked any more."""
    survey_id = message.occurrence_id
    standing = conversations.open_about(tx, survey_id) if survey_id is not None else None
    survey = schedules.occurrence(tx, standing.occurrence_id) if standing is not None else None
    if standing is None or survey is None or not survey.takes_answers(tx.now):
        return False
    return messaging.enqueue(tx, by_link(tx, survey, standing)) is not None


def serial_of(tx: Tx, survey: OccurrenceView) -> int:
    """The newest link to the survey that opens."""
    newest = invitations.latest(tx, survey.id)
    return newest.serial if newest else invitations.issue(tx, survey)


def _draft(
    survey: OccurrenceView,
    conversation: ConversationView,
    how: How,
    fields: Mapping[str, str | int],
) -> Draft:
    link: dict[str, str | int] = {}
    if how.serial is not None:
        link = {"occurrence": str(survey.id), "serial": how.serial}
    return Draft(
        business_key=conversations.key_of(survey.id, conversation.turn),
        lane=how.lane,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=how.purpose,
        language=survey.language,
        fields={**fields, **link, "turn": conversation.turn},
        patient_id=survey.patient_id,
        occurrence_id=survey.id,
        not_after=survey.closes_at,
        is_test=survey.is_test,
    )


# --- what is asked next ---------------------------------------------------------------------------


def instrument_of(tx: Tx, survey: OccurrenceView) -> Instrument:
    """What she is asked, who answers for herself."""
    return asking.asked_of(tx, survey, Reporter.SELF)


def answers_of(tx: Tx, survey: OccurrenceView) -> Answers:
    """What was answered of it so far, by whichever door."""
    report = responses.of_occurrence(tx, survey.id)
    return report.answers if report is not None else {}


def _next(tx: Tx, survey: OccurrenceView) -> Item | None:
    return next_item(instrument_of(tx, survey), answers_of(tx, survey))
