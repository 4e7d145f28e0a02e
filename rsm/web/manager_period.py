"""Which days the manager's pages speak of: so many weeks, and the whole ones beside them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.metrics.model import Days, Period

PERIODS = (4, 12, 26)  # weeks, the present one included
LONG_PERIODS = (*PERIODS, 52, 260)
BY_MONTH = 104  # weeks: from so many on, pictures are by month
MONTH = 4  # weeks that are called a month, since weekdays differ
_FEWEST = 26  # weeks on a run chart: fewer say nothing by its rules
_WEEK = timedelta(weeks=1)
_SETTLED = timedelta(days=5)  # as long as a weekly survey is open, and longer than 48 h to close


def last_weeks(now: datetime, zone: str, weeks: int) -> Days:
    """So many weeks on the site's wall clock, from a Monday on, the present one included."""
    today = local_of(now, zone_named(zone)).date()
    return Days(monday_of(today) - _WEEK * (weeks - 1), today)


def weeks_until_now(now: datetime, zone: str, weeks: int) -> Period:
    """The same as instants."""
    first = last_weeks(now, zone, weeks).first
    return Period(start_instant(datetime.combine(first, time()), zone_named(zone)), now)


def as_many_before(days: Days) -> Days:
    """The same number of days, up to the day before."""
    last = days.first - timedelta(days=1)
    return Days(last - (days.last - days.first), last)


def whole_weeks(now: datetime, zone: str, weeks: int) -> Days:
    """So many weeks of which all is known. Who answers is counted at once, who does not when the
    window closes, five days later; an alert of an hour ago is not late: of a week that has just
    ended too much would be said to be well, or amiss."""
    last = first_unsettled(now, zone) - timedelta(days=1)
    return Days(last - _WEEK * weeks + timedelta(days=1), last)


def first_unsettled(now: datetime, zone: str) -> date:
    """The Monday of the first week that has not been over for five days."""
    return monday_of(_settled(now, zone))


def _settled(now: datetime, zone: str) -> date:
    return local_of(now, zone_named(zone)).date() - _SETTLED


def drawn(now: datetime, zone: str, weeks: int) -> Days:
    """The days of a run chart: the period's whole weeks, and half a year at the least; from two
    years on whole months."""
    days = whole_weeks(now, zone, max(weeks, _FEWEST))
    if weeks < BY_MONTH:
        return days
    first = (days.first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Days(first, _settled(now, zone).replace(day=1) - timedelta(days=1))


def steps(days: Days, by_month: bool) -> Iterator[date]:
    """The first day of each month, or the Monday of each week, from the first day to the last."""
    at = days.first.replace(day=1) if by_month else monday_of(days.first)
    while at <= days.last:
        yield at
        at = (at.replace(day=28) + timedelta(days=4)).replace(day=1) if by_month else at + _WEEK


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
