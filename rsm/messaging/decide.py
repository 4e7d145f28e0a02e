"""What a text means, what a callback changes, how long to wait: decisions with their reasons.

Pure. A patient's text that we do not understand is never dropped: a person reads it (P6, P8).
Quiet hours are in `hours`, the answer to one question in `parse`.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rsm.kernel.keywords import KEYWORDS, Keyword, classify, normalise
from rsm.messaging.model import MessageState
from rsm.messaging.phrases import (
    ACKNOWLEDGE,
    AROUND_WRONG_NUMBER,
    COURTESY,
    ESCALATE,
    NEAR_STOP,
    NOT_A_STOP,
    OUR_TEXTS,
    READY,
    STOP_REQUESTS,
    STRONG_STOP,
    TAKE_OVER,
    WRONG_NUMBER,
    cut,
    mentions,
)
from rsm.messaging.reports import report_of


class ReadingKind(StrEnum):
    """What a patient's text asks for, before it is tried as an answer."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    DEATH = "death"
    HOSPITAL = "hospital"
    UNCLEAR = "unclear"


class ReadingReason(StrEnum):
    """Why a text was read as it was."""

    KEYWORD = "keyword"  # the whole text is one
    COURTEOUS = "courteous"  # a keyword with nothing but courtesy and "texting me" around it
    REQUEST = "request"  # all of it asks to end the texts, in other words
    PHRASE = "phrase"
    NEAR_STOP = "near_stop"  # perhaps a wish to end the texts: nobody acts before a person asked
    NEAR_REPORT = "near_report"  # speaks of a death or a hospital: a person reads what it says
    FREE_TEXT = "free_text"
    EMPTY = "empty"


@dataclass(frozen=True)
class Reading:
    """A patient's text as we understand it; `tell_staff` opens a task for a person.

    `near_stop`: besides what it says, it may ask for the end of the texts.
    """

    kind: ReadingKind
    reason: ReadingReason
    tell_staff: bool
    near_stop: bool = False


_STOPS = frozenset(word for word, keyword in KEYWORDS.items() if keyword is Keyword.STOP)
# STOP is a clinical event: somebody must reach the patient another way.
_TELLS_STAFF = {Keyword.STOP: True, Keyword.START: False, Keyword.HELP: False}


def read_text(text: str) -> Reading:
    """Read a patient's text, in any language.

    Exact keywords act, and so do STOP and START between courtesies ("Stop. Thank you"), and a
    text that is nothing but a plain request ("no more texts please"). A longer wish to end the
    texts is `unclear` with reason `near_stop`; "can't stop vomiting" is free text. What it says of
    a death or a hospital is read next. Everything unclear goes to staff.
    """
    if keyword := classify(text):
        return _keyword(keyword, ReadingReason.KEYWORD)
    plain = normalise(text)
    if not plain:
        return _unclear(ReadingReason.EMPTY)
    if keyword := _courteous(plain):
        return _keyword(keyword, ReadingReason.COURTEOUS)
    if _is_wrong_number(plain):
        return Reading(ReadingKind.WRONG_NUMBER, ReadingReason.PHRASE, tell_staff=True)
    if _is_request(plain):
        return _keyword(Keyword.STOP, ReadingReason.REQUEST)
    return _report_or_unclear(text, near_stop=_near_stop(plain))


def _report_or_unclear(text: str, *, near_stop: bool) -> Reading:
    report = report_of(text)
    if report is not None and report.sure:
        kind = ReadingKind(report.kind.value)
        return Reading(kind, ReadingReason.PHRASE, tell_staff=True, near_stop=near_stop)
    if near_stop:
        return _unclear(ReadingReason.NEAR_STOP)
    return _unclear(ReadingReason.NEAR_REPORT if report else ReadingReason.FREE_TEXT)


def _keyword(keyword: Keyword, reason: ReadingReason) -> Reading:
    return Reading(ReadingKind(keyword.value), reason, _TELLS_STAFF[keyword])


def _unclear(reason: ReadingReason) -> Reading:
    near = reason is ReadingReason.NEAR_STOP
    return Reading(ReadingKind.UNCLEAR, reason, tell_staff=True, near_stop=near)


def _courteous(plain: str) -> Keyword | None:
    """STOP or START with only courtesy around it; "help please" may be a cry and is not one."""
    phrases, rest = cut(plain, KEYWORDS.keys(), COURTESY, OUR_TEXTS, WRONG_NUMBER)
    keywords = {KEYWORDS[phrase] for phrase in phrases if phrase in KEYWORDS}
    if rest or len(keywords) != 1:
        return None
    (keyword,) = keywords
    return None if keyword is Keyword.HELP else keyword


def _is_request(plain: str) -> bool:
    found, rest = cut(plain, STOP_REQUESTS, _STOPS, COURTESY)
    return not rest and any(phrase in STOP_REQUESTS for phrase in found)


def _near_stop(plain: str) -> bool:
    if mentions(plain, NEAR_STOP):
        return True
    return mentions(plain, STRONG_STOP) and not mentions(plain, NOT_A_STOP)


def _is_wrong_number(plain: str) -> bool:
    """Nothing but that: "wrong number, I meant 3" is a correction and for a person to read."""
    phrases, rest = cut(plain, WRONG_NUMBER, COURTESY, AROUND_WRONG_NUMBER)
    return not rest and any(phrase in WRONG_NUMBER for phrase in phrases)


