"""The days on which a site writes to nobody: weekends, public holidays, days of its own. Pure.

Public holidays come from the `holidays` library, by country and region; it is only loaded where a
country is named, since that takes a while.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem

_DAY = timedelta(days=1)
_SATURDAY_AND_SUNDAY = frozenset({5, 6})
# A text that waits so long has lost its sense: a site that closes for longer pauses its patients.
LONGEST_CLOSURE = timedelta(days=31)


class SiteCalendar(BaseModel):
    """Which days are without texts. With nothing said, every day has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str | None = None  # ISO 3166-1, such as `US`
    subdivision: str | None = None  # such as `NY`
    texts_on_weekends: bool = True
    texts_on_holidays: bool = True
    closed_dates: tuple[date, ...] = ()


@dataclass(frozen=True)
class SiteTimes:
    """When a site lets texts out, for the years around the day that was asked for."""

    texts_from: time
    texts_until: time
    closed_weekdays: frozenset[int]  # Monday is 0
    closed_dates: frozenset[date]


def problems_of(calendar: SiteCalendar, around: date) -> list[Problem]:
    """Everything that is wrong with a calendar; `around`: the years that it is tried for."""
    if problems := list(_unknown_place(calendar)):
        return problems
    if not calendar.texts_on_holidays and calendar.country is None:
        mend = "give the country, such as US"
        return [Problem("calendar.country", "is needed to know its public holidays", mend)]
    if since := _endless_closure(calendar, around):
        what = f"from {since} on more than {LONGEST_CLOSURE.days} days in a row are without texts"
        mend = "open a day in between, or pause the patients"
        return [Problem("calendar.closed_dates", what, mend)]
    return []


def closed_weekdays(calendar: SiteCalendar) -> frozenset[int]:
    """The weekdays without texts: the weekend of the site's country."""
    if calendar.texts_on_weekends:
        return frozenset()
    return _weekend(calendar.country) if calendar.country else _SATURDAY_AND_SUNDAY


def closed_dates(calendar: SiteCalendar, years: Iterable[int]) -> frozenset[date]:
    """The dates without texts in these years, besides the weekends; its own of every year."""
    own = frozenset(calendar.closed_dates)
    if calendar.texts_on_holidays or calendar.country is None:
        return own
    return own.union(*(_holidays(calendar.country, calendar.subdivision, year) for year in years))


def public_holidays(calendar: SiteCalendar, years: Iterable[int]) -> frozenset[date]:
    """The public holidays of its country in these years, whether it writes to anybody on them or
    not; none where no country is named."""
    if calendar.country is None:
        return frozenset()
    named = (_holidays(calendar.country, calendar.subdivision, year) for year in years)
    return frozenset[date]().union(*named)


def is_closed(calendar: SiteCalendar, day: date) -> bool:
    """Whether no text goes out on that day."""
    return day.weekday() in closed_weekdays(calendar) or day in closed_dates(calendar, (day.year,))


def years_around(day: date) -> range:
    """The years for which a calendar is read when that day is today: plans look far ahead."""
    return range(day.year - 1, day.year + 3)


def _unknown_place(calendar: SiteCalendar) -> Iterator[Problem]:
    country, region = calendar.country, calendar.subdivision
    if country is None:
        if region is not None:
            yield Problem("calendar.country", "is missing", "a region is one of a country")
        return
    known = _places()
    if country not in known:
        mend = nearest(country, known) or "a code of ISO 3166-1, such as US"
        yield Problem("calendar.country", f"`{country}` has no known holidays", mend)
    elif region is not None and region not in known[country]:
        mend = nearest(region, known[country]) or f"one of {', '.join(sorted(known[country]))}"
        yield Problem("calendar.subdivision", f"{country} has no region `{region}`", mend)


def _endless_closure(calendar: SiteCalendar, around: date) -> date | None:
    """The first day of a closure that is too long."""
    if not calendar.closed_dates:
        return None  # weekends and holidays alone never fill a month
    years = {each.year for each in (*calendar.closed_dates, around)}
    weekdays, dates = closed_weekdays(calendar), closed_dates(calendar, years)
    nearby = {day + n * _DAY for day in dates for n in range(-7, 8)}
    shut = sorted(day for day in nearby if day in dates or day.weekday() in weekdays)
    for _, run in groupby(enumerate(shut), key=lambda each: each[1].toordinal() - each[0]):
        days = [day for _, day in run]
        if days[-1] - days[0] >= LONGEST_CLOSURE:
            return days[0]
    return None


def checked(calendar: SiteCalendar, around: date) -> SiteCalendar:
    """The calendar; raises `Invalid` with everything that is wrong with it."""
    if problems := problems_of(calendar, around):
        raise Invalid(problems)
    return calendar


# --- the library of public holidays ---------------------------------------------------------------


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)


@lru_cache(maxsize=1024)
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays(country, subdiv=region, years=year).keys())


@lru_cache(maxsize=256)
def _weekend(country: str) -> frozenset[int]:
    from holidays import country_holidays

    return frozenset(country_holidays(country).weekend)
