"""The days ahead of a site's rosters, in words: who, when, why, and where nobody is."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.db.work import Tx
from rsm.escalation import rosters
from rsm.flow.readiness import why as why_unready
from rsm.kernel.localtime import local_of, zone_named
from rsm.sites import service as sites
from rsm.sites.rota import service as rota
from rsm.sites.rota.gaps import total_hours
from rsm.sites.rota.model import OnDuty, Why
from rsm.sites.rota.service import TeamTime
from rsm.web.views.roster import DutyDay, DutyLine, TeamDays
from rsm.web.when import day_time, local_date

AHEAD = timedelta(days=14)
NOT_HERE = "somebody without a role here"
_WHY = {
    Why.WEEKLY: "weekly",
    Why.ROTATION: "rotation",
    Why.HOLIDAY: "holiday or single date",
    Why.SWAP: "swap, for {other}",
    Why.OVERRIDE: "stands in for {other}",
    Why.COVER: "covers {other}",
}


class Days:
    """The days ahead, read once for a page."""

    def __init__(self, tx: Tx, site_id: UUID, reader: UUID) -> None:
        site = sites.get(tx, site_id)
        self.zone: ZoneInfo = zone_named(site.zone)
        self.names = rota.names(tx, site_id)
        self.times = rosters.times(tx, site_id, tx.now + AHEAD)
        self._teams = {team.id: team.name for team in sites.teams(tx, site_id)}
        self._unready = {
            each.staff_id: why_unready(each) for each in rosters.not_ready(tx, site_id)
        }
        self._closed = rota.closed_days(site, tx.now, tx.now + AHEAD)
        self._reader, self._now = reader, tx.now
        self._contact = site.safety_contact_name

    def teams(self) -> tuple[TeamDays, ...]:
        """Every team's days, in the order of the teams."""
        return tuple(self.team(team_id) for team_id in self._teams)

    def team(self, team_id: UUID) -> TeamDays:
        """One team's days ahead, each with its duties and its gaps."""
        time = self.times[team_id]
        in_service = rota.in_service(time.gaps)
        night = total_hours(gap for gap in time.gaps if not gap.in_service)
        finding = _finding(len(in_service), total_hours(in_service), time)
        closed = ""
        if night and rota.is_planned(time.rota):
            closed = (
                f"Outside of service hours nobody is on duty for {night:.0f} hours of these days: "
                f"emergencies then go to the safety contact, {self._contact}, at once."
            )
        return TeamDays(self._teams[team_id], finding, self._days(time), bool(in_service), closed)

    def own(self) -> tuple[DutyDay, ...]:
        """The reader's duties of all teams, day by day."""
        found: dict[date, list[DutyLine]] = defaultdict(list)
        for time in self.times.values():
            for duty in _duties(time):
                if duty.staff_id == self._reader:
                    found[self._day(duty.since)].append(self._line(duty, time.team_id))
        return tuple(DutyDay(self.named(day), tuple(found[day])) for day in sorted(found))

    def on_duty_until(self) -> str:
        """When the reader's duty of now ends, `18:00` or with its day; empty if she has none."""
        ends = [
            duty.until
            for team in self.times.values()
            for duty in _duties(team)
            if duty.staff_id == self._reader and duty.since <= self._now < duty.until
        ]
        return day_time(max(ends), self._now, self.zone.key).removesuffix(" today") if ends else ""

    def turns(self) -> list[tuple[OnDuty, UUID]]:
        """The shifts that are to come, with their teams: what can be swapped."""
        return [
            (duty, time.team_id)
            for time in self.times.values()
            for duty in _duties(time)
            if duty.turn is not None and duty.since > self._now and duty.why is not Why.OVERRIDE
        ]

    def name(self, who: UUID) -> str:
        return self.names.get(who, NOT_HERE)

    def span(self, since: datetime, until: datetime) -> str:
        """`08:00 to 18:00`, with the day of its end where that is another; `all day`."""
        return hours_of(since, until, self.zone)

    def when(self, at: datetime) -> str:
        """`Tuesday 20 October`."""
        return self.named(self._day(at))

    def moment(self, at: datetime) -> str:
        """`Tuesday 20 October 08:00`."""
        return f"{self.when(at)} {local_of(at, self.zone):%H:%M}"

    def named(self, day: date) -> str:
        """`Tuesday 20 October`."""
        return local_date(day, self.zone.key)

    @property
    def today(self) -> date:
        return self._day(self._now)

    def not_ready(self) -> tuple[str, ...]:
        """Who is on duty within a day and could not be told, each with why."""
        return tuple(f"{self.name(who)} {why}" for who, why in self._unready.items())

    def _days(self, time: TeamTime) -> tuple[DutyDay, ...]:
        duties: dict[date, list[DutyLine]] = defaultdict(list)
        gaps: dict[date, list[str]] = defaultdict(list)
        for duty in _duties(time):
            duties[self._day(duty.since)].append(self._line(duty))
        for gap in rota.in_service(time.gaps):
            gaps[self._day(gap.since)].append(f"nobody {self.span(gap.since, gap.until)}")
        first, last = self._day(self._now), self._day(self._now + AHEAD)
        days = {*duties, *gaps, *(first + timedelta(days=n) for n in range((last - first).days))}
        return tuple(
            DutyDay(
                self.named(day),
                tuple(duties[day]),
                tuple(gaps[day]),
                "closed" if day in self._closed else "",
            )
            for day in sorted(days)
        )

    def _line(self, duty: OnDuty, team_id: UUID | None = None) -> DutyLine:
        other = self.name(duty.instead_of) if duty.instead_of else ""
        why = _WHY[duty.why].format(other=other) if other else _alone(duty)
        unready = self._unready.get(duty.staff_id)
        team = f"{self._teams[team_id]}, " if team_id and len(self._teams) > 1 else ""
        return DutyLine(
            time=self.span(duty.since, duty.until),
            name=self.name(duty.staff_id),
            rank=duty.rank,
            why=team + why,
            note=f"could not be told: {unready}" if unready else "",
            mine=duty.staff_id == self._reader,
        )

    def _day(self, at: datetime) -> date:
        return local_of(at, self.zone).date()


