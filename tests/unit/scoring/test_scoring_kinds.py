"""`rsm score` with every type of item, and what waits in a survey that is not finished."""

import pytest

from rsm.instruments.library import body, find
from rsm.instruments.load import load_instrument
from rsm.instruments.merge import merge
from rsm.kernel.answers import answered
from rsm.kernel.errors import Invalid
from rsm.scoring.commands import read_answers, score_document
from rsm.scoring.decide import pending

GIVEN = {
    "feeling.severity": 2,
    "week-overall": 7,
    "ache.presence": 1,
    "ache.where": [3, 1],
    "troubles": [1, 2, 5],
    "helped-by": 4,
    "last-visit": "2026-11-20",
    "tell-us": "2",
}


def test_a_document_holds_lists_dates_and_words() -> None:
    found = score_document("short-measure", {"answers": GIVEN})
    assert found["scores"] == {"troubles.count": 3, "ache.places": 2}


def test_words_that_are_a_number_stay_words() -> None:
    read = read_answers(find("short-measure"), {"answers": GIVEN})
    assert read["tell-us"].text == "2"
    assert read["ache.where"].picked == (1, 3)


@pytest.mark.parametrize(
    ("item", "value"),
    [("troubles", [0, 1]), ("troubles", ["x"]), ("helped-by", [1]), ("last-visit", 3)],
)
def test_what_does_not_fit_the_type_is_refused(item: str, value: object) -> None:
    with pytest.raises(Invalid, match=item):
        score_document("short-measure", {"answers": {item: value}})


def test_a_score_over_an_item_that_is_asked_as_another_waits_for_that_one() -> None:
    other = body("short-measure").replace('key = "short-measure"', 'key = "other"')
    for old in (
        "feeling",
        "ache",
        "troubles",
        "week-overall",
        "helped-by",
        "last-visit",
        "tell-us",
    ):
        other = other.replace(f'"{old}', f'"o-{old}')
    merged = merge([find("short-measure"), load_instrument(other, "other.toml")])
    assert merged.item_by_code["o-troubles"].same_as == "troubles"
    waiting = pending(merged, {"feeling.severity": answered(1)})
    assert {"troubles", "o-troubles", "troubles.count", "o-troubles.count"} <= waiting
    assert "o-feeling.severity" not in waiting
