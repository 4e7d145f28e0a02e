"""The options of a choice, written: each as the kind of value that it came as, or as a coding."""

from collections.abc import Mapping

from integrations.fhir.addresses import EXCLUSIVE, ORDINAL, OUR_VALUES
from integrations.fhir.keeping import kept_of
from integrations.fhir.languages import write_texts
from integrations.fhir.options import PLAIN, objects
from integrations.fhir.questionnaire import Json, JsonObject

_ORDINAL_OF_OURS = {"url": ORDINAL, "in": "option", "key": "valueDecimal"}


def write_option(option: JsonObject, language: str, is_graded: bool) -> dict[str, Json]:
    """One answerOption; `option` is the dump of ours."""
    kept = kept_of(texts_of(option.get("metadata")))
    label = texts_of(option.get("label"))
    ordinal, codeless = kept.pop("ordinal", None), kept.pop("codeless", None)
    extensions = [dict(each) for each in objects(kept.pop("extension", ()))]
    inner, is_text = kept.pop("coding", {}), kept.pop("value", "") == "valueString"
    written: dict[str, Json] = kept
    if is_text:
        written = merged(write_texts(label, "valueString", language), kept)
    elif not any(key in kept for key in PLAIN):
        coding = {**_code(option, codeless), **write_texts(label, "display", language)}
        written["valueCoding"] = merged(coding, kept_of(texts_of(inner)))
    if is_graded or ordinal is not None:
        place = ordinal if isinstance(ordinal, Mapping) else _ORDINAL_OF_OURS
        number = option["value"] if is_graded else place["value"]
        _put(written, extensions, place, number)
    if kept.pop("exclusive", False) or option.get("exclusive"):
        extensions.append({"url": EXCLUSIVE, "valueBoolean": True})
    return {"extension": extensions, **written} if extensions else written


def texts_of(value: Json | None) -> dict[str, str]:
    """A mapping of names to texts, as the dump of a model has it."""
    return (
        {str(key): str(each) for key, each in value.items()} if isinstance(value, Mapping) else {}
    )


def merged(written: Mapping[str, Json], kept: Mapping[str, Json]) -> dict[str, Json]:
    """Both, with the extensions of both together."""
    both: dict[str, Json] = {**kept}
    for key, value in written.items():
        other = both.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            both[key] = merged(value, other)
        elif isinstance(value, list) and isinstance(other, list):
            both[key] = [*other, *value]
        else:
            both[key] = value
    return both


def _code(option: JsonObject, codeless: Json | None) -> dict[str, Json]:
    """The code that it came with, or ours."""
    for system, code in texts_of(option.get("codes")).items():
        return {"system": system, "code": code} if system else {"code": code}
    if codeless is None:
        return {"system": OUR_VALUES, "code": str(option["value"])}
    return {"system": codeless} if codeless else {}


def _put(
    written: dict[str, Json], extensions: list[dict[str, Json]], place: JsonObject, number: Json
) -> None:
    """The number of an option where the form had it; of ours as an extension of the option."""
    extension: dict[str, Json] = {"url": place["url"], str(place["key"]): number}
    coding = written.get("valueCoding")
    if place["in"] == "coding" and isinstance(coding, Mapping):
        written["valueCoding"] = merged({"extension": [extension]}, coding)
    else:
        extensions.append(extension)