# --- what a member of staff texts -------------------------------------------------------------


class StaffKind(StrEnum):
    """What a member of staff's text asks for."""

    ACK = "ack"  # `codes` may be empty: then the one alert that is open for this person is meant
    TAKE = "take"  # as `ack`, even where a colleague has it
    ESCALATE = "escalate"  # tell the next one
    READY = "ready"  # "OK" to "does this number work?"
    STOP = "stop"
    START = "start"
    HELP = "help"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class StaffReading:
    """A staff text as we understand it; `codes` as they were typed, upper case, in order."""

    kind: StaffKind
    codes: tuple[str, ...] = ()


_VERBS = (
    (ACKNOWLEDGE, StaffKind.ACK),
    (TAKE_OVER, StaffKind.TAKE),
    (ESCALATE, StaffKind.ESCALATE),
)
# Codes have no vowels (`rsm.kernel.ids`), so that a trailing "a" or "aa" is an "ack" run together.
_CODE = re.compile(r"([0-9b-df-hj-np-tv-z]{4})a{0,2}")
# What can only have been meant as a code, though it is none of ours: it is answered with why.
_LOOKS_LIKE_CODE = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{3,8}")
_FILLERS = frozenset({"and", "code", "alert", "y", "codigo", "alerta", "the", "la", "el"})


def read_staff_text(text: str) -> StaffReading:
    """Read "K7QM", "ack k7qm", "take k7qm", "escalate k7qm", "K7-QM please", "k7qma", "ack k7qm
    and r2hd", "ok" or a keyword.

    A text that asks for two different things is unclear: nobody guesses which code is meant. A
    code that does not exist comes back too, so that the answer can say why it is not known.
    """
    if keyword := classify(text):
        return StaffReading(StaffKind(keyword.value))
    verbs = [phrases for phrases, _ in _VERBS]
    found, rest = cut(normalise(text), *verbs, READY, COURTESY, _FILLERS)
    asked = [kind for phrases, kind in _VERBS if any(phrase in phrases for phrase in found)]
    codes = _codes(rest)
    if len(asked) > 1 or (rest and not codes) or not (found or codes):
        return StaffReading(StaffKind.UNCLEAR)
    if asked or codes:
        return StaffReading(asked[0] if asked else StaffKind.ACK, codes)
    ready = any(phrase in READY for phrase in found)
    return StaffReading(StaffKind.READY if ready else StaffKind.UNCLEAR)


def _codes(words: list[str]) -> tuple[str, ...]:
    """Every word as a code, or none at all if one of them is not."""
    pieces = [word for word in words if len(word) <= 2]
    if pieces == words and len("".join(words)) == 4:
        words = ["".join(words)]  # "K7 QM"
    codes: list[str] = []
    for word in words:
        if match := _CODE.fullmatch(word):
            codes.append(match[1].upper())
        elif _LOOKS_LIKE_CODE.fullmatch(word):
            codes.append(word.upper())
        else:
            return ()
    return tuple(dict.fromkeys(codes))


# --- what a provider's callback changes -------------------------------------------------------


class StatusReason(StrEnum):
    """Why a callback changed a message's state, or did not."""

    ADVANCED = "advanced"
    REPEATED = "repeated"
    OUT_OF_ORDER = "out_of_order"  # callbacks carry no time and overtake one another
    FINAL = "final"


@dataclass(frozen=True)
class StatusChange:
    """The state after a callback, whether that is new, and why."""

    state: MessageState
    changed: bool
    reason: StatusReason


def apply_status(current: MessageState, incoming: MessageState) -> StatusChange:
    """A message's state after the provider reports `incoming`: only a higher rank changes it."""
    if incoming is current:
        return StatusChange(current, changed=False, reason=StatusReason.REPEATED)
    if current.is_final:
        return StatusChange(current, changed=False, reason=StatusReason.FINAL)
    if incoming.rank <= current.rank:
        return StatusChange(current, changed=False, reason=StatusReason.OUT_OF_ORDER)
    return StatusChange(incoming, changed=True, reason=StatusReason.ADVANCED)


# --- how long to wait before another try ------------------------------------------------------

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=30)


def backoff(attempt: int, jitter: float) -> timedelta:
    """The wait after failed attempt number `attempt` (from 1): doubled each time, with a ceiling.

    `jitter` (0 to 1, drawn from the Ids port) spreads rows that failed together over the upper
    half of the wait.
    """
    if attempt < 1:
        raise ValueError(f"attempts are counted from 1, not {attempt}")
    if not 0 <= jitter <= 1:
        raise ValueError(f"jitter is a fraction from 0 to 1, not {jitter}")
    doubled = FIRST_WAIT * (1 << min(attempt - 1, 20))
    return min(doubled, LONGEST_WAIT) * (0.5 + jitter / 2)


def wait_after(attempt: int, jitter: float, wished: timedelta | None) -> timedelta:
    """The wait before the next try: the provider's wish, or else our own back-off.

    A wish is spread as well: a provider that turned a thousand away wishes the same of each.
    """
    if wished is None:
        return backoff(max(1, attempt), jitter)
    return max(wished, timedelta()) + FIRST_WAIT * jitter
