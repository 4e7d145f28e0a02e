"""What patients text us: STOP, START, HELP, "wrong number", and words that a nurse must read (P8).

Relatives text too: what they say of a death or a hospital pauses the surveys at once.

A number that several patients share names none of them: what it says holds for all, and no answer
says whom we know. Returns of `handle` say as what a text was read.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.db.work import Tx
from rsm.flow import calls, judge, pauses, stops
from rsm.flow.ask_now import offer_again
from rsm.flow.not_hers import leave_number
from rsm.flow.replies import reply, reply_rarely
from rsm.flow.senders import present
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Actor, ActorKind, Level
from rsm.messaging.decide import Reading, ReadingKind, ReadingReason, read_text
from rsm.messaging.incoming import InboundView
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.texts import FALLBACK
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PauseReason
from rsm.responses import service as responses
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

log = logging.getLogger(__name__)

# Whose phone it is may have been wrong for as long as a survey and its predecessor were open.
_QUARANTINED = timedelta(days=14)
_READ_WITHIN = timedelta(hours=4)
_REPORTED = {
    ReadingKind.DEATH: PauseReason.REPORTED_DEATH,
    ReadingKind.HOSPITAL: PauseReason.REPORTED_HOSPITAL,
}
_READ_IT = "A text came in: please read it."
_SENTENCES: Mapping[StrEnum, str] = {
    ReadingKind.DEATH: "A text speaks of a death: surveys wait until somebody confirms it.",
    ReadingKind.HOSPITAL: "A text says in hospital: surveys wait until somebody confirms it.",
    ReadingReason.NEAR_REPORT: "A text may speak of a hospital or a death: please read it.",
}


def senders(tx: Tx, site_id: UUID, number: str) -> list[UUID]:
    """The patients of the site whose number this is, in the order of locking."""
    matches = patients.by_address(tx, number)
    return sorted({match.patient_id for match in matches if match.site_id == site_id})


def handle(tx: Tx, text: InboundView) -> str:
    """Do what the text asks for; returns as what it was read."""
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
            _read_by_a_person(tx, text, known, reading)
    return kind.value if kind is not ReadingKind.UNCLEAR else reading.reason.value


def _kind(text: InboundView, reading: Reading) -> ReadingKind:
    """What a provider has stopped is stopped: our ledger follows.

    Its START, which some take from a plain YES, starts nothing here.
    """
    return ReadingKind.STOP if text.keyword is Keyword.STOP else reading.kind


def _line(tx: Tx, text: InboundView, action: OptAction) -> OptLine:
    by_provider = text.keyword is not None
    return OptLine(
        site_id=text.origin.site_id,
        address_hash=text.sender_hash,
        sender=present(tx, text),
        action=action,
        source=OptSource.PROVIDER if by_provider else OptSource.TEXT,
        patient_id=text.origin.patient_id,
    )


def _stop(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Obeyed at once; confirmed once, unless the provider has confirmed it itself."""
    if stops.stop(tx, _line(tx, text, OptAction.STOP), known) is None:
        return
    if text.keyword is not Keyword.STOP:
        reply(tx, text, "stop_confirmed", _language(tx, text, known))


def _start(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Texts are on again, and a survey that is open has its link sent once more."""
    changed = stops.start(tx, _line(tx, text, OptAction.START), known) is not None
    if text.keyword is not Keyword.START:
        answer = reply if changed else reply_rarely
        answer(tx, text, "start_confirmed", _language(tx, text, known))
    if changed:
        for patient in known:
            offer_again(tx, patient)


def _help(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    if text.keyword is not Keyword.HELP:  # else the provider has answered it
        reply_rarely(tx, text, "help", _language(tx, text, known))


def _wrong_number(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """Nothing more goes there, by text or call; what came from there lately is set aside; somebody
    checks."""
    for patient in known:
        if not leave_number(tx, patient.id, "wrong_number"):
            continue
        tasks.withdraw(tx, patient.id, calls.ON_LIST, "wrong_number")
        responses.quarantine_recent(tx, patient.id, tx.now - _QUARANTINED)
        words = "Whoever has this phone is not the patient. Please ask for the right number."
        _ask(tx, text, patient, (TaskKind.CHECK_CONTACT, words))
    reply_rarely(tx, text, "wrong_number_reply", _language(tx, text, known))


def _reported(tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading) -> None:
    """Nothing goes out from now on, a person confirms it or not; and a nurse reads the words.

    A death is answered by people, never by a machine.
    """
    death = reading.kind is ReadingKind.DEATH
    for patient in known:
        pauses.report(tx, patient, _REPORTED[reading.kind], text)
    _to_people(tx, text, known, reading)
    if not death:
        reply_rarely(tx, text, "not_monitored_reply", _language(tx, text, known))


def _read_by_a_person(
    tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading
) -> None:
    """Never dropped (P6)."""
    _to_people(tx, text, known, reading)
    reply_rarely(tx, text, "not_monitored_reply", _language(tx, text, known))


def _to_people(tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading) -> None:
    """An alert for a patient we know, else a task; one more where it may be a STOP."""
    if not known:
        _ask(tx, text, None, (TaskKind.READ_TEXT, "A text from a number that we do not know."))
    for patient in known[1:]:
        words = "A text from a phone that two patients share."
        _ask(tx, text, patient, (TaskKind.READ_TEXT, words))
    if known:
        level, words = _level(tx, text, known[0], reading)
        judge.text_alert(tx, text.id, known[0], level, words)
    if known and reading.near_stop:
        words = "Perhaps no more texts are wanted: please ask, and say here what was meant."
        _ask(tx, text, known[0], (TaskKind.UNCLEAR_STOP, words))


def _level(tx: Tx, text: InboundView, patient: PatientFacts, reading: Reading) -> tuple[Level, str]:
    """Urgent with an alarming word of the site's pack, and when the pack cannot be asked (P6)."""
    try:
        with tx.savepoint():
            pack = alerts.load(tx, sites.get(tx, patient.site_id).rule_pack)
            alarming = red_flag(pack, text.body, patient.language) is not None
    except Exception as error:  # noqa: BLE001 - whatever it is, a person looks now
        _log_unjudged(text, error)
        return Level.URGENT, "A text came in; whether it is alarming could not be judged."
    if alarming:
        return Level.URGENT, "A text came in with a word that the rules call alarming."
    return Level.SOON, _SENTENCES.get(reading.kind, _SENTENCES.get(reading.reason, _READ_IT))


def _log_unjudged(text: InboundView, error: Exception) -> None:
    facts = {"inbound_id": text.id, "error": type(error).__name__}
    log.error("red flags could not be asked", extra={"action": "text.unjudged", **facts})


def _ask(
    tx: Tx, text: InboundView, patient: PatientFacts | None, what: tuple[TaskKind, str]
) -> None:
    kind, words = what
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"text:{text.id}:{kind}:{patient.id if patient else 'nobody'}",
            kind=kind,
            site_id=text.origin.site_id,
            patient_id=patient.id if patient else None,
            reason=words,
            due_at=tx.now + _READ_WITHIN,
            is_test=patient.is_test if patient else False,
        ),
    )


def _language(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> str:
    """Hers; for a shared phone or a stranger the site's first."""
    if len({patient.language for patient in known}) == 1:
        return known[0].language
    return next(iter(sites.get(tx, text.origin.site_id).languages), FALLBACK)
