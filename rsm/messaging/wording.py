"""What a wording may say: fields, length, the words that a text must hold, and those it may not.

Pure. The library's own texts pass the same checks as a site's. A wording is refused with every
problem at once, each with what to do.
"""

import hashlib
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.keywords import Keyword, classify, normalise
from rsm.kernel.words import Audience, Channel
from rsm.messaging import advice, mail, spoken, texts
from rsm.messaging.texts import beyond_gsm, placeholders, segments
from rsm.messaging.wording_rules import asked_replies, health_words, longest, rules, samples

BODY, SUBJECT = "body", "subject"
MOST_CHARACTERS = {Channel.SMS: 1000, Channel.EMAIL: 4000} | dict.fromkeys(advice.PAGED, 1200)
# A letter that GSM-7 lacks halves a segment. A word keeps its accent all the same (lesson 55): then
# the budget is counted with likely values, up to this many segments.
MOST_IN_UCS2 = 3

_EVERYWHERE = {
    Audience.PATIENT: frozenset({"sender_name", "help_phone", "emergency_number"}),
    Audience.STAFF: frozenset({"site_name"}),
}
# Words of our own that are understood, besides the keywords.
_REPLIES = {
    Audience.STAFF: frozenset({"ack", "ok"}),
    Audience.PATIENT: frozenset(
        {"skip", "back", "link", "done", "saltar", "atras", "enlace", "listo"}
    ),
}
_PLACE = re.compile(r"\{[^{}]*\}")
_ADDRESS = re.compile(
    r"https?://\S*|\bwww\.\S+|[^\s@]{1,64}@[^\s@]+|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:/\S*)?",
    re.IGNORECASE,
)
_GLUED = re.compile(r"\S\{link\}|\{link\}\S")
_CAPITALS = re.compile(r"\b[A-ZÁÉÍÓÚÑ]{3,}\b")


@dataclass(frozen=True)
class Known:
    """What our library has for one purpose and channel: what a wording is held against."""

    audience: Audience
    required: frozenset[str]
    allowed: frozenset[str]
    words: frozenset[Keyword]
    max_segments: int
    names_health: bool = False


def channels_of(purpose: str) -> tuple[Channel, ...]:
    """The channels on which this purpose has words. Raises `Invalid` for an unknown one."""
    if advice.is_advice(purpose):
        return advice.doors_of(purpose)
    texts.purpose_named(purpose)
    mailed = purpose in mail.mails().purposes
    return (Channel.SMS, Channel.EMAIL) if mailed else (Channel.SMS,)


def library_wording(purpose: str, language: str, channel: Channel) -> tuple[str, str]:
    """Our own subject (empty for a text) and body. Raises `Invalid` for what we do not have."""
    primary = texts.text_language(language)
    if channel in advice.PAGED and advice.is_advice(purpose):
        return "", advice.ours(purpose, language, channel)
    if channel is Channel.EMAIL:
        own = mail.purpose_named(purpose).texts[primary]
        return own.subject, own.body.strip()
    if channel is Channel.VOICE:
        return "", spoken.phrase(purpose).words[primary]
    return "", texts.purpose_named(purpose).templates[primary]


@lru_cache(maxsize=1024)
def library_ref(purpose: str, language: str, channel: Channel) -> str:
    """Which of our own wordings this is, by a hash of its words; `library` for one we lack."""
    try:
        words = "\0".join(library_wording(purpose, language, channel))
    except Invalid:
        return "library"
    return f"library:{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def known_of(purpose: str, language: str, channel: Channel) -> Known:
    """What a wording for this must and may hold. Raises `Invalid` for what there is not."""
    if channel not in channels_of(purpose):
        what = f"`{purpose}` is not sent by {channel}"
        raise Invalid(Problem("channel", what, f"by {' or '.join(channels_of(purpose))}"))
    known = advice.worded_in(channel)
    if language not in known:
        what = f"we have no texts in `{language}`"
        raise Invalid(Problem("language", what, nearest(language, known) or ", ".join(known)))
    if channel in advice.PAGED:
        needed, paged = advice.needed(purpose, channel), channel is not Channel.VOICE
        return Known(Audience.PATIENT, needed, advice.FIELDS, frozenset(), 0, names_health=paged)
    ours = texts.purpose_named(purpose)
    required = frozenset(ours.fields)
    if channel is Channel.EMAIL:
        required = frozenset(mail.purpose_named(purpose).fields)
    return Known(
        audience=ours.audience,
        required=required,
        allowed=required | _EVERYWHERE[ours.audience],
        words=_keywords(ours.templates[language]) if channel is Channel.SMS else frozenset(),
        max_segments=ours.max_segments,
    )


