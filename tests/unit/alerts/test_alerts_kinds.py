"""What rules know of an instrument with every type of item: grades, and what counts as a number."""

from rsm.alerts.specs import spec_of
from rsm.instruments.library import find

SPEC = spec_of(find("short-measure"))


def test_grades_are_items_and_names_dates_and_words_are_nothing() -> None:
    assert [item.code for item in SPEC.items] == ["feeling.severity", "ache.presence"]
    assert [number.code for number in SPEC.numbers] == ["week-overall", "ache.where", "troubles"]


def test_a_line_and_a_count_have_the_range_that_can_be_given() -> None:
    ranges = {each.code: (each.minimum, each.maximum) for each in SPEC.numbers}
    assert ranges == {"week-overall": (0, 10), "ache.where": (1, 17), "troubles": (0, 5)}


def test_scores_over_counts_have_bounds() -> None:
    assert {score.name: score.maximum for score in SPEC.scores} == {
        "troubles.count": 5,
        "ache.places": 17,
    }
