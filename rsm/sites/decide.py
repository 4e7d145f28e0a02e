"""Who is on duty at an instant: weekly shifts in the site's local time.

The written rules for a change of the clock: a shift starts at the first occurrence of its local
start and ends at the last occurrence of its local end, so that there is an overlap, never a gap.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
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


def gaps(shifts: Iterable[Shift]) -> list[list[tuple[time, time]]]:
    """By weekday (Monday first), the times at which no shift runs; an end at 00:00 is midnight.

    In wall time, as a roster is read: a change of the clock is not looked at.
    """
    covered: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for shift in shifts:
        starts, ends = _minutes(shift.starts), _minutes(shift.ends)
        if ends > starts:
            covered[shift.weekday].append((starts, ends))
        else:
            covered[shift.weekday].append((starts, _DAY))
            covered[(shift.weekday + 1) % 7].append((0, ends))
    return [_holes(sorted(spans)) for spans in covered]


_DAY = 24 * 60


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _holes(spans: Iterable[tuple[int, int]]) -> list[tuple[time, time]]:
    holes: list[tuple[time, time]] = []
    reached = 0
    for starts, ends in (*spans, (_DAY, _DAY)):
        if starts > reached:
            holes.append((_at(reached), _at(starts)))
        reached = max(reached, ends)
    return holes


def _at(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
