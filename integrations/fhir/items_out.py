"""One of our items as a question of FHIR."""

from collections.abc import Mapping

from integrations.fhir.addresses import (
    CONTROLS,
    DECIMALS,
    HIDDEN,
    ITEM_CONTROL,
    MAX_OCCURS,
    MAX_VALUE,
    MIN_OCCURS,
    MIN_VALUE,
    SHORT_TEXT,
    SLIDER_STEP,
    UNIT,
)
from integrations.fhir.context import Context
from integrations.fhir.keeping import kept_of
from integrations.fhir.languages import write_texts
from integrations.fhir.options import codings_of, objects
from integrations.fhir.options_out import merged, texts_of, write_option
from integrations.fhir.ours import with_extensions
from integrations.fhir.questionnaire import Json, JsonObject, Node
from integrations.fhir.units import write_unit

_TYPES = {
    "graded": "choice",
    "choice": "choice",
    "choices": "choice",
    "body_area": "choice",
    "yes_no": "boolean",
    "date": "date",
    "visual_scale": "integer",
}
_PICKED = frozenset({"choices", "body_area"})


def write_item(item: JsonObject, context: Context) -> dict[str, Json]:
    """The question without its place, its tests and what stands within it; `item` is our dump."""
    kept = kept_of(texts_of(item.get("metadata")))
    if (whole := kept.get("item")) is not None and isinstance(whole, Mapping):
        return {"linkId": item["code"], **whole}
    kind = str(kept.pop("type", "") or _type(item))
    written: dict[str, Json] = {"linkId": item["code"], "type": kind}
    written |= write_head(item, "text", context.language)
    if item.get("required"):
        written["required"] = True
    if item["type"] in _PICKED:
        written["repeats"] = True
    extensions = [*_short(item, context), *_extensions(item, kind, kept, context)]
    written |= _options(item, kept, context)
    if item["type"] == "text" and "max_length" in item:
        written["maxLength"] = item["max_length"]
    elif item["type"] == "text":
        written["maxLength"] = 500
    for name in ("low", "high", "unit", "unitOption", "answerValueSet", "enableWhen"):
        kept.pop(name, None)
    return with_extensions(merged(written, kept), extensions)


def write_head(element: JsonObject, words_in: str, language: str) -> dict[str, Json]:
    """Words, prefix and codes of an item, a section or a note."""
    written = write_texts(texts_of(element.get(words_in)), "text", language)
    if element.get("prefix"):
        written["prefix"] = element["prefix"]
    kept = kept_of(texts_of(element.get("metadata")))
    if "code" not in kept and (codes := texts_of(element.get("codes"))):
        written["code"] = [{"system": system, "code": code} for system, code in codes.items()]
    return written


def _type(item: JsonObject) -> str:
    match item["type"]:
        case "number":
            return "decimal" if item.get("decimals") else "integer"
        case "text":
            return "text" if item.get("long") else "string"
        case kind:
            return _TYPES[str(kind)]


def _short(item: JsonObject, context: Context) -> list[Json]:
    short = texts_of(item.get("short"))
    if not short or short == texts_of(item.get("text")):
        return []
    return [{"url": SHORT_TEXT, **write_texts(short, "valueString", context.language)}]


# --- options -------------------------------------------------------------------------------


def _options(item: JsonObject, kept: JsonObject, context: Context) -> dict[str, Json]:
    """answerOption; or the value set that they came from, if they are still its own."""
    if item["type"] == "yes_no" or "options" not in item:
        return {}
    options = objects(item["options"])
    address = kept.get("answerValueSet")
    if isinstance(address, str) and _are_of(options, address, context):
        return {"answerValueSet": address}
    is_graded = item["type"] == "graded"
    return {"answerOption": [write_option(each, context.language, is_graded) for each in options]}


