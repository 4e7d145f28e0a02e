"""Questionnaires that hold anything that can be read, for property tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

Json = dict[str, object]

_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_SYSTEM = "https://example.org/codes"
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20
)
_LINK = st.text(st.sampled_from("abcXYZ019-_./"), min_size=1, max_size=6).filter(
    lambda code: not code.startswith("_")  # fields of our own pages
)
_KINDS = ("boolean", "scale", "choice", "words", "several", "integer", "decimal", "date", "string")


@dataclass
class _Form:
    """What was drawn so far."""

    draw: st.DrawFn
    spanish: bool
    asked: list[tuple[str, Json]] = field(default_factory=list)  # what a condition may look at
    links: set[str] = field(default_factory=set)

    def words(self, key: str, start: str) -> Json:
        """`key` with a text, and its translation where the form has two languages."""
        written: Json = {key: f"{start} {self.draw(_TEXT)}".strip()}
        if self.spanish:
            parts = [
                {"url": "lang", "valueCode": "es"},
                {"url": "content", "valueString": f"{start} es {self.draw(_TEXT)}".strip()},
            ]
            written[f"_{key}"] = {"extension": [{"url": f"{_HL7}translation", "extension": parts}]}
        return written

    def link(self) -> str:
        link = self.draw(_LINK.filter(lambda each: each not in self.links))
        self.links.add(link)
        return link

    def items(self, depth: int) -> list[Json]:
        kinds = ("question", "question", "display", "group") if depth else ("question",)
        count = self.draw(st.integers(1, 4))
        found = [self.item(self.draw(st.sampled_from(kinds)), depth) for _ in range(count)]
        if not any(each["type"] not in {"display", "group"} for each in found):
            found.append(self.item("question", depth))  # what asks nothing is refused
        return found

    def item(self, kind: str, depth: int) -> Json:
        start: Json = {"linkId": self.link(), **self.words("text", "Words")}
        if self.draw(st.booleans()):
            start["prefix"] = f"{self.draw(st.integers(1, 9))}."
        start |= self.conditions()
        if kind == "display":
            return {**start, "type": "display"}
        if kind == "group":
            return {**start, "type": "group", "item": self.items(depth - 1)}
        question = {**start, **self.question(self.draw(st.sampled_from(_KINDS)))}
        if self.draw(st.booleans()):
            question["required"] = True
        if self.draw(st.booleans()):
            question["code"] = [{"system": _SYSTEM, "code": "c", "display": "C"}]
        self.asked.append((str(start["linkId"]), question))
        return question

    def question(self, kind: str) -> Json:
        match kind:
            case "scale":
                return {"type": "choice", "answerOption": self.options(first=self.draw(_FIRST))}
            case "choice":
                return {"type": "choice", "answerOption": self.options()}
            case "several":
                return {"type": "choice", "repeats": True, "answerOption": self.options()}
            case "words":
                options = [{"valueString": f"{n} {self.draw(_TEXT)}".strip()} for n in range(3)]
                return {"type": "choice", "answerOption": options}
            case "integer" | "decimal":
                return {"type": kind, "extension": self.bounds(kind)}
            case _:
                return {"type": kind}

    def bounds(self, kind: str) -> list[Json]:
        low, key = self.draw(st.integers(-50, 50)), f"value{kind.title()}"
        high = low + self.draw(st.integers(1, 100))
        places: Json = {"url": f"{_HL7}maxDecimalPlaces", "valueInteger": 1}
        return [
            {"url": f"{_HL7}minValue", key: low},
            {"url": f"{_HL7}maxValue", key: high},
            *([places] if kind == "decimal" else []),
        ]

    def options(self, first: int | None = None) -> list[Json]:
        """Codings; with `first` they are a scale that begins there."""
        found: list[Json] = []
        for number in range(self.draw(st.integers(2, 5))):
            coding: Json = {"system": _SYSTEM, "code": f"o{number}"}
            option: Json = {"valueCoding": {**coding, **self.words("display", f"{number}:")}}
            if first is not None:
                weight = {"url": f"{_HL7}ordinalValue", "valueDecimal": first + number}
                option["extension"] = [weight]
            found.append(option)
        return found

    def conditions(self) -> Json:
        if not self.asked or self.draw(st.booleans()):
            return {}
        looked = self.draw(
            st.lists(st.sampled_from(range(len(self.asked))), min_size=1, max_size=3)
        )
        conditions = [self.condition(*self.asked[place]) for place in looked]
        found: Json = {"enableWhen": conditions}
        if len(conditions) > 1 or self.draw(st.booleans()):
            found["enableBehavior"] = self.draw(st.sampled_from(["all", "any"]))
        return found

    def condition(self, code: str, item: Mapping[str, object]) -> Json:
        exists = {"question": code, "operator": "exists", "answerBoolean": self.draw(st.booleans())}
        if self.draw(st.booleans()):
            return exists
        return self.comparison(code, item) or exists

    def comparison(self, code: str, item: Mapping[str, object]) -> Json | None:
        equal, ordered = st.sampled_from(["=", "!="]), st.sampled_from([">", "<", ">=", "<="])
        match item["type"]:
            case "boolean":
                answer: Json = {"answerBoolean": self.draw(st.booleans())}
                return {"question": code, "operator": self.draw(equal), **answer}
            case "integer":
                low = _first_end(item)
                return {"question": code, "operator": self.draw(ordered), "answerInteger": low + 1}
            case "decimal":
                number = _first_end(item) + 0.5
                return {"question": code, "operator": self.draw(ordered), "answerDecimal": number}
            case "date":
                return {"question": code, "operator": ">", "answerDate": "2026-02-28"}
            case "choice":
                return {"question": code, "operator": self.draw(equal), **self.named(item)}
        return None

    def named(self, item: Mapping[str, object]) -> Json:
        options = item["answerOption"]
        assert isinstance(options, list)
        option = self.draw(st.sampled_from(options))
        if "valueString" in option:
            return {"answerString": option["valueString"]}
        coding = option["valueCoding"]
        return {"answerCoding": {"system": coding["system"], "code": coding["code"]}}


_FIRST = st.sampled_from([0, 1])


def _first_end(item: Mapping[str, object]) -> int:
    extensions = item["extension"]
    assert isinstance(extensions, Sequence)
    low = next(each for each in extensions if each["url"].endswith("minValue"))
    return int(low.get("valueInteger", low.get("valueDecimal")))


@st.composite
def questionnaires(draw: st.DrawFn) -> Json:
    """A form of the accepted kind: groups, notes, every type, conditions, translations."""
    form = _Form(draw, spanish=draw(st.booleans()))
    heading: Json = {
        "resourceType": "Questionnaire",
        "status": draw(st.sampled_from(["draft", "active"])),
        "language": draw(st.sampled_from(["en", "nl", "fi"])),  # before and after es
        "version": draw(st.sampled_from(["1.0.0", "2.9", "10.2.1"])),
        **form.words("title", "Title"),
    }
    if draw(st.booleans()):
        heading |= {"publisher": "Example Publisher", "copyright": "May be used by anybody."}
    return {**heading, "item": form.items(2)}
