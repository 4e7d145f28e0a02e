"""The words of the patient pages, one TOML file per language, each with who reviewed it.

A file has a head (`language`, `name`, `dir`, `reviewed_by`) and `[pages.<page>]` tables of
plain strings. `{name}` is filled in, `**word**` is set in bold; there is no other markup.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from rsm.kernel.errors import Invalid, Problem

SOURCE_LANGUAGE = "en"
_FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{(\w+)\}")


class Texts(BaseModel):
    """All strings of the patient pages in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    name: str
    dir: Literal["ltr", "rtl"]
    reviewed_by: str = ""  # a named person; without one the language is not offered
    pages: dict[str, dict[str, str]]

    def sections(self) -> dict[str, SimpleNamespace]:
        """Page name → its strings as attributes, as templates read them."""
        return {page: SimpleNamespace(**words) for page, words in self.pages.items()}


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that somebody has reviewed, the source language first."""
    codes = {path.stem for path in _FOLDER.glob("*.toml")} - {SOURCE_LANGUAGE}
    return (SOURCE_LANGUAGE, *(code for code in sorted(codes) if _load(code).reviewed_by))


def texts_in(language: str) -> Texts:
    """The texts of `language`, or of the source language when we do not have it."""
    return _load(language if language in languages() else SOURCE_LANGUAGE)


@cache
def _load(language: str) -> Texts:
    raw = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    texts = Texts.model_validate(raw)
    if language != SOURCE_LANGUAGE:
        _refuse_gaps(texts, _load(SOURCE_LANGUAGE))
    return texts


def _refuse_gaps(texts: Texts, source: Texts) -> None:
    """A translation has every string of the source, with the same places to fill."""
    ours, theirs = _places(texts), _places(source)
    wrong = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    if wrong:
        raise Invalid(
            [
                Problem(f"{texts.language}.toml {key}", "differs from the source language")
                for key in wrong
            ]
        )


def _places(texts: Texts) -> dict[str, frozenset[str]]:
    return {
        f"{page}.{key}": frozenset(_PLACE.findall(text))
        for page, words in texts.pages.items()
        for key, text in words.items()
    }
