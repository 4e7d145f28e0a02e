"""Two results side by side: what differs, and an honest word on chance."""

from datetime import date
from pathlib import Path

import pytest

from rsm.cli import main
from rsm.cli import simulate_folder as folders
from rsm.metrics.simulated import Result
from rsm.web import simulated_compare as comparing
from tests.simulated_samples import busy, report, result_of, site

Said = pytest.CaptureFixture[str]


def runs(*alerts_a_day: int) -> Result:
    """A run for each, with seeds of their own."""
    pairs = [(str(place), busy(count)) for place, count in enumerate(alerts_a_day)]
    return result_of(*pairs)


def usual(before: Result, after: Result) -> comparing.Compared:
    return comparing.compared(before, after)[0]


def test_one_run_each_cannot_be_told_from_chance() -> None:
    row = usual(runs(3), runs(5))
    assert (row.before, row.after, row.differs) == (3, 5, "+2")
    assert row.chance == "1 run in common: chance cannot be told apart"
    warning = next(comparing.warnings(runs(3), runs(5)))
    assert warning.startswith("1 run with the same seed in both: too few to tell")
    assert warning.endswith("Simulate both with --runs 5 or more.")


def test_a_difference_of_shares_is_in_points_and_what_is_missing_in_neither() -> None:
    before, after = result_of(("1", site())), result_of(("1", busy()))
    rows = {row.name: row for row in comparing.compared(before, after)}
    assert rows["Reports that alert"].differs == "\N{EN DASH}"
    assert rows["Surveys completed"].differs == "none"
    fewer = result_of(("1", site(reports=[report(), report(alerted=True)])))
    row = comparing.compared(fewer, after)[11]
    assert (row.name, row.differs) == ("Reports that alert", "\N{MINUS SIGN}14 points")


def test_a_difference_that_turns_with_the_seed_may_be_chance() -> None:
    row = usual(runs(3, 5, 4, 4, 4), runs(5, 3, 5, 5, 5))
    assert row.chance == "may be chance: higher in 4, lower in 1 of 5 runs"


def test_five_runs_to_one_side_are_hardly_chance_and_two_are_too_few() -> None:
    assert usual(runs(5, 5), runs(3, 3)).chance == "lower in all 2 runs: too few to exclude chance"
    found = usual(runs(3, 3, 3, 3, 3), runs(4, 5, 4, 5, 4))
    assert found.chance == "higher in all 5 runs: chance does that in 1 of 16"


def test_other_people_are_not_compared_run_by_run() -> None:
    before, after = runs(3, 3), result_of(("0", busy()), ("1", busy()), patients=99)
    assert usual(before, after).runs == ()
    assert "differ in size, begin or programme" in next(comparing.warnings(before, after))
    later = result_of(("0", busy()), begin=date(2026, 3, 2))
    assert not comparing.same_people(before.ordered, later.ordered)


def test_other_minutes_for_an_alert_are_no_other_load() -> None:
    longer = result_of(("0", busy()), minutes_per_alert=20.0)
    warnings = list(comparing.warnings(result_of(("0", busy())), longer))
    assert warnings[0].startswith("They count an alert with other minutes")


def test_what_does_not_differ_says_none() -> None:
    assert usual(runs(3), runs(3)).differs == "none"
    assert usual(runs(3, 4), runs(3, 4)).chance == "the same in all 2 runs"
    assert comparing.heading(comparing.compared(runs(3), runs(3))) == (
        "A usual day has 3 alerts with either."
    )


def test_the_command_prints_both_and_writes_a_page(tmp_path: Path, capsys: Said) -> None:
    folders.write(tmp_path / "a", runs(3), {})
    folders.write(tmp_path / "b", runs(5), {})
    page = tmp_path / "compared.html"
    both = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["simulate", "compare", *both, "--out", str(page)]) == 0
    said = capsys.readouterr().out
    assert "A usual day has 5 alerts with the second, 3 with the first." in said
    assert "too few to tell a difference from chance" in said
    assert "<script" not in page.read_text(encoding="utf-8")
    assert main(["simulate", "compare", *both, "--json"]) == 0
    assert '"first": 3.0' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a"], "takes two folders, got 1"),
        (["a", "b", "c"], "takes two folders, got 3"),
        (["a", "b"], "has no result.json"),
        (["a", "b", "--out", "."], "is no page"),
    ],
)
def test_a_comparison_of_nothing_is_told(
    arguments: list[str], said: str, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "compare", *arguments]) == 2
    assert said in capsys.readouterr().err
