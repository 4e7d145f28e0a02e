"""Days without texts: weekends, public holidays of the site's place, days of its own."""

from datetime import date, timedelta

import pytest

from rsm.kernel.errors import Invalid
from rsm.sites.calendar import (
    LONGEST_CLOSURE,
    SiteCalendar,
    checked,
    closed_dates,
    closed_weekdays,
    is_closed,
    problems_of,
)

TODAY = date(2026, 10, 19)
CHRISTMAS = date(2026, 12, 25)
IN_NEW_YORK = SiteCalendar(country="US", subdivision="NY", texts_on_holidays=False)


def test_with_nothing_said_every_day_has_texts() -> None:
    calendar = checked(SiteCalendar(), TODAY)
    assert not any(is_closed(calendar, TODAY + timedelta(days=n)) for n in range(400))


def test_public_holidays_are_those_of_the_sites_country_and_region() -> None:
    assert is_closed(IN_NEW_YORK, CHRISTMAS)
    lincoln = date(2026, 2, 12)  # kept in New York, not in Texas
    in_texas = SiteCalendar(country="US", subdivision="TX", texts_on_holidays=False)
    assert is_closed(IN_NEW_YORK, lincoln)
    assert not is_closed(in_texas, lincoln)


def test_a_site_that_texts_on_holidays_is_open_on_them() -> None:
    assert not is_closed(SiteCalendar(country="US"), CHRISTMAS)


def test_the_weekend_is_that_of_the_country() -> None:
    assert closed_weekdays(SiteCalendar(texts_on_weekends=False)) == {5, 6}
    assert closed_weekdays(SiteCalendar(country="US", texts_on_weekends=False)) == {5, 6}
    assert closed_weekdays(SiteCalendar(country="SA", texts_on_weekends=False)) == {4, 5}


def test_a_sites_own_days_are_closed_besides() -> None:
    own = date(2026, 11, 3)
    calendar = IN_NEW_YORK.model_copy(update={"closed_dates": (own,)})
    assert {own, CHRISTMAS} <= closed_dates(calendar, [2026])


@pytest.mark.parametrize(
    ("calendar", "where", "word"),
    [
        (SiteCalendar(country="USA "), "calendar.country", "US"),
        (SiteCalendar(country="Narnia"), "calendar.country", "ISO 3166"),
        (SiteCalendar(country="US", subdivision="NYC"), "calendar.subdivision", "NY"),
        (SiteCalendar(subdivision="NY"), "calendar.country", "region"),
        (SiteCalendar(texts_on_holidays=False), "calendar.country", "US"),
    ],
)
def test_a_place_that_is_not_known_is_refused_with_what_to_do(
    calendar: SiteCalendar, where: str, word: str
) -> None:
    (problem,) = problems_of(calendar, TODAY)
    assert problem.where == where
    assert word in f"{problem.what} {problem.mend}"
    with pytest.raises(Invalid):
        checked(calendar, TODAY)


def test_a_calendar_that_leaves_no_day_is_refused() -> None:
    days = tuple(TODAY + timedelta(days=n) for n in range(LONGEST_CLOSURE.days + 1))
    (problem,) = problems_of(SiteCalendar(closed_dates=days), TODAY)
    assert (problem.where, str(TODAY) in problem.what) == ("calendar.closed_dates", True)
    assert problems_of(SiteCalendar(closed_dates=days[:-1]), TODAY) == []


def test_closed_weekdays_and_holidays_count_in_a_closure_that_is_too_long() -> None:
    """Every working day of five weeks is closed, and its weekends are as well."""
    weekdays = (TODAY + timedelta(days=n) for n in range(35))
    own = tuple(day for day in weekdays if day.weekday() < 5)
    assert problems_of(SiteCalendar(closed_dates=own), TODAY) == []
    shut = SiteCalendar(texts_on_weekends=False, closed_dates=own)
    assert [one.where for one in problems_of(shut, TODAY)] == ["calendar.closed_dates"]
