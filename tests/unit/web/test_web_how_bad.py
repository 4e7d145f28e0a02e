"""Answers on different scales are put in order by how far up each its own scale they lie."""

import json

import pytest

from rsm.instruments.items import Item
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, STRUCTURAL_ZERO, Answer, answered
from rsm.web.how_bad import by_worst

GRADES = [{"value": value} for value in range(4)]
KINDS: dict[str, dict[str, object]] = {
    "line": {"type": "visual_scale", "minimum": 0, "maximum": 10},
    "grade": {"type": "graded", "options": GRADES},
    "from-one": {"type": "graded", "options": GRADES[1:]},
    "yes": {"type": "yes_no", "options": GRADES[:2]},
    "name": {"type": "choice", "options": GRADES},
}


@pytest.fixture
def items() -> dict[str, Item]:
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": [{"code": code, **kind} for code, kind in KINDS.items()],
    }
    return dict(Instrument.model_validate_json(json.dumps(content)).item_by_code)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"line": answered(4), "grade": answered(3)}, ["grade", "line"]),  # 4 of 10, 3 of 3
        ({"line": answered(9), "grade": answered(1)}, ["line", "grade"]),
        ({"from-one": answered(2), "grade": answered(1)}, ["from-one", "grade"]),  # half, a third
        ({"yes": answered(1), "line": answered(1)}, ["line", "yes"]),
        ({"name": answered(3), "yes": answered(1)}, ["yes", "name"]),
        ({"line": answered(0), "grade": STRUCTURAL_ZERO, "from-one": answered(1)}, []),
        ({"line": REFUSED}, []),
    ],
)
def test_the_worst_is_first_whatever_its_scale(
    items: dict[str, Item], given: dict[str, Answer], first: list[str]
) -> None:
    assert by_worst(items, given, given) == first
