"""Periods that are read together: each day once, and put together again as if read alone."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import Bucket, cut, divided, gathered

FIRST = date(2024, 1, 29)
NEAR = st.integers(0, 70).map(lambda days: FIRST + timedelta(days=days))
PERIODS = st.lists(st.builds(Days, NEAR, NEAR), max_size=5)


def within(days: Days) -> list[date]:
    count = (days.last - days.first).days + 1
    return [days.first + timedelta(days=number) for number in range(count)]


@given(PERIODS, st.sets(NEAR))
def test_what_the_pieces_of_a_period_have_is_what_its_days_have(
    periods: list[Days], known: set[date]
) -> None:
    parts = cut(periods)
    of_piece: dict[Bucket, set[date]] = {}
    for day in known:
        number = sum(1 for begins in parts.begins if begins <= day)  # as width_bucket counts
        if number and day <= parts.last:
            of_piece.setdefault(("", number), set()).add(day)
    found = {place: set().union(*some) for (_, place), some in gathered(parts, of_piece)}
    alone = {place: known & set(within(days)) for place, days in enumerate(periods)}
    assert found == {place: days for place, days in alone.items() if days}


def test_a_period_to_the_end_of_time_has_its_last_day() -> None:
    assert cut([Days(FIRST, date.max)]).last == date.max


@given(NEAR, NEAR)
def test_every_day_is_in_the_week_and_in_the_month_that_it_belongs_to(
    first: date, last: date
) -> None:
    days = Days(first, last)
    for span in Span:
        parts = divided(days, span)
        assert [day for part in parts.values() for day in within(part)] == within(days)
        for begins, part in parts.items():
            for day in within(part):
                monday = day - timedelta(days=day.weekday())
                assert begins == (monday if span is Span.WEEK else day.replace(day=1))


def test_weeks_and_months_are_those_of_the_calendar() -> None:
    days = Days(date(2024, 2, 10), date(2024, 3, 1))
    assert divided(days, Span.MONTH) == {
        date(2024, 2, 1): Days(date(2024, 2, 10), date(2024, 2, 29)),
        date(2024, 3, 1): Days(date(2024, 3, 1), date(2024, 3, 1)),
    }
    assert next(iter(divided(days, Span.WEEK))) == date(2024, 2, 5)
