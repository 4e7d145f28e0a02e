"""A pack from its file and the parts that it includes, as one text that stands for itself.

`include = ["red-set"]` on one line before the first table names files in `alert_rules/parts/`.
Their text follows the pack's own, so that what is published needs no other file; the line that a
mistake stands on is still that of the file where it was written.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from rsm.kernel.documents import Loc, Source, nearest, path_text, read_toml, source_of
from rsm.kernel.errors import Invalid, Problem

# The text of a part, or None when there is none of that name.
ReadPart = Callable[[str], str | None]

_INCLUDE = re.compile(r"^include\s*=\s*(\[[^\]\n]*\])[ \t]*(?:#.*)?$", re.MULTILINE)
_TABLE = re.compile(r"^\s*\[", re.MULTILINE)


@dataclass(frozen=True)
class Composed(Source):
    """Where each line of a composed text was written: (its first line there, the file)."""

    files: tuple[tuple[int, str], ...] = ()

    def place(self, loc: Loc) -> str:
        for end in range(len(loc), 0, -1):
            if line := self.lines.get(loc[:end]):
                first, name = max(each for each in self.files if each[0] <= line)
                return f"{name}:{line - first + 1}: {path_text(loc)}"
        return super().place(loc)


def compose(text: str, name: str, read: ReadPart, known: list[str]) -> tuple[str, Source]:
    """The whole text and where its lines stand; raises `Invalid` for a part that there is not.

    Composing a composed text changes nothing.
    """
    head = text[: found.start()] if (found := _TABLE.search(text)) else text
    wanted = _INCLUDE.search(head)
    if wanted is None:
        return text, source_of(text, name)
    line = text.count("\n", 0, wanted.start()) + 1
    whole = f"{text[: wanted.start()]}# {wanted[0]}{text[wanted.end() :]}".rstrip("\n") + "\n"
    files = [(1, name)]
    for part in _names(wanted[1], f"{name}:{line}: include"):
        body = read(part)
        if body is None:
            where, what = f"{name}:{line}: include", f"there is no part `{part}`"
            mend = nearest(part, known) or f"there are {', '.join(known)}"
            raise Invalid(Problem(where, what, mend))
        _readable(body, f"parts/{part}.toml")
        whole += "\n"
        files.append((whole.count("\n") + 1, f"parts/{part}.toml"))
        whole += body.rstrip("\n") + "\n"
    lines = source_of(whole, name).lines
    return whole, Composed(name, lines, tuple(files))


def _names(array: str, where: str) -> list[str]:
    try:
        names = read_toml(f"include = {array}", where)["include"]
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(where, f"not TOML: {error}")) from error
    named = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if named != names:
        raise Invalid(Problem(where, "expected names of parts", 'such as ["red-set"]'))
    return list(dict.fromkeys(named))


def _readable(body: str, name: str) -> None:
    """A part is TOML by itself, so that its own line is told."""
    try:
        read_toml(body, name)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(name, f"not TOML: {error}")) from error
