"""The page of a site's rosters: the days ahead, the week, what was changed, forms to change it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from uuid import UUID

from fastapi.responses import HTMLResponse

from rsm.kernel.errors import Problem
from rsm.security import staff
from rsm.security.model import StaffView
from rsm.sites import service as sites
from rsm.sites.decide import gaps
from rsm.sites.model import WEEKDAYS, Shift, Team
from rsm.sites.rota import service as rota
from rsm.sites.rota.model import HolidayRule
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.roster_days import NOT_HERE, Days
from rsm.web.roster_forms import KINDS, form
from rsm.web.roster_standing import absences_of, changes_of
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice
from rsm.web.views.roster import ChangeForm
from rsm.web.views.site_settings import (
    MemberLine,
    RosterDay,
    RosterView,
    ShiftLine,
    ShiftValues,
    TeamRoster,
)

_DAYS = tuple(Choice(day, day.capitalize()) for day in WEEKDAYS)
_RULES = (
    Choice(HolidayRule.AS_USUAL, "Their weekday's shifts"),
    Choice(HolidayRule.AS_SUNDAY, "Sunday's shifts"),
)


@dataclass(frozen=True)
class Typed:
    """A change as it was sent, and of which team."""

    kind: str
    values: Mapping[str, str]
    team_id: UUID | None


def roster_page(
    desk: Desk,
    problems: tuple[Problem, ...] = (),
    given: Typed | tuple[UUID, ShiftValues] | None = None,
) -> HTMLResponse:
    """The roster; `given` is the form that has the problems, and what was typed there."""
    site_id = desk.staff.site_id
    days = Days(desk.tx, site_id, desk.staff.staff_id)
    people = staff.many(desk.tx, staff.at_site(desk.tx, site_id))
    on_duty = sites.on_duty(desk.tx, site_id, None, desk.tx.now)
    choices = _choices(people)
    absent = given.values if isinstance(given, Typed) and given.team_id is None else None
    view = RosterView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        teams=tuple(
            _team(desk, team, people, days, given) for team in sites.teams(desk.tx, site_id)
        ),
        people=choices,
        weekdays=_DAYS,
        team_action=f"/sites/{site_id}/roster/teams",
        links=settings_links(site_id, "roster"),
        on_duty=tuple(_name(people, duty.staff_id) for duty in on_duty),
        problems=problems,
        absence_form=form("absence", f"/sites/{site_id}/roster/absences", choices, absent),
        absences=absences_of(site_id, days),
        holiday_action=f"/sites/{site_id}/roster/holidays",
        holiday_rules=_RULES,
        holiday_rule=rota.holiday_rule(desk.tx, site_id).value,
        not_ready=days.not_ready(),
    )
    return html("staff/roster.html", view, status=422 if problems else 200)


def _choices(people: Mapping[UUID, StaffView]) -> tuple[Choice, ...]:
    working = sorted((one for one in people.values() if not one.disabled), key=lambda one: one.name)
    return tuple(Choice(str(one.id), one.name) for one in working)


def _team(
    desk: Desk,
    team: Team,
    people: dict[UUID, StaffView],
    days: Days,
    given: Typed | tuple[UUID, ShiftValues] | None,
) -> TeamRoster:
    found = replace(
        _week(desk, team, people),
        ahead=days.team(team.id),
        changes=changes_of(desk.tx, desk.staff.site_id, team.id, days),
        flags=tuple(
            each.what
            for each in rota.standing_problems(
                desk.tx, desk.staff.site_id, days.times[team.id].rota
            )
        ),
        forms=_forms(desk, team.id, _choices(people), given),
    )
    if isinstance(given, tuple) and given[0] == team.id:
        return replace(found, values=given[1], wrong=True)
    return found


def _forms(
    desk: Desk, team_id: UUID, people: tuple[Choice, ...], given: object
) -> tuple[ChangeForm, ...]:
    here = f"/sites/{desk.staff.site_id}/roster/teams/{team_id}/changes"
    kinds = [kind for kind in KINDS if kind not in {"absence", "hours"}]
    typed = given if isinstance(given, Typed) and given.team_id == team_id else Typed("", {}, None)
    changes = [
        form(kind, f"{here}/{kind}", people, typed.values if kind == typed.kind else None)
        for kind in kinds
    ]
    own_hours = typed.values if typed.kind == "hours" else _own_hours(desk, team_id)
    hours = form("hours", f"{here}/hours", people, own_hours)
    return (*changes, replace(hours, open=typed.kind == "hours"))


def _own_hours(desk: Desk, team_id: UUID) -> dict[str, str]:
    """The team's own hours, as the form takes them."""
    hours = rota.team_hours(desk.tx, desk.staff.site_id).get(team_id, {})
    return {
        f"{day}_{end}": f"{at:%H:%M}"
        for day, span in hours.items()
        for end, at in zip(("opens", "closes"), span, strict=True)
    }


def _week(desk: Desk, team: Team, people: dict[UUID, StaffView]) -> TeamRoster:
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
    return people[who].name if who in people else NOT_HERE
