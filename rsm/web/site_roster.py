"""Teams of a site and who is on duty: weekly shifts, added and removed."""

from collections.abc import Callable
from datetime import time
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.patients.entering import read_clock, read_weekday
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, Shift, Team
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.roster_page import roster_page
from rsm.web.views.common import Choice
from rsm.web.views.site_settings import (
    ShiftValues,
)

router = APIRouter(prefix="/sites/{site_id}/roster")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Text = Annotated[str, Form()]
Value = TypeVar("Value")
_DAYS = tuple(Choice(day, day.capitalize()) for day in WEEKDAYS)


async def typed(request: Request) -> ShiftValues:
    """A duty as the form posts it; nothing is checked yet."""
    form = await request.form()
    names = ShiftValues.__dataclass_fields__
    given = {name: value for name in names if isinstance(value := form.get(name, ""), str)}
    return ShiftValues(**{name: value.strip() for name, value in given.items()})


@router.get("")
def show_roster(desk: AtDesk) -> HTMLResponse:
    """Every team's week, and when nobody is on duty."""
    return roster_page(desk)


@router.post("/teams", response_model=None)
def add_team(desk: AtDesk, name: Text = "") -> HTMLResponse | RedirectResponse:
    """Another team."""
    try:
        sites.add_team(desk.tx, desk.staff.site_id, name)
    except Invalid as error:
        return roster_page(desk, error.problems)
    return _back(desk)


@router.post("/teams/{team_id}/shifts", response_model=None)
def add_shift(
    desk: AtDesk, team_id: UUID, values: Annotated[ShiftValues, Depends(typed)]
) -> HTMLResponse | RedirectResponse:
    """A weekly duty; whoever is given one joins the team."""
    team = _team(desk, team_id)
    try:
        shift = _read(team, values)
        with desk.tx.savepoint():
            sites.add_shift(desk.tx, desk.staff.site_id, shift)
            sites.join_team(desk.tx, desk.staff.site_id, team.id, shift.staff_id)
    except Invalid as error:
        return roster_page(desk, error.problems, (team.id, values))
    return _back(desk)


@router.post("/shifts/{shift_id}/remove")
def remove_shift(desk: AtDesk, shift_id: UUID) -> RedirectResponse:
    """The duty ends at once."""
    sites.remove_shift(desk.tx, desk.staff.site_id, shift_id)
    return _back(desk)


@router.post("/teams/{team_id}/members/{staff_id}/leave", response_model=None)
def leave_team(desk: AtDesk, team_id: UUID, staff_id: UUID) -> HTMLResponse | RedirectResponse:
    """Out of the team, and off its roster."""
    team = _team(desk, team_id)
    try:
        sites.leave_team(desk.tx, desk.staff.site_id, team.id, staff_id)
    except Invalid as error:
        return roster_page(
            desk, tuple(Problem("", each.what, each.mend) for each in error.problems)
        )
    return _back(desk)


def _team(desk: Desk, team_id: UUID) -> Team:
    for team in sites.teams(desk.tx, desk.staff.site_id):
        if team.id == team_id:
            return team
    raise NotFound("no such team at this site")


def _read(team: Team, values: ShiftValues) -> Shift:
    """The duty as typed. Raises `Invalid` with every problem."""
    problems: list[Problem] = []
    weekday = _try(problems, lambda: read_weekday("weekday", values.weekday), 0)
    starts = _try(problems, lambda: read_clock("starts", values.starts), time())
    ends = _try(problems, lambda: read_clock("ends", values.ends), time())
    if not values.rank.isdecimal() or not 1 <= int(values.rank) <= 9:
        problems.append(Problem("rank", "is not a number from 1 to 9", "1 is told first"))
    try:
        staff_id = UUID(values.staff)
    except ValueError:
        problems.append(Problem("staff", "choose who is on duty"))
    if problems:
        raise Invalid(problems)
    return Shift(team.id, staff_id, weekday, starts, ends, int(values.rank))


def _try(problems: list[Problem], read: Callable[[], Value], otherwise: Value) -> Value:
    try:
        return read()
    except Invalid as error:
        problems += error.problems
        return otherwise


def _back(desk: Desk) -> RedirectResponse:
    return see(f"/sites/{desk.staff.site_id}/roster")
