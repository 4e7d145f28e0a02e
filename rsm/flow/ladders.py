"""A site takes another escalation policy: tried, then published and used by its manager.

What is published never changes; an older version is used again by its own text. Open alerts keep
the version with which they opened.
"""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.db.work import Tx
from rsm.escalation import catalogue, policies, published, safety
from rsm.escalation.model import Policy
from rsm.flow.publish import crew
from rsm.flow.staffing import Agreed, asked_by, staffing_problems
from rsm.kernel.documents import Source
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem, RsmError
from rsm.kernel.words import Pin
from rsm.sites import service as sites
from rsm.sites import uses
from rsm.sites.model import SiteView, as_agreed, edition

NAME = "policy"  # how problems call what was typed: `policy:12: levels.urgent.steps[0].who`


@dataclass(frozen=True)
class Proposal:
    """A policy that can be read: `problems` keep it from being used, `notes` are to be read."""

    policy: Policy
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True)
class Decided:
    """Why a change is made, and what whoever makes it saw in force (a hash or an edition)."""

    reason: str
    seen: str


def propose(tx: Tx, site_id: UUID, body: str) -> Proposal:
    """What stands in the way of this TOML at the site. Raises `Invalid` when it is no policy."""
    policy, source = policies.parse_policy(body, NAME)
    site = sites.get(tx, site_id)
    problems = policies.check(policy, source)
    problems += policies.unstaffed(policy, crew(tx, site_id), source)
    problems += _taken(tx, policy, source)
    today = _present_problems(tx, site)
    lacking = _staffing(tx, site, policy)
    problems += [one for one in lacking if one not in today]
    standing = (one for one in lacking if one in today)
    return Proposal(policy, tuple(problems), (*policies.slow(policy, source), *standing))


def use(tx: Tx, site_id: UUID, body: str, decided: Decided) -> Pin:
    """Publish the policy, unless it is, and tell the site's next alerts by it. Audited.

    Raises `Invalid` with every problem, `Conflict` when another one came into use meanwhile.
    """
    reason = uses.checked_reason(decided.reason)
    site = sites.get(tx, site_id)
    if site.policy.hash != decided.seen:
        raise Conflict("another policy came into use meanwhile")
    proposal = propose(tx, site_id, body)
    if proposal.problems:
        raise Invalid(proposal.problems)
    if proposal.policy.pin == site.policy:
        raise Invalid(Problem("body", "is in use already"))
    pin = published.publish(tx, proposal.policy, body)
    new = as_agreed(site).model_copy(update={"policy": pin})
    sites.update_site(tx, site.id, new, edition(site))
    catalogue.note_use(tx, site.id, pin, site.policy, reason)
    return pin


def _taken(tx: Tx, policy: Policy, source: Source) -> list[Problem]:
    """The version stands already for another content: what is published never changes."""
    if safety.is_built_in(policy.pin):
        what = f"`{policy.key}` is built in"
        return [Problem(source.place(("key",)), what, "choose another key")]
    with suppress(NotFound):
        if published.find(tx, policy.key, policy.version) != policy.pin:
            what = f"{policy.key} {policy.version} is published with another content"
            return [Problem(source.place(("version",)), what, "raise the version")]
    return []


def _present_problems(tx: Tx, site: SiteView) -> list[Problem]:
    try:
        return _staffing(tx, site, published.load(tx, site.policy))
    except RsmError:  # the present policy cannot be read: then any good one is better
        return []


def _staffing(tx: Tx, site: SiteView, policy: Policy) -> list[Problem]:
    """Levels that find nobody, and a crisis that would at times find nobody at work."""
    pack = alerts.load(tx, site.rule_pack)
    asked = asked_by(tx, site.id, site.instrument, site.plan)
    return staffing_problems(tx, site.id, Agreed(pack, policy, dict(site.routes), asked))
