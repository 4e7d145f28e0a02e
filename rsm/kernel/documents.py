"""TOML documents into strict models, with errors that name the file, the line and the right word.

`tomllib` forgets where a key stood, so that a small index of the text finds the line again.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from rsm.kernel.errors import Invalid, Problem

# Keys and indexes from the root of a document: ("rules", 0, "when", "value").
Loc = tuple[int | str, ...]

_WORD = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"^\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_CLOSED_BLOCK = re.compile(r'"""(?:.*?)"""|\'\'\'(?:.*?)\'\'\'')
_BLOCK = re.compile(r'"""|\'\'\'')
_LONGEST_SHOWN = 80


class Strict(BaseModel):
    """A model that changes for nobody, refuses unknown keys and converts nothing in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Source:
    """Where a document came from, so that a complaint can point at the line."""

    name: str
    lines: Mapping[Loc, int] = field(default_factory=dict)

    def place(self, loc: Loc) -> str:
        """`first.toml:12: rules[0].when.value`; the line is that of the nearest enclosing key."""
        for end in range(len(loc), 0, -1):
            # An array of tables begins where the first of them does.
            if line := self.lines.get(loc[:end]) or self.lines.get((*loc[:end], 0)):
                return f"{self.name}:{line}: {path_text(loc)}"
        return f"{self.name}: {path_text(loc)}" if loc else self.name


def source_of(text: str, name: str) -> Source:
    return Source(name, dict(_index(text)))


def parse(model: type[Model], text: str, name: str) -> tuple[Model, Source]:
    """The document as a model and where its keys stand; raises `Invalid` with every problem."""
    source = source_of(text, name)
    try:
        data = read_toml(text, name)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(name, f"not TOML: {error}")) from error
    return validate(model, data, source), source


def read_toml(text: str, name: str) -> dict[str, object]:
    """What a TOML text holds. Raises `TOMLDecodeError`; `Invalid` for what no reader can hold."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        what = "holds too many brackets within each other"
        raise Invalid(Problem(name, what, "write it flatter")) from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's bound on the digits of a number
        raise Invalid(Problem(name, "holds a number of thousands of digits")) from None


def validate(model: type[Model], data: Mapping[str, object], source: Source) -> Model:
    """Strict validation by the rules of JSON: a word may become an enum, a text never a number."""
    try:
        return model.model_validate_json(json.dumps(data, default=_plain))
    except ValidationError as error:
        names = frozenset(_keys(model.model_json_schema()))
        found = error.errors()
        own = [detail for detail in found if not _follows(detail, found)]
        problems = [_problem(detail, data, source, names) for detail in own]
        raise Invalid(problems) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or nothing when no known word is close."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def path_text(loc: Loc) -> str:
    """`rules[0].when.value`"""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    raise TypeError(f"a TOML document cannot hold {value!r}")


# --- which line a key stands on ------------------------------------------------------------


def _index(text: str) -> Iterator[tuple[Loc, int]]:
    """Every table header and key with its line; keys inside values that span lines are left out."""
    table: Loc = ()
    counts: dict[Loc, int] = {}
    for number, line in _top_level(text):
        if header := _HEADER.match(line):
            table = _table(_words(header[2]), header[1] == "[[", counts)
            yield table, number
        elif key := _KEY.match(line):
            path = (*table, *_words(key[1]))
            for end in range(len(table) + 1, len(path) + 1):
                yield path[:end], number


def _top_level(text: str) -> Iterator[tuple[int, str]]:
    """Lines that do not continue a bracket or a block of text from an earlier line."""
    depth, block = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if block:
            if block in line:
                block = ""
            continue
        if depth == 0:
            yield number, line
        bare = _STRING.sub("", _CLOSED_BLOCK.sub("", line)).split("#", 1)[0]
        if opening := _BLOCK.search(_CLOSED_BLOCK.sub("", line)):
            block = opening[0]
            continue
        if not _HEADER.match(line) or depth:
            depth += sum(bare.count(mark) for mark in "[{") - sum(bare.count(m) for m in "]}")


def _table(words: list[str], is_array: bool, counts: dict[Loc, int]) -> Loc:
    path: Loc = ()
    for word in words[:-1]:
        path = (*path, word)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, words[-1])
    if not is_array:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])


def _words(dotted: str) -> list[str]:
    return [word.strip("\"'") for word in re.findall(_WORD, dotted)]


# --- what Pydantic found, in our words -----------------------------------------------------


def _problem(
    detail: ErrorDetails, data: Mapping[str, object], source: Source, names: frozenset[str]
) -> Problem:
    loc = _real(detail["loc"], data, keep_last=detail["type"] == "missing")
    where = source.place(loc)
    last = str(loc[-1]) if loc else ""
    given, context = detail.get("input"), detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return Problem(where, f"unknown key `{last}`", nearest(last, set(names) - {last}))
        case "missing":
            return Problem(where, f"`{last}` is missing")
        case "enum" | "literal_error" | "union_tag_invalid":
            word = _short(context.get("tag", given))
            expected = str(context.get("expected_tags", context.get("expected")))
            expected = re.sub(r"<[\w.]+: ('[^']*')>", r"\1", expected)  # members of an enum
            known = re.findall(r"'([^']*)'", expected)
            return Problem(where, f"`{word}` is not one of {expected}", nearest(word, known))
        case "value_error":
            return Problem(where, str(context["error"]))
        case "string_pattern_mismatch":
            return Problem(where, f"`{_short(given)}` does not have the form", _such_as(context))
        case _:
            return Problem(where, f"{detail['msg']}, got {_short(given, repr)}")


def _short(given: object, written: Callable[[object], str] = str) -> str:
    """What stands there, as far as it fits on a line: it may be half the document."""
    text = written(given)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


# One of these has the form that is wanted: few people read a regular expression.
_EXAMPLES = ("1.0.0", "pain-worse", "en", "09:00", "pain.severity")


def _follows(detail: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because what stands in it is wrong, and was named."""
    loc = detail["loc"]
    within = (other["loc"] for other in found if other is not detail)
    return detail["type"] == "too_short" and any(each[: len(loc)] == loc for each in within)


def _such_as(context: Mapping[str, object]) -> str:
    pattern = str(context.get("pattern"))
    fitting = (each for each in _EXAMPLES if re.fullmatch(pattern, each))
    return next((f"such as `{each}`" for each in fitting), f"expected {pattern}")


def _real(loc: Loc, data: object, keep_last: bool) -> Loc:
    """`loc` without the names that Pydantic adds for the branches of a union."""
    path: Loc = ()
    for number, part in enumerate(loc, start=1):
        if _holds(data, part):
            path, data = (*path, part), data[part]  # type: ignore[index]  # _holds looked
        elif keep_last and number == len(loc):
            path = (*path, part)
    return path


def _holds(data: object, part: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _keys(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
        for inner in schema.values():
            yield from _keys(inner)
