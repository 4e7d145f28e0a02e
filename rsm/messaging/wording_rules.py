"""What the checks of wordings know, as data (`library/wording.toml`): fields, names, words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from rsm.kernel.documents import Strict, parse
from rsm.kernel.keywords import normalise


class Field(Strict):
    """One field: what it says to whoever writes, and two values for it."""

    says: str
    sample: str
    longest: str


class HealthWords(Strict):
    """Words of health in one language, without accents and in small letters."""

    anywhere: Sequence[str]
    begins: Sequence[str]
    whole: Sequence[str]


class Replies(Strict):
    """How a text asks for a reply, and words that would be an answer to a question."""

    verbs: Sequence[str]
    between: Sequence[str]
    options: Sequence[str]


class Rules(Strict):
    """The whole of `library/wording.toml`."""

    fields: Mapping[str, Field]
    purposes: Mapping[str, str]
    health: Mapping[str, HealthWords]
    replies: Replies


@cache
def rules() -> Rules:
    """Our rules; read once."""
    name = "wording.toml"
    text = (files("rsm.messaging") / "library" / name).read_text(encoding="utf-8")
    return parse(Rules, text, name)[0]


def samples() -> dict[str, str]:
    """A likely value for every field."""
    return {name: one.sample for name, one in rules().fields.items()}


def longest() -> dict[str, str]:
    """A value for every field that is as long as any is likely to be."""
    return {name: one.longest for name, one in rules().fields.items()}


def health_words(text: str) -> list[str]:
    """The words of health in `text`, whatever its language, each once and as it is compared."""
    plain = normalise(text)
    found = [word for word in plain.split() if _is_of_health(word)]
    found += [words for words in _phrases() if f" {words} " in f" {plain} "]
    return list(dict.fromkeys(found))


def asked_replies(text: str) -> Iterator[str]:
    """The words that `text` asks to reply with, as they stand there."""
    yield from (match["word"] or match["quoted"] for match in _replies().finditer(text))


def _is_of_health(word: str) -> bool:
    return any(
        word in words.whole
        or word.startswith(tuple(words.begins))
        or any(part in word for part in words.anywhere)
        for words in rules().health.values()
    )


@cache
def _phrases() -> tuple[str, ...]:
    every = (each for words in rules().health.values() for each in words.whole)
    return tuple(each for each in every if " " in each)


@cache
def _replies() -> re.Pattern[str]:
    """A verb, perhaps a word between, then the word; in capitals, in quotes, a number, an option.

    Accents of the verbs may be left out or not: both are looked for.
    """
    known = rules().replies
    verbs = "|".join(re.escape(verb) for verb in (*known.verbs, "envíe", "envía"))
    between = "|".join(re.escape(word) for word in known.between)
    options = "|".join(re.escape(word) for word in (*known.options, "sí", "muchísimo"))
    word = (
        rf"(?P<word>(?i:{options})(?!\w)|\d+(?!\w)|[A-ZÁÉÍÓÚÑ]{{2,}}(?!\w))"
        rf"|[\"'“”«»‘’](?P<quoted>[^\"'“”«»‘’]{{1,30}})[\"'“”«»‘’]"  # noqa: RUF001 - quotes
    )
    pattern = rf"\b(?i:{verbs})\s+(?:(?i:{between})\s+){{0,2}}(?:{word})"
    return re.compile(pattern)
