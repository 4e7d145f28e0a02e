"""The words of the patient pages, one TOML file per language, each with who reviewed it.

A file has a head (`language`, `name`, `dir`, `reviewed_by`) and `[pages.<page>]` tables of
plain strings. `{name}` is filled in, `**word**` is set in bold; there is no other markup.

A language is offered only if it is complete: it has every string that a patient reads, with the
same places to fill. The pages of staff it may leave out, and staff then read English.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from rsm.kernel.errors import Problem

SOURCE_LANGUAGE = "en"
# Pages that only staff read. Whatever is not named here, a patient reads.
STAFF_PAGES = frozenset(
    {
        *("tasks", "calls", "entry", "rules", "replay", "explain", "expected", "quiet", "digest"),
        *("releases", "changes", "forms", "console", "note_templates", "handover", "story"),
        *("summary", "ladders", "routing", "changing", "senders"),
        *("improvement", "going_live"),
        *("proxies", "paper", "downtime", "reports"),
        *("foresight", "instruments", "drafts", "trials", "instrument_faults"),
        "workers",
        *("measures",),
        *("exports",),
        *("month_report", "site_reports"),
        "collaborative",
        *("frame", "site", "equity", "lost"),
        "staff_errors",
    }
)
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

    def sections(self) -> Mapping[str, SimpleNamespace]:
        """Page name → its strings as attributes, as templates read them."""
        return self._sections

    @cached_property
    def _sections(self) -> Mapping[str, SimpleNamespace]:
        return {page: SimpleNamespace(**words) for page, words in self.pages.items()}


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that are complete and reviewed, the source language first."""
    codes = (code for code in sorted(shipped()) if code != SOURCE_LANGUAGE)
    return (
        SOURCE_LANGUAGE,
        *(code for code in codes if _load(code).reviewed_by and not gaps(code)),
    )


def shipped() -> frozenset[str]:
    """The codes of all languages that have a file here, offered or not."""
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


def texts_in(language: str) -> Texts:
    """The texts of `language`, or of the source language when we do not have it.

    What a translation lacks of the pages of staff is there in the source language.
    """
    if language == SOURCE_LANGUAGE or language not in languages():
        return _load(SOURCE_LANGUAGE)
    return _whole(language)


def texts_for(page: str, language: str) -> Texts:
    """The texts in which that page is read by whoever speaks `language`."""
    known = language in languages() and page in _load(language).pages
    return texts_in(language if known else SOURCE_LANGUAGE)


def gaps(language: str) -> list[Problem]:
    """Why a translation is not offered: strings that it lacks or has beside the source, or whose
    places to fill are others. A page of staff is there as a whole, or not at all.
    """
    texts, source = _load(language), _load(SOURCE_LANGUAGE)
    left_out = STAFF_PAGES - texts.pages.keys()
    ours, theirs = _places(texts), _places(source, left_out)
    wrong = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    what = "differs from the source language"
    return [Problem(f"{texts.language}.toml {key}", what) for key in wrong]


@cache
def _whole(language: str) -> Texts:
    source, texts = _load(SOURCE_LANGUAGE), _load(language)
    return Texts.model_validate({**dict(texts), "pages": {**source.pages, **texts.pages}})


@cache
def _load(language: str) -> Texts:
    raw = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Texts.model_validate(raw)


def _places(texts: Texts, without: Collection[str] = ()) -> dict[str, frozenset[str]]:
    return {
        f"{page}.{key}": frozenset(_PLACE.findall(text))
        for page, words in texts.pages.items()
        if page not in without
        for key, text in words.items()
    }
