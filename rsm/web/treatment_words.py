"""Where a patient stands in her treatment: regimen, cycle, and the day of the cycle."""

from collections.abc import Sequence
from datetime import date

from rsm.web.staff_words import word


def cycle_day(starts: Sequence[date], today: date) -> tuple[int, int] | None:
    """Number and day of the cycle in which `today` lies, both from 1; None before the first."""
    begun = sorted(start for start in starts if start <= today)
    return (len(begun), (today - begun[-1]).days + 1) if begun else None


def treatment_line(regimen: str | None, starts: Sequence[date], today: date) -> str:
    """`FOLFOX, cycle 5, day 3`; only what is known."""
    stands = cycle_day(starts, today)
    where = word("console", "cycle").format(cycle=stands[0], day=stands[1]) if stands else ""
    return ", ".join(filter(None, (regimen, where)))


def treatment_short(regimen: str | None, starts: Sequence[date], today: date) -> str:
    """`FOLFOX, C5 D3`, for a line of a list."""
    stands = cycle_day(starts, today)
    where = f"C{stands[0]} D{stands[1]}" if stands else ""
    return ", ".join(filter(None, (regimen, where)))
