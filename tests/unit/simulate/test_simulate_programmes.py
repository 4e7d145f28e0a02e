"""Programmes are data with a source; what is impossible is refused with its line."""

import pytest

from rsm.kernel.errors import Invalid
from rsm.simulate.programme import Measure, parse_programme, programme, shipped

BELOW = """
[[expected]]
measure = "weekly_completion"
published = 0.9
low = 0.95
high = 1.0
source = "JAMA 2022"
"""
MINE = 'key = "mine"\ntitle = "Mine"\n'


@pytest.mark.parametrize("key", shipped())
def test_every_shipped_figure_has_a_source_and_lies_within_its_bounds(key: str) -> None:
    for expected in programme(key).expected:
        assert expected.low <= expected.published <= expected.high
        assert any(letter.isdigit() for letter in expected.source)


def test_the_programmes_of_the_trials_ship() -> None:
    assert {"demo", "pro-tect", "star", "esym"} <= set(shipped())
    measures = {each.measure for each in programme("pro-tect").expected}
    assert {Measure.WEEKLY_COMPLETION, Measure.ALERTING_SURVEYS} <= measures


def test_what_a_programme_leaves_out_is_as_in_the_demo() -> None:
    mine = parse_programme(MINE + "[patients]\nforgets = 0.1\n", "mine.toml")
    demo = programme("demo")
    assert mine.patients == demo.patients.model_copy(update={"forgets": 0.1})
    assert (mine.staff, mine.calls, mine.carrier) == (demo.staff, demo.calls, demo.carrier)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("[patients]\nforgets = 1.5\n", r"mine\.toml:4: patients\.forgets"),
        ("[carrier]\nlost = -0.1\n", r"mine\.toml:4: carrier\.lost"),
        ("[carrier]\nlosst = 0.1\n", "did you mean `lost`"),
        (
            BELOW,
            "between `low` and `high`",
        ),
        ("patients = {", "not TOML"),
    ],
)
def test_impossible_habits_are_refused_with_the_line(wrong: str, where: str) -> None:
    with pytest.raises(Invalid, match=where):
        parse_programme(MINE + wrong, "mine.toml")


def test_an_unknown_programme_is_refused_with_the_nearest() -> None:
    with pytest.raises(Invalid, match="pro-tect"):
        programme("protect")