def check_wording(
    purpose: str, language: str, channel: Channel, body: str, subject: str | None = None
) -> list[Problem]:
    """Everything that is wrong with a wording; empty: it may be published."""
    try:
        known = known_of(purpose, language, channel)
    except Invalid as error:
        return list(error.problems)
    return [
        *_shape(channel, body, subject or ""),
        *_content(known, language, channel, body, subject or ""),
    ]


def _shape(channel: Channel, body: str, subject: str) -> Iterator[Problem]:
    """Is there something, and not too much of it?"""
    if not body.strip():
        yield Problem(BODY, "is empty", "write the text, or retire it: then ours is sent")
    if len(body) > MOST_CHARACTERS[channel]:
        yield Problem(BODY, f"has {len(body)} characters", f"at most {MOST_CHARACTERS[channel]}")
    if channel is Channel.SMS and subject:
        yield Problem(SUBJECT, "a text message has no subject", "leave it empty")
    if channel is not Channel.EMAIL:
        return
    if not subject.strip():
        yield Problem(SUBJECT, "is empty", "an e-mail without a subject is taken for junk")
    if "\n" in subject or "\r" in subject:
        yield Problem(SUBJECT, "has more than one line", "one line")
    if len(_filled(subject, longest())) > mail.LONGEST_SUBJECT:
        mend = f"at most {mail.LONGEST_SUBJECT} characters, fields filled"
        yield Problem(SUBJECT, "is too long", mend)


def _content(
    known: Known, language: str, channel: Channel, body: str, subject: str
) -> Iterator[Problem]:
    parts = {BODY: body} | ({SUBJECT: subject} if channel is Channel.EMAIL else {})
    broken = [problem for where, text in parts.items() for problem in _braces(where, text)]
    yield from broken
    if not broken:
        yield from _fields(known, parts)
    for where, text in parts.items():
        yield from _forbidden(known, where, _PLACE.sub(" ", text))
    if channel is Channel.SMS:
        yield from _words(known, language, body)
        if _GLUED.search(body):
            mend = "put a space on both sides of {link}"
            yield Problem(BODY, "a phone takes what stands at {link} for a part of it", mend)
        if not broken:
            yield from _budget(known, body)


# --- fields ---------------------------------------------------------------------------------------


def _braces(where: str, text: str) -> Iterator[Problem]:
    try:
        placeholders(text)
    except ValueError as error:
        what = str(error)
        if "plain name" not in what:
            what = "a brace is open or closed that has no partner"
        yield Problem(where, what, "write a field as {sender_name}, and no other braces")


def _fields(known: Known, parts: Mapping[str, str]) -> Iterator[Problem]:
    for where, text in parts.items():
        for name in sorted(placeholders(text) - known.allowed):
            mend = nearest(name, known.allowed) or f"there are {_listed(known.allowed)}"
            yield Problem(where, f"unknown field {{{name}}}", mend)
    if "link" in placeholders(parts.get(SUBJECT, "")):
        yield Problem(SUBJECT, "holds {link}", "a subject stands in many places: in the body only")
    named = frozenset[str]().union(*(placeholders(text) for text in parts.values()))
    for name in sorted(known.required - named):
        yield Problem(BODY, f"{{{name}}} is missing", f"add it: {rules().fields[name].says}")


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


# --- words that may not be there, and those that must ---------------------------------------------


