"""Formulas other than the composite, and what missing does to them."""

import pytest

from rsm.instruments.library import find
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, Answer, answered
from rsm.scoring.decide import score

WEEKLY = find("weekly-symptoms")
ALL_ABSENT: dict[str, Answer] = {
    item.code: answered(0) for item in WEEKLY.items if item.asked_when is None
}


def made(**formula: object) -> Instrument:
    """Three ungated items a, b, c and one score over them."""
    item = {"type": "graded", "options": [{"value": value} for value in range(5)]}
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": [item | {"code": code} for code in "abc"],
        "scores": [{"name": "s", "items": ["a", "b", "c"]} | formula],
    }
    return Instrument.model_validate(content, strict=False)


def test_no_symptom_at_all_is_a_burden_of_zero() -> None:
    scores = score(WEEKLY, ALL_ABSENT)
    assert scores["burden"].value == 0
    assert scores["symptom-count"].value == 0
    assert scores["pain.max"].value == 0


def test_the_worst_attribute_is_the_symptoms_maximum() -> None:
    pain = {
        "pain.frequency": answered(1),
        "pain.severity": answered(3),
        "pain.interference": answered(2),
    }
    scores = score(WEEKLY, ALL_ABSENT | pain)
    assert scores["pain.max"].value == 3
    assert scores["burden"].value == 6
    assert scores["symptom-count"].value == 1


def test_a_refused_item_leaves_the_score_without_a_value_and_is_named() -> None:
    scores = score(WEEKLY, ALL_ABSENT | {"pain.frequency": REFUSED})
    for name in ("pain.max", "burden", "symptom-count"):
        assert scores[name].value is None
        assert "pain.frequency (refused)" in scores[name].reason
    assert scores["nausea.max"].value == 0


def test_an_answer_in_a_closed_branch_is_not_scored() -> None:
    scores = score(WEEKLY, ALL_ABSENT | {"pain.severity": answered(4)})
    assert scores["pain.max"].value == 0


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("max", 4, "highest of 2 of 3 items"),
        ("mean", 2.5, "mean of 2 of 3 items"),
        ("sum", 7.5, "prorated sum of 2 of 3 items"),
    ],
)
def test_with_enough_answers_the_missing_one_does_not_count_as_zero(
    kind: str, value: float, reason: str
) -> None:
    answers = {"a": answered(1), "b": answered(4), "c": REFUSED}
    result = score(made(kind=kind, min_answered=2), answers)["s"]
    assert (result.value, result.reason) == (value, reason)


@pytest.mark.parametrize("kind", ["max", "mean", "sum"])
def test_below_the_least_number_of_answers_there_is_no_score(kind: str) -> None:
    result = score(made(kind=kind, min_answered=2), {"a": answered(4), "c": REFUSED})["s"]
    assert result.value is None
    assert result.reason == "missing: b (not answered), c (refused)"


@pytest.mark.parametrize(("kind", "value"), [("max", 4), ("mean", 2), ("sum", 6)])
def test_whole_results_stay_whole_numbers(kind: str, value: int) -> None:
    answers = {"a": answered(2), "b": answered(4), "c": answered(0)}
    result = score(made(kind=kind), answers)["s"].value
    assert result == value
    assert isinstance(result, int)
