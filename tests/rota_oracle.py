"""Weekly duty read in another way than `rsm.sites.rota` reads it: the model of property tests.

On a night on which the clock is put forward it loses half an hour, which is why it is a model only.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import end_instant, local_of, start_instant
from rsm.sites.model import Duty, Shift


def on_duty(shifts: Iterable[Shift], zone: ZoneInfo, at: datetime) -> list[Duty]:
    """Those on duty at `at`, each once with the best rank, told first first."""
    found: dict[object, Duty] = {}
    for shift in shifts:
        until = _running_until(shift, zone, at)
        if until is None:
            continue
        known = found.get(shift.staff_id)
        if known is None or (shift.rank, -until.timestamp()) < (
            known.rank,
            -known.until.timestamp(),
        ):
            found[shift.staff_id] = Duty(shift.staff_id, shift.rank, until)
    return sorted(found.values(), key=lambda duty: (duty.rank, duty.staff_id))


def _running_until(shift: Shift, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the occurrence of `shift` that runs at `at` ends; None if none runs."""
    today = local_of(at, zone).date()
    for back in (0, 1, 2):  # a shift may run past midnight, and a clock may be put back meanwhile
        day = today - timedelta(days=back)
        if day.weekday() != shift.weekday:
            continue
        last = day if shift.ends > shift.starts else day + timedelta(days=1)
        starts = start_instant(datetime.combine(day, shift.starts), zone)
        ends = end_instant(datetime.combine(last, shift.ends), zone)
        if starts <= at < ends:
            return ends
    return None
