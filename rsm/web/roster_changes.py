"""Changing a roster: stand-ins, cover, absences, single dates, rotations, plans of weeks, hours."""

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.rota import planning, swaps
from rsm.sites.rota.model import HolidayRule
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.roster_page import Typed, roster_page
from rsm.web.roster_reading import READ, Reader, read_absence, read_change, read_hours
from rsm.web.small_forms import typed

router = APIRouter(prefix="/sites/{site_id}/roster")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Given = Annotated[dict[str, str], Depends(typed)]
Answer = HTMLResponse | RedirectResponse


@router.post("/teams/{team_id}/changes/{kind}", response_model=None)
def add_change(desk: AtDesk, team_id: UUID, kind: str, values: Given) -> Answer:
    """A change of one team's roster, or its hours; refused with words under the form."""
    if kind == "hours":
        return _write(desk, Typed(kind, values, team_id), _hours)
    if kind not in READ:
        raise NotFound("no such kind of change")
    return _write(desk, Typed(kind, values, team_id), _change)


@router.post("/absences", response_model=None)
def add_absence(desk: AtDesk, values: Given) -> Answer:
    """Somebody is away, in every team."""
    return _write(desk, Typed("absence", values, None), _absence)


@router.post("/holidays", response_model=None)
def set_holidays(desk: AtDesk, rule: Annotated[str, Form()] = "") -> Answer:
    """Whose shifts a public holiday has."""
    if rule not in set(HolidayRule):
        return roster_page(desk, (Problem("rule", "choose one of them"),))
    try:
        with desk.tx.savepoint():
            planning.set_holiday_rule(desk.tx, desk.staff.site_id, HolidayRule(rule))
    except Invalid as error:
        problems = tuple(Problem("rule", each.what, each.mend) for each in error.problems)
        return roster_page(desk, problems)
    return _back(desk)


@router.post("/changes/{kind}/{row_id}/withdraw")
def withdraw(desk: AtDesk, kind: str, row_id: UUID) -> RedirectResponse:
    """Take a change back; what was until now stays on record."""
    if kind == "swap":
        swaps.undo(desk.tx, desk.staff.site_id, row_id)
    else:
        planning.withdraw(desk.tx, desk.staff.site_id, kind, row_id)
    return _back(desk)


def _write(desk: Desk, given: Typed, write: Callable[[Desk, Typed, Reader], None]) -> Answer:
    zone = zone_named(sites.get(desk.tx, desk.staff.site_id).zone)
    try:
        with desk.tx.savepoint():
            write(desk, given, Reader(given.values, zone, desk.tx.new_id))
    except Invalid as error:
        return roster_page(desk, _placed(error.problems, given.values), given)
    return _back(desk)


def _change(desk: Desk, given: Typed, form: Reader) -> None:
    team_id = given.team_id or UUID(int=0)
    change = read_change(given.kind, team_id, form)
    planning.add(desk.tx, desk.staff.site_id, team_id, change)


def _absence(desk: Desk, _: Typed, form: Reader) -> None:
    planning.add_absence(desk.tx, desk.staff.site_id, read_absence(form))


def _hours(desk: Desk, given: Typed, form: Reader) -> None:
    team_id = given.team_id or UUID(int=0)
    planning.set_team_hours(desk.tx, desk.staff.site_id, team_id, read_hours(form))


def _placed(problems: tuple[Problem, ...], values: Mapping[str, str]) -> tuple[Problem, ...]:
    """Those of no field of the form stand for the whole."""
    return tuple(
        each if each.where in values else Problem("", each.what, each.mend) for each in problems
    )


def _back(desk: Desk) -> RedirectResponse:
    return see(f"/sites/{desk.staff.site_id}/roster")
