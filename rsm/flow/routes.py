"""A site, or its whole organisation, takes another routing tree: tried, then used, audited."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.escalation import published
from rsm.escalation.rows import hours_of
from rsm.flow.ladders import Decided
from rsm.flow.staffing import Agreed, asked_by, staffing_problems
from rsm.instruments import service as instruments
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.routing.commands import teams_named
from rsm.routing.model import Service, Tree
from rsm.routing.trees import check, tree_of
from rsm.routing.unknown import Vocabulary, unknown
from rsm.routing.writing import edition as edition_of
from rsm.routing.writing import read
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites import uses as site_uses
from rsm.sites.model import SiteView, as_agreed, edition
from rsm.sites.settings import Exchange, Setting

NAME = "tree"  # how problems call what was typed: `tree:12: children[0].match`
USED = "routes.used"
SITE, ORGANISATION = "site", "organisation"
_LATEST = 50


@dataclass(frozen=True)
class Proposal:
    """A tree that can be read: `problems` keep it from being used, `notes` are to be looked at."""

    tree: Tree
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True)
class Use:
    """That a tree came into use: when, by whom, whose (the site's, or its organisation's), why.

    `former` is what it replaced; None when there was nothing, or nothing that can be read.
    """

    at: datetime
    by: UUID | None
    whose: str
    former: Tree | None
    reason: str


@dataclass(frozen=True)
class Former:
    """A tree that was replaced, the last time at `until`; `name` tells it from the others."""

    name: str
    whose: str
    tree: Tree
    until: datetime


# --- what stands ---------------------------------------------------------------------------


def present(tx: Tx, site_id: UUID, whose: str) -> Mapping[str, object]:
    """The stored tree of the site, or the one that its organisation's new sites begin with."""
    site = sites.get(tx, site_id)
    if whose == SITE:
        return site.routes
    return sites.organisation_routes(tx, site.organisation_id)


def readable(routes: Mapping[str, object]) -> Tree | None:
    """The stored tree; None when there is none, or it cannot be read."""
    with suppress(Invalid):
        return tree_of(dict(routes))
    return None


def uses(tx: Tx, site_id: UUID) -> list[Use]:
    """Those of the site and of its organisation, the latest first."""
    return [
        Use(
            one.at,
            one.by,
            ORGANISATION if one.exchange.wide else SITE,
            readable(one.exchange.former or {}),
            one.exchange.reason,
        )
        for one in site_uses.of_site(tx, site_id, Setting.ROUTES, _LATEST)
    ]


def formers(tx: Tx, site_id: UUID, whose: str) -> list[Former]:
    """What was replaced, the last one first; none twice, and not what is in use again."""
    now = readable(present(tx, site_id, whose))
    found: dict[str, Former] = {}
    for use in uses(tx, site_id):
        if use.whose == whose and use.former and use.former != now:
            name = edition_of(_document(use.former))
            found.setdefault(name, Former(name, whose, use.former, use.at))
    return list(found.values())


def former(tx: Tx, site_id: UUID, whose: str, name: str) -> Tree:
    """The tree of that name among the `formers`; `NotFound` when there is none."""
    for one in formers(tx, site_id, whose):
        if one.name == name:
            return one.tree
    raise NotFound("no such tree")


def vocabulary(tx: Tx, site_id: UUID) -> Vocabulary:
    """What the site's alerts can be about, and the languages of its patients."""
    site = sites.get(tx, site_id)
    return Vocabulary(sorted(set(_symptoms(tx, site))), site.languages)


def _symptoms(tx: Tx, site: SiteView) -> Iterator[str]:
    for pin in asked_by(tx, site.id, site.instrument, site.plan):
        spec = spec_of(instruments.load(tx, pin))
        for some in (spec.items, spec.numbers, spec.scores):
            yield from (one.symptom for one in some)


def service_at(tx: Tx, site_id: UUID, local: datetime) -> Service:
    """Whether the site is at work at that time of its clock, by its service hours."""
    zone = zone_named(sites.get(tx, site_id).zone)
    is_open = hours_of(tx, site_id).is_open(start_instant(local, zone))
    return Service.OPEN if is_open else Service.CLOSED


def local_now(tx: Tx, site_id: UUID) -> datetime:
    """The clock on the site's wall."""
    return local_of(tx.now, zone_named(sites.get(tx, site_id).zone))


# --- another one ---------------------------------------------------------------------------


def propose(tx: Tx, site_id: UUID, whose: str, text: str) -> Proposal:
    """What stands in the way of this TOML or JSON. Raises `Invalid` when it is no tree."""
    tree, source = read(text, NAME)
    site = sites.get(tx, site_id)
    here = [team.name for team in sites.teams(tx, site.id)]
    notes = unknown(tree, vocabulary(tx, site_id), source)
    if whose == ORGANISATION:  # teams are a site's own: what is missing here may be elsewhere
        problems = check(tree, teams_named(tree), source)
        missing = [one for one in check(tree, here, source) if one not in problems]
        return Proposal(tree, tuple(problems), (*missing, *notes))
    problems = check(tree, here, source)
    today = _staffing(tx, site, dict(site.routes))
    lacking = _staffing(tx, site, _document(tree))
    problems += [one for one in lacking if one not in today]
    return Proposal(tree, tuple(problems), (*(one for one in lacking if one in today), *notes))


def use(tx: Tx, site_id: UUID, whose: str, text: str, decided: Decided) -> None:
    """Route the site's next alerts by it, or begin the organisation's next sites with it.

    Raises `Invalid` with every problem, `Conflict` when another one came into use meanwhile.
    """
    reason = site_uses.checked_reason(decided.reason)
    site = sites.get(tx, site_id)
    stored: Mapping[str, object] = site.routes
    wide = whose == ORGANISATION
    if wide:
        stored = sites.organisation_routes(tx, site.organisation_id, lock=True)
    if edition_of(stored) != decided.seen:
        raise Conflict("another tree came into use meanwhile")
    proposal = propose(tx, site_id, whose, text)
    if proposal.problems:
        raise Invalid(proposal.problems)
    if proposal.tree == readable(stored):
        raise Invalid(Problem("body", "is in use already"))
    routes = _document(proposal.tree)
    if wide:
        sites.set_organisation_routes(tx, site.organisation_id, routes)
    else:
        new = as_agreed(site).model_copy(update={"routes": routes})
        sites.update_site(tx, site.id, new, edition(site))
    exchange = Exchange(Setting.ROUTES, routes, dict(stored) or None, reason, wide)
    use_id = site_uses.note(tx, site.id, exchange)
    facts = {"hash": edition_of(routes), "former_hash": edition_of(stored)}
    record(tx, USED, Subject("site", site.id), site.id, tree=whose, use=use_id, **facts)


def _document(tree: Tree) -> dict[str, object]:
    """What a row holds of a tree."""
    return tree.model_dump(mode="json")


def _staffing(tx: Tx, site: SiteView, routes: Mapping[str, object]) -> list[Problem]:
    """Levels that find nobody by this tree, and a crisis that would find nobody at work."""
    try:
        policy = published.load(tx, site.policy)
    except NotFound:
        return []
    pack = alerts.load(tx, site.rule_pack)
    asked = asked_by(tx, site.id, site.instrument, site.plan)
    return staffing_problems(tx, site.id, Agreed(pack, policy, routes, asked))
