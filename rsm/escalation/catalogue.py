"""The policies of a site: those it may choose from, those it used, and which open alerts follow.

That a policy came into use, and why, stands in `rsm.sites.uses`: the site itself names only the
present one.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from rsm.db.work import Tx
from rsm.escalation.model import Policy
from rsm.escalation.policies import default_policy, default_text, parse_policy
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation, PolicyVersion
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.words import Pin
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites import settings
from rsm.sites import uses as site_uses
from rsm.sites.settings import Exchange, Setting

USED = "policy.used"
_LATEST = 50


@dataclass(frozen=True)
class Entry:
    """One policy with its TOML; `published_at` is None for the one that we ship."""

    pin: Pin
    policy: Policy
    body: str
    published_at: datetime | None = None
    published_by: UUID | None = None


@dataclass(frozen=True)
class Use:
    """That a policy came into use at a site: when, by whom, in place of which, and why."""

    at: datetime
    by: UUID | None
    pin: Pin
    former: Pin | None
    reason: str


def entries(tx: Tx, site_id: UUID) -> list[Entry]:
    """The one in force first, then the newest first, ours last.

    A policy may name people: of those that are published a site sees those that it uses or used,
    and those that somebody of its organisation published.
    """
    in_force = sites.get(tx, site_id).policy
    found: dict[Pin, Entry] = {}
    for each in (*_published(tx, site_id), _ours()):
        found.setdefault(each.pin, each)
    return sorted(found.values(), key=lambda each: each.pin != in_force)


def entry(tx: Tx, site_id: UUID, key: str, version: str) -> Entry:
    """The policy of that key and version; `NotFound` when the site has none of that name."""
    for each in entries(tx, site_id):
        if (each.pin.key, each.pin.version) == (key, version):
            return each
    raise NotFound("no such policy")


def current(tx: Tx, site_id: UUID) -> Entry:
    """The policy by which the site's next alerts are told; `NotFound` when it cannot be read."""
    pin = sites.get(tx, site_id).policy
    query = select(PolicyVersion).where(
        PolicyVersion.key == pin.key, PolicyVersion.version == pin.version
    )
    for each in (*_readable(tx.session.scalars(query)), _ours()):
        if each.pin == pin:
            return each
    raise NotFound("the site's policy is not published, or cannot be read any more")


def followed(tx: Tx, site_id: UUID) -> dict[Pin, int]:
    """How many open alerts of the site follow each version: it is frozen when they open."""
    query = (
        select(Escalation.policy, func.count())
        .where(Escalation.site_id == site_id, Escalation.state != EscalationState.DONE)
        .group_by(Escalation.policy)
    )
    return {Pin.of(policy): count for policy, count in tx.session.execute(query)}


def note_use(tx: Tx, site_id: UUID, pin: Pin, former: Pin, reason: str) -> None:
    """Keep that a policy is used from now on, and why; in the trail without the reason."""
    exchange = Exchange(Setting.POLICY, pin.document, former.document, reason)
    use_id = site_uses.note(tx, site_id, exchange)
    was = {f"former_{name}": value for name, value in former.document.items()}
    record(tx, USED, Subject("site", site_id), site_id, **pin.document, **was, use=use_id)


def uses(tx: Tx, site_id: UUID) -> list[Use]:
    """The latest first."""
    return [_use(one) for one in site_uses.of_site(tx, site_id, Setting.POLICY, _LATEST)]


def _use(one: settings.Use) -> Use:
    made = one.exchange
    former = Pin.of(made.former) if made.former else None
    return Use(one.at, one.by, Pin.of(made.content), former, made.reason)


def _published(tx: Tx, site_id: UUID) -> Iterator[Entry]:
    rows = tx.session.scalars(
        select(PolicyVersion).order_by(PolicyVersion.published_at.desc(), PolicyVersion.key)
    ).all()
    site = sites.get(tx, site_id)
    known = staff.many(tx, {row.published_by for row in rows if row.published_by})
    ours = {one for one, view in known.items() if view.organisation_id == site.organisation_id}
    pins = {site.policy, *followed(tx, site_id)}
    pins |= {pin for use in uses(tx, site_id) for pin in (use.pin, use.former) if pin}
    yield from _readable(row for row in rows if row.published_by in ours or row.pin in pins)


def _readable(rows: Iterable[PolicyVersion]) -> Iterator[Entry]:
    """What a later release cannot read is not offered."""
    for row in rows:
        with suppress(Invalid):
            policy, _ = parse_policy(row.body, row.key)
            yield Entry(row.pin, policy, row.body, row.published_at, row.published_by)


def _ours() -> Entry:
    policy = default_policy()
    return Entry(policy.pin, policy, default_text())
