"""Sentences of the site pages in the language of whoever reads, filled with their numbers."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from rsm.metrics.model import Days
from rsm.web.texts import texts_for
from rsm.web.when import local_date, short_date, span

_YEAR = 52  # weeks


@dataclass(frozen=True)
class Words:
    """The texts of one page: `words("reached", count=4)`; plain, nothing in them is markup."""

    page: str
    language: str

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """The text `<key>_one` or `<key>_other`."""
        return self(f"{key}_{'one' if count == 1 else 'other'}", count=count, **values)

    def known(self, key: str, otherwise: str) -> str:
        """The text of a code that we may have no words for."""
        return self._texts.get(key, otherwise)

    def days(self, days: Days, zone: str) -> str:
        """`21 September 2026 to 18 October 2026`."""
        return self("period", first=self.dated(days.first, zone), last=self.dated(days.last, zone))

    def weeks(self, count: int) -> str:
        """`26 weeks`; `5 years` where it is years."""
        years = count // _YEAR
        return self("years", count=years) if years > 1 else self("weeks", count=count)

    def dated(self, day: date, zone: str) -> str:
        return local_date(day, zone, self.language, year=True)

    def short(self, day: date, zone: str) -> str:
        return short_date(day, zone, self.language)

    def span(self, length: timedelta) -> str:
        return span(length, self.language)

    @cached_property  # asked for with each cell of a table
    def _texts(self) -> dict[str, str]:
        return texts_for(self.page, self.language).pages[self.page]


def percent(part: float, whole: float) -> str:
    """`72 %`, or a dash when there is nothing to divide by."""
    return f"{round(100 * part / whole)} %" if whole else "\N{EN DASH}"


def percent_of(share: float | None) -> str:
    """The same of a share."""
    return "\N{EN DASH}" if share is None else f"{round(100 * share)} %"
