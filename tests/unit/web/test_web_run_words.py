"""What the rules of a run chart found is said in words: how long, on which side, since when."""

import re

import pytest

from rsm.metrics.statistics.control import Signal
from rsm.web import run_words
from rsm.web.charts import RunPoint
from rsm.web.charts_run import Good, Mark, Run, spc_chart
from rsm.web.site_words import Words

EN, ES = Words("site", "en"), Words("site", "es")
FLAT = (80, 78, 82, 79, 81, 80, 79, 82)


def run(*parts: int | None, good: Good = Good.HIGHER, whole: int = 100) -> Run:
    points = [
        RunPoint(f"week {place}", part or 0, 0 if part is None else whole)
        for place, part in enumerate(parts, start=1)
    ]
    return Run.of(points, good)


def test_eight_in_a_row_below_the_centre_since_a_week() -> None:
    found = run(*FLAT, *[70] * 8)
    assert "8 weeks in a row below the centre, since week 9. That is worse." in run_words.sentences(
        found, EN, by_month=False
    )
    caption = run_words.finding(found, EN, "Completed")
    assert caption == "Completed: 70 %, lower than chance since week 9"


def test_where_less_is_better_the_same_is_good_and_where_neither_it_is_not_judged() -> None:
    better = run(*FLAT, *[70] * 8, good=Good.LOWER)
    told = run_words.sentences(better, EN, by_month=True)
    assert "8 months in a row below the centre, since week 9. That is better." in told
    neither = run_words.sentences(run(*FLAT, *[70] * 8, good=Good.NEITHER), EN, by_month=False)
    assert "8 weeks in a row below the centre, since week 9." in neither


def test_a_point_outside_is_named_with_its_share() -> None:
    found = run(*FLAT, 79, 81, 80, 78, 50)
    told = run_words.sentences(found, EN, by_month=False)
    assert told[0] == "Below the lower limit in the week of week 13 (50 %). That is worse."
    assert run_words.marked(found, 12, EN) == "outside the limits"


def test_a_trend_says_its_direction_and_where_it_began() -> None:
    found = run(80, 80, 80, 80, 80, 80, 80, 79, 78, 77, 76, 75)
    trends = [each for each in run_words.stretches(found) if each.signal is Signal.TREND]
    assert [(each.first, each.last, each.up) for each in trends] == [(6, 11, False)]
    told = run_words.sentences(found, EN, by_month=False)
    assert any(
        "6 weeks in a row, each lower than the one before, since week 7" in one for one in told
    )


def test_a_rise_that_turns_is_two_trends() -> None:
    found = run(70, 72, 74, 76, 78, 80, 78, 76, 74, 72, 70, 68)
    trends = [each for each in run_words.stretches(found) if each.signal is Signal.TREND]
    assert {each.up for each in trends} == {True, False}


def test_weeks_in_which_nothing_was_due_are_stepped_over() -> None:
    found = run(*FLAT, 70, 70, None, 70, 70, 70, 70, None, 70, 70)
    eight = [each for each in run_words.stretches(found) if each.signal is Signal.RUN]
    assert eight[0].length == 8
    assert eight[0].first == 8


@pytest.mark.parametrize(("words", "shown"), [(EN, "4 weeks are too few"), (ES, "4 semanas son")])
def test_few_points_have_neither_limits_nor_rules(words: Words, shown: str) -> None:
    found = run(10, 0, 10, 10)
    assert not found.has_limits
    assert run_words.sentences(found, words, by_month=False)[0].startswith(shown)
    assert run_words.marked(found, 1, words) == ""
    assert 'class="lim"' not in spc_chart(found, "c", "centre")
    assert "out" not in spc_chart(found, "c", "centre")


def test_chance_alone_is_said_to_be_chance() -> None:
    steady = run(80, 84, 75, 82, 77, 85, 76, 80, 83, 74, 81, 78)
    told = run_words.sentences(steady, EN, by_month=False)
    assert told == ("No rule of the run chart speaks: what varies is no more than chance.",)
    assert run_words.finding(steady, EN, "Completed").endswith("within chance of 80 %")


def test_nothing_due_is_said_and_drawn_without_a_line() -> None:
    empty = run(None, None)
    assert run_words.finding(empty, EN, "Completed") == "Completed: nothing to show yet"
    assert "<circle" not in spc_chart(empty, "c", "centre")


def test_the_picture_has_limits_rings_and_the_journals_lines() -> None:
    found = run(*FLAT, *[70] * 8)
    marked = Run.of(found.points, Good.HIGHER, [Mark(8, 1)])
    picture = spc_chart(marked, "c", "centre 75 %")
    assert picture.count('class="lim"') == 2
    assert picture.count('class="pt out"') >= 8
    assert picture.count('class="note"') == 1
    assert "centre 75 %" in picture
    assert not re.search(r"nan|inf", picture)


def test_all_at_hundred_percent_has_a_picture() -> None:
    assert "100 %" in spc_chart(run(*[100] * 14), "c", "centre 100 %")


def test_limits_are_from_before_the_newest_points_which_they_judge() -> None:
    fell = run(*(80, 78, 82, 79, 81, 80) * 3, *[70] * 8)
    assert fell.baseline == 18
    assert fell.chart.centre == pytest.approx(0.80)  # what fell did not pull the centre after it
    told = run_words.sentences(fell, EN, by_month=False)
    assert told[-1] == (
        "Centre and limits are from the first 18 weeks, and the newest 8 are held against them."
    )
    assert run(*FLAT, 80, 80, 80, 80).baseline == 12  # never from fewer than it takes


def test_weeks_without_any_due_are_not_part_of_what_limits_are_from() -> None:
    late = run(*[None] * 6, *[80] * 13, 20)
    assert late.baseline == 18  # six weeks without, and twelve with
    assert late.chart.centre == pytest.approx(0.80)


def test_a_trend_is_said_to_rise_and_not_to_be_higher_than_chance() -> None:
    below = run(*[80] * 12, 60, 62, 64, 66, 68, 70)
    caption = run_words.finding(below, EN, "Completed")
    assert "higher than chance" not in caption
    assert caption == "Completed: 70 %, lower than chance since week 13"
    rising = run(*(80, 72, 88, 74, 86, 80) * 2, 77, 78, 79, 80, 81, 82)
    caption = run_words.finding(rising, EN, "Completed")
    assert caption == "Completed: 82 %, rising since week 13"
    picture = spc_chart(rising, "c", "centre")
    assert 'class="pt out"' not in picture  # below the centre, and on its way up
    assert picture.count('class="pt up"') == 6


def test_what_no_longer_holds_is_no_finding_of_now() -> None:
    over = run(*(80, 78, 82, 79, 81, 80) * 2, 50, 80)
    assert run_words.holding(over) is None
    assert run_words.finding(over, EN, "Completed").endswith("within chance of 80 %")
    assert run_words.holding(run(*(80, 78, 82, 79, 81, 80) * 2, 80, 50)) is not None
    hugging = run(*(80, 81) * 10)
    assert run_words.holding(hugging) is None
