"""A routing tree as text, as people write it, and the words of a tree that are looked up."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import time
from enum import StrEnum

from rsm.kernel.documents import Source, parse, validate
from rsm.kernel.errors import Invalid, Problem
from rsm.routing.model import Match, Route, Tree


def read(text: str, name: str) -> tuple[Tree, Source]:
    """A tree from its TOML, or from JSON (which begins with a brace).

    Raises `Invalid` with every problem: those of TOML with their line.
    """
    if text.lstrip().startswith("{"):
        source = Source(name)
        tree = validate(Tree, _document(text, name), source)
    else:
        tree, source = parse(Tree, text, name)
    if r"\u0000" in tree.model_dump_json():
        raise Invalid(Problem(name, "holds a character that cannot be stored (U+0000)"))
    return tree, source


def _document(text: str, name: str) -> dict[str, object]:
    try:
        found: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise Invalid(Problem(f"{name}:{error.lineno}", f"not JSON: {error.msg}")) from None
    except RecursionError:
        raise Invalid(Problem(name, "holds too many brackets within each other")) from None
    except ValueError:  # Python's bound on the digits of a number
        raise Invalid(Problem(name, "holds a number of thousands of digits")) from None
    if not isinstance(found, dict):
        raise Invalid(Problem(name, "is no object"))
    return found


def to_toml(tree: Tree) -> str:
    """The tree as TOML, its children as tables in their order; `read` gives the same tree."""
    return "\n".join(_lines(tree, "")).strip() + "\n"


def _lines(node: Route, above: str) -> Iterator[str]:
    if above:
        yield from ("", f"[[{above}]]")
    yield f"name = {_value(node.name)}"
    if node.team is not None:
        yield f"team = {_value(node.team)}"
    if asked := _asked(node.match):
        inside = ", ".join(f"{key} = {_value(value)}" for key, value in asked.items())
        yield f"match = {{ {inside} }}"
    for child in node.children:
        yield from _lines(child, f"{above}.children" if above else "children")


def _asked(match: Match) -> dict[str, object]:
    values = {name: getattr(match, name) for name in type(match).model_fields}
    return {name: value for name, value in values.items() if value not in {None, ()}}


def _value(value: object) -> str:
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    text = value.value if isinstance(value, StrEnum) else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def edition(routes: Mapping[str, object]) -> str:
    """Changes with the stored tree: an editor hands back the one that she had."""
    return hashlib.sha256(json.dumps(dict(routes), sort_keys=True).encode()).hexdigest()[:16]


def nodes(node: Route, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Route]]:
    """Every node with the names from the root to it, each before its children."""
    path = (*above, node.name)
    yield path, node
    for child in node.children:
        yield from nodes(child, path)
