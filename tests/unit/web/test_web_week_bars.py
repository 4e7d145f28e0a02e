"""The picture of her last weeks: calm, her own reports compared alone, gaps are gaps."""

import pytest

from rsm.web.charts import Span, WeekBar, WeekState, week_bars
from rsm.web.views.patient import HistoryView

SCALE = ("None", "Mild", "Moderate")
GAP = WeekBar("26 Oct", None, WeekState.NO_REPORT)


def history(*weeks: WeekBar) -> HistoryView:
    return HistoryView("Pain", SCALE, weeks)


@pytest.mark.parametrize(
    ("weeks", "trend"),
    [
        ((WeekBar("1", 1), WeekBar("2", 2)), "worse"),
        ((WeekBar("1", 2), GAP, WeekBar("3", 0)), "better"),
        ((WeekBar("1", 1), WeekBar("2", 1)), "same"),
        ((WeekBar("1", 1), GAP), "first"),
        ((WeekBar("1", 2),), "first"),
        ((WeekBar("1", 1), WeekBar("2", 2, by_other=True)), "first"),
        ((WeekBar("1", 1), WeekBar("2", 0, by_other=True), WeekBar("3", 1)), "same"),
    ],
)
def test_only_her_own_reports_are_compared(weeks: tuple[WeekBar, ...], trend: str) -> None:
    assert history(*weeks).trend == trend


def test_a_gap_is_no_zero_and_a_zero_is_seen() -> None:
    svg = week_bars((WeekBar("1", 0), GAP, WeekBar("3", 2)), SCALE, "c")
    assert svg.count('class="none"') == 1
    assert svg.count('class="week"') == 2


def test_nothing_of_the_picture_alarms() -> None:
    svg = week_bars(tuple(WeekBar(str(n), n) for n in range(3)), SCALE, "c")
    assert 'class="b' not in svg
    assert "style=" not in svg


def test_an_answer_of_somebody_else_looks_different() -> None:
    svg = week_bars((WeekBar("1", 2, by_other=True),), SCALE, "c")
    assert 'class="week other"' in svg


def test_a_point_on_a_line_stands_between_the_ends_that_are_named() -> None:
    span = Span(0, 100, ((0, "0"), (100, "100")))
    svg = week_bars((WeekBar("1", 50), WeekBar("2", 999)), span, "c")
    assert ">100</text>" in svg
    assert 'height="60.0"' in svg
    assert 'height="120.0"' in svg  # off the scale: at its end, not off the picture


def test_an_answer_that_an_older_scale_had_is_told_as_it_was_stored() -> None:
    view = history(WeekBar("1", 9), WeekBar("2", 1, shown="Mild, really"))
    assert [view.said(week) for week in view.weeks] == ["9", "Mild, really"]
