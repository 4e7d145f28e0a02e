"""enableWhen, read: FHIR's conditions become our tests of earlier answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from integrations.fhir.context import Content
from integrations.fhir.options_out import write_option
from integrations.fhir.questionnaire import Json, JsonObject, Node
from integrations.fhir.units import code_of

OPERATORS = {
    "exists": "exists",
    "=": "equals",
    "!=": "differs",
    ">": "above",
    "<": "below",
    ">=": "at_least",
    "<=": "at_most",
}
ORDERED = frozenset({"above", "below", "at_least", "at_most"})
_ANSWERS = (
    *("answerBoolean", "answerDecimal", "answerInteger", "answerDate", "answerDateTime"),
    *("answerTime", "answerString", "answerCoding", "answerQuantity", "answerReference"),
)
_LISTS = {"all": "every", "any": "any"}


@dataclass(frozen=True)
class Known:
    """The items by code, as the dump of a model has them, and the form's own language."""

    items: Mapping[str, JsonObject]
    language: str

    def options(self, item: JsonObject) -> list[tuple[JsonObject, dict[str, Json]]]:
        """Each option with how it is written."""
        options = item.get("options", ())
        if not isinstance(options, Sequence) or isinstance(options, str):
            return []
        return [
            (option, write_option(option, self.language, is_graded=False))
            for option in options
            if isinstance(option, Mapping)
        ]

    def are_counted(self, item: JsonObject) -> bool:
        """Whether its options are whole numbers, each its own code: these have an order."""
        pairs = self.options(item)
        return all(written.get("valueInteger") == option["value"] for option, written in pairs)


def read_branch(node: Node, known: Known) -> JsonObject | None:
    """Our tests for the enableWhen of an element; None where it is always asked."""
    conditions = node.nodes("enableWhen")
    behaviour = node.text("enableBehavior")
    if not conditions:
        return None
    if len(conditions) > 1 and not behaviour:
        node.refuse("enableBehavior", "is missing", "say all or any: there are several enableWhen")
    elif behaviour not in {"", *_LISTS}:
        node.refuse("enableBehavior", f"{behaviour!r} is not all or any", "say which of both")
    tests = [test for each in conditions if (test := _test(each, known)) is not None]
    if len(tests) < len(conditions):
        return None
    return {_LISTS.get(behaviour, "every"): tests}


def _test(node: Node, known: Known) -> Content | None:
    code, sign = node.text("question"), node.text("operator")
    node.text("id")
    answers = [key for key in _ANSWERS if key in node.rest]
    if not sign:
        node.refuse("operator", "is missing", "FHIR STU3 had none: convert the form to R4")
    elif sign not in OPERATORS:
        node.refuse("operator", f"{sign!r} is no operator", f"use one of {' '.join(OPERATORS)}")
    elif code not in known.items:
        what = f"{code!r} is no question that is asked here"
        node.refuse("question", what, "name the linkId of a question, not of a group")
    elif known.items[code].get("hidden"):
        node.refuse("question", f"{code!r} is never asked here", "look at what is asked")
    elif len(answers) != 1 or node.rest.keys() - set(answers):
        node.refuse("", "does not give one answer", "give one answer[x], and nothing besides")
    else:
        look = _Look(known, known.items[code], OPERATORS[sign])
        value = look.value(node, answers[0])
        if value is not None:
            test: Content = {"item": code, "operator": OPERATORS[sign]}
            is_default = value is True and look.operator == "exists"
            return test if is_default else {**test, "value": value}
    return None


@dataclass(frozen=True)
class _Look:
    """One look at an item that is asked before."""

    known: Known
    item: JsonObject
    operator: str

    def value(self, node: Node, key: str) -> Json | None:
        """What the answer is among ours; None when it is none, which is then a problem."""
        if self.operator == "exists":
            return self._exists(node, key)
        match self.item["type"]:
            case "yes_no":
                return self._yes_no(node, key)
            case "number" | "visual_scale":
                return self._number(node, key)
            case "date":
                return self._date(node, key)
            case "text":
                what = "looks into words, which are sealed here"
                node.refuse(key, what, "only whether there are any can be asked: exists")
                return None
            case _:
                return self._option(node, key)

    def _exists(self, node: Node, key: str) -> bool | None:
        if key == "answerBoolean":
            return node.flag(key)
        node.refuse(key, "exists wants true or false", "give answerBoolean")
        return None

    def _yes_no(self, node: Node, key: str) -> int | None:
        answer = node.rest.get(key)
        if isinstance(answer, bool) and self.operator not in ORDERED:
            return int(answer)
        node.refuse(key, "a yes-no question is = or != true or false", "give answerBoolean")
        return None

    def _number(self, node: Node, key: str) -> int | float | None:
        if key in {"answerInteger", "answerDecimal"}:
            return node.number(key)
        quantity = node.node(key) if key == "answerQuantity" else None
        if quantity is None:
            node.refuse(key, "is compared with a number", "give answerInteger or answerDecimal")
            return None
        value = quantity.number("value")
        names = {quantity.text("unit"), quantity.text("code")} - {""}
        own = str(self.item.get("unit", ""))
        if value is None or (names and not names & {own, code_of(own)}):
            what = f"is not in {own or 'no unit'}, the question's own"
            quantity.refuse("", what, "convert the number")
            return None
        return value

    def _date(self, node: Node, key: str) -> str | None:
        text = node.text(key) if key == "answerDate" else ""
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            node.refuse(key, "is no full date", "give answerDate with year, month and day")
            return None

    def _option(self, node: Node, key: str) -> Json | None:
        """The code of the option that is meant, as it stands in an answerOption."""
        answer = node.rest.get(key)
        if self.operator in ORDERED:
            if self.known.are_counted(self.item) and isinstance(answer, int):
                return answer
            what = "options have no order in FHIR: only = and != compare them"
            node.refuse("operator", what, "name each option with =, and say enableBehavior any")
            return None
        for option, written in self.known.options(self.item):
            if _is_meant(written, option, key, answer):
                value: Json = option["value"]
                return value
        node.refuse(key, "is none of the options of that question", "name one as it stands there")
        return None


def _is_meant(written: JsonObject, option: JsonObject, key: str, answer: Json | None) -> bool:
    """Whether the answer names this option: by its code, or where it has none by its words."""
    if key != "answerCoding":
        return answer is not None and answer == written.get(key.replace("answer", "value"))
    coding = written.get("valueCoding")
    if not isinstance(answer, Mapping) or not isinstance(coding, Mapping):
        return False
    if "code" not in answer:
        label = option.get("label")
        words = label.values() if isinstance(label, Mapping) else ()
        return "code" not in coding and answer.get("display") in words
    systems = [each["system"] for each in (answer, coding) if each.get("system")]
    return answer["code"] == coding.get("code") and (len(systems) < 2 or systems[0] == systems[1])
