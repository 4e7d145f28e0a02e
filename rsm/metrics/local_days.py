"""Days of a site's clock as spans of instants: one statement for many of them.

Where a day begins our zone data say, and not PostgreSQL's: they may be of different releases.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Date, DateTime, Integer, and_, func, literal, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import Grouping

from rsm.kernel.localtime import start_instant

_DAY = timedelta(days=1)
_NEAR = 7 * _DAY  # days so near one another are read as one stretch


def stretches(days: Collection[date]) -> Iterator[tuple[date, date]]:
    """First and last of days that follow one another: between two of them nothing is read."""
    first = last = min(days)
    for day in sorted(days):
        if day > last + _NEAR:
            yield first, last
            first = day
        last = day
    yield first, last


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins there."""
    return start_instant(datetime.combine(day, time()), zone)


def near(
    instant: InstrumentedAttribute[datetime], days: Collection[date], zone: ZoneInfo
) -> ColumnElement[bool]:
    """Whether it lies on one of these days, or on one between two that are near one another."""
    spans = ((begins(first, zone), begins(last + _DAY, zone)) for first, last in stretches(days))
    return or_(*(and_(instant >= since, instant < until) for since, until in spans))


def day_of(
    instant: InstrumentedAttribute[datetime], days: Collection[date], zone: ZoneInfo
) -> ColumnElement[date | None]:
    """Which of these days it lies on, NULL for none."""
    wanted = set(days)
    edges = sorted(wanted | {day + _DAY for day in wanted})
    # A day that a zone left out begins and ends at once: the later one has its place.
    named = {begins(day, zone): day if day in wanted else None for day in edges}
    places = literal(list(named), ARRAY(DateTime(timezone=True)))
    place = func.width_bucket(instant, places, type_=Integer())
    days_there = literal(list(named.values()), ARRAY(Date()))
    return Grouping(days_there)[place]
