"""One question of FHIR as the content of one of our items, by the type that it has."""

from collections.abc import Mapping

from integrations.fhir.addresses import (
    DECIMALS,
    ITEM_CONTROL,
    MAX_VALUE,
    MIN_VALUE,
    SHORT_TEXT,
    SLIDER_STEP,
    UNIT,
)
from integrations.fhir.choices import ALLOWS_WORDS, once, read_choice
from integrations.fhir.context import Content, Context
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.languages import has_words, read_texts, words
from integrations.fhir.options import objects
from integrations.fhir.questionnaire import Node
from integrations.fhir.units import first_unit, read_other_units
from rsm.instruments.model import TEXT_AT_MOST

_DECIMALS_SUPPOSED = 2
_HIGHEST_SUPPOSED = 999_999
_NO_TYPE = {
    "open-choice": ALLOWS_WORDS,
    "dateTime": ("asks for a moment", "ask for a date"),
    "time": ("asks for a time of day", "make it a choice of times, or text"),
    "url": ("asks for an address", "make it a string"),
    "attachment": ("asks for a file", "no files are taken here: leave it out"),
    "reference": ("asks for another record", "leave it out: a patient cannot name one"),
    "question": ("is no type of its own", "say which type of answer it wants"),
}
_CHOICES = ("choice", "coding")  # the second is what FHIR R5 calls the first
_WITH_OPTIONS = (*_CHOICES, "integer", "string", "text", "date", "time")


def read_item(node: Node, context: Context, code: str) -> Content:
    """The item without its place and its tests. What cannot be read is a problem of the node."""
    kind = node.text("type")
    content = _common(node, context, code)
    metadata: dict[str, str] = {}
    has_options = bool({"answerOption", "answerValueSet"} & node.rest.keys())
    if has_options and kind in _WITH_OPTIONS:
        content |= read_choice(node, context, kind, metadata)
    else:
        content |= _plain(node, context, kind, code, metadata)
    if node.flag("repeats"):
        what = "can be answered several times"
        node.refuse("repeats", what, "only a choice may be: make items of their own for the others")
    content["metadata"] = metadata | context.keeper.keep(node, "item")
    return content


def _common(node: Node, context: Context, code: str) -> Content:
    text = read_texts(node, "text", context.language)
    if not text and not context.is_bare:
        node.refuse("text", "is missing: what would she read?", "give the question its words")
    short = text
    if (extension := node.extension(SHORT_TEXT)) is not None:
        short = read_texts(extension, "valueString", context.language) or text
    content: Content = {"code": code, "text": dict(text), "short": dict(short)}
    if prefix := node.text("prefix"):
        content["prefix"] = prefix
    if node.flag("required"):
        content["required"] = True
    if node.rest.get("readOnly") is False:
        node.flag("readOnly")
    content["codes"] = dict(read_codes(node))
    return content


def read_codes(node: Node) -> dict[str, str]:
    """Code system → code. What else is said of the codes keeps the whole list as it came."""
    listed = objects(node.rest.get("code", ()))
    codes: dict[str, str] = {}
    for each in listed:
        system, code = each.get("system"), each.get("code")
        if isinstance(system, str) and isinstance(code, str):
            codes.setdefault(system, code)
    if listed == [{"system": system, "code": code} for system, code in codes.items()]:
        node.rest.pop("code", None)
    return codes


# --- other types ---------------------------------------------------------------------------


def _plain(node: Node, context: Context, kind: str, code: str, metadata: dict[str, str]) -> Content:
    once(node)
    return _typed(node, context, kind, code, metadata)


def _typed(node: Node, context: Context, kind: str, code: str, metadata: dict[str, str]) -> Content:
    match kind:
        case "boolean":
            return _yes_no(context)
        case "integer" | "decimal" | "quantity":
            return _number(node, context, kind, code, metadata)
        case "date":
            return _date(node)
        case "string" | "text":
            return _words(node, kind)
        case "choice" | "coding":
            node.refuse(
                "answerOption", "is missing: there is nothing to choose", "list the options"
            )
        case _:
            what, mend = _NO_TYPE.get(kind, ("is no type of FHIR R4", "mend the file"))
            node.refuse("type", f"{kind!r} {what}", mend)
    for key in ("answerOption", "answerValueSet", "initial", "repeats", "maxLength"):
        node.rest.pop(key, None)  # of a type that is refused already
    return {"type": "text"}


def _yes_no(context: Context) -> Content:
    languages = () if context.is_bare else context.languages
    for language in languages:
        if not has_words(language) and f"languages.{language}" not in context.unstated:
            context.unstated.append(f"languages.{language}")
    return {
        "type": "yes_no",
        "options": [
            {"value": 0, "label": {tag: words(tag).no for tag in languages}},
            {"value": 1, "label": {tag: words(tag).yes for tag in languages}},
        ],
    }


