"""enableWhen, written: our gates and tests become conditions that FHIR knows."""

from collections.abc import Mapping, Sequence

from integrations.fhir.conditions import OPERATORS, ORDERED, Known
from integrations.fhir.questionnaire import Json, JsonObject

_SIGNS = {name: sign for sign, name in OPERATORS.items()}

Named = Sequence[tuple[JsonObject, dict[str, Json]]]  # options, each as an answer[x]

_NO_AND_YES: Named = (
    ({"value": 0}, {"answerBoolean": False}),
    ({"value": 1}, {"answerBoolean": True}),
)


def write_branch(asked_when: JsonObject, known: Known) -> dict[str, Json]:
    """enableWhen and enableBehavior for a gate or tests of ours, by its dump.

    FHIR cannot compare grades, so each of the options that are meant is named.
    """
    if "item" in asked_when:
        at_least = asked_when.get("at_least", 1)
        gate = {"item": asked_when["item"], "operator": "at_least", "value": at_least}
        return _enable([gate], known, "any")
    if every := _tests(asked_when.get("every")):
        return _enable(every, known, "all")
    return _enable(_tests(asked_when.get("any")), known, "any")


def _tests(value: Json | None) -> list[JsonObject]:
    if value is None or not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [test for test in value if isinstance(test, Mapping)]


def _enable(tests: Sequence[JsonObject], known: Known, behaviour: str) -> dict[str, Json]:
    conditions = [each for test in tests for each in _conditions(test, known, behaviour)]
    written: dict[str, Json] = {"enableWhen": conditions}
    if len(conditions) > 1:
        written["enableBehavior"] = behaviour
    return written


def _conditions(test: JsonObject, known: Known, behaviour: str) -> list[dict[str, Json]]:
    code, operator = str(test["item"]), str(test["operator"])
    item, value = known.items[code], test.get("value", True)
    named: Named
    start: dict[str, Json] = {"question": code, "operator": _SIGNS[operator]}
    if operator == "exists":
        return [{**start, "answerBoolean": value}]
    match item["type"]:
        case "number" | "visual_scale":
            is_whole = isinstance(value, int) and not item.get("decimals")
            return [{**start, "answerInteger" if is_whole else "answerDecimal": value}]
        case "date":
            return [{**start, "answerDate": value}]
        case "yes_no":
            named = _NO_AND_YES
        case _:
            named = [(option, _answer(written, option)) for option, written in known.options(item)]
            if operator in ORDERED and known.are_counted(item):
                return [{**start, "answerInteger": value}]
    return _by_name(start, named, operator, value, behaviour)


def _by_name(
    start: dict[str, Json],
    named: Named,
    operator: str,
    value: Json,
    behaviour: str,
) -> list[dict[str, Json]]:
    """The option by name; of an ordered comparison, all that hold, or none that does not."""
    if operator not in ORDERED:
        return [{**start, **answer} for option, answer in named if option["value"] == value]
    holding = [answer for option, answer in named if _holds(option["value"], operator, value)]
    if behaviour == "any":
        return [{**start, "operator": "=", **answer} for answer in holding]
    exists: dict[str, Json] = {**start, "operator": "exists", "answerBoolean": True}
    others = [answer for _, answer in named if answer not in holding]
    return [exists, *({**start, "operator": "!=", **answer} for answer in others)]


def _holds(given: Json, operator: str, value: Json) -> bool:
    if not isinstance(given, int | float) or not isinstance(value, int | float):
        return False
    return {
        "above": given > value,
        "below": given < value,
        "at_least": given >= value,
        "at_most": given <= value,
    }[operator]


def _answer(written: JsonObject, option: JsonObject) -> dict[str, Json]:
    """The option as an answer[x]: a coding by system and code, or by its words without a code."""
    for key, value in written.items():
        if not key.startswith("value"):
            continue
        name = key.replace("value", "answer")
        if not isinstance(value, Mapping):
            return {name: value}
        bare = {part: value[part] for part in ("system", "code") if part in value}
        label = option.get("label")
        if "code" not in bare and isinstance(label, Mapping) and label:
            return {name: {**bare, "display": next(iter(label.values()))}}
        return {name: bare}
    return {}
