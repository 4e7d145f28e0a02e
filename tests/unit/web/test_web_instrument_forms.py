"""The form of one question: what is read of it, and what stays as it was."""

import pytest

from rsm.instruments import draft_edits, draft_text
from rsm.instruments.bank import listed
from rsm.instruments.draft_blank import blank
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Invalid
from rsm.web import instrument_item_form as form

TAGS = ["en", "es"]
Data = dict[str, object]


def texts(**given: str) -> dict[str, str]:
    """`text_en="…"` as the form's `text:en`; words in both languages unless given."""
    usual = {
        "text_en": "How bad?",
        "text_es": "¿Qué tan mal?",
        "short_en": "Bad",
        "short_es": "Mal",
    }
    return {name.replace("_", ":"): words for name, words in (usual | given).items()}


def rows(*labels: str, values: tuple[str, ...] = ()) -> dict[str, str]:
    found = {}
    for number, label in enumerate(labels):
        found[f"option:{number}:value"] = values[number] if values else ""
        found |= {f"option:{number}:label:{tag}": label for tag in TAGS}
    return found


def read(kind: str, fields: dict[str, str], old: Data | None = None) -> Data:
    return form.read({"code": "q", **fields}, old or form.new(kind, TAGS), TAGS)


def whole(*items: Data) -> Instrument:
    """A draft that asks these, as it would be published."""
    content: Data = draft_text.read(blank("Lakeside Clinic", TAGS))
    for item in items:
        content = draft_edits.with_item(content, None, item)
    return load_instrument(draft_text.write(content))


def refused(kind: str, fields: dict[str, str]) -> list[str]:
    with pytest.raises(Invalid) as told:
        read(kind, fields)
    return [problem.where for problem in told.value.problems]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("graded", rows("Not at all", "A little", "Much")),
        ("yes_no", {**rows("Nothing", "Something"), "may_not_apply": "yes"}),
        ("choice", rows("Bus", "Car", "On foot", values=("10", "20", "30"))),
        ("choices", {**rows("Bus", "Car", "Neither"), "option:2:exclusive": "yes"}),
        ("number", {"minimum": "0", "maximum": "10,5", "decimals": "1", "unit": "kg"}),
        (
            "visual_scale",
            {
                "minimum": "0",
                "maximum": "10",
                "step": "1",
                "low:en": "a",
                "low:es": "a",
                "high:en": "b",
                "high:es": "b",
            },
        ),
        ("date", {"not_after_today": "yes"}),
        ("text", {"max_length": "200", "long": "yes"}),
    ],
)
def test_every_type_is_made_by_the_form_alone(kind: str, fields: dict[str, str]) -> None:
    item = read(kind, {**texts(), **fields})
    assert whole(item).items[0].type == kind


def test_a_lowest_of_0_and_a_code_of_0_are_said() -> None:
    number = read("number", {**texts(), "minimum": "0", "maximum": "5", "decimals": "0"})
    assert (number["minimum"], number["decimals"]) == (0, 0)
    item = read("graded", {**texts(), **rows("None of it", "Some")})
    assert [option["value"] for option in listed(item, "options")] == [0, 1]


def test_a_row_without_words_goes_and_the_next_code_follows() -> None:
    labels = rows("Bus", "", "Car", values=("4", "", ""))
    item = read("choice", {**texts(), **labels})
    assert [option["value"] for option in listed(item, "options")] == [4, 5]


def test_what_the_form_does_not_show_stays() -> None:
    old = read("graded", {**texts(), **rows("None of it", "Some")})
    old |= {"symptom": "sleep", "codes": {"http://loinc.org": "1-8"}, "section": "first"}
    changed = form.read({"code": "q", **texts(text_en="How?"), **rows("None", "Some")}, old, TAGS)
    for name in ("symptom", "codes", "section"):
        assert changed[name] == old[name]
    assert changed["text"] == {"en": "How?", "es": "¿Qué tan mal?"}


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        (("a", "gate", "2"), {"item": "a", "at_least": 2}),
        (("a", "equals", "2"), {"every": [{"item": "a", "operator": "equals", "value": 2}]}),
        (("a", "above", "38,5"), {"every": [{"item": "a", "operator": "above", "value": 38.5}]}),
        (("a", "exists", ""), {"every": [{"item": "a", "operator": "exists"}]}),
        (
            ("a", "at_least", "2026-11-21"),
            {"every": [{"item": "a", "operator": "at_least", "value": "2026-11-21"}]},
        ),
        (("", "equals", "2"), None),
    ],
)
def test_one_simple_condition(fields: tuple[str, str, str], condition: Data | None) -> None:
    names = ("when:item", "when:operator", "when:value")
    given = dict(zip(names, fields, strict=True))
    item = read("yes_no", {**texts(), **rows("Nothing", "Something"), **given})
    assert item.get("asked_when") == condition


def test_a_longer_condition_is_kept_as_it_is() -> None:
    longer = {"any": [{"item": "a", "operator": "exists"}, {"item": "b", "operator": "exists"}]}
    old = form.new("yes_no", TAGS) | {"asked_when": longer}
    fields = {"code": "q", **texts(), **rows("Nothing", "Something"), "when:kept": "yes"}
    assert form.read(fields, old, TAGS)["asked_when"] == longer


def test_each_fault_is_told_at_its_field() -> None:
    assert refused("number", {**texts(), "minimum": "low", "maximum": "", "decimals": "1"}) == [
        "minimum",
        "maximum",
    ]
    assert refused("choice", {**texts(), **rows("Bus", "Car", values=("x", "1"))}) == [
        "option:0:value"
    ]
    gate = {"when:item": "a", "when:operator": "gate", "when:value": "0"}
    assert refused("yes_no", {**texts(), **rows("No", "Yes"), **gate}) == ["when:value"]
