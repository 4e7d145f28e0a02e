"""The closed days to come, by name: a person sees whether a calendar is the right one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from rsm.sites.calendar import SiteCalendar, closed_dates

_YEARS_AHEAD = 4  # more than ten days come within it, where any come at all


@dataclass(frozen=True)
class ClosedDay:
    """A date without texts; `name` is empty for one of the site's own."""

    day: date
    name: str = ""


def upcoming(calendar: SiteCalendar, since: date, count: int = 10) -> list[ClosedDay]:
    """The first closed dates from that day on, weekends apart. The calendar has been checked."""
    return list(islice(_from(calendar, since), count))


def _from(calendar: SiteCalendar, since: date) -> Iterator[ClosedDay]:
    years = range(since.year, since.year + _YEARS_AHEAD)
    names: dict[date, str] = {}
    if not calendar.texts_on_holidays and calendar.country is not None:
        names = _names(calendar.country, calendar.subdivision, years)
    for day in sorted(closed_dates(calendar, years)):
        if day >= since:
            yield ClosedDay(day, names.get(day, ""))


def _names(country: str, region: str | None, years: range) -> dict[date, str]:
    """In English where the library knows it, else as they are called there."""
    from holidays import country_holidays

    spoken = "en_US" if "en_US" in country_holidays(country).supported_languages else None
    found = country_holidays(country, subdiv=region, years=years, language=spoken)
    return dict(found.items())
