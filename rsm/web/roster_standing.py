"""The changes of a roster that stand or are to come, in sentences, each with its way back."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.sites.rota import swaps
from rsm.sites.rota.model import Cycle, Rotation
from rsm.sites.rota.swaps import SwapState, SwapView
from rsm.web.roster_days import Days
from rsm.web.views.roster import StandingChange

_GONE = "a shift that is gone"


def changes_of(tx: Tx, site_id: UUID, team_id: UUID, days: Days) -> tuple[StandingChange, ...]:
    """Those of one team: plans first, then stand-ins, covers and swaps."""
    here = f"/sites/{site_id}/roster/changes"
    words = [*_plans(team_id, days), *_changes(team_id, days)]
    found = [StandingChange(said, f"{here}/{kind}/{row}/withdraw") for kind, row, said in words]
    for each in swaps.swaps(tx, site_id):
        if each.team_id == team_id and each.state in {SwapState.ASKED, SwapState.AGREED}:
            action = f"{here}/swap/{each.id}/withdraw"
            found.append(StandingChange(swap_words(each, days), action, each.state))
    return tuple(found)


def absences_of(site_id: UUID, days: Days) -> tuple[StandingChange, ...]:
    """Who is away, of the whole site."""
    found = {each.id: each for time in days.times.values() for each in time.rota.absences}
    here = f"/sites/{site_id}/roster/changes/absence"
    return tuple(
        StandingChange(
            f"{days.name(each.staff_id)} is away {_span(each.since, each.until, days)}",
            f"{here}/{each.id}/withdraw",
        )
        for each in found.values()
    )


def swap_words(each: SwapView, days: Days) -> str:
    """`Dana Reyes gives Tuesday 20 October 08:00 and takes Ben Okafor's Wednesday …`."""
    one, other = days.name(each.swap.one), days.name(each.swap.other)
    given, taken = (_at(at, days) for at in (each.one_starts, each.other_starts))
    return f"{one} gives {given}, and takes {taken} of {other}"


def _at(at: datetime | None, days: Days) -> str:
    return days.moment(at) if at else _GONE


def _plans(team_id: UUID, days: Days) -> Iterator[tuple[str, UUID, str]]:
    rota = days.times[team_id].rota
    for cycle in rota.cycles:
        count = len(cycle.shifts)
        said = f"Plan of {cycle.weeks} weeks with {count} shifts, {_running(cycle, days)}"
        yield "cycle", cycle.id, said
    for each in rota.rotations:
        people = ", ".join(days.name(who) for who in each.people)
        said = f"Rotation of {people}, {each.every_days} days each, rank {each.rank}"
        yield "rotation", each.id, f"{said}, {_running(each, days)}"
    for day in rota.days:
        shift = day.shift
        if day.day >= days.today:
            who = days.name(shift.staff_id)
            said = f"{who} on {days.named(day.day)}, {shift.starts:%H:%M} to {shift.ends:%H:%M}"
            yield "day_shift", day.id, said


def _changes(team_id: UUID, days: Days) -> Iterator[tuple[str, UUID, str]]:
    rota = days.times[team_id].rota
    for each in rota.overrides:
        for_whom = f"in place of {days.name(each.instead_of)}" if each.instead_of else "besides"
        said = f"{days.name(each.staff_id)} {for_whom} {_span(each.since, each.until, days)}"
        yield "override", each.id, said
    for cover in rota.covers:
        one, other = days.name(cover.covered_by), days.name(cover.staff_id)
        yield "cover", cover.id, f"{one} covers {other} {_span(cover.since, cover.until, days)}"


def _running(plan: Cycle | Rotation, days: Days) -> str:
    ends = f" until {_day(plan.ends_on, days)}" if plan.ends_on else ""
    return f"from {_day(plan.first_day, days)}{ends}"


def _day(day: date, days: Days) -> str:
    return days.named(day)


def _span(since: datetime, until: datetime, days: Days) -> str:
    return f"from {days.moment(since)} to {days.moment(until)}"
