"""A structural zero is concluded only where 0 is an answer of the item: else it is absent (P7)."""

import json

import pytest

from rsm.instruments import numbers
from rsm.instruments.bounds import item_bounds
from rsm.instruments.checks import check
from rsm.instruments.decide import asked_items, effective
from rsm.instruments.model import Instrument
from rsm.instruments.preview import preview
from rsm.kernel.answers import STRUCTURAL_ZERO, answered
from rsm.scoring.decide import score

Json = dict[str, object]
GRADES = [{"value": value} for value in range(4)]


def gated(item: Json, *, reverse: bool = False) -> Instrument:
    """`fever`, and behind it this item, with the sum of it where it has a scale."""
    fever = {"type": "yes_no", "code": "fever", "options": GRADES[:2]}
    content: Json = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": [fever, {"code": "behind", "asked_when": {"item": "fever"}, **item}],
    }
    if reverse:
        formula = {"kind": "sum", "name": "s", "items": ["behind"], "reversed": ["behind"]}
        content["scores"] = [formula]
    return Instrument.model_validate_json(json.dumps(content))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "number", "minimum": 30, "maximum": 45, "decimals": 1},
        {"type": "visual_scale", "minimum": 1, "maximum": 10},
        {"type": "graded", "options": GRADES[1:]},
        {"type": "choice", "options": GRADES},
        {"type": "date"},
        {"type": "text"},
    ],
)
def test_what_has_no_zero_is_absent_behind_a_gate_of_zero(item: Json) -> None:
    instrument = gated(item)
    counted = effective(instrument, {"fever": answered(0)})
    assert set(counted) == {"fever"}
    assert numbers.numbers_of(instrument, counted) == {}
    assert "behind is asked when fever is at least 1" in list(preview(instrument, {}))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "number", "minimum": 0, "maximum": 20, "decimals": 0},
        {"type": "visual_scale", "minimum": 0, "maximum": 10},
        {"type": "graded", "options": GRADES},
        {"type": "choices", "options": GRADES[1:]},
    ],
)
def test_what_has_a_zero_counts_as_zero_behind_a_gate_of_zero(item: Json) -> None:
    instrument = gated(item)
    assert effective(instrument, {"fever": answered(0)})["behind"] == STRUCTURAL_ZERO
    bounds = item_bounds(instrument.item_by_code["behind"])
    assert bounds is None or bounds.lowest <= 0


@pytest.mark.parametrize("gate", [0, 1])
@pytest.mark.parametrize("value", [True, False])
def test_what_was_concluded_was_not_answered(gate: int, value: bool) -> None:
    """FHIR's `exists` asks whether there is an answer: to what was not asked there is none."""
    content = json.loads(gated({"type": "graded", "options": GRADES}).canonical_json)
    test = {"item": "behind", "operator": "exists", "value": value}
    content["items"].append({"type": "text", "code": "more", "asked_when": {"every": [test]}})
    instrument = Instrument.model_validate_json(json.dumps(content))
    given = {"fever": answered(gate)} | ({"behind": answered(0)} if gate else {})
    asked = [item.code for item in asked_items(instrument, given)]
    assert ("more" in asked) is (bool(gate) is value)


def test_a_count_that_is_concluded_stays_within_the_bounds_of_its_score() -> None:
    picks = gated({"type": "choices", "options": GRADES[1:]}, reverse=True)
    assert check(picks) == []
    assert score(picks, {"fever": answered(0)})["s"].value == 3  # none of three, turned round
