"""The door to rosters as they are: a team's roster, who is on duty when, where nobody is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level
from rsm.security import staff
from rsm.sites import calendar as calendars
from rsm.sites import service as sites
from rsm.sites.model import Hours, SiteView
from rsm.sites.rota import reading, store
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.gaps import Gap, Watch, gaps
from rsm.sites.rota.model import HolidayRule, Period, Rota
from rsm.sites.rota.problems import problems

AHEAD = timedelta(days=400)  # as far as changes of a roster are looked at when it is written


@dataclass(frozen=True)
class TeamTime:
    """One team over a time: its roster, who is on duty when, and where nobody is."""

    team_id: UUID
    rota: Rota
    periods: tuple[Period, ...]
    gaps: tuple[Gap, ...]


def rota(tx: Tx, site_id: UUID, team_id: UUID, since: datetime, until: datetime) -> Rota:
    """All that says who is on duty in one team, as far as it touches this time."""
    return reading.rota(tx, sites.get(tx, site_id), team_id, since, until)


def rotas(tx: Tx, site_id: UUID, since: datetime, until: datetime) -> dict[UUID, Rota]:
    """The same of every team that has a roster."""
    return reading.rotas(tx, sites.get(tx, site_id), since, until)


def periods(tx: Tx, site_id: UUID, team_id: UUID, since: datetime, until: datetime) -> list[Period]:
    """Who is on duty in one team when, from `since` to `until` without a break."""
    site = sites.get(tx, site_id)
    found = reading.rota(tx, site, team_id, since, until)
    return duty_periods(found, since, until, zone_named(site.zone))


def ahead(
    tx: Tx,
    site_id: UUID,
    until: datetime,
    around_the_clock: Mapping[UUID, frozenset[Level]],
) -> dict[UUID, TeamTime]:
    """From now on: every team of the site with its duties and its gaps.

    `around_the_clock` says by team whose levels need somebody outside of service hours as well.
    """
    site = sites.get(tx, site_id)
    zone, since = zone_named(site.zone), tx.now
    known = reading.rotas(tx, site, since, until)
    own_hours = store.team_hours(tx, site_id)
    closed = closed_days(site, since, until)
    found = {}
    for team_id, stored in own_hours.items():
        rota = known.get(team_id, Rota())
        spans = duty_periods(rota, since, until, zone)
        levels = around_the_clock.get(team_id, frozenset())
        watch = Watch(hours_of(stored) if stored else site.service_hours, closed, levels)
        found[team_id] = TeamTime(team_id, rota, tuple(spans), tuple(gaps(spans, watch, zone)))
    return found


def closed_days(site: SiteView, since: datetime, until: datetime) -> frozenset[date]:
    """The days on which the site has no service hours: its own closed dates, and public holidays
    where it is closed on them, as its calendar says."""
    zone = zone_named(site.zone)
    years = range(local_of(since, zone).year - 1, local_of(until, zone).year + 2)
    return calendars.closed_dates(site.calendar, years)


def is_planned(rota: Rota) -> bool:
    """Whether a team has a roster at all."""
    return bool(rota.weekly or rota.cycles or rota.rotations or rota.days or rota.overrides)


def team_hours(tx: Tx, site_id: UUID) -> dict[UUID, Mapping[str, Hours]]:
    """The service hours of the teams that have their own."""
    stored = store.team_hours(tx, site_id)
    return {team_id: hours_of(hours) for team_id, hours in stored.items() if hours}


def holiday_rule(tx: Tx, site_id: UUID) -> HolidayRule:
    """Whose shifts a public holiday has at the site."""
    return store.holiday_rule(tx, site_id) or HolidayRule.AS_USUAL


def names(tx: Tx, site_id: UUID) -> dict[UUID, str]:
    """Everybody who may be on duty at the site: has a role there, and is not disabled."""
    known = staff.many(tx, staff.at_site(tx, site_id))
    return {one.id: one.name for one in known.values() if not one.disabled}


def standing_problems(tx: Tx, site_id: UUID, rota: Rota) -> list[Problem]:
    """What does not fit in a roster any more: a swap of a shift that is gone, somebody who left."""
    zone = zone_named(sites.get(tx, site_id).zone)
    return problems(rota, names(tx, site_id), zone)


def hours_of(stored: Mapping[str, object]) -> dict[str, Hours]:
    """Service hours as they are kept: `{"monday": ["08:00", "18:00"]}`."""
    return {
        day: (time.fromisoformat(str(pair[0])), time.fromisoformat(str(pair[1])))
        for day, pair in stored.items()
        if isinstance(pair, list)
    }


def in_service(found: Iterable[Gap]) -> list[Gap]:
    """The gaps in which the site means to be at work."""
    return [gap for gap in found if gap.in_service]
