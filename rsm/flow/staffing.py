"""What a pack asks of a site's people: every level somebody to go to, a crisis somebody at work.

A question of which a crisis rule says so (PHQ-9's item 9) may be asked only where the emergency
ladder finds a person on duty at every minute of the week. A ladder whose only cover is the safety
contact does not count, nor one that texts a manager who has no shift (`rsm.escalation.staffing`).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.crisis import crisis_items
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.escalation import people
from rsm.escalation import service as escalation
from rsm.escalation.model import Policy
from rsm.escalation.staffing import Staffing, gap_words, gaps, reaches_anybody
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level, Pin, Role
from rsm.routing.trees import teams_of, tree_of
from rsm.schedules import published as plans
from rsm.schedules import standing
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.rota import service as rosters
from rsm.sites.rota.model import Rota

_MEND = "fill the roster, or name another step in the emergency ladder"


@dataclass(frozen=True)
class Agreed:
    """What decides it: the pack and what it judges, who is told, and where alerts go."""

    pack: RulePack
    policy: Policy
    routes: Mapping[str, object]
    asked: tuple[Pin, ...]  # every instrument that is asked


def asked_by(tx: Tx, site_id: UUID, own: Pin, plan: Pin) -> tuple[Pin, ...]:
    """The site's instrument, and every other that its plan asks, or a plan that somebody follows.

    Raises `NotFound` for a plan that was never published.
    """
    found = _asks(tx, plan, own)
    for followed in standing.plans_followed(tx, site_id):
        try:
            found += _asks(tx, followed, own)
        except NotFound:  # its windows say so, and a person looks
            continue
    return tuple(dict.fromkeys((own, *found)))


def _asks(tx: Tx, plan: Pin, own: Pin) -> list[Pin]:
    """What a plan asks; what was never published is not asked."""
    found = []
    for ref in dict.fromkeys(ask.ref for ask in plans.load(tx, plan).asks):
        with suppress(NotFound):
            found.append(plans.instrument_of(tx, ref, own))
    return found


def crisis_codes(tx: Tx, pack: RulePack, asked: tuple[Pin, ...]) -> tuple[str, ...]:
    """The items that are a crisis of their own when they are answered."""
    specs = [spec_of(instruments.load(tx, pin)) for pin in asked]
    return tuple(dict.fromkeys(code for spec in specs for code in crisis_items(pack, spec)))


def staffing_problems(tx: Tx, site_id: UUID, agreed: Agreed) -> list[Problem]:
    """Levels that find nobody, and a crisis that would at times find nobody at work."""
    try:
        tree = tree_of(agreed.routes)
    except Invalid:
        return []  # the tree's own check says so
    house = _House.read(tx, site_id)
    problems = []
    for level in sorted({rule.level for rule in agreed.pack.rules}, key=lambda one: -one.rank):
        ladder = agreed.policy.ladder(level)
        problems += [
            Problem(
                f"level {level}, team {team}",
                "no step before the safety contact names anybody who can be told",
                "put people on the roster, or name others in the policy",
            )
            for team in sorted(teams_of(tree, level))
            if not reaches_anybody(ladder, house.of(team))
        ]
    codes = crisis_codes(tx, agreed.pack, agreed.asked)
    if codes:
        ladder = agreed.policy.ladder(Level.EMERGENCY)
        for team in sorted(teams_of(tree, Level.EMERGENCY)):
            if holes := gaps(ladder, house.of(team)):
                what = f"asks {', '.join(codes)}, and nobody on duty is told at {gap_words(holes)}"
                problems.append(Problem(f"crisis, team {team}", what, _MEND))
    return problems


@dataclass(frozen=True)
class _House:
    """The site's people, read once."""

    staffing: Staffing
    team_ids: Mapping[str, UUID]
    rotas: Mapping[UUID, Rota]

    @classmethod
    def read(cls, tx: Tx, site_id: UUID) -> "_House":
        roles: dict[Role, set[UUID]] = {}
        for person, has in staff.at_site(tx, site_id).items():
            for role in has:
                roles.setdefault(role, set()).add(person)
        rotas = rosters.rotas(tx, site_id, tx.now, tx.now)
        teams = {team.name: team.id for team in sites.teams(tx, site_id)}
        whole = Staffing(
            team="",
            own=(),
            everywhere=list(rotas.values()),
            reach=people.reachable(tx, site_id),
            roles={role: frozenset(some) for role, some in roles.items()},
            teams={name: frozenset(sites.team_members(tx, team)) for name, team in teams.items()},
            begins=_next_monday(tx, site_id),
            persons=people.by_email(tx, site_id),
        )
        return cls(whole, teams, rotas)

    def of(self, team: str) -> Staffing:
        """As the alerts of that team find it; of a team that is not there, the whole site's."""
        team_id = self.team_ids.get(team)
        own = list(self.rotas.values()) if team_id is None else [self.rotas.get(team_id, Rota())]
        return replace(self.staffing, team=team, own=own)


def _next_monday(tx: Tx, site_id: UUID) -> date:
    """A cycle that has begun this week is looked at whole, from the next one on."""
    today = local_of(tx.now, zone_named(sites.get(tx, site_id).zone)).date()
    return today + timedelta(days=7 - today.weekday())


def require_people_for(tx: Tx, site_id: UUID, plan: Pin) -> None:
    """Raises `Invalid` when a plan asks a crisis question, and at times nobody at work would hear
    of the answer; `NotFound` for a plan that was never published."""
    site = sites.get(tx, site_id)
    asked, pack = tuple(_asks(tx, plan, site.instrument)), alerts.load(tx, site.rule_pack)
    if not crisis_codes(tx, pack, asked):
        return
    agreed = Agreed(pack, escalation.load(tx, site.policy), dict(site.routes), asked)
    if problems := staffing_problems(tx, site_id, agreed):
        raise Invalid(problems)