def _are_of(options: list[JsonObject], address: str, context: Context) -> bool:
    """Whether they are the value set's codes and words, one for one."""
    value_set = context.value_sets.get(address.removeprefix("#"))
    if value_set is None:
        return False
    listed = codings_of(value_set)
    written = [write_option(each, context.language, is_graded=False) for each in options]
    codings = [each.get("valueCoding") for each in written]
    return [_told(each) for each in codings] == [_told(each) for each in listed]


def _told(coding: Json | None) -> list[Json | None]:
    if not isinstance(coding, Mapping):
        return []
    return [coding.get(key) for key in ("system", "code", "display")]


# --- extensions ----------------------------------------------------------------------------


def _extensions(item: JsonObject, kind: str, kept: JsonObject, context: Context) -> list[Json]:
    found: list[Json] = []
    if item.get("hidden"):
        found.append({"url": HIDDEN, "valueBoolean": True})
    match item["type"]:
        case "choices" | "body_area":
            found += _counts(item)
        case "number":
            found += _bounds(item, context, "valueInteger" if kind == "integer" else "valueDecimal")
            found += _units(item, kept)
            if kind != "integer":
                found.append({"url": DECIMALS, "valueInteger": item["decimals"]})
        case "visual_scale":
            found += [*_bounds(item, context, "valueInteger"), *_slider(item, kept)]
        case "date":
            found += [
                {"url": url, "valueDate": item[name]}
                for url, name in ((MIN_VALUE, "earliest"), (MAX_VALUE, "latest"))
                if name in item
            ]
    return found


def _counts(item: JsonObject) -> list[Json]:
    return [
        {"url": url, "valueInteger": item[name]}
        for url, name in ((MIN_OCCURS, "at_least"), (MAX_OCCURS, "at_most"))
        if name in item
    ]


def _bounds(item: JsonObject, context: Context, key: str) -> list[Json]:
    """Both ends, but for what nobody has said."""
    return [
        {"url": url, key: item[name]}
        for url, name in ((MIN_VALUE, "minimum"), (MAX_VALUE, "maximum"))
        if f"{item['code']}.{name}" not in context.unstated
    ]


def _units(item: JsonObject, kept: JsonObject) -> list[Json]:
    """The unit as it came, if it is still the same; else as we write it."""
    unit = str(item.get("unit", ""))
    found: list[Json] = [dict(each) for each in objects(kept.get("unitOption", ()))]
    coding = kept.get("unit")
    if isinstance(coding, Mapping):
        look = Node(dict(coding), "")
        if (look.text("display") or look.text("code")).strip() == unit:
            return [{"url": UNIT, "valueCoding": coding}, *found]
    return found or ([{"url": UNIT, "valueCoding": write_unit(unit)}] if unit else [])


def _slider(item: JsonObject, kept: JsonObject) -> list[Json]:
    found: list[Json] = []
    controls = [each.get("url") for each in objects(kept.get("extension", ()))]
    if ITEM_CONTROL not in controls:
        coding = {"system": CONTROLS, "code": "slider"}
        found.append({"url": ITEM_CONTROL, "valueCodeableConcept": {"coding": [coding]}})
    if "step" in item:
        found.append({"url": SLIDER_STEP, "valueInteger": item["step"]})
    return found


def write_ends(item: JsonObject, context: Context) -> list[dict[str, Json]]:
    """The words at both ends of a line, as elements within the question."""
    kept = kept_of(texts_of(item.get("metadata")))
    found: list[dict[str, Json]] = []
    for name, control in (("low", "lower"), ("high", "upper")):
        if not (words := texts_of(item.get(name))):
            continue
        coding = {"system": CONTROLS, "code": control}
        shown: Json = {"url": ITEM_CONTROL, "valueCodeableConcept": {"coding": [coding]}}
        before = kept.get(name)
        start: dict[str, Json] = {"linkId": f"{item['code']}/{control}", "type": "display"}
        rest: JsonObject = before if isinstance(before, Mapping) else {"extension": [shown]}
        found.append(merged(write_texts(words, "text", context.language), {**start, **rest}))
    return found
