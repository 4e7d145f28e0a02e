"""What calls say, as data: phrases by name and language, rendered only when a call is made.

As for texts: no word about health, no name of a patient; a language that nobody reviewed is not
spoken, English is.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import model_validator

from rsm.kernel.documents import Strict, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level
from rsm.messaging.texts import placeholders, text_language


class SpokenLanguage(Strict):
    """A language in which we call: who reviewed it, its voice and that one's locale, its words for
    levels."""

    reviewed_by: str
    locale: str
    voice: str
    levels: Mapping[Level, str]


class Phrase(Strict):
    """One thing that a call says, in every language."""

    fields: Sequence[str]
    en: str
    es: str

    @property
    def words(self) -> Mapping[str, str]:
        """Language → template."""
        return {"en": self.en, "es": self.es}

    @model_validator(mode="after")
    def _placeholders_are_the_fields(self) -> Self:
        for language, template in self.words.items():
            if placeholders(template) != frozenset(self.fields):
                raise ValueError(f"the placeholders of `{language}` are not {list(self.fields)}")
        return self


class Phrases(Strict):
    """The whole of `library/spoken.toml`."""

    languages: Mapping[str, SpokenLanguage]
    says: Mapping[str, Phrase]


@cache
def phrases() -> Phrases:
    """Everything that we say; read once."""
    name = "spoken.toml"
    text = (files("rsm.messaging") / "library" / name).read_text(encoding="utf-8")
    return parse(Phrases, text, name)[0]


def phrase(name: str) -> Phrase:
    """Raises `Invalid` for a phrase that there is not: not every message can be spoken."""
    known = phrases().says
    if name not in known:
        raise Invalid(Problem("purpose", f"`{name}` is not said in a call", nearest(name, known)))
    return known[name]


def say(name: str, language: str, fields: Mapping[str, str]) -> str:
    """The words of that phrase; `fields` may hold more than it names, and `code` comes unspelled.

    Raises `Invalid` for a phrase that there is not, and for fields that are missing or empty.
    """
    known = phrase(name)
    values = {field: " ".join(value.split()) for field, value in fields.items()}
    if missing := sorted(field for field in known.fields if not values.get(field)):
        raise Invalid([Problem(f"{name}.{field}", "is missing or empty") for field in missing])
    if "code" in values:
        values["code"] = spelled(values["code"])
    return known.words[text_language(language)].format_map(values)


def spelled(code: str) -> str:
    """A code as it is read out: letter by letter, with a short rest after each."""
    return ", ".join(code)


def locale(language: str) -> str:
    """The voice for somebody who wants this language."""
    return phrases().languages[text_language(language)].locale


def voice(language: str) -> str:
    """The provider's name of that voice."""
    return phrases().languages[text_language(language)].voice


def languages() -> frozenset[str]:
    """The languages in which we call."""
    return frozenset(tag for tag, one in phrases().languages.items() if one.reviewed_by)


_NUMBER = re.compile(r"\+?\d[\d-]*\d|\d")
_LONG = 3  # digits that are read one by one: 911, and never the 12 of "12 questions"


def read_out(text: str) -> str:
    """The text with its telephone numbers digit by digit, resting where they have a hyphen."""
    return _NUMBER.sub(_digits, text)


def _digits(found: re.Match[str]) -> str:
    groups = [group for group in found[0].lstrip("+").split("-") if group]
    if len("".join(groups)) < _LONG:
        return found[0]
    return ", ".join(" ".join(group) for group in groups)


def level_said(level: Level, language: str) -> str:
    """How an alert level is called in a call."""
    return phrases().languages[text_language(language)].levels[level]
