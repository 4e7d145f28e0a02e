"""Changing a roster: a row is written when it says nothing wrong, and taken back, never removed.

What would be wrong with the new row itself is refused with words. What it makes of other rows (a
swap whose shift is gone) and the gaps that it leaves are shown on the roster: somebody who falls
ill is absent, whatever that does to the plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import time
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, Hours
from rsm.sites.rota import reading, store
from rsm.sites.rota.model import (
    Absence,
    Cover,
    Cycle,
    DayShift,
    HolidayRule,
    Override,
    Rota,
    Rotation,
)
from rsm.sites.rota.problems import problems
from rsm.sites.rota.service import AHEAD, names

TeamChange = Cycle | Rotation | DayShift | Override | Cover
Change = TypeVar("Change", bound=TeamChange | Absence)
_LISTS = {
    Cycle: "cycles",
    Rotation: "rotations",
    DayShift: "days",
    Override: "overrides",
    Cover: "covers",
    Absence: "absences",
}


def add(tx: Tx, site_id: UUID, team_id: UUID, change: TeamChange) -> UUID:
    """Write a change of one team's roster, under the id that it has; returns that.

    What began already begins now: who was on duty this morning stays on record. Raises `Invalid`
    with all that is wrong with it, each under the name of its field.
    """
    if team_id not in store.hold_teams(tx, site_id):
        raise NotFound("no such team at this site")
    change = _from_now_on(tx, change)
    _refuse(_past(tx, site_id, change))
    _refuse(_wrong(tx, site_id, team_id, change))
    store.add(tx, site_id, team_id, change)
    for who in _planned(change):
        sites.join_team(tx, site_id, team_id, who)
    _note(tx, site_id, change, team=team_id, people=sorted(map(str, _people(change))))
    return change.id


def add_absence(tx: Tx, site_id: UUID, absence: Absence) -> UUID:
    """Somebody is away, in every team of the site. Raises `Invalid` as `add` does."""
    store.hold_teams(tx, site_id)
    absence = _from_now_on(tx, absence)
    _refuse(_past(tx, site_id, absence))
    _refuse(
        _own(
            problems(Rota(absences=(absence,)), names(tx, site_id), _zone(tx, site_id)), absence, 0
        )
    )
    store.add_absence(tx, site_id, absence)
    _note(tx, site_id, absence, people=[str(absence.staff_id)])
    return absence.id


def withdraw(tx: Tx, site_id: UUID, kind: str, row_id: UUID) -> None:
    """Take a row back: it counts no more from now on. `kind` is one of `store.TABLES`."""
    store.hold_teams(tx, site_id)
    if kind not in store.TABLES or not store.withdraw(tx, site_id, kind, row_id):
        raise NotFound("no such row of the roster, or it was taken back before")
    record(tx, "roster.withdrawn", Subject(kind, row_id), site_id)


def set_team_hours(tx: Tx, site_id: UUID, team_id: UUID, hours: Mapping[str, Hours] | None) -> None:
    """The team's own service hours by weekday; None: the site's."""
    if team_id not in store.hold_teams(tx, site_id):
        raise NotFound("no such team at this site")
    _refuse(
        Problem("service_hours", f"{day} is no weekday", "monday to sunday")
        for day in hours or {}
        if day not in WEEKDAYS
    )
    store.set_team_hours(tx, team_id, _stored(hours) if hours is not None else None)
    record(tx, "team.hours_set", Subject("team", team_id), site_id, own=hours is not None)


def set_holiday_rule(tx: Tx, site_id: UUID, rule: HolidayRule) -> None:
    """Whose shifts a public holiday has. Raises `Invalid` where no country says which days are."""
    site = sites.get(tx, site_id)
    if rule is HolidayRule.AS_SUNDAY and site.calendar.country is None:
        what = "the site's calendar names no country, so that no day is a public holiday"
        raise Invalid(Problem("holiday_rule", what, "name it on the page of contact hours"))
    store.set_holiday_rule(tx, site_id, rule)
    record(tx, "site.holiday_rule", Subject("site", site_id), site_id, rule=rule)


# --- what is wrong --------------------------------------------------------------------------------


def _wrong(tx: Tx, site_id: UUID, team_id: UUID, change: TeamChange) -> list[Problem]:
    """What is wrong with this row, on the roster that it would belong to."""
    rota = reading.rota(tx, sites.get(tx, site_id), team_id, tx.now, tx.now + AHEAD)
    after, number = _with(rota, change)
    return _own(problems(after, names(tx, site_id), _zone(tx, site_id)), change, number)


def _with(rota: Rota, change: TeamChange) -> tuple[Rota, int]:
    """The roster with this row as the last of its kind, and its number among them."""
    match change:
        case Cycle():
            return replace(rota, cycles=(*rota.cycles, change)), len(rota.cycles)
        case Rotation():
            return replace(rota, rotations=(*rota.rotations, change)), len(rota.rotations)
        case DayShift():
            return replace(rota, days=(*rota.days, change)), len(rota.days)
        case Override():
            return replace(rota, overrides=(*rota.overrides, change)), len(rota.overrides)
        case Cover():
            return replace(rota, covers=(*rota.covers, change)), len(rota.covers)


def _own(found: Iterable[Problem], change: TeamChange | Absence, number: int) -> list[Problem]:
    """Those of this row, each named by its field: `until`, or `row` for the whole."""
    here = f"{_LISTS[type(change)]}[{number}]"
    return [
        Problem(each.where.removeprefix(here).removeprefix(".") or "row", each.what, each.mend)
        for each in found
        if each.where == here or each.where.startswith(f"{here}.")
    ]


def _past(tx: Tx, site_id: UUID, change: TeamChange | Absence) -> list[Problem]:
    today = local_of(tx.now, _zone(tx, site_id)).date()
    if isinstance(change, DayShift) and change.day < today:
        return [Problem("day", "is past", "a roster is written ahead")]
    if isinstance(change, Override | Cover | Absence) and change.until <= tx.now:
        return [Problem("until", "is past", "a roster is written ahead")]
    if isinstance(change, Override | Cover) and change.until > tx.now + AHEAD:
        what = f"is more than {AHEAD.days} days ahead"
        return [Problem("until", what, "look at the year, or change the plan instead")]
    return []


def _refuse(found: Iterable[Problem]) -> None:
    if wrong := list(found):
        raise Invalid(wrong)


# --- what it is -----------------------------------------------------------------------------------


def _from_now_on(tx: Tx, change: Change) -> Change:
    if isinstance(change, Override | Cover | Absence) and change.since < tx.now < change.until:
        return replace(change, since=tx.now)
    return change


def _planned(change: TeamChange) -> set[UUID]:
    """Who joins the team by it: whoever is in its plan."""
    return set() if isinstance(change, Override | Cover) else _people(change)


def _people(change: TeamChange) -> set[UUID]:
    match change:
        case Cycle():
            return {each.shift.staff_id for each in change.shifts}
        case Rotation():
            return set(change.people)
        case DayShift():
            return {change.shift.staff_id}
        case Override():
            return {change.staff_id}
        case Cover():
            return {change.staff_id, change.covered_by}


def _note(tx: Tx, site_id: UUID, change: TeamChange | Absence, **facts: object) -> None:
    record(tx, "roster.changed", Subject(store.kind_of(change), change.id), site_id, **facts)


def _stored(hours: Mapping[str, Hours]) -> dict[str, object]:
    return {day: [_minutes(opens), _minutes(closes)] for day, (opens, closes) in hours.items()}


def _minutes(at: time) -> str:
    return at.isoformat("minutes")


def _zone(tx: Tx, site_id: UUID) -> ZoneInfo:
    return zone_named(sites.get(tx, site_id).zone)
