"""The options of a choice, read: FHIR's codings, texts, numbers and dates become codes of ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.fhir.addresses import EXCLUSIVE, ORDINALS, OUR_VALUES, OURS
from integrations.fhir.context import Content, Context
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.languages import read_texts
from integrations.fhir.questionnaire import Json, JsonObject, Node

_OUR_VALUE = re.compile(r"-?[0-9]{1,9}")
PLAIN = ("valueInteger", "valueDate", "valueTime")  # written the same in every language


@dataclass(frozen=True)
class ReadOption:
    """One option before its code is known: `number` is the weight or score that FHIR gives it."""

    content: Content
    number: int | float | None = None


def read_options(node: Node, context: Context) -> list[ReadOption]:
    """The options of an item, whichever way it names them."""
    given = node.nodes("answerOption")
    address = node.rest.get("answerValueSet")
    if not isinstance(address, str):
        return [_option(each, context) for each in given]
    if given:
        node.refuse("answerValueSet", "options are given twice", "keep answerOption or it")
    value_set = context.value_set(node, address)
    return [] if value_set is None else _from_set(node, value_set, address, context)


def _from_set(
    node: Node, value_set: JsonObject, address: str, context: Context
) -> list[ReadOption]:
    """The codings of a contained value set; it is kept whole, and only looked at here."""
    path = f"{node.path}.answerValueSet({address})"
    found = [
        _option(Node({"valueCoding": coding}, f"{path}[{place}]", node.problems), context)
        for place, coding in enumerate(codings_of(value_set))
    ]
    if not found:
        what = f"{address} lists no codes"
        node.refuse("answerValueSet", what, "list them in compose.include or expansion.contains")
    return found


def codings_of(value_set: JsonObject) -> list[JsonObject]:
    """What a value set lists by name: its expansion, else the concepts that it includes."""
    expansion = value_set.get("expansion")
    if isinstance(expansion, Mapping) and isinstance(expansion.get("contains"), list):
        return [_coding(each) for each in objects(expansion["contains"])]
    compose = value_set.get("compose")
    if not isinstance(compose, Mapping) or "exclude" in compose:
        return []
    includes = objects(compose.get("include", ()))
    if not all(isinstance(each.get("concept"), list) for each in includes):
        return []  # a part of it is named by a rule or by another set
    return [
        _coding({**concept, "system": include["system"]} if "system" in include else concept)
        for include in includes
        for concept in objects(include["concept"])
    ]


def _coding(concept: JsonObject) -> JsonObject:
    wanted = ("system", "code", "display", "_display", "extension")
    return {key: concept[key] for key in wanted if key in concept}


def objects(value: Json) -> list[JsonObject]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def _option(node: Node, context: Context) -> ReadOption:
    content: Content = {}
    metadata: dict[str, str] = {}
    number = _ordinal(node, metadata, "option")
    exclusive = node.extension(EXCLUSIVE)
    if exclusive is not None and exclusive.flag("valueBoolean"):
        content["exclusive"] = True
    ours = node.extension(OURS)
    if node.rest.get("initialSelected") is False:
        node.flag("initialSelected")
    coding = node.node("valueCoding")
    if coding is not None:
        within = _read_coding(coding, content, metadata, context)
        number = within if number is None else number
    elif "valueString" in node.rest:
        content["label"] = _labels(node, "valueString", context)
        metadata[f"{PREFIX}value"] = '"valueString"'
    else:
        number = _read_plain(node, content, metadata, context, number)
    metadata |= context.keeper.keep(node, "option")
    content["metadata"] = metadata
    if ours is not None:
        content[OURS] = ours.text("valueString")  # put over the rest when its code is known
    return ReadOption(content, number)


def _labels(node: Node, key: str, context: Context) -> Content:
    texts = read_texts(node, key, context.language)
    if not texts and not context.is_bare:
        node.refuse(key, "is missing: what would she read?", "give each option its words")
    return dict(texts)


def _read_coding(
    node: Node, content: Content, metadata: dict[str, str], context: Context
) -> int | float | None:
    number = _ordinal(node, metadata, "coding")
    system, code = node.text("system"), node.text("code")
    content["label"] = _labels(node, "display", context)
    if system == OUR_VALUES and _OUR_VALUE.fullmatch(code):
        content["value"] = int(code)
    elif code:
        content["codes"] = {system: code}
    else:
        metadata[f"{PREFIX}codeless"] = as_json(system)
    if kept := context.keeper.keep(node, "coding"):
        metadata[f"{PREFIX}coding"] = as_json(dict(kept))
    return number


def _read_plain(
    node: Node,
    content: Content,
    metadata: dict[str, str],
    context: Context,
    number: float | None,
) -> int | float | None:
    """A number, a date or a time as an option: it reads the same in every language."""
    for key in PLAIN:
        value = node.rest.get(key)
        if isinstance(value, int | str) and not isinstance(value, bool):
            del node.rest[key]
            content["label"] = {tag: str(value) for tag in context.languages}
            metadata[PREFIX + key] = as_json(value)
            return value if number is None and isinstance(value, int) else number
    node.refuse("", "has no value that can be shown", "give valueCoding or valueString")
    return number


def _ordinal(node: Node, metadata: dict[str, str], place: str) -> int | float | None:
    """The option's weight or score, and where it stood."""
    found = node.extension(*ORDINALS)
    if found is None:
        return None
    url = found.text("url")
    key = "valueDecimal" if "valueDecimal" in found.rest else "valueInteger"
    number = found.number(key)
    if number is None:
        found.refuse("", "has no number", "give valueDecimal")
        return None
    metadata[f"{PREFIX}ordinal"] = as_json({"url": url, "in": place, "key": key, "value": number})
    return int(number) if float(number).is_integer() else number


def is_scale(options: Sequence[ReadOption]) -> bool:
    """Whether their numbers are grades in order, from 0 or 1 upwards."""
    numbers = [option.number for option in options]
    return len(numbers) > 1 and numbers in (
        list(range(len(numbers))),
        list(range(1, len(numbers) + 1)),
    )


def with_codes(options: Sequence[ReadOption]) -> list[Content]:
    """Each option with its code: the number that FHIR gives it where these rise, else 1, 2, 3 …"""
    numbers = [option.number for option in options if isinstance(option.number, int)]
    rise = [-1, *numbers] == sorted({-1, *numbers}) and len(numbers) == len(options)
    codes = numbers if rise else range(1, len(options) + 1)
    pairs = zip(options, codes, strict=True)
    return [{"value": code, **option.content} for option, code in pairs]
