"""What was changed, laid upon what was planned: swaps, overrides, then absences and covers. Pure.

The order and the meaning of each stand in the docstring of this package.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from rsm.sites.rota.model import Absence, Cover, OnDuty, Override, Rota, Swap, Turn, Why
from rsm.sites.rota.plan import Plan

_Moved = Mapping[Turn, UUID]
_Away = dict[UUID, list[Cover | Absence]]


def changed(duties: Iterable[OnDuty], rota: Rota, plan: Plan) -> list[OnDuty]:
    """The duties as they are once every change is made; some are cut, some are gone."""
    moved = exchanged(plan, rota.swaps)
    by_person: dict[UUID, list[OnDuty]] = defaultdict(list)
    for planned in duties:
        duty = _swapped(planned, moved) if moved else planned
        by_person[duty.staff_id].append(duty)
    for override in rota.overrides:
        if override.since < override.until:
            _override(by_person, override)
    away = _away(rota)
    return [
        piece
        for of_one in by_person.values()
        for duty in of_one
        for piece in (_covered(duty, away) if duty.staff_id in away else (duty,))
    ]


# --- swaps ----------------------------------------------------------------------------------------


def exchanged(plan: Plan, swaps: Iterable[Swap], before: _Moved | None = None) -> dict[Turn, UUID]:
    """Who has a shift after these swaps and those `before`, for the shifts that changed hands."""
    moved = dict(before or {})
    for swap in swaps:
        if swap.is_agreed and not strangers(swap, plan, moved):
            moved[swap.one_turn], moved[swap.other_turn] = swap.other, swap.one
    return moved


def strangers(swap: Swap, plan: Plan, moved: _Moved) -> list[tuple[UUID, Turn]]:
    """What makes a swap void: who of the two gives a shift that is not hers by now."""
    given = ((swap.one, swap.one_turn), (swap.other, swap.other_turn))
    return [(who, turn) for who, turn in given if who != _holder(turn, plan, moved)]


def _holder(turn: Turn, plan: Plan, moved: _Moved) -> UUID | None:
    planned = plan.find(turn)
    return moved.get(turn, planned.staff_id) if planned else None


def _swapped(duty: OnDuty, moved: _Moved) -> OnDuty:
    taker = moved.get(duty.turn, duty.staff_id) if duty.turn else duty.staff_id
    if taker == duty.staff_id:
        return duty
    return replace(duty, staff_id=taker, why=Why.SWAP, instead_of=duty.staff_id)


# --- overrides ------------------------------------------------------------------------------------


def _override(by_person: dict[UUID, list[OnDuty]], change: Override) -> None:
    who, instead_of = change.staff_id, change.instead_of
    if instead_of is None:
        besides = OnDuty(who, change.rank, change.since, change.until, Why.OVERRIDE)
        by_person[who].append(besides)
        return
    kept: list[OnDuty] = []
    for duty in by_person.pop(instead_of, ()):
        within, rest = _cut(duty, change)
        kept += rest
        if within:
            taken = replace(within, staff_id=who, why=Why.OVERRIDE, instead_of=instead_of)
            by_person[who].append(taken)
    by_person[instead_of] += kept


# --- absences and covers --------------------------------------------------------------------------


def _away(rota: Rota) -> _Away:
    """By person, when she is away: covers first, since an absence alone leaves nobody."""
    away: _Away = defaultdict(list)
    entries: tuple[Cover | Absence, ...] = (*rota.covers, *rota.absences)
    for each in entries:
        away[each.staff_id].append(each)
    return away


def _covered(duty: OnDuty, away: _Away) -> Iterator[OnDuty]:
    """The pieces of a duty, each with whoever is there."""
    yield from _followed(duty, (duty,), away)


def _followed(duty: OnDuty, chain: Sequence[OnDuty], away: _Away) -> Iterator[OnDuty]:
    """`chain`: this duty as it passed from one to the next; a ring ends where it began."""
    present = [duty]
    for each in away.get(duty.staff_id, ()):
        rest: list[OnDuty] = []
        for piece in present:
            within, outside = _cut(piece, each)
            rest += outside
            if within and isinstance(each, Cover):
                yield from _passed_on(within, each.covered_by, chain, away)
        present = rest
    yield from present


def _passed_on(duty: OnDuty, taker: UUID, chain: Sequence[OnDuty], away: _Away) -> Iterator[OnDuty]:
    if any(taker == each.staff_id for each in chain):
        yield replace(chain[0], since=duty.since, until=duty.until)
        return
    taken = replace(duty, staff_id=taker, why=Why.COVER, instead_of=duty.staff_id)
    yield from _followed(taken, (*chain, taken), away)


def _cut(duty: OnDuty, change: Override | Cover | Absence) -> tuple[OnDuty | None, list[OnDuty]]:
    """The part of a duty that lies within a change, if any, and what is left of it around."""
    since, until = max(duty.since, change.since), min(duty.until, change.until)
    if since >= until:
        return None, [duty]
    spans = ((duty.since, since), (until, duty.until))
    rest = [replace(duty, since=begin, until=end) for begin, end in spans if begin < end]
    return replace(duty, since=since, until=until), rest
