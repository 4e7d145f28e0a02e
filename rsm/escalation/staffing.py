"""Whether a ladder finds somebody at work, at every minute of a week. Pure.

A person counts while she is on duty and can be told: the first and second on duty by their shifts
in the team that the alert goes to; a role or a team by whoever of it is on any shift at that time
(a text to a manager who is asleep is no cover). The safety contact never counts: who that is has
no roster here. A step beside the safety contact counts like one before.

In wall time, as a roster is read: a change of the clock only makes shifts overlap (`sites.decide`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.escalation.model import ByRole, ByTeam, Ladder, OnDuty, SafetyContact, Who
from rsm.kernel.words import Channel, Role
from rsm.sites.decide import on_duty
from rsm.sites.model import WEEKDAYS, Shift

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # any Monday: shifts are weekly
_ZONE = ZoneInfo("UTC")  # whose clock never changes
_DAY = 24 * 60
_WEEK = 7 * _DAY
_NAMED = 3  # gaps that are written out
Gap = tuple[int, int]  # minutes since Monday 0:00, the end not in it


@dataclass(frozen=True)
class Staffing:
    """The people of one team's alerts: its shifts, all shifts of the site, who can be told how."""

    team: str
    shifts: Sequence[Shift]
    everywhere: Sequence[Shift]
    reach: Mapping[UUID, frozenset[Channel]]
    roles: Mapping[Role, frozenset[UUID]]
    teams: Mapping[str, frozenset[UUID]]


def gaps(ladder: Ladder, staffing: Staffing) -> list[Gap]:
    """When nobody on duty would be told by any step, in order; adjoining ones are one."""
    times = [*_boundaries(staffing.everywhere), _WEEK]
    found: list[Gap] = []
    for begins, ends in pairwise(times):
        if _is_covered(ladder, staffing, _MONDAY + timedelta(minutes=begins)):
            continue
        if found and found[-1][1] == begins:
            begins = found.pop()[0]  # noqa: PLW2901  # the gap before goes on
        found.append((begins, ends))
    return found


def reaches_anybody(ladder: Ladder, staffing: Staffing) -> bool:
    """Whether some step names, besides the safety contact, anybody who can be told at all."""
    return any(
        _tells(staffing, step.how, person)
        for step in ladder.steps
        for who in step.who
        for person in _ever(who, staffing)
    )


def gap_words(found: Sequence[Gap]) -> str:
    """`Saturday 18:00 to Monday 08:00`, the first few."""
    named = [f"{_wall(begins)} to {_wall(ends)}" for begins, ends in found[:_NAMED]]
    more = len(found) - len(named)
    return "; ".join(named) + (f"; and {more} more times" if more else "")


def _wall(minute: int) -> str:
    day, rest = divmod(minute % _WEEK, _DAY)
    return f"{WEEKDAYS[day].capitalize()} {rest // 60:02}:{rest % 60:02}"


def _boundaries(shifts: Sequence[Shift]) -> list[int]:
    """The minutes at which anybody's duty begins or ends: between two of them nothing changes."""
    times = {0}
    for shift in shifts:
        starts, ends = (at.hour * 60 + at.minute for at in (shift.starts, shift.ends))
        begins = shift.weekday * _DAY
        times |= {begins + starts, (begins + ends + (_DAY if ends <= starts else 0)) % _WEEK}
    return sorted(times)


def _is_covered(ladder: Ladder, staffing: Staffing, at: datetime) -> bool:
    return any(
        _tells(staffing, step.how, person)
        for step in ladder.steps
        for who in step.who
        for person in _at_work(who, staffing, at)
    )


def _tells(staffing: Staffing, how: Sequence[Channel], person: UUID) -> bool:
    return not staffing.reach.get(person, frozenset()).isdisjoint(how)


def _at_work(who: Who, staffing: Staffing, at: datetime) -> Iterator[UUID]:
    """Whom a step means, as far as they are on duty then."""
    if isinstance(who, OnDuty):
        duty = on_duty(staffing.shifts, _ZONE, at)
        yield from (one.staff_id for one in duty if one.rank == who.rank)
        return
    meant = _ever(who, staffing)
    yield from (
        one.staff_id for one in on_duty(staffing.everywhere, _ZONE, at) if one.staff_id in meant
    )


def _ever(who: Who, staffing: Staffing) -> frozenset[UUID]:
    """Whom a step can mean at any time."""
    match who:
        case OnDuty():
            return frozenset(each.staff_id for each in staffing.shifts if each.rank == who.rank)
        case ByRole():
            return staffing.roles.get(who.role, frozenset())
        case ByTeam():
            return staffing.teams.get(who.team or staffing.team, frozenset())
        case SafetyContact():
            return frozenset()
        case _:
            assert_never(who)
