"""The questions of a survey by phone: one after the other, stored key by key, advice at once.

Only whoever has shown that it is she comes here. What was answered by another door meanwhile is not
asked again; an answer that is severe is followed by whom to call, and by the offer to be connected.
"""

import logging
from dataclasses import replace

from rsm.flow import advice, late_answers, outcome, voice_items
from rsm.flow import answer as surveys
from rsm.flow.outcome import was_sent
from rsm.flow.voice_line import Line
from rsm.flow.voice_turn import Step, Turn
from rsm.instruments.decide import is_asked, next_item, route
from rsm.instruments.model import Item
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Channel, Level
from rsm.messaging.model import Spoken
from rsm.messaging.spoken import read_out
from rsm.responses import service as responses
from rsm.schedules import service as schedules

_LOG = logging.getLogger(__name__)
_RIGHT, _ANEW, _GO_ON = "1", "2", "2"
_OFFERED_FROM = Level.URGENT  # at the end; in between an emergency only


def begin(line: Line, now: Turn) -> Spoken:
    """It is she: the first question that is open."""
    try:
        surveys.start(line.tx, line.survey.id, line.author(now.language))
    except (Conflict, Expired):
        return _over(line, now)
    return _question(line, now)


def repeat(line: Line, now: Turn) -> Spoken:
    """The same again; `now` is its next turn."""
    if now.step in {Step.OFFER, Step.LAST}:
        return _offer(line, now)
    if now.step is Step.CHECK:
        return _ask_check(line, now)
    return _question(line, now)


def answer(line: Line, now: Turn, pressed: str) -> Spoken:
    """Keys to the question that was asked: stored if they answer it, else it is asked again."""
    item = _item(line, now)
    read = voice_items.read(item, pressed) if item is not None else None
    if item is None or read is None:
        return _question(line, now.again(), line.words("call_no_answer", now.language))
    if read.check:
        return _ask_check(line, now.to(Step.CHECK, now.item, pressed))
    return _kept(line, now, item, read.answer)


def check(line: Line, now: Turn, pressed: str) -> Spoken:
    """Whether what was typed is right."""
    item = _item(line, now)
    if item is None or pressed == _ANEW:
        return _question(line, now.to(Step.ITEM, now.item))
    read = voice_items.read(item, now.typed)
    if pressed != _RIGHT or read is None:
        return _ask_check(line, now.again(), line.words("key_unknown", now.language))
    return _kept(line, now, item, read.answer)


def decline(line: Line, now: Turn, pressed: str) -> Spoken:
    """She does not want to be connected now."""
    if now.step is Step.LAST:
        return line.end(now.language, line.words("call_goodbye", now.language))
    if pressed != _GO_ON:
        return _offer(line, now.again(), line.words("key_unknown", now.language))
    return _question(line, now)


# --- an answer ------------------------------------------------------------------------------------


def _kept(line: Line, now: Turn, item: Item, given: Answer) -> Spoken:
    """Stored, unless this turn is handed in again; then what follows from it."""
    if line.is_new():
        _store(line, now, item, given)
    said = voice_items.answer_said(item, given, now.language)
    is_kept = bool(said) and line.answers.get(item.code) == given
    noted = line.words("call_noted", now.language, answer=said) if is_kept else ""
    if not _takes_answers(line):
        return _over(line, now, noted)
    is_emergency = not now.advised and _level(line) is Level.EMERGENCY
    if is_emergency and next_item(line.instrument, line.answers) is not None:
        return _offer(line, now.to(Step.OFFER), noted)
    return _question(line, now, noted)


def _store(line: Line, now: Turn, item: Item, given: Answer) -> None:
    """Kept also when the window has closed since the question was asked: late then. What she sent
    by another door meanwhile stands."""
    author = line.author(now.language)
    try:
        if is_asked(line.instrument, item, line.answers):
            surveys.save(line.tx, line.survey.id, item.code, given, author)
    except (Conflict, Expired):
        survey = schedules.occurrence(line.tx, line.survey.id)
        if not was_sent(survey, responses.of_occurrence(line.tx, survey.id)):
            late_answers.keep(line.tx, survey, {item.code: given}, author)


