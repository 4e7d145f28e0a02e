"""Words of somebody who needs help within minutes, as data (`library/red_flags.toml`). Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from rsm.kernel.documents import Strict, parse
from rsm.kernel.keywords import normalise

_PARTS = re.compile(r"[.,;:!?\n]+")  # what is denied in one is not denied in the next


class Words(Strict):
    """One language's: who reviewed them, and what before them says that it is not so.

    `cannot`: words that begin so are never denied: "no, can't breathe" without its comma.
    """

    reviewed_by: str
    denied: Sequence[str]
    cannot: Sequence[str]
    words: Sequence[str]


class RedFlags(Strict):
    """The whole of the file."""

    languages: Mapping[str, Words]


def is_emergency(text: str) -> bool:
    """Whether such words stand in `text`, in any language: people mix them.

    >>> is_emergency("Please, I CAN'T breathe"), is_emergency("no chest pain today")
    (True, False)
    """
    parts = [f" {normalise(part)} " for part in _PARTS.split(text)]
    return any(_stands(part, *known) for part in parts for known in _known())


def _stands(padded: str, words: Sequence[tuple[str, bool]], denied: Sequence[str]) -> bool:
    """Whether one of these stands there without being denied right before."""
    for word, deniable in words:
        at = padded.find(f" {word} ")
        while at >= 0:
            before = f" {padded[:at].strip()}"
            if not deniable or not any(before.endswith(f" {each}") for each in denied):
                return True
            at = padded.find(f" {word} ", at + 1)
    return False


@cache
def _known() -> Sequence[tuple[Sequence[tuple[str, bool]], Sequence[str]]]:
    return tuple(
        (tuple(_deniable(each)), tuple(map(normalise, each.denied)))
        for each in library().languages.values()
    )


def _deniable(words: Words) -> Iterator[tuple[str, bool]]:
    """Each as it is compared, and whether what stands before it can deny it."""
    never = frozenset(map(normalise, words.cannot))
    for word in map(normalise, words.words):
        yield word, word.split()[0] not in never


@cache
def library() -> RedFlags:
    """Our words; read once."""
    name = "red_flags.toml"
    text = (files("rsm.messaging") / "library" / name).read_text(encoding="utf-8")
    return parse(RedFlags, text, name)[0]
