"""Teams of a site and who is on duty: weekly shifts, added and removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.patients.entering import read_clock, read_weekday
from rsm.security import staff
from rsm.security.model import Permission, StaffView
from rsm.sites import service as sites
from rsm.sites.decide import gaps
from rsm.sites.model import WEEKDAYS, Shift, Team
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice
from rsm.web.views.site_settings import (
    MemberLine,
    RosterDay,
    RosterView,
    ShiftLine,
    ShiftValues,
    TeamRoster,
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
    return _page(desk)


@router.post("/teams", response_model=None)
def add_team(desk: AtDesk, name: Text = "") -> HTMLResponse | RedirectResponse:
    """Another team."""
    try:
        sites.add_team(desk.tx, desk.staff.site_id, name)
    except Invalid as error:
        return _page(desk, error.problems)
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
        return _page(desk, error.problems, (team.id, values))
    return _back(desk)


@router.post("/shifts/{shift_id}/remove")
def remove_shift(desk: AtDesk, shift_id: UUID) -> RedirectResponse:
    """The duty ends at once."""
    sites.remove_shift(desk.tx, desk.staff.site_id, shift_id)
    return _back(desk)


@router.post("/teams/{team_id}/members/{staff_id}/leave")
def leave_team(desk: AtDesk, team_id: UUID, staff_id: UUID) -> RedirectResponse:
    """Out of the team, and off its roster."""
    team = _team(desk, team_id)
    sites.leave_team(desk.tx, desk.staff.site_id, team.id, staff_id)
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


def _page(
    desk: Desk,
    problems: tuple[Problem, ...] = (),
    wrong: tuple[UUID, ShiftValues] | None = None,
) -> HTMLResponse:
    """The roster; `wrong` is the team whose form has the problems, and what was typed there."""
    site_id = desk.staff.site_id
    people = staff.many(desk.tx, staff.at_site(desk.tx, site_id))
    on_duty = sites.on_duty(desk.tx, site_id, None, desk.tx.now)
    working = sorted((one for one in people.values() if not one.disabled), key=lambda one: one.name)
    view = RosterView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        teams=tuple(
            replace(_roster(desk, team, people), values=wrong[1], wrong=True)
            if wrong and wrong[0] == team.id
            else _roster(desk, team, people)
            for team in sites.teams(desk.tx, site_id)
        ),
        people=tuple(Choice(str(one.id), one.name) for one in working),
        weekdays=_DAYS,
        team_action=f"/sites/{site_id}/roster/teams",
        links=settings_links(site_id, "roster"),
        on_duty=tuple(_name(people, duty.staff_id) for duty in on_duty),
        problems=problems,
    )
    return html("staff/roster.html", view, status=422 if problems else 200)


def _roster(desk: Desk, team: Team, people: dict[UUID, StaffView]) -> TeamRoster:
    here = f"/sites/{desk.staff.site_id}/roster/teams/{team.id}"
    shifts = sites.roster(desk.tx, desk.staff.site_id, team.id)
    members = sites.team_members(desk.tx, team.id)
    lines: list[list[ShiftLine]] = [[] for _ in WEEKDAYS]
    for shift_id, shift in shifts:
        lines[shift.weekday].append(_line(desk, shift_id, shift, people))
    week = zip(WEEKDAYS, lines, gaps(shift for _, shift in shifts), strict=True)
    return TeamRoster(
        name=team.name,
        members=tuple(
            MemberLine(_name(people, who), f"{here}/members/{who}/leave") for who in members
        ),
        days=tuple(RosterDay(day.capitalize(), tuple(on), _gap(holes)) for day, on, holes in week),
        shift_action=f"{here}/shifts",
    )


def _gap(holes: list[tuple[time, time]]) -> str:
    return ", ".join(f"nobody {_span(starts, ends)}" for starts, ends in holes)


def _span(starts: time, ends: time) -> str:
    all_day = starts == ends == time()
    return "all day" if all_day else f"{starts:%H:%M} to {ends:%H:%M}"


def _line(desk: Desk, shift_id: UUID, shift: Shift, people: dict[UUID, StaffView]) -> ShiftLine:
    one = people.get(shift.staff_id)
    note = "" if one and one.phone else "no phone number"
    return ShiftLine(
        time=_span(shift.starts, shift.ends),
        name=_name(people, shift.staff_id),
        rank=shift.rank,
        remove_action=f"/sites/{desk.staff.site_id}/roster/shifts/{shift_id}/remove",
        note="may not sign in" if one is None or one.disabled else note,
    )


def _name(people: dict[UUID, StaffView], who: UUID) -> str:
    return people[who].name if who in people else "somebody without a role here"


def _back(desk: Desk) -> RedirectResponse:
    return see(f"/sites/{desk.staff.site_id}/roster")
