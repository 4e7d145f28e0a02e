"""Numbers and sentences of monthly reports, in the report's language. Pure.

A change is called one only when the interval of the difference leaves out nothing at all: 0.
"""

from datetime import date, timedelta
from types import SimpleNamespace

from rsm.metrics.figures import Figure
from rsm.metrics.statistics.intervals import Interval, difference, wilson
from rsm.web.texts import texts_in

NONE = "\N{EN DASH}"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def section(language: str) -> SimpleNamespace:
    """The report's own words."""
    return texts_in(language).sections()["month_report"]


def number(value: float, language: str, digits: int = 0) -> str:
    """`3.5`, in Spanish `3,5`; a minus sign and no hyphen."""
    text = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
    if not text.strip("\N{MINUS SIGN}0."):  # what rounds to nothing has no sign
        text = text.removeprefix("\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "es" else text


def percent(part: float | None, whole: int | None) -> str:
    """`72 %`, or a dash when there is nothing to divide by."""
    return f"{round(100 * part / whole)} %" if whole and part is not None else NONE


def between(interval: Interval, language: str, *, scale: float = 100, digits: int = 0) -> str:
    """`61 to 79`: of a share in per cent."""
    low, high = (number(scale * bound, language, digits) for bound in (interval.low, interval.high))
    return str(section(language).between.format(low=low, high=high))


def interval_of(part: float | None, whole: int | None, language: str) -> str:
    """The 95 % interval of a share; a dash where there is nothing to divide by."""
    if not whole or part is None:
        return NONE
    return between(wilson(round(part), whole), language)


def of(part: float | None, whole: int | None, language: str) -> str:
    """`12 of 40`."""
    if whole is None or part is None:
        return NONE
    return str(section(language).of.format(part=round(part), whole=whole))


def took(time: timedelta | None, language: str) -> str:
    """`12 min`, `3.5 h`, `2.1 d`; a dash where it cannot be told."""
    if time is None:
        return NONE
    if time < _HOUR:
        return f"{round(time / timedelta(minutes=1))} min"
    if time < 2 * _DAY:
        return f"{number(time / _HOUR, language, 1)} h"
    return f"{number(time / _DAY, language, 1)} d"


def short_day(day: date, language: str) -> str:
    """`5 Oct`, `5 oct`."""
    named = section(language).short_months.split()[day.month - 1]
    return f"{day.day} {named}"


def long_day(day: date, language: str) -> str:
    """`5 Oct 2026`."""
    return f"{short_day(day, language)} {day.year}"


def change(now: Figure, before: Figure) -> int:
    """1 where the share rose by more than chance, -1 where it fell, else 0."""
    gap = gap_of(now, before)
    if gap is None or 0.0 in gap:
        return 0
    return 1 if gap.low > 0 else -1


def gap_of(now: Figure, before: Figure) -> Interval | None:
    """The interval of the difference of two shares; None where one of them is of nothing."""
    if not now.whole or not before.whole or now.part is None or before.part is None:
        return None
    return difference((round(now.part), now.whole), (round(before.part), before.whole))


def signed(value: float, language: str, digits: int = 0) -> str:
    """With its sign, also where it is a plus."""
    text = number(value, language, digits)
    return f"+{text}" if value > 0 and text.strip("0.,") else text
