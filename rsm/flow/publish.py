"""What must fit before a site is judged by a pack and told by a policy: checks across rooms.

A version is published once and for all; it is given to a site only when instrument, pack, policy,
routes and languages fit together, with every problem named at once.
"""

from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import checks, packs
from rsm.alerts import service as alerts
from rsm.alerts.red_set import red_set_problems
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.escalation import people, policies
from rsm.escalation import service as escalation
from rsm.flow import passing
from rsm.flow.staffing import Agreed, asked_by, staffing_problems
from rsm.instruments import retired
from rsm.instruments import service as instruments
from rsm.kernel.documents import Source
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Pin, Role
from rsm.routing.trees import check as check_routes
from rsm.routing.trees import tree_of
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import NewSite, SiteView


@dataclass(frozen=True)
class Package:
    """What a site is to agree to: the pack judges answers to the instrument; the policy tells."""

    instrument: Pin
    rule_pack: Pin
    policy: Pin
    languages: tuple[str, ...]


def publish_pack(tx: Tx, body: str, instrument: Pin, languages: tuple[str, ...]) -> Pin:
    """Publish a pack (its TOML) for this instrument and for patients who read these languages.

    Raises `Invalid` with every problem: rules, cases, an instrument that it is not for, a red set
    that is not whole, a text that nobody reviewed.
    """
    pack, source = packs.parse_pack(body, "pack")
    spec = spec_of(instruments.load(tx, instrument))
    problems = checks.whole(pack, spec, source)
    problems += checks.publish_problems(pack, languages)
    if problems:
        raise Invalid(problems)
    return alerts.publish(tx, pack, packs.whole_text(body, "pack"))


def publish_policy(tx: Tx, body: str, site_id: UUID | None = None) -> Pin:
    """Publish a policy (its TOML); with a site, its teams and roles must be staffed there."""
    policy, source = policies.parse_policy(body, "policy")
    problems = policies.check(policy, source)
    if site_id is not None:
        problems += policies.unstaffed(policy, crew(tx, site_id), source)
    if problems:
        raise Invalid(problems)
    return escalation.publish(tx, policy, body)


def publish_shipped(tx: Tx, languages: tuple[str, ...] = ("en",)) -> Package:
    """The instrument, pack and policy that we ship, published: what a new site begins with."""
    instrument = instruments.publish_shipped(tx, "weekly-symptoms")
    body = (packs.folder() / "first.toml").read_text(encoding="utf-8")
    pack = publish_pack(tx, body, instrument, languages)
    return Package(instrument, pack, publish_policy(tx, policies.default_text()), languages)


def problems_of(tx: Tx, package: Package) -> list[Problem]:
    """Why a site may not be run by these versions; none means that it may.

    A red set that is not whole is none: a pack that judges the site from before that was asked of
    packs goes on, and `readiness` says it, until another is released.
    """
    spec = spec_of(instruments.load(tx, package.instrument))
    pack = alerts.load(tx, package.rule_pack)
    problems = checks.check(pack, spec)
    problems += checks.publish_problems(pack, package.languages)
    return problems + policies.check(escalation.load(tx, package.policy))


def settle(tx: Tx, site_id: UUID, new: NewSite) -> None:
    """Change what a site has agreed to, if it all fits. Open alerts keep their frozen policy.

    Raises `Invalid` with every problem (another pack is one: see `rsm.flow.release`), `NotFound`
    for a version that is not published.
    """
    package = Package(new.instrument, new.rule_pack, new.policy, new.languages)
    problems = problems_of(tx, package) + routing_problems(tx, site_id, new.routes)
    agreed = Agreed(
        alerts.load(tx, new.rule_pack),
        escalation.load(tx, new.policy),
        new.routes,
        asked_by(tx, site_id, new.instrument, new.plan),
    )
    problems += policies.unstaffed(agreed.policy, crew(tx, site_id))
    problems += staffing_problems(tx, site_id, agreed)
    former = sites.get(tx, site_id)
    if new.instrument != former.instrument:
        problems += retired.problems(tx, [new.instrument])
    if problems:
        raise Invalid(problems)
    sites.update_site(tx, site_id, new)
    passing.safety_contact_changed(tx, former)


def routing_problems(tx: Tx, site_id: UUID, routes: dict[str, object]) -> list[Problem]:
    """What is wrong with a routing tree at this site."""
    try:
        return check_routes(tree_of(routes), _teams(tx, site_id))
    except Invalid as error:
        return list(error.problems)


def readiness(tx: Tx, site_id: UUID) -> list[Problem]:
    """What a site's own policy, pack and tree cannot do here and now, with plain words for each."""
    site = sites.get(tx, site_id)
    package = Package(site.instrument, site.rule_pack, site.policy, site.languages)
    pack = alerts.load(tx, site.rule_pack)
    problems = problems_of(tx, package)
    problems += red_set_problems(pack, spec_of(instruments.load(tx, site.instrument)))
    problems += retired.problems(tx, [site.instrument])
    problems += routing_problems(tx, site_id, dict(site.routes))
    return problems + people_problems(tx, site, pack)


def pack_problems(tx: Tx, site: SiteView, pack: RulePack, source: Source) -> list[Problem]:
    """Why a site may not be judged by this pack, published or not."""
    problems = checks.whole(pack, spec_of(instruments.load(tx, site.instrument)), source)
    problems += checks.publish_problems(pack, site.languages)
    problems += routing_problems(tx, site.id, dict(site.routes))
    return problems + people_problems(tx, site, pack)


def people_problems(tx: Tx, site: SiteView, pack: RulePack) -> list[Problem]:
    """What the pack asks of the site's people, and they cannot do (`rsm.flow.staffing`)."""
    policy = escalation.load(tx, site.policy)
    asked = asked_by(tx, site.id, site.instrument, site.plan)
    problems = policies.unstaffed(policy, crew(tx, site.id))
    return problems + staffing_problems(tx, site.id, Agreed(pack, policy, dict(site.routes), asked))


def crew(tx: Tx, site_id: UUID) -> policies.Crew:
    """Whom a policy may name at the site, and how they can be told."""
    return policies.Crew(
        _teams(tx, site_id),
        _roles(tx, site_id),
        people.by_email(tx, site_id),
        people.channels(tx, site_id),
    )


def _teams(tx: Tx, site_id: UUID) -> list[str]:
    return [team.name for team in sites.teams(tx, site_id)]


def _roles(tx: Tx, site_id: UUID) -> set[Role]:
    return {role for roles in staff.at_site(tx, site_id).values() for role in roles}