def _number(
    node: Node, context: Context, kind: str, code: str, metadata: dict[str, str]
) -> Content:
    low, high = (_end(node, url) for url in (MIN_VALUE, MAX_VALUE))
    step = node.extension(SLIDER_STEP)
    if kind == "integer" and "slider" in controls_of(node) and None not in {low, high}:
        content: Content = {"type": "visual_scale", "minimum": low or 0, "maximum": high or 0}
        return content if step is None else {**content, "step": step.whole("valueInteger") or 1}
    if step is not None:
        step.refuse("", "steps are for sliders", "leave it out, or make the item a slider")
    if kind == "quantity":
        metadata[f"{PREFIX}type"] = as_json(kind)
    decimals = 0 if kind == "integer" else _decimals(node)
    content = {"type": "number", "decimals": decimals, **_ends(code, context, low, high)}
    if unit := _unit(node, metadata) or first_unit(node):
        content["unit"] = unit
    if others := read_other_units(node, unit, metadata):
        content["other_units"] = others
    if kind == "quantity" and not unit:
        node.refuse("", "asks for a quantity of an unknown unit", "name it: questionnaire-unit")
    return content


def controls_of(node: Node) -> list[str]:
    """The codes of how it is to be shown; they stay in the node's rest."""
    found = []
    for extension in objects(node.rest.get("extension", ())):
        concept = extension.get("valueCodeableConcept")
        if extension.get("url") == ITEM_CONTROL and isinstance(concept, Mapping):
            found += [str(each.get("code")) for each in objects(concept.get("coding", ()))]
    return found


def _end(node: Node, url: str) -> int | float | None:
    extension = node.extension(url)
    if extension is None:
        return None
    for key in ("valueInteger", "valueDecimal"):
        if key in extension.rest:
            return extension.number(key)
    extension.refuse("", "is no plain number", "give valueInteger or valueDecimal")
    return None


def _ends(code: str, context: Context, low: float | None, high: float | None) -> Content:
    """What can be believed: as the form says, as whoever imports says, or only supposed."""
    said = context.said.bounds.get(code)
    if said is not None:
        low, high = (low if low is not None else said[0], high if high is not None else said[1])
    for name, value in (("minimum", low), ("maximum", high)):
        if value is None:
            context.unstated.append(f"{code}.{name}")
    supposed = 0 if high is None or high > 0 else high - _HIGHEST_SUPPOSED
    top = _HIGHEST_SUPPOSED if low is None or low < _HIGHEST_SUPPOSED else low + _HIGHEST_SUPPOSED
    return {"minimum": supposed if low is None else low, "maximum": top if high is None else high}


def _decimals(node: Node) -> int:
    extension = node.extension(DECIMALS)
    given = extension.whole("valueInteger") if extension is not None else None
    if extension is not None and given is not None and given > 3:
        extension.refuse("", f"{given} decimals are not kept", "at most 3 are")
    return _DECIMALS_SUPPOSED if given is None else min(given, 3)


def _unit(node: Node, metadata: dict[str, str]) -> str:
    """The unit as people read it; its code is kept beside it."""
    extension = node.extension(UNIT)
    coding = extension.node("valueCoding") if extension is not None else None
    if coding is None:
        return ""
    metadata[f"{PREFIX}unit"] = as_json(dict(coding.rest))
    unit = coding.text("display") or coding.text("code")
    if not unit:
        coding.refuse("", "names no unit", "give display or code")
    return unit.strip()


def _date(node: Node) -> Content:
    content: Content = {"type": "date"}
    for url, name in ((MIN_VALUE, "earliest"), (MAX_VALUE, "latest")):
        extension = node.extension(url)
        if extension is None:
            continue
        day = extension.text("valueDate")
        if extension.rest.keys() - {"url"}:
            extension.refuse("", "is computed", "write the date out, or leave it out")
        elif len(day) != len("2026-01-31"):
            extension.refuse("", "is no full date", "give valueDate with year, month and day")
        content[name] = day
    return content


def _words(node: Node, kind: str) -> Content:
    length = node.whole("maxLength")
    if length is not None and not 1 <= length <= TEXT_AT_MOST:
        what = f"{length} characters cannot be taken"
        node.refuse("maxLength", what, f"give 1 to {TEXT_AT_MOST}, or leave it out")
    content: Content = {"type": "text", "max_length": TEXT_AT_MOST if length is None else length}
    return {**content, "long": True} if kind == "text" else content
