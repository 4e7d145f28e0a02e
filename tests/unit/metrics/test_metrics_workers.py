"""Shares of a few: what is said of them, and what is not."""

from datetime import date

from rsm.metrics.model import Days
from rsm.metrics.workers import Measured, Share, WorkerFigures, last_months, total


def test_a_share_of_twelve_is_told_with_what_chance_allows() -> None:
    """Of 12 baselines about 20 % is, by Wilson, 5 to 45 % (2 of 12) or 9 to 53 % (3 of 12)."""
    two, three = Share(2, 12).interval, Share(3, 12).interval
    assert (round(two.low, 2), round(two.high, 2)) == (0.05, 0.45)
    assert (round(three.low, 2), round(three.high, 2)) == (0.09, 0.53)
    assert not Share(2, 12).is_too_few


def test_of_fewer_than_ten_nothing_is_said_but_the_counts() -> None:
    assert Share(0, 9).is_too_few
    assert Share().share is None
    assert not Share(0, 9).differs(Share(900, 1000))


def test_a_difference_that_chance_explains_is_none() -> None:
    """62 of 313 at both organisations; workers had 8.8 % and 41.9 %."""
    others = Share(62, 313)
    assert not Share(3, 12).differs(others)
    assert Share(13, 31).differs(others)


def test_all_of_a_worker_is_the_sum_of_her_months() -> None:
    months = {
        date(2026, 9, 1): Measured(Share(1, 2), Share(3, 4)),
        date(2026, 10, 1): Measured(Share(1, 1), Share(0, 5)),
    }
    ann = WorkerFigures(months)
    assert ann.measured == Measured(Share(2, 3), Share(3, 9))
    assert total({None: ann}) - ann.measured == Measured()


def test_months_are_those_of_the_calendar_the_present_one_included() -> None:
    assert last_months(date(2026, 10, 19), 1) == Days(date(2026, 10, 1), date(2026, 10, 19))
    assert last_months(date(2026, 2, 28), 3) == Days(date(2025, 12, 1), date(2026, 2, 28))
    assert last_months(date(2026, 12, 31), 12).first == date(2026, 1, 1)
