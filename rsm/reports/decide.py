"""When a report is due on the site's clock, and how its figures are told apart. Pure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.reports.model import Month, Wish

LAST_DAY = 10  # of the month: a report of the month before is no news any more after that
_AT = time(7)  # before work
LANGUAGES = ("en", "es")  # in which reports are written
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
}


def due_at(month: Month, day: int, zone: str) -> datetime:
    """When the report of that month leaves: early on that day of the next, on the site's clock."""
    return start_instant(
        datetime.combine(month.after.first.replace(day=day), _AT), zone_named(zone)
    )


def month_due(wish: Wish, since: datetime, now: datetime, zone: str) -> Month | None:
    """The month that is over, once its report is due; None before, and when she asked later.

    A report that a stopped worker missed is made up for until the next one is due.
    """
    this = Month.of(local_of(now, zone_named(zone)).date())
    for month in (this.before, this.before.before):
        at = due_at(month, wish.day, zone)
        if now >= at:
            return month if since < at else None
    return None


def last_over(now: datetime, zone: str) -> Month:
    """The last month that is over on the site's clock."""
    return Month.of(local_of(now, zone_named(zone)).date()).before


def key_of(site_id: UUID, month: Month, staff_id: UUID) -> str:
    """Which mail it is: one for each site, month and recipient, for ever (P2)."""
    return f"report:{site_id}:{month}:{staff_id}"


def must_be_possible(wish: Wish) -> None:
    """Raises `Invalid` for a day or a language that there is not."""
    problems = []
    if not 1 <= wish.day <= LAST_DAY:
        problems.append(Problem("day", "is no such day", f"1 to {LAST_DAY}"))
    if wish.language not in LANGUAGES:
        problems.append(Problem("language", "has no reports", " or ".join(LANGUAGES)))
    if problems:
        raise Invalid(problems)


def language_for(languages: Sequence[str]) -> str:
    """The site's first language in which reports are written; else English."""
    primary = (each.split("-", maxsplit=1)[0].lower() for each in languages)
    return next((each for each in primary if each in LANGUAGES), LANGUAGES[0])


def digest_of(figures: object) -> str:
    """A hash of figures: plain data, in one spelling."""
    spelled = json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(spelled.encode()).hexdigest()


def month_name(month: Month, language: str) -> str:
    """`October 2026`, `octubre de 2026`."""
    named = _MONTHS.get(language, _MONTHS["en"]).split()[month.first.month - 1]
    return f"{named} {'de ' if language == 'es' else ''}{month.first.year}"
