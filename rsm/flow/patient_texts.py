"""What patients text us: STOP, START, HELP, "wrong number", and words that a nurse must read (P8).

Relatives text too: what they say of a death or a hospital pauses the surveys at once.

A number that several patients share names none of them: what it says holds for all, and no answer
says whom we know. Returns of `handle` say as what a text was read.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls, conversation_replies, pauses, proxy_texts, stops
from rsm.flow.ask_now import offer_again
from rsm.flow.free_text import ask, language_of, read_by_a_person, to_people
from rsm.flow.not_hers import leave_number
from rsm.flow.replies import reply, reply_rarely
from rsm.flow.senders import said_by
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Actor, ActorKind
from rsm.messaging.decide import Reading, ReadingKind, read_text
from rsm.messaging.incoming import InboundView
from rsm.messaging.ledger import OptAction, OptLine
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PauseReason
from rsm.responses import service as responses
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind

# Whose phone it is may have been wrong for as long as a survey and its predecessor were open.
_QUARANTINED = timedelta(days=14)
_REPORTED = {
    ReadingKind.DEATH: PauseReason.REPORTED_DEATH,
    ReadingKind.HOSPITAL: PauseReason.REPORTED_HOSPITAL,
}


def senders(tx: Tx, site_id: UUID, number: str) -> list[UUID]:
    """The patients of the site whose own number this is, in the order of locking; else those for
    whom its owner answers."""
    here = [each for each in patients.by_address(tx, number) if each.site_id == site_id]
    return sorted({each.patient_id for each in proxies.own_first(tx, here)})


def handle(tx: Tx, text: InboundView) -> str:
    """Do what the text asks for; returns as what it was read."""
    return proxy_texts.handle(tx, text) or _handle(tx, text)


def _handle(tx: Tx, text: InboundView) -> str:
    known = [patients.locked(tx, each) for each in senders(tx, text.origin.site_id, text.sender)]
    if len(known) == 1:
        tx.actor = Actor(ActorKind.PATIENT, known[0].id)
    reading = read_text(text.body)
    kind = _kind(text, reading)
    match kind:
        case ReadingKind.STOP:
            _stop(tx, text, known)
        case ReadingKind.START:
            _start(tx, text, known)
        case ReadingKind.HELP:
            _help(tx, text, known)
        case ReadingKind.WRONG_NUMBER:
            _wrong_number(tx, text, known)
        case ReadingKind.DEATH | ReadingKind.HOSPITAL:
            _reported(tx, text, known, reading)
        case ReadingKind.UNCLEAR:
            return _answered_or_read(tx, text, known, reading)
    return kind.value


def _answered_or_read(
    tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading
) -> str:
    """A reply to a survey by text, else words that a person reads."""
    answered = conversation_replies.reply(tx, text, known, reading)
    if answered is None:
        read_by_a_person(tx, text, known, reading)
    return answered or reading.reason.value


def _kind(text: InboundView, reading: Reading) -> ReadingKind:
    """What a provider has stopped is stopped: our ledger follows.

    Its START, which some take from a plain YES, starts nothing here.
    """
    return ReadingKind.STOP if text.keyword is Keyword.STOP else reading.kind


def _line(tx: Tx, text: InboundView, action: OptAction) -> OptLine:
    return replace(said_by(tx, text, action), patient_id=text.origin.patient_id)


def _stop(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Obeyed at once; confirmed once, unless the provider has confirmed it itself."""
    if stops.stop(tx, _line(tx, text, OptAction.STOP), known) is None:
        return
    if text.keyword is not Keyword.STOP:
        reply(tx, text, "stop_confirmed", language_of(tx, text, known))


def _start(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Texts are on again, and a survey that is open has its link sent once more."""
    changed = stops.start(tx, _line(tx, text, OptAction.START), known) is not None
    if text.keyword is not Keyword.START:
        answer = reply if changed else reply_rarely
        answer(tx, text, "start_confirmed", language_of(tx, text, known))
    if changed:
        for patient in known:
            offer_again(tx, patient)


def _help(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    if text.keyword is not Keyword.HELP:  # else the provider has answered it
        reply_rarely(tx, text, "help", language_of(tx, text, known))


def _wrong_number(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Nothing more goes there, by text or call; what came from there lately is set aside; somebody
    checks."""
    for patient in known:
        if not leave_number(tx, patient.id, "wrong_number"):
            continue
        tasks.withdraw(tx, patient.id, calls.ON_LIST, "wrong_number")
        responses.quarantine_recent(tx, patient.id, tx.now - _QUARANTINED)
        words = "Whoever has this phone is not the patient. Please ask for the right number."
        ask(tx, text, patient, (TaskKind.CHECK_CONTACT, words))
    reply_rarely(tx, text, "wrong_number_reply", language_of(tx, text, known))


def _reported(tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading) -> None:
    """Nothing goes out from now on, a person confirms it or not; and a nurse reads the words.

    A death is answered by people, never by a machine.
    """
    for patient in known:
        pauses.report(tx, patient, _REPORTED[reading.kind], text)
    if reading.kind is ReadingKind.DEATH:
        to_people(tx, text, known, reading)
    else:
        read_by_a_person(tx, text, known, reading)
