"""A survey by phone: a machine calls, asks, and takes keys for answers.

Who has taken the call must show first that it is she (a key, and the year of her birth); until then
nothing is said about health, and nobody is named. Answers go the one way of all doors
(`rsm.flow.answer`), so that a call that breaks off is gone on with by the next, by link, by text or
by a nurse. Each turn does what it does once, however often its hook is handed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from rsm.db.work import Database, Scope
from rsm.flow import voice_calls, voice_questions, voice_turn
from rsm.flow.not_hers import leave_number
from rsm.flow.voice_line import Line, hold
from rsm.flow.voice_turn import Step, Turn
from rsm.kernel import faults
from rsm.kernel.words import Actor, ActorKind, Channel, Role
from rsm.messaging import keys, spoken, survey_calls, to_proxies
from rsm.messaging.model import AnsweredBy, CallTurn, Said, Spoken
from rsm.messaging.texts import FALLBACK
from rsm.patients import ages
from rsm.patients import service as patients
from rsm.security.audit import Subject, record
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

YES, NO = "1", "9"
CLINIC, AGAIN = "*", "#"
_LANGUAGE_KEYS = "2345678"
_YEAR_KEYS = 4
_YEARS_AT_MOST = 2  # wrong ones in a call; then a person looks whose phone it is

# Steps that only she comes to.
_HERS = frozenset({Step.ITEM, Step.CHECK, Step.OFFER, Step.LAST})

_Act = Callable[[Line, Turn, str], Spoken]


def turn(
    db: Database, given: CallTurn, message: tuple[UUID, UUID], token: str, public_url: str
) -> Spoken:
    """Do what the keys ask for, once, and say what is said next. `message`: its site, its id;
    without a `token` the call has just been taken."""
    site_id, message_id = message
    with db.begin(Scope.site(site_id)) as tx:
        line = hold(tx, message_id, given, (token, public_url))
        if line is None:
            return _nothing()
        tx.actor = Actor(ActorKind.PATIENT, line.patient.id)
        said = _taken(line, given) if not token else _next(line, given, token)
    faults.point("voice.turned")
    return said


def _next(line: Line, given: CallTurn, token: str) -> Spoken:
    now = voice_turn.opened(line.tx.vault, line.message.id, token)
    if now is None or now.call != given.provider_id:
        return _nothing()
    if now.step in _HERS:
        line.open_hers(begun=now.begun)
    if CLINIC in given.keys:
        return _connect(line, now)
    if given.keys == AGAIN:
        return _say_again(line, now)
    return _ACTS[now.step](line, now, given.keys)


# --- who is it? -----------------------------------------------------------------------------------


def _taken(line: Line, given: CallTurn) -> Spoken:
    begun = Turn(given.provider_id, Step.WHO, line.languages[0])
    if given.answered_by is not AnsweredBy.MACHINE:
        return _greet(line, begun)
    if not keys.has_met(line.tx, given.provider_id, survey_calls.MACHINE):
        keys.met(line.tx, line.message, given.provider_id, survey_calls.MACHINE)
        _note(line, "call.voicemail")
    return line.ask(begun, line.words("call_machine", begun.language))


def _greet(line: Line, now: Turn, *lead: str) -> Spoken:
    """Who calls and for whom; the other languages each in their own voice."""
    first, whom = (line.words(name, now.language) for name in ("survey_call", "call_for_whom"))
    others = (
        Said(
            spoken.locale(code),
            line.words("call_language", code, key=key),
            spoken.voice(code),
        )
        for key, code in _languages(line, now).items()
    )
    return line.ask(now, *lead, first, whom, more=tuple(others))


def _languages(line: Line, now: Turn) -> Mapping[str, str]:
    """Which key asks for which other language."""
    others = [code for code in line.languages if code != now.language]
    return dict(zip(_LANGUAGE_KEYS, others, strict=False))


def _who(line: Line, now: Turn, pressed: str) -> Spoken:
    wanted = _languages(line, now).get(pressed)
    if wanted is not None:
        return _greet(line, _in(now.again(), wanted))
    if pressed == YES:
        return _ask_year(line, now.to(Step.YEAR))
    if pressed == NO:
        other = now.to(Step.NOT_HER)
        return line.ask(other, line.words("call_not_you", now.language))
    return _greet(line, now.again(), line.words("key_unknown", now.language))


def _in(now: Turn, language: str) -> Turn:
    return replace(now, language=language, repeats=0)


def _not_her(line: Line, now: Turn, pressed: str) -> Spoken:
    """Somebody else has this phone: nothing more goes there, and a person looks for hers."""
    if pressed != NO:
        return line.end(now.language, line.words("call_goodbye", now.language))
    if line.is_new():
        _leave(line)
        _check_contact(
            line, "An automated call found a wrong number. Please ask for the right one."
        )
    return line.end(now.language, line.words("call_not_hers", now.language))


def _leave(line: Line) -> None:
    """This number, and no other of hers."""
    tx, who = line.tx, line.patient.id
    if patients.address(tx, who, Channel.VOICE) == line.envelope.to:
        patients.suspend_contact(tx, who, Channel.VOICE, "wrong_number")
        to_proxies.cancel_others(tx, who, "wrong_number", line.survey.id)
    else:
        leave_number(tx, who, "wrong_number")


def _ask_year(line: Line, now: Turn, *lead: str) -> Spoken:
    asked = line.words("call_year", now.language)
    return line.ask(now, *lead, asked, keys=_YEAR_KEYS)


def _year(line: Line, now: Turn, typed: str) -> Spoken:
    if ages.born_in(line.tx, line.patient.id, typed):
        if line.is_new():
            keys.met(line.tx, line.message, now.call, survey_calls.HER)
            _note(line, "call.confirmed")
        line.open_hers()
        return voice_questions.begin(line, now)
    wrong = now.wrong + 1
    if wrong < _YEARS_AT_MOST:
        again = replace(now.again(), wrong=wrong)
        return _ask_year(line, again, line.words("call_year_wrong", now.language))
    if line.is_new():
        voice_calls.end(line.tx, line.survey, line.patient, "wrong_person")
        _check_contact(
            line,
            "Whoever took the automated call did not know the year of birth. Please ask the"
            " patient whether the number is right.",
        )
        _note(line, "call.wrong_year")
    return line.end(now.language, line.words("call_year_ends", now.language))


# --- keys that mean the same everywhere -----------------------------------------------------------


def _connect(line: Line, now: Turn) -> Spoken:
    """She speaks with the clinic; the survey waits."""
    if line.is_new():
        _note(line, "call.connected", step=now.step.value)
    return line.connect(now.language)


def _say_again(line: Line, now: Turn) -> Spoken:
    again = now.again(asked=True)
    match now.step:
        case Step.WHO:
            return _greet(line, again)
        case Step.YEAR:
            return _ask_year(line, again)
        case Step.NOT_HER:
            return line.ask(again, line.words("call_not_you", now.language))
        case _:
            return voice_questions.repeat(line, again)


def _offered(line: Line, now: Turn, pressed: str) -> Spoken:
    """To be connected, or to go on."""
    return _connect(line, now) if pressed == YES else voice_questions.decline(line, now, pressed)


_ACTS: Mapping[Step, _Act] = MappingProxyType(
    {
        Step.WHO: _who,
        Step.NOT_HER: _not_her,
        Step.YEAR: _year,
        Step.ITEM: voice_questions.answer,
        Step.CHECK: voice_questions.check,
        Step.OFFER: _offered,
        Step.LAST: _offered,
    }
)


# --- notes ----------------------------------------------------------------------------------------


def _note(line: Line, action: str, **facts: str) -> None:
    subject = Subject("message", line.message.id, line.patient.id)
    record(line.tx, action, subject, line.message.site_id, **facts)


def _check_contact(line: Line, reason: str) -> None:
    tasks.open_task(
        line.tx,
        NewTask(
            business_key=f"survey:{line.survey.id}:{TaskKind.CHECK_CONTACT}",
            kind=TaskKind.CHECK_CONTACT,
            site_id=line.survey.site_id,
            patient_id=line.patient.id,
            role=Role.COORDINATOR,
            reason=reason,
            due_at=line.tx.now + voice_calls.CHECK_WITHIN,
            occurrence_id=line.survey.id,
            is_test=line.survey.is_test,
        ),
    )


def _nothing() -> Spoken:
    words = spoken.say("call_nothing_now", FALLBACK, {})
    return Spoken(spoken.locale(FALLBACK), words, voice=spoken.voice(FALLBACK))
