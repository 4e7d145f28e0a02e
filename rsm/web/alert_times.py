"""The times that a nurse chooses on an alert's page, on the site's clock (P14)."""

from datetime import datetime, time, timedelta

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.sites import service as sites
from rsm.web.auth import Desk
from rsm.web.staff_words import word

TOMORROW = "tomorrow"
MORNING = time(9)


def moment_of(desk: Desk, after: str, at: str, where: str) -> datetime:
    """After so many minutes, tomorrow morning, or `at` (`2026-10-19T14:30`).

    Raises `Invalid` at the field `where` for what is no time.
    """
    zone, now = zone_named(sites.get(desk.tx, desk.staff.site_id).zone), desk.tx.now
    if after.isdecimal() and len(after) < 5:
        return (now + timedelta(minutes=int(after))).replace(second=0, microsecond=0)
    if after == TOMORROW:
        day = local_of(now, zone).date() + timedelta(days=1)
        return start_instant(datetime.combine(day, MORNING), zone)
    try:
        return start_instant(datetime.strptime(at, "%Y-%m-%dT%H:%M"), zone)  # noqa: DTZ007 - local
    except (ValueError, OverflowError):
        raise Invalid(Problem(where, word("console", "not_a_time"))) from None
