"""The JSON of a Questionnaire as nodes that remember what was read of them.

Every key that nobody took is left in `Node.rest`, so that nothing is lost without being named.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf

from rsm.kernel.errors import Invalid, Problem

# What JSON can hold, as far as a Questionnaire may: no null, no NaN.
Json = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]


@dataclass
class Node:
    """One JSON object at a path such as `item[3].answerOption[0]`; what is read is taken out."""

    rest: dict[str, Json]
    path: str
    problems: list[Problem] = field(default_factory=list)
    read_before: list[str] = field(default_factory=list)  # the texts that were taken

    def refuse(self, key: str, what: str, mend: str) -> None:
        """Note a problem of `key`, or of the whole object where the key is empty."""
        where = f"{self.path}.{key}" if self.path and key else self.path or key
        self.problems.append(Problem(where, what, mend))

    def text(self, key: str) -> str:
        """The text under `key`; empty where there is none."""
        value = self.rest.pop(key, "")
        if isinstance(value, str):
            self.read_before.append(value)
            return value
        self._mistyped(key, value, "a text")
        return ""

    def flag(self, key: str) -> bool | None:
        """True or false; None where it is not said."""
        value = self.rest.pop(key, None)
        if value is None or isinstance(value, bool):
            return value
        self._mistyped(key, value, "true or false")
        return None

    def number(self, key: str) -> int | float | None:
        """A whole number stays one."""
        value = self.rest.pop(key, None)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self._mistyped(key, value, "a number")
        return None

    def whole(self, key: str) -> int | None:
        value = self.number(key)
        if isinstance(value, float):
            self._mistyped(key, value, "a whole number")
            return None
        return value

    def node(self, key: str) -> "Node | None":
        """The object under `key`, to be read in its turn."""
        value = self.rest.pop(key, None)
        if value is None or isinstance(value, Mapping):
            return None if value is None else self._child(value, key)
        self._mistyped(key, value, "an object")
        return None

    def nodes(self, key: str) -> list["Node"]:
        """The objects of the list under `key`."""
        value = self.rest.pop(key, ())
        if not isinstance(value, list | tuple):
            self._mistyped(key, value, "a list")
            return []
        found = []
        for place, each in enumerate(value):
            if isinstance(each, Mapping):
                found.append(self._child(each, f"{key}[{place}]"))
            else:
                self._mistyped(f"{key}[{place}]", each, "an object")
        return found

    def extensions(self, *urls: str) -> list["Node"]:
        """The extensions with one of these addresses, in order; the others stay in `rest`."""
        raw = self.rest.get("extension", ())
        if not isinstance(raw, list | tuple):
            return []  # named as a problem when the rest is looked at
        found, others = [], []
        for place, each in enumerate(raw):
            if isinstance(each, Mapping) and each.get("url") in urls:
                found.append(self._child(each, f"extension[{place}]"))
            else:
                others.append(each)
        self.rest["extension"] = others
        if not others:
            self.rest.pop("extension", None)
        return found

    def extension(self, *urls: str) -> "Node | None":
        """The one extension with such an address; a second one is a problem."""
        found = self.extensions(*urls)
        for each in found[1:]:
            each.refuse("", "the same extension is there twice", "keep one of them")
        return found[0] if found else None

    def look(self) -> "Node":
        """The same to be read again from here, with problems of its own."""
        return Node(dict(self.rest), self.path)

    def _child(self, value: JsonObject, key: str) -> "Node":
        path = f"{self.path}.{key}" if self.path else key
        return Node(dict(value), path, self.problems)

    def _mistyped(self, key: str, value: object, wanted: str) -> None:
        self.refuse(key, f"is {str(value)[:40]!r}, not {wanted}", "mend the file: FHIR R4 says so")


def parse_questionnaire(text: str, name: str) -> Node:
    """The root of a Questionnaire in JSON. Raises `Invalid` for all that is none."""
    try:
        data: object = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Invalid(Problem(name, what, "give a FHIR R4 Questionnaire in JSON")) from None
    except RecursionError:
        raise Invalid(Problem(name, "holds too many brackets within each other")) from None
    except ValueError as error:  # a key that is there twice, a number of thousands of digits
        raise Invalid(Problem(name, str(error), "mend the file")) from None
    if not isinstance(data, dict) or data.get("resourceType") != "Questionnaire":
        raise Invalid(Problem(name, _is_no_questionnaire(data), "give a FHIR R4 Questionnaire"))
    problems = [Problem(path, "is null", "leave the key out") for path in _nulls(data, "")]
    if problems:
        raise Invalid(problems)
    del data["resourceType"]
    return Node(data, "", [])


def _is_no_questionnaire(data: object) -> str:
    if isinstance(data, dict) and data.get("resourceType") == "Bundle":
        return "is a Bundle: take the Questionnaires out of it, each into a file"
    return "is no Questionnaire (resourceType)"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"`{next(key for key in keys if keys.count(key) > 1)}` is there twice")
    return found


def _no_number(word: str) -> object:
    raise ValueError(f"holds {word}, which is no number in FHIR")


def _finite(word: str) -> float:
    """JSON can spell numbers that no software holds: 1e999 would be infinite."""
    number = float(word)
    if isinf(number):
        raise ValueError(f"holds {word[:20]}, which is too large a number")
    return number


def _nulls(value: object, path: str) -> Iterator[str]:
    """Where null stands: FHIR knows it only in lists of bare values, none of which we read."""
    entries: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        entries = ((f"{path}.{key}" if path else key, each) for key, each in value.items())
    elif isinstance(value, list):
        entries = ((f"{path}[{place}]", each) for place, each in enumerate(value))
    for inner, each in entries:
        if each is None:
            yield inner
        else:
            yield from _nulls(each, inner)