def hours_of(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """A duty's hours on the site's clock; a whole day of 23, 24 or 25 hours is `all day`."""
    begin, end = local_of(since, zone), local_of(until, zone)
    if all(at.hour == at.minute == 0 for at in (begin, end)) and _is_next_day(begin, end):
        return "all day"
    overnight = end.date() != begin.date() and end - begin > timedelta(hours=24)
    day = f" on {end:%A} {end.day} {end:%b}" if overnight else ""
    return f"{begin:%H:%M} to {end:%H:%M}{day}"


def _is_next_day(begin: datetime, end: datetime) -> bool:
    return end.date() == begin.date() + timedelta(days=1)


def _alone(duty: OnDuty) -> str:
    return "comes besides" if duty.why is Why.OVERRIDE else _WHY[duty.why]


def _duties(time: TeamTime) -> list[OnDuty]:
    """Each duty once and whole, the earliest first."""
    found = dict.fromkeys(duty for period in time.periods for duty in period.people)
    return sorted(found, key=lambda duty: (duty.since, duty.rank, duty.staff_id))


def _finding(count: int, hours: float, time: TeamTime) -> str:
    if count:
        times = "time" if count == 1 else "times"
        return f"{count} {times} within service hours with nobody on duty, {hours:g} hours in all"
    if rota.is_planned(time.rota):
        return "Somebody is on duty in all service hours of the next 14 days"
    return "No roster, and no alert comes here"


def findings(tx: Tx, site_id: UUID) -> list[str]:
    """What a manager has to mend in the roster, in a sentence each; none where all is well."""
    unready = len(rosters.not_ready(tx, site_id))
    hours = rosters.gap_hours(tx, site_id)
    found = []
    if unready:
        who = "1 person" if unready == 1 else f"{unready} people"
        found.append(f"{who} on duty within a day could not be told of an alert")
    if hours:
        found.append(f"Nobody is on duty for {hours:g} hours of service in the next 7 days")
    return found
