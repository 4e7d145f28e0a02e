"""Files of licensed wording, CSV or TOML, as lines that each hold one text."""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rsm.kernel.documents import Loc, Source, read_toml, source_of
from rsm.kernel.errors import Invalid, Problem

_COLUMNS = ("item", "part", "value")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SUCH_AS = "such as item,part,value,en,es"


@dataclass(frozen=True)
class Line:
    """One text: of which item, part and value, in which language, on which line of the file."""

    number: int
    item: str
    part: str
    value: str
    language: str
    text: str


def read_lines(text: str, name: str) -> list[Line]:
    """Every text of the file; TOML where the name ends so, else CSV. Raises `Invalid`."""
    lines = list(_toml(text, name) if name.endswith(".toml") else _csv(text, name))
    if not lines:
        raise Invalid(Problem(name, "holds no text", f"the first line names columns, {_SUCH_AS}"))
    return lines


# --- CSV -----------------------------------------------------------------------------------


def _csv(text: str, name: str) -> Iterator[Line]:
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        columns = [column.strip() for column in next(rows, [])]
        _check_columns(columns, name)
        start = rows.line_num
        for row in rows:
            number, start = start + 1, rows.line_num
            if any(cell.strip() for cell in row):
                yield from _of_row(dict(zip(columns, row, strict=False)), row, number, name)
    except csv.Error as error:
        raise Invalid(Problem(f"{name}:{rows.line_num}", f"is no CSV: {error}")) from None


def _check_columns(columns: list[str], name: str) -> None:
    missing = [column for column in _COLUMNS if column not in columns]
    others = [column for column in columns if column not in _COLUMNS]
    strange = [column for column in others if not _LANGUAGE.fullmatch(column)]
    problems = [
        *(Problem(f"{name}:1", f"no column {column!r}", _SUCH_AS) for column in missing),
        *(Problem(f"{name}:1", f"{each!r} is no language", "such as en or es") for each in strange),
    ]
    if len(set(columns)) < len(columns):
        problems.append(Problem(f"{name}:1", "a column is there twice", "keep one of them"))
    if not others and not problems:
        problems.append(Problem(f"{name}:1", "no language has a column", _SUCH_AS))
    if problems:
        raise Invalid(problems)


def _of_row(cells: Mapping[str, str], row: list[str], number: int, name: str) -> Iterator[Line]:
    if len(row) > len(cells):
        what = f"{len(row)} cells under {len(cells)} columns"
        raise Invalid(Problem(f"{name}:{number}", what, "put a text with a comma in quotes"))
    item, part, value = (cells.get(column, "").strip() for column in _COLUMNS)
    for language, text in cells.items():
        if language not in _COLUMNS and text.strip():
            yield Line(number, item, part, value, language, text.strip())


# --- TOML ----------------------------------------------------------------------------------


def _toml(text: str, name: str) -> Iterator[Line]:
    """`title.en = "…"`, under `[question]` `"phq-9.1".en = "…"`, `[option."*"]` `0.en = "…"`."""
    try:
        content = read_toml(text, name)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(name, f"not TOML: {error}", "mend the syntax there")) from None
    source = source_of(text, name)
    for loc, words in _leaves(content, ()):
        yield _of_leaf(loc, words, source)


def _leaves(value: object, loc: Loc) -> Iterator[tuple[Loc, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*loc, key))
    else:
        yield loc, value


def _of_leaf(loc: Loc, words: object, source: Source) -> Line:
    """part.language, part.item.language or part.item.value.language."""
    place = source.place(loc)
    if not 2 <= len(loc) <= 4 or not _LANGUAGE.fullmatch(str(loc[-1])):
        raise Invalid(Problem(place, "does not end in a language", 'such as title.en = "…"'))
    if not isinstance(words, str) or not words.strip():
        raise Invalid(Problem(place, "is no text", "put the words in quotes"))
    part, *rest = (str(key) for key in loc[:-1])
    item, value = (*rest, "", "")[:2]
    number = next(
        (line for end in range(len(loc), 0, -1) if (line := source.lines.get(loc[:end]))), 0
    )
    return Line(number, item, part, value, str(loc[-1]), words.strip())
