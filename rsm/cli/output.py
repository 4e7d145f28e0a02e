"""How commands read and write: one JSON document, or a line of it per line."""

import json
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path

from rsm.kernel.errors import Invalid, Problem, RsmError

Looked = tuple[Sequence[Problem], Sequence[Problem]]  # what stands in a file's way; what to note


def show(document: object) -> None:
    """One JSON document on standard output."""
    print(_writable(json.dumps(document, ensure_ascii=False, indent=2, default=str)))


def read_document() -> object:
    """The JSON document on standard input; `Invalid` when it is none."""
    _take_any_bytes()
    return _parse(sys.stdin.read(), "standard input")


def parse_document(text: str, where: str) -> object:
    """The JSON document that an argument is; `Invalid` when it is none."""
    return _parse(text, where)


def each_line(answer: Callable[[object], object]) -> int:
    """JSON Lines through `answer`, in the same order; a bad line gives `{"error": …}`."""
    _take_any_bytes()
    for number, line in enumerate(sys.stdin, start=1):
        try:
            result = answer(_parse(line, f"line {number}"))
        except RsmError as error:
            result = {"error": str(error)}
        sys.stdout.write(_writable(json.dumps(result, ensure_ascii=False, default=str)) + "\n")
    return 0


def verdict(files: Sequence[Path], look: Callable[[Path], Looked]) -> int:
    """What stands in the way of each file, and what to note of it; 2 when one may not be used."""
    wrong = False
    for path in files:
        try:
            problems, notes = look(path)
        except Invalid as error:
            problems, notes = error.problems, ()
        for line in (*map(str, problems), *(f"please note: {note}" for note in notes)):
            print(f"{path}: {line}")
        wrong = wrong or bool(problems)
    print("not all of them may be used" if wrong else "all of them may be used")
    return 2 if wrong else 0


def _take_any_bytes() -> None:
    """A line that is no UTF-8 is a bad line: it does not end the reading."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


def _writable(text: str) -> str:
    """Half a character, as JSON can name it (`\\ud800`), is shown as a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parse(text: str, where: str) -> object:
    try:
        text.encode("utf-8")
        document: object = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Invalid(Problem(where, what)) from None
    except UnicodeEncodeError:
        raise Invalid(Problem(where, "not UTF-8")) from None
    except RecursionError:
        raise Invalid(Problem(where, "holds too many brackets within each other")) from None
    except ValueError as error:  # a key that is there twice, a number of thousands of digits
        raise Invalid(Problem(where, str(error))) from None
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object, unless a key is there twice: which of two answers counts is no guess of ours."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"`{twice}` is there twice")
    return found
