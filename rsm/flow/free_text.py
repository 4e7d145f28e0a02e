"""A text that is no answer is read by a person: how soon, who is asked, and what is said at once.

Never dropped (P6). Words of somebody who needs help within minutes open an emergency, and are
answered at once with the numbers to call: at any hour, beside every limit but a STOP (P8).
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.db.work import Tx
from rsm.flow import judge, proxy_asking, replies
from rsm.flow.replies import reply, reply_rarely
from rsm.kernel.words import Channel, Level
from rsm.messaging import advice
from rsm.messaging.decide import Reading, ReadingKind, ReadingReason
from rsm.messaging.incoming import InboundView
from rsm.messaging.red_flags import is_emergency
from rsm.messaging.texts import FALLBACK
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

log = logging.getLogger(__name__)

# Answers with the numbers to call within an hour: to one and the same text, and in all.
_TOLD_THE_SAME = 5
_TOLD_AN_HOUR = 30
_UNTOLD = (
    "Alarming texts come so often that they are not answered with the numbers to call any more:"
    " please call."
)
_READ_WITHIN = timedelta(hours=4)
_READ_IT = "A text came in: please read it."
_SENTENCES: Mapping[StrEnum, str] = {
    ReadingKind.DEATH: "A text speaks of a death: surveys wait until somebody confirms it.",
    ReadingKind.HOSPITAL: "A text says in hospital: surveys wait until somebody confirms it.",
    ReadingReason.NEAR_REPORT: "A text may speak of a hospital or a death: please read it.",
}
_ALARMING = frozenset({Level.EMERGENCY, Level.URGENT})
# Words that a person reads whatever else is done with them.
FOR_A_PERSON = frozenset({ReadingReason.NEAR_STOP, ReadingReason.NEAR_REPORT})


def read_by_a_person(
    tx: Tx,
    text: InboundView,
    known: Sequence[PatientFacts],
    reading: Reading,
    writer: PatientFacts | None = None,
) -> None:
    """An alert or a task, and one answer: whom to call, or that nobody reads texts at once."""
    level = to_people(tx, text, known, reading, writer)
    if not say_whom_to_call(tx, text, known, level):
        reply_rarely(tx, text, "not_monitored_reply", language_of(tx, text, known))


def to_people(
    tx: Tx,
    text: InboundView,
    known: Sequence[PatientFacts],
    reading: Reading,
    writer: PatientFacts | None = None,
) -> Level:
    """An alert for a patient we know, else a task; one more where it may be a STOP.

    `writer` is who of them wrote, where she has shown it; else an emergency is one of each of them.
    Returns how soon somebody must look.
    """
    level, words = level_of(tx, text, known, reading)
    if not known:
        ask(tx, text, None, (TaskKind.READ_TEXT, "A text from a number that we do not know."))
    if known:
        judge.text_alert(tx, text.id, known[0], level, words)
    for patient in known[1:]:
        _tell_of_shared(tx, text, patient, level, is_anothers=writer is not None)
    if known and reading.near_stop:
        _ask_whether_stop(tx, text, known[0])
    return level


def _tell_of_shared(
    tx: Tx, text: InboundView, patient: PatientFacts, level: Level, *, is_anothers: bool
) -> None:
    """The others who have the phone. Where nobody knows who of them is in need, all may be; where
    one of them has shown that it is she who writes, the others' team reads it at once."""
    shared = "A text from a phone that two patients share."
    if level is Level.EMERGENCY and not is_anothers:
        emergency = f"{shared} It has words of an emergency: nobody knows who wrote it."
        judge.text_alert(tx, text.id, patient, level, emergency)
        return
    within = timedelta() if level is Level.EMERGENCY else _READ_WITHIN
    ask(tx, text, patient, (TaskKind.READ_TEXT, shared), within)


def _ask_whether_stop(tx: Tx, text: InboundView, patient: PatientFacts) -> None:
    """Whoever answers for her may want no messages: that is never a STOP of her own (P8)."""
    own = {patients.address(tx, patient.id, each) for each in (Channel.SMS, Channel.VOICE)}
    proxy = proxies.standing(tx, patient.id)
    theirs = proxies.addresses(tx, patient.id).get(Channel.SMS) == text.sender
    if proxy is not None and theirs and text.sender not in own:
        proxy_asking.ask(tx, proxy, "may want no messages any more")
        return
    near = "Perhaps no more texts are wanted: please ask, and say here what was meant."
    ask(tx, text, patient, (TaskKind.UNCLEAR_STOP, near))