def _forbidden(known: Known, where: str, literal: str) -> Iterator[Problem]:
    for word in () if known.names_health else health_words(literal):
        what = f"“{word}” tells of somebody's health"
        yield Problem(where, what, "others may read it: say it without such a word")
    for address in dict.fromkeys(match[0] for match in _ADDRESS.finditer(literal)):
        what = f"“{address}” is, or looks like, an address that is not ours"
        yield Problem(where, what, "{link} is the only one; after a full stop comes a space")
    if known.audience is Audience.PATIENT and (keyword := classify(literal)) is not None:
        what = f"is nothing but a word that stands for {keyword.upper()}"
        yield Problem(where, what, "say who writes and what about")


def _words(known: Known, language: str, body: str) -> Iterator[Problem]:
    literal = _PLACE.sub(" ", body)
    for keyword in sorted(known.words - _keywords(literal)):
        example = _example(keyword, language)
        what = f"does not say how to answer {keyword.upper()}"
        yield Problem(BODY, what, f"write the word in capitals, as “{example}”")
    for word in dict.fromkeys(asked_replies(literal)):
        is_ours = normalise(word) in _REPLIES[known.audience]
        if classify(word) is None and not is_ours:
            what = f"asks to reply “{word}”, which may be an answer to a question"
            yield Problem(BODY, what, "only STOP, START and HELP are understood by every phone")


def _keywords(text: str) -> frozenset[Keyword]:
    """The keywords that stand in capitals in it."""
    found = (classify(word) for word in _CAPITALS.findall(text))
    return frozenset(keyword for keyword in found if keyword is not None)


def _example(keyword: Keyword, language: str) -> str:
    """How our own texts say it in this language."""
    ours = (one.templates[language] for one in texts.library().purposes.values())
    sentences = (part.strip() for text in ours for part in re.split(r"(?<=[.!?,])\s", text))
    return next((each for each in sentences if keyword in _keywords(each)), keyword.upper())


# --- length ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What a text costs: `odd` is the character that GSM-7 lacks, `word` where it stands."""

    encoding: str
    parts: int
    characters: int
    odd: str = ""
    word: str = ""


def cost_of(text: str) -> Cost:
    """What this text costs, values filled in."""
    counted = segments(text)
    odd = beyond_gsm(text)
    word = next((each for each in text.split() if odd in each), "") if odd else ""
    return Cost(counted.encoding, counted.parts, len(text), odd, word.strip(string.punctuation))


def _budget(known: Known, body: str) -> Iterator[Problem]:
    plain = texts.plain_punctuation(body)
    cost = cost_of(_filled(plain, longest()))
    if not cost.odd:
        if cost.parts > known.max_segments:
            what = f"takes {cost.parts} segments with the longest names and links"
            yield Problem(BODY, what, f"shorten it to {known.max_segments}: each one is paid")
        return
    cost = cost_of(_filled(plain, samples()))
    if cost.parts > MOST_IN_UCS2:
        what = f"takes {cost.parts} segments, since {said_of(cost)}"
        yield Problem(BODY, what, "write it without that sign, or shorten it")


def said_of(cost: Cost) -> str:
    """Why a text costs more than it has to: the sign and where it stands."""
    sign = cost.odd if cost.odd.isprintable() and not cost.odd.isspace() else ascii(cost.odd)
    place = f" in “{cost.word}”" if cost.word != cost.odd and cost.word.isprintable() else ""
    return (
        f"“{sign}”{place} is not in the phones' alphabet: a segment holds 70 instead of 160 signs"
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fields that have a value are filled, others stay as they are written."""
    return _PLACE.sub(lambda match: values.get(match[0][1:-1], match[0]), text)


def preview(text: str, values: Mapping[str, str]) -> str:
    """The text with these values, and with samples for what they lack, however wrong it is."""
    return _filled(texts.plain_punctuation(text), samples() | dict(values))


@cache
def purposes() -> tuple[str, ...]:
    """Every purpose that a site may word itself, as the library orders them."""
    return tuple(name for name in texts.library().purposes if name in rules().purposes)
