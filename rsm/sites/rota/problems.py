"""Everything that is wrong with a roster, for the one who writes it. Pure.

What stands here does not stop a roster from being read: a void swap, an override of nobody and a
rotation without people leave everything else as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.errors import Problem
from rsm.sites.model import Shift
from rsm.sites.rota.changes import exchanged, strangers
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.model import Absence, Cover, Cycle, Override, Rota, Rotation, Swap, Turn
from rsm.sites.rota.plan import Plan

Names = Mapping[UUID, str]
_Change = Override | Cover | Absence


def problems(rota: Rota, names: Names, zone: ZoneInfo) -> list[Problem]:
    """What is wrong, row by row. `names`: those who work at the site, as it shows them."""
    return [
        *_plan(rota, names),
        *_swaps(rota, names),
        *_overrides(rota, names, zone),
        *_covers(rota, names),
        *_absences(rota, names),
    ]


# --- the plan -------------------------------------------------------------------------------------


def _plan(rota: Rota, names: Names) -> Iterator[Problem]:
    for number, shift in enumerate(rota.weekly.values()):
        yield from _shift(f"weekly[{number}]", shift, names)
    for number, cycle in enumerate(rota.cycles):
        yield from _cycle(f"cycles[{number}]", cycle, names)
    for number, rotation in enumerate(rota.rotations):
        yield from _rotation(f"rotations[{number}]", rotation, names)
    for number, each in enumerate(rota.days):
        yield from _shift(f"days[{number}]", each.shift, names)
    yield from _ids(rota)


def _shift(where: str, shift: Shift, names: Names) -> Iterator[Problem]:
    yield from _unknown(where, [shift.staff_id], names)
    if not 0 <= shift.weekday <= 6:
        yield Problem(f"{where}.weekday", f"{shift.weekday} is not 0 to 6", "Monday is 0")
    yield from _rank(where, shift.rank)


def _cycle(where: str, cycle: Cycle, names: Names) -> Iterator[Problem]:
    if cycle.weeks < 1:
        yield Problem(f"{where}.weeks", f"{cycle.weeks} is below 1", "how many weeks it has")
    if not cycle.shifts:
        yield Problem(where, "has no shift, so that nobody is on duty by it", "add a shift")
    yield from _end(where, cycle)
    for number, each in enumerate(cycle.shifts):
        if not 0 <= each.week < max(cycle.weeks, 1):
            what = f"{each.week} is no week of a cycle of {cycle.weeks}"
            yield Problem(f"{where}.shifts[{number}].week", what, "the first is 0")
        yield from _shift(f"{where}.shifts[{number}]", each.shift, names)


def _rotation(where: str, rotation: Rotation, names: Names) -> Iterator[Problem]:
    if not rotation.people:
        yield Problem(f"{where}.people", "a rotation needs people", "name at least one")
    if rotation.every_days < 1:
        what = f"{rotation.every_days} is below 1"
        yield Problem(f"{where}.every_days", what, "7 for a week each")
    yield from _end(where, rotation)
    yield from _rank(where, rotation.rank)
    yield from _unknown(where, rotation.people, names)


def _end(where: str, plan: Cycle | Rotation) -> Iterator[Problem]:
    if plan.ends_on is not None and plan.ends_on <= plan.first_day:
        yield Problem(f"{where}.ends_on", "is not after its first day", "leave it out, or later")


def _ids(rota: Rota) -> Iterator[Problem]:
    """A turn names its shift by the id of a row: no two rows may share one."""
    in_cycles = (each.id for cycle in rota.cycles for each in cycle.shifts)
    of_rotations = (each.id for each in rota.rotations)
    of_days = (each.id for each in rota.days)
    seen: set[UUID] = set()
    for each in chain(rota.weekly, in_cycles, of_rotations, of_days):
        if each in seen:
            yield Problem("id", f"two shifts are called {each}", "give each its own")
        seen.add(each)


# --- the changes ----------------------------------------------------------------------------------


def _swaps(rota: Rota, names: Names) -> Iterator[Problem]:
    plan, moved = Plan(rota), dict[Turn, UUID]()
    for number, swap in enumerate(rota.swaps):
        where = f"swaps[{number}]"
        yield from _unknown(where, [swap.one, swap.other], names)
        if swap.one == swap.other:
            yield Problem(where, "swaps a shift with oneself", "name two people")
        elif _is_same(plan, swap):
            what = "both shifts have the same hours in the same place: nothing would change"
            yield Problem(where, what, "choose two that differ")
        for who, turn in _doubled(plan, swap, moved):
            what = f"{_name(who, names)} has these hours of {turn.day} already"
            yield Problem(where, what, "nobody can be on duty for two: swap another shift")
        for who, turn in strangers(swap, plan, moved):
            yield _not_hers(where, _name(who, names), turn, plan)
        moved = exchanged(plan, [swap], moved)


def _is_same(plan: Plan, swap: Swap) -> bool:
    """Whether one shift is the other, or like it: at the same time, told at the same place."""
    one, other = plan.find(swap.one_turn), plan.find(swap.other_turn)
    if one is None or other is None:
        return swap.one_turn == swap.other_turn
    return (one.starts, one.ends, one.rank) == (other.starts, other.ends, other.rank)


def _doubled(plan: Plan, swap: Swap, moved: Mapping[Turn, UUID]) -> Iterator[tuple[UUID, Turn]]:
    """Who would get a shift at the very hours at which she has another one."""
    given = {swap.one_turn, swap.other_turn}
    for who, turn in ((swap.one, swap.other_turn), (swap.other, swap.one_turn)):
        taken = plan.find(turn)
        if taken is None or swap.one == swap.other:
            continue
        if any(
            moved.get(each.turn, each.staff_id) == who
            and (each.starts, each.ends) == (taken.starts, taken.ends)
            for each in plan.beginning_on(turn.day)
            if each.turn not in given
        ):
            yield who, turn


def _not_hers(where: str, name: str, turn: Turn, plan: Plan) -> Problem:
    if plan.find(turn) is None:
        return Problem(where, f"there is no such shift on {turn.day}", "look at the roster again")
    return Problem(where, f"the shift of {turn.day} is not {name}'s", "swap one that is")


def _overrides(rota: Rota, names: Names, zone: ZoneInfo) -> Iterator[Problem]:
    for number, each in enumerate(rota.overrides):
        where = f"overrides[{number}]"
        replaced = [] if each.instead_of is None else [each.instead_of]
        yield from _unknown(where, [each.staff_id, *replaced], names)
        yield from _span(where, each)
        yield from _rank(where, each.rank)
        if each.staff_id == each.instead_of:
            yield _same(where, each.staff_id, names)
        elif each.instead_of and _is_idle(rota, number, each, zone):
            what = f"{_name(each.instead_of, names)} is not on duty then"
            yield Problem(where, what, "look at the days, or leave out in whose place")
    rows = [(each.instead_of, each) for each in rota.overrides]
    for later, earlier, who in _overlaps(rows):
        what = f"overlaps overrides[{earlier}]: {_name(who, names)} is replaced twice"
        yield Problem(f"overrides[{later}]", what, "end one before the other begins")


def _is_idle(rota: Rota, number: int, change: Override, zone: ZoneInfo) -> bool:
    """Whether it replaces nobody: judged upon what was made before it, as it is applied."""
    if change.since >= change.until:
        return False  # said already
    before = replace(rota, overrides=rota.overrides[:number], covers=(), absences=())
    return not any(
        duty.staff_id == change.instead_of
        for period in duty_periods(before, change.since, change.until, zone)
        for duty in period.people
    )


def _covers(rota: Rota, names: Names) -> Iterator[Problem]:
    for number, each in enumerate(rota.covers):
        where = f"covers[{number}]"
        yield from _unknown(where, [each.staff_id, each.covered_by], names)
        yield from _span(where, each)
        if each.staff_id == each.covered_by:
            yield _same(where, each.staff_id, names)
        elif any(_meet(each, away) for away in rota.absences if away.staff_id == each.covered_by):
            what = f"{_name(each.covered_by, names)} is absent in that time"
            yield Problem(where, what, "name somebody who is there")
        elif _is_ring(each, rota.covers[:number]):
            who = f"{_name(each.covered_by, names)} and {_name(each.staff_id, names)}"
            yield Problem(where, f"{who} cover one another", "name somebody else")
    for later, earlier, who_twice in _overlaps([(each.staff_id, each) for each in rota.covers]):
        what = f"overlaps covers[{earlier}]: {_name(who_twice, names)} is covered twice"
        yield Problem(f"covers[{later}]", what, "end one before the other begins")


def _is_ring(cover: Cover, earlier: Sequence[Cover]) -> bool:
    """Whether its person already stands in for the one who is to cover her, others between."""
    reached, grows = {cover.covered_by}, True
    while grows:
        found = {
            each.covered_by for each in earlier if each.staff_id in reached and _meet(each, cover)
        }
        grows = not found <= reached
        reached |= found
    return cover.staff_id in reached


def _absences(rota: Rota, names: Names) -> Iterator[Problem]:
    for number, each in enumerate(rota.absences):
        yield from _unknown(f"absences[{number}]", [each.staff_id], names)
        yield from _span(f"absences[{number}]", each)


# --- what they share ------------------------------------------------------------------------------


def _unknown(where: str, people: Iterable[UUID], names: Names) -> Iterator[Problem]:
    for who in dict.fromkeys(people):
        if who not in names:
            yield Problem(where, f"{who} does not work here", "name somebody who does")


def _rank(where: str, rank: int) -> Iterator[Problem]:
    if rank < 1:
        yield Problem(f"{where}.rank", f"{rank} is below 1", "1 is told first")


def _span(where: str, change: _Change) -> Iterator[Problem]:
    if change.since >= change.until:
        yield Problem(f"{where}.until", "is not after its beginning", "give a later time")


def _overlaps(
    rows: Sequence[tuple[UUID | None, _Change]],
) -> Iterator[tuple[int, int, UUID]]:
    """Each row that overlaps an earlier one of the same person: its number, that one's, who."""
    for later, (who, change) in enumerate(rows):
        for earlier, (other, before) in enumerate(rows[:later]):
            if who is not None and who == other and _meet(change, before):
                yield later, earlier, who


def _meet(one: _Change, other: _Change) -> bool:
    return max(one.since, other.since) < min(one.until, other.until)


def _same(where: str, who: UUID, names: Names) -> Problem:
    what = f"{_name(who, names)} cannot stand in for the same person"
    return Problem(where, what, "name somebody else")


def _name(who: UUID, names: Names) -> str:
    return names.get(who, str(who))
