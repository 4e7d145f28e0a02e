"""How commands read and write: one JSON document, or a line of it per line."""

import json
import sys
from collections.abc import Callable

from rsm.kernel.errors import Invalid, Problem, RsmError


def show(document: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def read_document() -> object:
    """The JSON document on standard input; `Invalid` when it is none."""
    return _parse(sys.stdin.read(), "standard input")


def each_line(answer: Callable[[object], object]) -> int:
    """JSON Lines through `answer`, in the same order; a bad line gives `{"error": …}`."""
    for number, line in enumerate(sys.stdin, start=1):
        try:
            result = answer(_parse(line, f"line {number}"))
        except RsmError as error:
            result = {"error": str(error)}
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
    return 0


def _parse(text: str, where: str) -> object:
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Invalid(Problem(where, what)) from None
    return document
