"""What the plan says, before any change: the shifts that begin on a local day. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.sites.model import Shift
from rsm.sites.rota.model import Cycle, HolidayRule, Rota, Rotation, Turn, Why

_DAY = timedelta(days=1)
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift as it stands in the plan, in naive local time."""

    turn: Turn
    staff_id: UUID
    rank: int
    why: Why
    starts: datetime
    ends: datetime


class Plan:
    """A roster, sorted for being asked day by day."""

    def __init__(self, rota: Rota) -> None:
        self._rota = rota
        self._weekly: dict[int, list[tuple[UUID, Shift]]] = defaultdict(list)
        for duty_id, shift in rota.weekly.items():
            self._weekly[shift.weekday].append((duty_id, shift))
        self._own: dict[date, list[tuple[UUID, Shift]]] = defaultdict(list)
        for each in rota.days:
            self._own[each.day].append((each.id, each.shift))

    def beginning_on(self, day: date) -> list[Planned]:
        """Every shift that begins on that day."""
        own = self._own.get(day)
        if own:
            planned = _planned(own, day, Why.HOLIDAY)
        elif self._is_sunday_instead(day):
            planned = _planned(self._of_weekday(day, _SUNDAY), day, Why.HOLIDAY)
        else:
            planned = [
                *_planned(self._weekly.get(day.weekday(), ()), day, Why.WEEKLY),
                *_planned(self._of_cycles(day, day.weekday()), day, Why.ROTATION),
            ]
        return [*planned, *self._of_rotations(day)]

    def find(self, turn: Turn) -> Planned | None:
        """That shift; None when the plan has none (any more)."""
        found = (each for each in self.beginning_on(turn.day) if each.turn == turn)
        return next(found, None)

    @property
    def longest(self) -> timedelta:
        """No shift takes longer, in local time."""
        return max([_DAY, *(each.every_days * _DAY for each in self._rota.rotations)])

    def _is_sunday_instead(self, day: date) -> bool:
        is_holiday = day in self._rota.holidays and day.weekday() != _SUNDAY
        return is_holiday and self._rota.holiday_rule is HolidayRule.AS_SUNDAY

    def _of_weekday(self, day: date, weekday: int) -> Iterator[tuple[UUID, Shift]]:
        yield from self._weekly.get(weekday, ())
        yield from self._of_cycles(day, weekday)

    def _of_cycles(self, day: date, weekday: int) -> Iterator[tuple[UUID, Shift]]:
        for cycle in self._rota.cycles:
            week = _week_of(cycle, day)
            for each in cycle.shifts:
                if each.week == week and each.shift.weekday == weekday:
                    yield each.id, each.shift

    def _of_rotations(self, day: date) -> Iterator[Planned]:
        for rotation in self._rota.rotations:
            if planned := _turn_of(rotation, day):
                yield planned


def _planned(shifts: Iterable[tuple[UUID, Shift]], day: date, why: Why) -> list[Planned]:
    return [
        Planned(
            turn=Turn(duty_id, day),
            staff_id=shift.staff_id,
            rank=shift.rank,
            why=why,
            starts=datetime.combine(day, shift.starts),
            ends=datetime.combine(day if shift.ends > shift.starts else day + _DAY, shift.ends),
        )
        for duty_id, shift in shifts
    ]


def _week_of(cycle: Cycle, day: date) -> int | None:
    """Which week of the cycle this is; None where it does not run, or cannot."""
    if cycle.weeks < 1 or not _runs(cycle, day):
        return None
    monday = cycle.first_day - cycle.first_day.weekday() * _DAY
    return (day - monday).days // 7 % cycle.weeks


def _turn_of(rotation: Rotation, day: date) -> Planned | None:
    """The turn that begins on that day, if one does; the last one ends with the rotation."""
    if not rotation.people or rotation.every_days < 1 or not _runs(rotation, day):
        return None
    number, rest = divmod((day - rotation.first_day).days, rotation.every_days)
    if rest:
        return None
    ends = day + rotation.every_days * _DAY
    return Planned(
        turn=Turn(rotation.id, day),
        staff_id=rotation.people[number % len(rotation.people)],
        rank=rotation.rank,
        why=Why.ROTATION,
        starts=datetime.combine(day, rotation.changes_at),
        ends=datetime.combine(min(ends, rotation.ends_on or ends), rotation.changes_at),
    )


def _runs(plan: Cycle | Rotation, day: date) -> bool:
    return plan.first_day <= day and (plan.ends_on is None or day < plan.ends_on)
