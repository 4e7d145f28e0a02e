"""What somebody is told at once when her answers are severe: our own words, as data.

A purpose is `advice_emergency`, `advice_urgent` or `advice_soon`; of a symptom it is
`symptom_advice.<symptom>`, for which only a site has words. Sites word all of them themselves
(`rsm.messaging.site_texts`).
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import model_validator

from rsm.kernel.documents import Strict, parse
from rsm.kernel.words import Audience, Channel, Level
from rsm.messaging import texts

FIELDS = frozenset({"sender_name", "help_phone", "emergency_number"})
LEVELS = (Level.EMERGENCY, Level.URGENT, Level.SOON)
# Doors whose words stand here; those of a text message stand with the other texts.
PAGED = (Channel.WEB, Channel.VOICE, Channel.STAFF)
_SYMPTOM = "symptom_advice."


class Doors(Strict):
    """One piece of advice by door: language → sentences, one in a line."""

    web: Mapping[str, str]
    voice: Mapping[str, str]
    staff: Mapping[str, str]

    def through(self, door: Channel) -> Mapping[str, str]:
        return {Channel.WEB: self.web, Channel.VOICE: self.voice, Channel.STAFF: self.staff}[door]


class Advice(Strict):
    """The whole of `library/advice.toml`: who reviewed each language, and what is said."""

    languages: Mapping[str, str]
    advice: Mapping[str, Doors]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.advice) != {purpose_of(level) for level in LEVELS}:
            raise ValueError("there is one piece of advice for each level from `soon` up")
        for name, doors in self.advice.items():
            for words in (doors.web, doors.voice, doors.staff):
                if set(words) != set(self.languages):
                    raise ValueError(f"`{name}` must have exactly the languages of the file")
                for text in words.values():
                    _check_fields(name, text)
        return self


def _check_fields(name: str, text: str) -> None:
    if unknown := texts.placeholders(text) - FIELDS:
        raise ValueError(f"`{name}` has unknown fields: {', '.join(sorted(unknown))}")


@cache
def library() -> Advice:
    """Our advice; read once."""
    name = "advice.toml"
    text = (files("rsm.messaging") / "library" / name).read_text(encoding="utf-8")
    return parse(Advice, text, name)[0]


def purpose_of(level: Level) -> str:
    """How the advice of that level is called where texts have names."""
    return f"advice_{level.value}"


def of_symptom(symptom: str) -> str:
    """The same of a site's advice about one symptom."""
    return f"{_SYMPTOM}{symptom}"


def symptom_of(purpose: str) -> str | None:
    """The symptom that the advice is about; None for any other text."""
    return purpose.removeprefix(_SYMPTOM) if purpose.startswith(_SYMPTOM) else None


def is_of_level(purpose: str) -> bool:
    return purpose in library().advice


def is_advice(purpose: str) -> bool:
    """Whether this is said through several doors, and read on a page."""
    return is_of_level(purpose) or symptom_of(purpose) is not None


def doors_of(purpose: str) -> tuple[Channel, ...]:
    """Through which doors it is said: of a symptom on the page alone, where she may read it."""
    return (Channel.WEB,) if symptom_of(purpose) is not None else (Channel.SMS, *PAGED)


def needed(purpose: str, door: Channel) -> frozenset[str]:
    """The fields that a wording must hold: whom to call."""
    if not is_of_level(purpose):
        return frozenset()
    return frozenset({"emergency_number"} | (set() if door is Channel.STAFF else {"help_phone"}))


def audience_of(purpose: str) -> Audience:
    """Whom a text is for. Raises `Invalid` for an unknown purpose."""
    return Audience.PATIENT if is_advice(purpose) else texts.purpose_named(purpose).audience


def worded_in(door: Channel) -> tuple[str, ...]:
    """Languages in which texts of this channel are worded."""
    return tuple(library().languages if door in PAGED else texts.library().languages)


def language_of(wanted: str, door: Channel) -> str:
    """The language in which somebody who wants `wanted` (such as `es-MX`) is told."""
    if door is Channel.SMS:
        return texts.text_language(wanted)
    primary = wanted.replace("_", "-").split("-")[0].casefold()
    return primary if library().languages.get(primary) else texts.FALLBACK


def ours(purpose: str, language: str, door: Channel) -> str:
    """Our own words, their fields unfilled; empty for a symptom: about one only a site writes."""
    if symptom_of(purpose) is not None:
        return ""
    tongue = language_of(language, door)
    if door is Channel.SMS:
        return texts.purpose_named(purpose).templates[tongue]
    return library().advice[purpose].through(door)[tongue].strip()


def sentences(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of a piece of advice with their fields filled. Values are never templates."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line.format_map(values) for line in lines if line)
