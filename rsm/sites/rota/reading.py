"""The rosters of a site as they are stored, for one time: what was planned, what was changed.

`rsm.sites.service.on_duty` answers from here, so that an alert, a page, a gap and a calendar feed
agree who is on duty.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from pydantic import TypeAdapter

from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, zone_named
from rsm.sites import calendar as calendars
from rsm.sites.model import Duty, Shift, SiteView
from rsm.sites.rota import store
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.model import (
    Absence,
    Cover,
    Cycle,
    DayShift,
    HolidayRule,
    OnDuty,
    Override,
    Rota,
    Rotation,
    Swap,
    Turn,
)
from rsm.sites.rota.store import Row

_INSTANT = timedelta(seconds=1)
_Values = Mapping[str, object]
_SHIFT, _UUID, _DATE = TypeAdapter(Shift), TypeAdapter(UUID), TypeAdapter(date)
_ROTATIONS = TypeAdapter(tuple[Rotation, ...])
_OVERRIDES, _COVERS = TypeAdapter(tuple[Override, ...]), TypeAdapter(tuple[Cover, ...])
_ABSENCES = TypeAdapter(tuple[Absence, ...])
_SHIFTS_OF_CYCLE = TypeAdapter(list[dict[str, object]])
_CYCLE = TypeAdapter(Cycle)


def rotas(
    tx: Tx, site: SiteView, since: datetime, until: datetime, team_id: UUID | None = None
) -> dict[UUID, Rota]:
    """By team all that touches this time; of one team, or of each that has a roster.

    As it stands now, or of a time that is over, as it stood at its beginning.
    """
    found: dict[UUID, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    everywhere: list[Row] = []
    rule = HolidayRule.AS_USUAL
    for row in store.touching(tx, site.id, team_id, since, until):
        if row.kind == "site":
            rule = HolidayRule(str(row.values["rule"]))
        elif row.team_id is None:
            everywhere.append(row)
        else:
            found[row.team_id][row.kind].append(row)
    if team_id is not None:
        found[team_id]  # a team without a roster has an empty one
    days = _holidays(site, since, until) if rule is HolidayRule.AS_SUNDAY else frozenset()
    absences = _ABSENCES.validate_python(_in_order(everywhere))
    return {
        team: _rota(rows, Rota(holidays=days, holiday_rule=rule, absences=absences))
        for team, rows in found.items()
    }


def rota(tx: Tx, site: SiteView, team_id: UUID, since: datetime, until: datetime) -> Rota:
    """All that touches this time in one team."""
    return rotas(tx, site, since, until, team_id)[team_id]


def on_duty(tx: Tx, site: SiteView, team_id: UUID | None, at: datetime) -> list[Duty]:
    """Who is on duty at `at`, told first first; with no team, of the whole site, each once with
    the best rank, then the longer duty."""
    zone = zone_named(site.zone)
    best: dict[UUID, OnDuty] = {}
    for each in rotas(tx, site, at, at + _INSTANT, team_id).values():
        for duty in duty_periods(each, at, at + _INSTANT, zone)[0].people:
            known = best.get(duty.staff_id)
            if known is None or _outranks(duty, known):
                best[duty.staff_id] = duty
    told = sorted(best.values(), key=lambda duty: (duty.rank, duty.staff_id))
    return [Duty(duty.staff_id, duty.rank, duty.until) for duty in told]


def _outranks(duty: OnDuty, known: OnDuty) -> bool:
    return duty.rank < known.rank or (duty.rank == known.rank and duty.until > known.until)


def _holidays(site: SiteView, since: datetime, until: datetime) -> frozenset[date]:
    """The public holidays of that time, and of the year before: a swap's shift may lie there."""
    zone = zone_named(site.zone)
    years = range(local_of(since, zone).year - 1, local_of(until, zone).year + 2)
    return calendars.public_holidays(site.calendar, years)


# --- from rows ------------------------------------------------------------------------------------


def _rota(rows: Mapping[str, Sequence[Row]], beginning: Rota) -> Rota:
    return replace(
        beginning,
        weekly=_weekly(rows.get("weekly", ())),
        cycles=tuple(_cycle(values) for values in _in_order(rows.get("cycle", ()))),
        rotations=_ROTATIONS.validate_python(_in_order(rows.get("rotation", ()))),
        days=tuple(_day(values) for values in _in_order(rows.get("day_shift", ()))),
        swaps=tuple(_swap(values) for values in sorted(_all(rows.get("swap", ())), key=_in_force)),
        overrides=_OVERRIDES.validate_python(_in_order(rows.get("override", ()))),
        covers=_COVERS.validate_python(_in_order(rows.get("cover", ()))),
    )


def _all(rows: Iterable[Row]) -> list[_Values]:
    return [row.values for row in rows]


def _in_order(rows: Iterable[Row]) -> list[_Values]:
    """In the order in which they were made."""
    return sorted(_all(rows), key=lambda values: (str(values["created_at"]), str(values["id"])))


def _in_force(values: _Values) -> tuple[str, str, str]:
    """Swaps by when both had agreed; those that still wait for it come last."""
    agreed = (str(values[f"{who}_agreed_at"] or "~") for who in ("one", "other"))
    return max(agreed), str(values["created_at"]), str(values["id"])


def _weekly(rows: Iterable[Row]) -> Mapping[UUID, Shift]:
    """As a week is read: Monday first."""
    found = [(_id(values), _SHIFT.validate_python(values)) for values in _all(rows)]
    found.sort(key=lambda each: (each[1].weekday, each[1].starts, each[1].rank, each[0]))
    return MappingProxyType(dict(found))


def _cycle(values: _Values) -> Cycle:
    team = {"team_id": values["team_id"]}
    shifts = _SHIFTS_OF_CYCLE.validate_python(values["shifts"] or [])
    nested = [{**each, "shift": {**each, **team}} for each in shifts]
    return _CYCLE.validate_python({**values, "shifts": nested})


def _day(values: _Values) -> DayShift:
    day = _DATE.validate_python(values["day"])
    shift = _SHIFT.validate_python({**values, "weekday": day.weekday()})
    return DayShift(_id(values), day, shift)


def _swap(values: _Values) -> Swap:
    one, other = (_UUID.validate_python(values[f"{who}_id"]) for who in ("one", "other"))
    one_turn, other_turn = (
        Turn(
            _UUID.validate_python(values[f"{who}_duty_id"]),
            _DATE.validate_python(values[f"{who}_day"]),
        )
        for who in ("one", "other")
    )
    agreed = ((one, values["one_agreed_at"]), (other, values["other_agreed_at"]))
    both = frozenset(who for who, at in agreed if at is not None)
    return Swap(_id(values), one, one_turn, other, other_turn, both)


def _id(values: _Values) -> UUID:
    return _UUID.validate_python(values["id"])
