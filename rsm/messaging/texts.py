"""Text messages as data: templates by purpose and language, rendered only when they are sent."""

import string
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator

from rsm.kernel.documents import Strict, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Audience, Level

FALLBACK = "en"


class TextLanguage(Strict):
    """A language in which we text: who reviewed its wording, and its words for the levels."""

    reviewed_by: str  # a named person; a language that nobody reviewed is not used
    levels: Mapping[Level, str]


class Purpose(Strict):
    """One kind of message. Besides its own keys it holds one template per language."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    audience: Audience
    fields: Sequence[str]
    max_segments: int = Field(ge=1, le=3)

    @property
    def templates(self) -> Mapping[str, str]:
        """Language → template."""
        return self.__pydantic_extra__

    @model_validator(mode="after")
    def _placeholders_are_the_fields(self) -> Self:
        for language, template in self.templates.items():
            if placeholders(template) != frozenset(self.fields):
                raise ValueError(f"the placeholders of `{language}` are not {list(self.fields)}")
        return self


class Texts(Strict):
    """The whole of `library/texts.toml`."""

    languages: Mapping[str, TextLanguage]
    purposes: Mapping[str, Purpose]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, purpose in self.purposes.items():
            if set(purpose.templates) != set(self.languages):
                raise ValueError(f"`{name}` must have exactly the languages {set(self.languages)}")
        return self


@cache
def library() -> Texts:
    """Our texts; read once."""
    name = "texts.toml"
    text = (files("rsm.messaging") / "library" / name).read_text(encoding="utf-8")
    return parse(Texts, text, name)[0]


def render(purpose: str, language: str, fields: Mapping[str, str], own: str | None = None) -> str:
    """The message of that purpose, in `language` or else in English: better that than silence.

    `own` is a site's wording in place of ours. Raises `Invalid` for an unknown purpose and for
    fields that are missing, empty or unknown.
    """
    template = purpose_named(purpose)
    wanted = template.fields if own is None else sorted(placeholders(own))
    plain = {name: plain_punctuation(" ".join(value.split())) for name, value in fields.items()}
    problems = [
        Problem(f"{purpose}.{name}", "is missing or empty", "give it a value")
        for name in wanted
        if not plain.get(name)
    ]
    problems += [
        Problem(f"{purpose}.{name}", "unknown field", nearest(name, wanted))
        for name in sorted(fields.keys() - set(wanted))
    ]
    if problems:
        raise Invalid(problems)
    words = template.templates[text_language(language)] if own is None else own
    return words.format_map(plain)


def text_language(wanted: str) -> str:
    """The language in which somebody who wants `wanted` (such as `es-MX`) gets texts."""
    primary = wanted.replace("_", "-").split("-")[0].casefold()
    known = library().languages.get(primary)
    return primary if known is not None and known.reviewed_by else FALLBACK


def level_word(level: Level, language: str) -> str:
    """How an alert level is called in a text to staff."""
    return library().languages[text_language(language)].levels[level]


def placeholders(template: str) -> frozenset[str]:
    """The names in braces; raises `ValueError` for anything fancier than `{name}`."""
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"`{{{name}}}` is not a plain name in braces")
        names.add(name)
    return frozenset(names)


def purpose_named(name: str) -> Purpose:
    """Raises `Invalid` for a purpose that we do not know, with the nearest."""
    purposes = library().purposes
    if name not in purposes:
        raise Invalid(Problem("purpose", f"unknown purpose `{name}`", nearest(name, purposes)))
    return purposes[name]


# --- how many segments a text takes -------------------------------------------------------------

Encoding = Literal["GSM-7", "UCS-2"]

# GSM 03.38: the default alphabet, and the extension table whose characters take two septets.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _GSM_BASIC | _GSM_EXTENDED
# Signs that may be exchanged without changing a word; letters never are (lesson 55).
_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "`": "'",
        "\u00b4": "'",
    }
)


class Segments(NamedTuple):
    """What a text costs: its encoding and into how many parts it is cut."""

    encoding: Encoding
    parts: int


def beyond_gsm(text: str) -> str:
    """The first character of `text` that GSM-7 lacks; empty when there is none."""
    return next((char for char in text if char not in _GSM), "")


def plain_punctuation(text: str) -> str:
    """`text` with curly quotes, dashes and the like in GSM-7; letters keep their accents."""
    return text.translate(_PLAIN)


def segments(text: str) -> Segments:
    """The encoding of `text` and how many segments it takes: 160/153 septets, 70/67 UTF-16 units.

    A character that takes two units is never cut in two by the border of a segment.
    """
    if _GSM.issuperset(text):
        if len(text) <= 160 and _GSM_EXTENDED.isdisjoint(text):
            return Segments("GSM-7", 1)
        return Segments("GSM-7", _count([1 + (char in _GSM_EXTENDED) for char in text], 160, 153))
    return Segments("UCS-2", _count([1 + (ord(char) > 0xFFFF) for char in text], 70, 67))


def _count(sizes: Sequence[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
