"""Two people exchange two shifts: asked by one, agreed or declined by the other, seen by both."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.rota import reading, store
from rsm.sites.rota.clock import shift_starts
from rsm.sites.rota.model import Rota, Swap, Turn
from rsm.sites.rota.plan import Plan
from rsm.sites.rota.problems import problems
from rsm.sites.rota.service import AHEAD, names
from rsm.sites.rota.tables import DutySwap

_SHOWN = timedelta(days=2)  # as long after the later of both days


class SwapState(StrEnum):
    """How far a swap has come."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by the one who had asked, or by a manager


@dataclass(frozen=True)
class SwapView:
    """A swap as both see it; the times are the shifts' own, None where a shift is gone."""

    id: UUID
    team_id: UUID
    state: SwapState
    swap: Swap
    one_starts: datetime | None
    other_starts: datetime | None
    asked_at: datetime


def ask(tx: Tx, site_id: UUID, team_id: UUID, swap: Swap) -> UUID:
    """`swap.one` asks. Raises `Invalid` for shifts that are not theirs, or have begun."""
    if team_id not in store.hold_teams(tx, site_id):
        raise NotFound("no such team at this site")
    rota = _rota(tx, site_id, team_id)
    _refuse(_wrong(tx, site_id, replace(rota, swaps=(*rota.swaps, swap)), len(rota.swaps)))
    _refuse(_begun(tx, site_id, rota, swap))
    store.add_swap(tx, site_id, team_id, swap)
    _note(tx, "roster.swap_asked", site_id, swap)
    return swap.id


def agree(tx: Tx, site_id: UUID, swap_id: UUID, staff_id: UUID) -> None:
    """The other agrees: it holds from now on. `Invalid` when a shift is not theirs any more, or
    has begun; `Conflict` when it was settled; `NotAllowed` for anybody else."""
    store.hold_teams(tx, site_id)
    row = _open(tx, site_id, swap_id)
    if staff_id != row.other_id:
        raise NotAllowed("only whoever was asked agrees")
    rota = _rota(tx, site_id, row.team_id)
    swap = _swap(row)
    held = tuple(each for each in rota.swaps if each.is_agreed)
    agreed = replace(swap, agreed=frozenset({swap.one, swap.other}))
    _refuse(_wrong(tx, site_id, replace(rota, swaps=(*held, agreed)), len(held)))
    _refuse(_begun(tx, site_id, rota, swap))
    store.change_swap(tx, swap_id, other_agreed_at=tx.now)
    _note(tx, "roster.swap_agreed", site_id, swap)


def decline(tx: Tx, site_id: UUID, swap_id: UUID, staff_id: UUID) -> None:
    """The other does not want to, or the one takes it back. Nobody else, and not once agreed."""
    row = _open(tx, site_id, swap_id)
    if staff_id not in {row.one_id, row.other_id}:
        raise NotAllowed("only the two whom it is about settle a swap")
    store.change_swap(tx, swap_id, withdrawn_at=tx.now, withdrawn_by=staff_id)
    what = "declined" if staff_id == row.other_id else "withdrawn"
    _note(tx, f"roster.swap_{what}", site_id, _swap(row))


def undo(tx: Tx, site_id: UUID, swap_id: UUID) -> None:
    """A manager takes a swap back, agreed or not: the plan holds again."""
    store.hold_teams(tx, site_id)
    row = store.swap(tx, site_id, swap_id)
    if row is None or row.withdrawn_at is not None:
        raise NotFound("no such swap, or it was taken back before")
    store.change_swap(tx, swap_id, withdrawn_at=tx.now, withdrawn_by=tx.actor.id)
    _note(tx, "roster.swap_withdrawn", site_id, _swap(row))


def swaps(tx: Tx, site_id: UUID, staff_id: UUID | None = None) -> list[SwapView]:
    """The swaps of the site that are not long over, the latest first: hers, or everybody's."""
    rows = store.swaps_since(tx, site_id, tx.now - _SHOWN)
    rotas = {team: _rota(tx, site_id, team) for team in {row.team_id for row in rows}}
    return [
        _view(tx, site_id, row, Plan(rotas[row.team_id]))
        for row in rows
        if staff_id is None or staff_id in {row.one_id, row.other_id}
    ]


def _view(tx: Tx, site_id: UUID, row: DutySwap, plan: Plan) -> SwapView:
    swap = _swap(row)
    one, other = (_starts(tx, site_id, plan, turn) for turn in (swap.one_turn, swap.other_turn))
    return SwapView(row.id, row.team_id, _state(row), swap, one, other, row.created_at)


def _state(row: DutySwap) -> SwapState:
    if row.withdrawn_at is not None:
        by_other = row.withdrawn_by == row.other_id and row.other_agreed_at is None
        return SwapState.DECLINED if by_other else SwapState.WITHDRAWN
    return SwapState.AGREED if row.other_agreed_at is not None else SwapState.ASKED


def _open(tx: Tx, site_id: UUID, swap_id: UUID) -> DutySwap:
    row = store.swap(tx, site_id, swap_id)
    if row is None:
        raise NotFound("no such swap")
    if _state(row) is not SwapState.ASKED:
        raise Conflict(f"this swap was {_state(row)} before")
    return row


def _swap(row: DutySwap) -> Swap:
    return Swap(
        row.id,
        row.one_id,
        Turn(row.one_duty_id, row.one_day),
        row.other_id,
        Turn(row.other_duty_id, row.other_day),
    )


# --- what is wrong --------------------------------------------------------------------------------


def _rota(tx: Tx, site_id: UUID, team_id: UUID) -> Rota:
    return reading.rota(tx, sites.get(tx, site_id), team_id, tx.now, tx.now + AHEAD)


def _wrong(tx: Tx, site_id: UUID, rota: Rota, number: int) -> list[Problem]:
    """What is wrong with the swap of that number."""
    zone = zone_named(sites.get(tx, site_id).zone)
    found = problems(rota, names(tx, site_id), zone)
    return [Problem("swap", p.what, p.mend) for p in found if p.where == f"swaps[{number}]"]


def _begun(tx: Tx, site_id: UUID, rota: Rota, swap: Swap) -> list[Problem]:
    plan = Plan(rota)
    return [
        Problem("swap", f"the shift of {turn.day} has begun", "swap one that is to come")
        for turn in (swap.one_turn, swap.other_turn)
        if (starts := _starts(tx, site_id, plan, turn)) is not None and starts <= tx.now
    ]


def _starts(tx: Tx, site_id: UUID, plan: Plan, turn: Turn) -> datetime | None:
    planned = plan.find(turn)
    zone = zone_named(sites.get(tx, site_id).zone)
    return shift_starts(planned.starts, zone) if planned else None


def _refuse(found: list[Problem]) -> None:
    if found:
        raise Invalid(found)


def _note(tx: Tx, action: str, site_id: UUID, swap: Swap) -> None:
    facts = {"one": swap.one, "other": swap.other}
    record(tx, action, Subject("swap", swap.id), site_id, **facts)