def _takes_answers(line: Line) -> bool:
    return schedules.occurrence(line.tx, line.survey.id).takes_answers(line.tx.now)


def _level(line: Line) -> Level | None:
    """How bad the answers so far were found to be. A fault in reading that loses no answer (P3):
    they have been judged, and whoever is told of them is told."""
    try:
        with line.tx.savepoint():
            return outcome.outcome_of(line.tx, line.survey.id).level
    except Exception as error:  # noqa: BLE001  # see above
        _LOG.error("%s", type(error).__name__, extra={"action": "voice.no_level"})
        return None


def _item(line: Line, now: Turn) -> Item | None:
    return line.instrument.item_by_code.get(now.item)


# --- what is said ---------------------------------------------------------------------------------


def _question(line: Line, now: Turn, *lead: str) -> Spoken:
    """The first question that is open; the end, where there is none."""
    if not _takes_answers(line):
        return _over(line, now, *lead)
    answers = line.answers
    item = next_item(line.instrument, answers)
    if item is None:
        return _sent(line, now, *lead)
    same = now.step is Step.ITEM and now.item == item.code
    there = replace(now if same else now.to(Step.ITEM, item.code), begun=True)
    words = voice_items.words(line.instrument, item, answers, now.language)
    return line.ask(there, *lead, _welcome(line, now), words, keys=voice_items.most_keys(item))


def _welcome(line: Line, now: Turn) -> str:
    """Before the first question of a call: how many there are, and which keys help."""
    if now.begun:
        return ""
    answers = line.answers
    left = len([item for item in route(line.instrument, answers) if item.code not in answers])
    name = "call_go_on" if answers else "call_intro"
    return line.words(name, now.language, count=str(left))


def _ask_check(line: Line, now: Turn, *lead: str) -> Spoken:
    item = _item(line, now)
    read = voice_items.read(item, now.typed) if item is not None else None
    if item is None or read is None:
        return _question(line, now.to(Step.ITEM, now.item))
    said = voice_items.answer_said(item, read.answer, now.language)
    return line.ask(now, *lead, line.words("call_given", now.language, answer=said))


def _offer(line: Line, now: Turn, *lead: str) -> Spoken:
    """Whom to call, and to be connected at once; it is said once in a call, and again on wish."""
    last = now.step is Step.LAST
    level = _level(line)
    told = _advice(line, level, now.language)
    offer = line.words("call_offer_last" if last else "call_offer", now.language)
    return line.ask(replace(now, advised=True), *lead, *told, offer)


def _advice(line: Line, level: Level | None, language: str) -> tuple[str, ...]:
    said = advice.for_level(line.tx, line.envelope.site, level, language, Channel.VOICE)
    return tuple(read_out(sentence) for sentence in said)


def _sent(line: Line, now: Turn, *lead: str) -> Spoken:
    """All is answered: the report is final, and she hears what is to be done now."""
    try:
        done = surveys.submit(line.tx, line.survey.id, "", line.author(now.language))
    except (Conflict, Expired, Invalid):
        return _over(line, now)
    return _finished(line, now, done.level, *lead)


def _finished(line: Line, now: Turn, level: Level | None, *lead: str) -> Spoken:
    thanks = line.words("call_thanks", now.language)
    left = line.words("call_words_left", now.language) if line.leaves_out else ""
    if level is not None and level.rank >= _OFFERED_FROM.rank:
        return _offer(line, now.to(Step.LAST), *lead, thanks, left)
    told = _advice(line, level, now.language)
    goodbye = line.words("call_goodbye", now.language)
    return line.end(now.language, *lead, thanks, *told, left, goodbye)


def _over(line: Line, now: Turn, *lead: str) -> Spoken:
    """It was sent meanwhile, here or elsewhere, or has closed; she hears what is to be done all the
    same, where she has answered in this call."""
    survey = schedules.occurrence(line.tx, line.survey.id)
    response = responses.of_occurrence(line.tx, survey.id)
    if now.begun and response is not None and response.answers:
        return _finished(line, now, _level(line), *lead)
    name = "call_stored_before" if was_sent(survey, response) else "call_nothing_now"
    return line.end(now.language, line.words(name, now.language))
