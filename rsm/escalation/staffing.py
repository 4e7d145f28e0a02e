"""Whether a ladder finds somebody at work, at every minute of the plan. Pure.

A person counts while she is on duty and can be told: the first and second on duty by their shifts
in the team that the alert goes to; a role or a team by whoever of it is on any shift at that time
(a text to a manager who is asleep is no cover). The safety contact never counts: who that is has
no roster here. A step beside the safety contact counts like one before.

The plan is what is looked at, weeks, cycles and rotations, for as long as it takes to come round;
what is changed for some days (an absence, a shift of one date) is shown on the roster as it comes.
In wall time, as a roster is read: a change of the clock only makes shifts overlap.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.escalation.model import ByRole, ByTeam, Ladder, OnDuty, Person, SafetyContact, Who
from rsm.kernel.words import Channel, Role
from rsm.sites.model import WEEKDAYS
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.model import Period, Rota

_MONDAY = date(2024, 1, 1)  # any Monday will do for what is weekly
_MOST_WEEKS = 53
_ZONE = ZoneInfo("UTC")  # whose clock never changes
_DAY = 24 * 60
_WEEK = 7 * _DAY
_NAMED = 3  # gaps that are written out
_Running = Sequence[tuple[UUID, int]]  # who is on duty, and in which rank
Gap = tuple[int, int]  # minutes since Monday 0:00, the end not in it


@dataclass(frozen=True)
class Staffing:
    """The people of one team's alerts: its own roster, all of the site's, who can be told how.

    `begins` is the Monday from which on it is looked at.
    """

    team: str
    own: Sequence[Rota]
    everywhere: Sequence[Rota]
    reach: Mapping[UUID, frozenset[Channel]]
    roles: Mapping[Role, frozenset[UUID]]
    teams: Mapping[str, frozenset[UUID]]
    begins: date = _MONDAY
    persons: Mapping[str, UUID] = field(default_factory=dict)  # by e-mail


def gaps(ladder: Ladder, staffing: Staffing) -> list[Gap]:
    """When nobody on duty would be told by any step, in order; adjoining ones are one."""
    own, everywhere = _Duty.of(staffing.own, staffing), _Duty.of(staffing.everywhere, staffing)
    monday = _instant(staffing.begins)
    found: list[Gap] = []
    for begins, ends in pairwise(sorted({*own.times, *everywhere.times})):
        if _is_covered(ladder, staffing, own.at(begins), everywhere.at(begins)):
            continue
        since, until = (int((each - monday).total_seconds()) // 60 for each in (begins, ends))
        if found and found[-1][1] == since:
            since = found.pop()[0]
        found.append((since, until))
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
    later = f" of week {minute // _WEEK + 1}" if minute > _WEEK else ""
    return f"{WEEKDAYS[day].capitalize()} {rest // 60:02}:{rest % 60:02}{later}"


@dataclass(frozen=True)
class _Duty:
    """Who is on duty by some rosters' plans: by roster, periods that adjoin."""

    rosters: Sequence[Sequence[Period]]

    @classmethod
    def of(cls, rotas: Iterable[Rota], staffing: Staffing) -> "_Duty":
        since = _instant(staffing.begins)
        until = since + timedelta(weeks=_weeks([*staffing.own, *staffing.everywhere]))
        return cls([duty_periods(_plan_of(rota), since, until, _ZONE) for rota in rotas])

    @property
    def times(self) -> set[datetime]:
        """When anybody's duty begins or ends: between two of them nothing changes."""
        spans = [period for periods in self.rosters for period in periods]
        return {period.since for period in spans} | {period.until for period in spans}

    def at(self, instant: datetime) -> list[tuple[UUID, int]]:
        """Who is on duty then, and in which rank."""
        running = (
            periods[bisect_right(periods, instant, key=lambda period: period.since) - 1]
            for periods in self.rosters
        )
        return [(duty.staff_id, duty.rank) for period in running for duty in period.people]


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _plan_of(rota: Rota) -> Rota:
    return replace(
        rota, days=(), holidays=frozenset(), swaps=(), overrides=(), covers=(), absences=()
    )


def _weeks(rotas: Iterable[Rota]) -> int:
    """How long it takes until every plan has come round."""
    lengths = [1]
    for rota in rotas:
        lengths += [cycle.weeks for cycle in rota.cycles]
        lengths += [-(-len(each.people) * each.every_days // 7) for each in rota.rotations]
    return min(max(lengths), _MOST_WEEKS)


def _is_covered(ladder: Ladder, staffing: Staffing, own: _Running, everywhere: _Running) -> bool:
    return any(
        _tells(staffing, step.how, person)
        for step in ladder.steps
        for who in step.who
        for person in _at_work(who, staffing, own, everywhere)
    )


def _tells(staffing: Staffing, how: Sequence[Channel], person: UUID) -> bool:
    return not staffing.reach.get(person, frozenset()).isdisjoint(how)


def _at_work(who: Who, staffing: Staffing, own: _Running, everywhere: _Running) -> Iterator[UUID]:
    """Whom a step means, as far as they are on duty then."""
    if isinstance(who, OnDuty):
        yield from (person for person, rank in own if rank == who.rank)
        return
    meant = _ever(who, staffing)
    yield from (person for person, _ in everywhere if person in meant)


def _ever(who: Who, staffing: Staffing) -> frozenset[UUID]:
    """Whom a step can mean at any time."""
    match who:
        case OnDuty():
            return frozenset(one for rota in staffing.own for one in _planned(rota, who.rank))
        case ByRole():
            return staffing.roles.get(who.role, frozenset())
        case ByTeam():
            return staffing.teams.get(who.team or staffing.team, frozenset())
        case Person():
            named = staffing.persons.get(who.email.casefold())
            return frozenset() if named is None else frozenset({named})
        case SafetyContact():
            return frozenset()
        case _:
            assert_never(who)


def _planned(rota: Rota, rank: int) -> Iterator[UUID]:
    """Everybody whom the plan puts on duty in this rank at any time."""
    cycled = (each.shift for cycle in rota.cycles for each in cycle.shifts)
    for shift in (*rota.weekly.values(), *cycled):
        if shift.rank == rank:
            yield shift.staff_id
    for rotation in rota.rotations:
        if rotation.rank == rank:
            yield from rotation.people
