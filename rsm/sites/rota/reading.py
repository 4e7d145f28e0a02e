"""The rosters of a site as they are stored, for one time: what was planned, what was changed.

`rsm.sites.service.on_duty` answers from here, so that an alert, a page, a gap and a calendar feed
agree who is on duty.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
    CycleShift,
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
_LATER = datetime.max.replace(tzinfo=UTC)
_Values = Mapping[str, object]

_SHIFT, _TURN = TypeAdapter(Shift), TypeAdapter(Turn)
_ROTATION = TypeAdapter(Rotation)
_OVERRIDE, _COVER, _ABSENCE = TypeAdapter(Override), TypeAdapter(Cover), TypeAdapter(Absence)
_CYCLE, _DAY, _ID = TypeAdapter(Cycle), TypeAdapter(DayShift), TypeAdapter(UUID)
_WHEN = TypeAdapter(datetime)


def rotas(
    tx: Tx, site: SiteView, since: datetime, until: datetime, team_id: UUID | None = None
) -> dict[UUID, Rota]:
    """By team all that touches this time, as it stood at its beginning; of one team, or of each
    that has a roster."""
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
    absences = tuple(_ABSENCE.validate_python(row.values) for row in _in_order(everywhere))
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
    return Rota(
        weekly=_weekly(rows.get("weekly", ())),
        cycles=tuple(_cycle(row.values) for row in _in_order(rows.get("cycle", ()))),
        rotations=_all(_ROTATION, rows.get("rotation", ())),
        days=tuple(_day(row.values) for row in _in_order(rows.get("day_shift", ()))),
        holidays=beginning.holidays,
        holiday_rule=beginning.holiday_rule,
        swaps=_swaps(rows.get("swap", ())),
        overrides=_all(_OVERRIDE, rows.get("override", ())),
        covers=_all(_COVER, rows.get("cover", ())),
        absences=beginning.absences,
    )