def read_kept(
    tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading, least: Level
) -> None:
    """Words that are kept as an answer: a person reads the text as well from `least` on, and where
    it may ask for the end of the texts, or speak of a death; alarming, it is answered at once."""
    level, _ = level_of(tx, text, known, reading)
    if level.rank >= least.rank or reading.reason in FOR_A_PERSON:
        to_people(tx, text, known, reading)
        say_whom_to_call(tx, text, known, level)


def say_whom_to_call(
    tx: Tx, text: InboundView, known: Sequence[PatientFacts], level: Level
) -> bool:
    """The numbers to call, at once, where the words are alarming; False where they are not.

    A machine that answers each text with "in an emergency call 911" would be answered without end:
    it repeats itself. Where nothing is said any more, a person knows that.
    """
    if level not in _ALARMING:
        return False
    purpose, language = advice.purpose_of(level), language_of(tx, text, known)
    told = replies.told_within_the_hour(tx, text, purpose)
    if len(told) >= _TOLD_AN_HOUR or replies.as_often(tx, text, told) >= _TOLD_THE_SAME:
        _ask_to_call(tx, text, known)
        return False
    return reply(tx, text, purpose, language)


def _ask_to_call(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> None:
    """One task an hour: every such text is an alert of its own besides."""
    patient = known[0] if known else None
    whose = patient.id if patient else text.sender_hash.hex()[:16]
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"text:untold:{whose}:{tx.now:%Y-%m-%dT%H}",
            kind=TaskKind.READ_TEXT,
            site_id=text.origin.site_id,
            patient_id=patient.id if patient else None,
            reason=_UNTOLD,
            due_at=tx.now,
            is_test=patient.is_test if patient else False,
        ),
    )


def level_of(
    tx: Tx, text: InboundView, known: Sequence[PatientFacts], reading: Reading
) -> tuple[Level, str]:
    """How soon, and why in a sentence of ours: never the words themselves.

    Urgent with an alarming word of the site's pack, and when the pack cannot be asked (P6).
    """
    if is_emergency(text.body):
        return Level.EMERGENCY, "A text came in with words of an emergency."
    if not known:
        return Level.SOON, _READ_IT
    try:
        with tx.savepoint():
            pack = alerts.load(tx, sites.get(tx, known[0].site_id).rule_pack)
            alarming = red_flag(pack, text.body, known[0].language) is not None
    except Exception as error:  # noqa: BLE001 - whatever it is, a person looks now
        _log_unjudged(text, error)
        return Level.URGENT, "A text came in; whether it is alarming could not be judged."
    if alarming:
        return Level.URGENT, "A text came in with a word that the rules call alarming."
    return Level.SOON, _SENTENCES.get(reading.kind, _SENTENCES.get(reading.reason, _READ_IT))


def ask(
    tx: Tx,
    text: InboundView,
    patient: PatientFacts | None,
    what: tuple[TaskKind, str],
    within: timedelta = _READ_WITHIN,
) -> None:
    """A task about this text, once for each kind and patient."""
    kind, words = what
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"text:{text.id}:{kind}:{patient.id if patient else 'nobody'}",
            kind=kind,
            site_id=text.origin.site_id,
            patient_id=patient.id if patient else None,
            reason=words,
            due_at=tx.now + within,
            is_test=patient.is_test if patient else False,
        ),
    )


def language_of(tx: Tx, text: InboundView, known: Sequence[PatientFacts]) -> str:
    """Hers; for a shared phone or a stranger the site's first."""
    if len({patient.language for patient in known}) == 1:
        return known[0].language
    return next(iter(sites.get(tx, text.origin.site_id).languages), FALLBACK)


def _log_unjudged(text: InboundView, error: Exception) -> None:
    facts = {"inbound_id": text.id, "error": type(error).__name__}
    log.error("red flags could not be asked", extra={"action": "text.unjudged", **facts})
