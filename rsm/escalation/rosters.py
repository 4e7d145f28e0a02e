"""Whom a site's alerts need on duty: where nobody is, and who would not hear of an alert.

A team counts when the site's tree sends alerts to it, or when it has a roster. Outside of service
hours somebody is needed where the emergency ladder tells whoever is on duty: it holds nothing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.escalation import published, safety
from rsm.escalation.model import OnDuty, Policy, PolicyStep
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.words import Audience, Channel, Level
from rsm.messaging import optouts, staff_reach
from rsm.routing.trees import teams_of, tree_of
from rsm.security import staff
from rsm.security.model import StaffView
from rsm.sites import service as sites
from rsm.sites.model import SiteView, Team
from rsm.sites.rota import service as rosters
from rsm.sites.rota.gaps import Gap
from rsm.sites.rota.model import Period
from rsm.sites.rota.readiness import AHEAD, ContactPoint, ContactState, Unready, unready
from rsm.sites.rota.service import TeamTime

GAPS_AHEAD = timedelta(days=7)
_LATELY = timedelta(days=3)
_EMERGENCY = frozenset({Level.EMERGENCY})
_WAYS = (Channel.SMS, Channel.VOICE, Channel.EMAIL)


@dataclass(frozen=True)
class TeamGap:
    """A time with nobody on duty in a team that needs somebody."""

    team: Team
    gap: Gap


def times(tx: Tx, site_id: UUID, until: datetime) -> dict[UUID, TeamTime]:
    """From now on: every team's duties and gaps. A team that needs nobody has no gaps."""
    site = sites.get(tx, site_id)
    teams = {team.id: team.name for team in sites.teams(tx, site_id)}
    routed = _routed(site, tuple(Level), list(teams.values()))
    pressing = _routed(site, (Level.EMERGENCY,), list(teams.values()))
    always = _EMERGENCY if _tells_on_duty(tx, site) else frozenset[Level]()
    needed = {team: always for team, name in teams.items() if name in pressing}
    return {
        team: time
        if teams[team] in routed or rosters.is_planned(time.rota)
        else TeamTime(team, time.rota, time.periods, ())
        for team, time in rosters.ahead(tx, site_id, until, needed).items()
    }


def gaps(tx: Tx, site_id: UUID, until: datetime) -> list[TeamGap]:
    """The gaps from now on within service hours, the earliest first."""
    ahead = times(tx, site_id, until)
    found = [
        TeamGap(team, gap)
        for team in sites.teams(tx, site_id)
        for gap in rosters.in_service(ahead[team.id].gaps)
    ]
    return sorted(found, key=lambda each: each.gap.since)


def gap_hours(tx: Tx, site_id: UUID) -> float:
    """How many hours of service in the week ahead have nobody on duty, over all teams."""
    found = gaps(tx, site_id, tx.now + GAPS_AHEAD)
    return sum((each.gap.until - each.gap.since) / timedelta(hours=1) for each in found)


def not_ready(tx: Tx, site_id: UUID) -> list[Unready]:
    """Whoever is on duty now or within a day, and would not hear of an alert; once each."""
    ahead = rosters.ahead(tx, site_id, tx.now + AHEAD, {})
    periods = [period for time in ahead.values() for period in time.periods]
    return unready(periods, contacts(tx, site_id, _people(periods)), tx.now)


def contacts(tx: Tx, site_id: UUID, people: Collection[UUID]) -> dict[UUID, ContactState]:
    """By what each of them can be told, of the ways in which the site's ladders tell whoever is on
    duty; whoever does not work at the site is left out."""
    here = staff.at_site(tx, site_id)
    ways = _ways(_policy(tx, sites.get(tx, site_id)))
    known = {one: view for one, view in staff.many(tx, people).items() if one in here}
    points: dict[UUID, list[ContactPoint]] = {one: [] for one in known}
    for channel in ways:
        for one, point in _points(tx, site_id, channel, list(known.values())):
            points[one].append(point)
    return {one: ContactState(tuple(points[one]), known[one].disabled) for one in known}


def _points(
    tx: Tx, site_id: UUID, channel: Channel, known: Collection[StaffView]
) -> Iterator[tuple[UUID, ContactPoint]]:
    """The number, or the address where the site writes e-mails to its staff."""
    sender = sites.sender(tx, site_id, Audience.STAFF, channel)
    if sender is None and channel is not Channel.SMS:
        return
    by_mail = channel is Channel.EMAIL
    addresses = {one.id: (one.email if by_mail else one.phone) for one in known}
    given = {address for address in addresses.values() if address}
    stopped = optouts.stopped(tx, given, sender, channel) if sender else frozenset()
    since = {one.id: _since(tx, one, channel) for one in known}
    lost = staff_reach.lost(tx, site_id, since, channel)
    for one in known:
        if address := addresses[one.id]:
            verified = one.email_verified if by_mail else one.phone_verified
            yield (
                one.id,
                ContactPoint(channel, verified, one.id not in lost, address in stopped),
            )


def _since(tx: Tx, one: StaffView, channel: Channel) -> datetime:
    """What was lost before her number or address was verified says nothing about it."""
    verified = one.email_verified_at if channel is Channel.EMAIL else one.phone_verified_at
    return max(tx.now - _LATELY, verified or tx.now - _LATELY)


def _people(periods: Collection[Period]) -> set[UUID]:
    return {duty.staff_id for period in periods for duty in period.people}


def _routed(site: SiteView, levels: Collection[Level], teams: list[str]) -> frozenset[str]:
    """The teams to which alerts of these levels go; a tree that cannot be read: the oldest."""
    try:
        tree = tree_of(dict(site.routes))
    except Invalid:
        return frozenset(teams[:1])
    return frozenset(name for level in levels for name in teams_of(tree, level))


def _tells_on_duty(tx: Tx, site: SiteView) -> bool:
    """Whether the emergency ladder counts on whoever is on duty."""
    return bool(_telling(_policy(tx, site), Level.EMERGENCY))


def _ways(policy: Policy) -> tuple[Channel, ...]:
    """By which of them an emergency and an urgent alert both reach whoever is on duty; by calls
    only where no step does without, since they mostly come last."""
    ladders = [_telling(policy, level) for level in (Level.EMERGENCY, Level.URGENT)]
    used = [{way for step in steps for way in step.how} for steps in ladders if steps]
    calls = all(Channel.VOICE in step.how for steps in ladders for step in steps)
    ways = _WAYS if calls else tuple(way for way in _WAYS if way is not Channel.VOICE)
    return tuple(way for way in ways if all(way in each for each in used))


def _telling(policy: Policy, level: Level) -> list[PolicyStep]:
    """The steps of a ladder that tell whoever is on duty."""
    steps = policy.ladder(level).steps
    return [step for step in steps if any(isinstance(who, OnDuty) for who in step.who)]


def _policy(tx: Tx, site: SiteView) -> Policy:
    """The site's, or the built-in one that takes its place."""
    try:
        return published.load(tx, site.policy)
    except NotFound:
        return safety.policy()
