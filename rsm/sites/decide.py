"""The holes of a week of shifts, in wall time. Who is on duty says `rsm.sites.rota`. Pure."""

from collections.abc import Iterable
from datetime import time

from rsm.sites.model import Shift


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
