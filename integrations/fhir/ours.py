"""What FHIR has no place for, beside its own elements: the difference to what would be read."""

import json
from collections.abc import Mapping

from integrations.fhir.addresses import OURS
from integrations.fhir.questionnaire import Json, JsonObject, Node

Fields = dict[str, Json | None]  # None takes a field away


def ours_of(node: Node) -> Fields:
    """What we wrote beside FHIR's own elements; empty in a form that is not from here."""
    extension = node.extension(OURS)
    if extension is None:
        return {}
    if (fields := parse_ours(extension.text("valueString"))) is not None:
        return fields
    extension.refuse("valueString", "is not what we wrote", "take the extension out")
    return {}


def parse_ours(text: str) -> Fields | None:
    """The fields in the text of our extension; None where it is not ours."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def put(content: dict[str, Json], ours: Mapping[str, Json | None]) -> None:
    """Our own fields over what FHIR says."""
    for key, value in ours.items():
        if value is None:
            content.pop(key, None)
        else:
            content[key] = value


def difference(ours: JsonObject, read: JsonObject) -> Fields:
    """What must be put over `read` so that it is `ours`."""
    found: Fields = {key: value for key, value in ours.items() if read.get(key) != value}
    return found | dict.fromkeys(read.keys() - ours.keys())


def extension(fields: Fields) -> list[Json]:
    """Our extension with these fields; none where there is nothing to say."""
    if not fields:
        return []
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    return [{"url": OURS, "valueString": text}]


def with_extensions(element: JsonObject, extensions: list[Json]) -> dict[str, Json]:
    """The element with these extensions after those that it has."""
    present = element.get("extension", ())
    listed = [*present, *extensions] if isinstance(present, list | tuple) else extensions
    written = {key: value for key, value in element.items() if key != "extension"}
    return {"extension": listed, **written} if listed else written
