"""What a Questionnaire says that another does not: the proof that nothing was lost.

What means the same is one thing: `required: false` and nothing, blanks at the ends of a text, a
whole number as integer or decimal, extensions in another order.
"""

import json
from collections.abc import Iterator, Mapping

from integrations.fhir.addresses import MAX_OCCURS, MIN_OCCURS, OURS, SHORT_TEXT
from integrations.fhir.questionnaire import Json, JsonObject

_FALSE = frozenset({"required", "repeats", "readOnly", "initialSelected", "hidden"})
_BY_URL = ("extension", "modifierExtension")


def lost(source: JsonObject, written: JsonObject) -> list[str]:
    """The paths of what `source` says and `written` does not."""
    return list(_lost(source, written, ""))


def _lost(source: Json, written: Json | None, path: str) -> Iterator[str]:
    if isinstance(source, Mapping):
        other: JsonObject = written if isinstance(written, Mapping) else {}
        for key, value in source.items():
            inner = f"{path}.{key}" if path else key
            if key in _BY_URL:
                yield from _lost_extensions(value, other.get(key), inner, source)
            elif not _is_nothing(key, value):
                yield from _lost(value, _same(key, other), inner)
    elif isinstance(source, list):
        others: list[Json] = written if isinstance(written, list) else []
        for place, value in enumerate(source):
            one = others[place] if place < len(others) else None
            yield from _lost(value, one, f"{path}[{place}]")
    elif _plain(source) != _plain(written):
        yield path


def _same(key: str, other: JsonObject) -> Json | None:
    """The value of that key, or of the same number as another type."""
    twin = {"valueInteger": "valueDecimal", "valueDecimal": "valueInteger"}.get(key, key)
    return other.get(key, other.get(twin))


def _lost_extensions(
    source: Json, written: Json | None, path: str, owner: JsonObject
) -> Iterator[str]:
    others = list(written) if isinstance(written, list) else []
    for place, value in enumerate(source if isinstance(source, list) else ()):
        if isinstance(value, Mapping) and _says_nothing(value, owner):
            continue
        fitting = next((each for each in others if not list(_lost(value, each, ""))), None)
        if fitting is None:
            yield f"{path}[{place}]"
        else:
            others.remove(fitting)


def _says_nothing(extension: JsonObject, owner: JsonObject) -> bool:
    """Ours, a flag that is off, a short text that is the text, or once where that is the rule."""
    if extension.get("url") == MIN_OCCURS:
        return extension.get("valueInteger") in {0, 1}
    if extension.get("url") == MAX_OCCURS:
        return extension.get("valueInteger") == 1 and not owner.get("repeats")
    if extension.get("url") == SHORT_TEXT:
        return _plain(extension.get("valueString", "")) == _plain(owner.get("text", ""))
    return extension.get("url") == OURS or extension.get("valueBoolean") is False


def _is_nothing(key: str, value: Json) -> bool:
    is_empty = isinstance(value, str | list | Mapping) and not value
    return is_empty or (key in _FALSE and value is False)


def _plain(value: Json | None) -> str:
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int | float):
        return repr(float(value))
    return value.strip() if isinstance(value, str) else json.dumps(value)
