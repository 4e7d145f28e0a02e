"""The field's lists of tags, and the titles of what the system itself notes: data in `library/`."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Group(BaseModel):
    """Some tags of one list that belong together."""

    model_config = _STRICT

    name: str
    tags: tuple[str, ...]


class TagList(BaseModel):
    """One of the field's lists: names only, with where they come from. They stay English."""

    model_config = _STRICT

    name: str
    about: str
    citation: str
    groups: tuple[Group, ...]

    def __contains__(self, tag: str) -> bool:
        return any(tag in group.tags for group in self.groups)


@cache
def strategies() -> TagList:
    """ERIC's implementation strategies."""
    return TagList.model_validate(_read("strategies"))


@cache
def barriers() -> TagList:
    """CFIR's determinants."""
    return TagList.model_validate(_read("barriers"))


def title(code: str, language: str, what: str = "") -> str:
    """How the system calls what it noted. English where the language has no words for it."""
    words = _titles().get(language) or _titles()["en"]
    return words[code].format(what=what)


@cache
def _titles() -> dict[str, dict[str, str]]:
    return {
        language: {code: str(words) for code, words in codes.items()}
        for language, codes in _read("noted").items()
        if isinstance(codes, dict)
    }


def _read(name: str) -> dict[str, object]:
    folder = files("rsm.improvement") / "library"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
