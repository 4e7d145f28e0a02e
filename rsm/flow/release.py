"""A pack goes live at a site: checked across rooms, agreed by a second person, all or nothing.

The only way to change what judges a site's answers once the site is set up. Alerts that are open
keep what they have; reports that come from now on are judged by the new pack.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from difflib import unified_diff
from uuid import UUID

from rsm.alerts import packs, releases
from rsm.alerts import service as alerts
from rsm.alerts.releases import NotTaken, ReleaseView, Why
from rsm.alerts.schema import RulePack
from rsm.db.work import Tx
from rsm.flow import left_out, publish
from rsm.kernel.documents import Source
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Pin
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


@dataclass(frozen=True)
class FirstPack:
    """What has judged a site since it was set up: no two people released it."""

    pin: Pin
    title: str
    since: datetime


@dataclass(frozen=True)
class Releases:
    """All of a site, the newest first; `first` while none was released."""

    all: tuple[ReleaseView, ...]
    first: FirstPack | None


def of_site(tx: Tx, site_id: UUID) -> Releases:
    """The site's releases; the reading is audited."""
    found = tuple(releases.of_site(tx, site_id))
    record(tx, "releases.viewed", Subject("site", site_id), site_id)
    if any(one.was_live for one in found):
        return Releases(found, None)
    pack = alerts.load(tx, sites.get(tx, site_id).rule_pack)
    return Releases(found, FirstPack(pack.pin, pack.title, sites.set_up_at(tx, site_id)))


@dataclass(frozen=True)
class Difference:
    """What a pack changes of the one in force: titles of rules; `rest`: texts, bounds or words.

    `lines` are those of both texts that differ, `-` before the former and `+` before the new.
    """

    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    rest: bool
    lines: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.added or self.gone or self.changed or self.rest)


def difference(tx: Tx, release: ReleaseView) -> Difference:
    """The release beside the pack in force. Raises `Invalid` for one that cannot be read."""
    pack, _ = releases.pack_of(release)
    pin = sites.get(tx, release.site_id).rule_pack
    former, new = alerts.body(tx, pin).splitlines(), release.body.splitlines()
    _, _, *lines = [*unified_diff(former, new, n=1, lineterm="")] or ["", ""]
    return replace(_difference(alerts.load(tx, pin), pack), lines=tuple(lines))


def _difference(live: RulePack, pack: RulePack) -> Difference:
    was = {rule.id: rule for rule in live.rules}
    would = {rule.id: rule for rule in pack.rules}
    rest = ("advice", "red_flags", "crisis", "quiet")
    return Difference(
        added=tuple(rule.title for name, rule in would.items() if name not in was),
        gone=tuple(rule.title for name, rule in was.items() if name not in would),
        changed=tuple(rule.title for name, rule in would.items() if was.get(name, rule) != rule),
        rest=any(getattr(live, name) != getattr(pack, name) for name in rest),
    )


def live_text(tx: Tx, site_id: UUID) -> str:
    """The TOML of the pack in force: what a changed copy begins with."""
    return alerts.body(tx, sites.get(tx, site_id).rule_pack)


def problems(tx: Tx, release: ReleaseView) -> list[Problem]:
    """Why it may not go live here and now: none means that it may."""
    try:
        pack, source = releases.pack_of(release)
    except Invalid as error:
        return list(error.problems)
    site = sites.get(tx, release.site_id)
    found = publish.pack_problems(tx, site, pack, source)
    if release.is_open:
        found += _taken_version(tx, pack, source)
    return found


def _taken_version(tx: Tx, pack: RulePack, source: Source) -> list[Problem]:
    try:
        published = alerts.find(tx, pack.key, pack.version)
    except NotFound:
        return []
    if published == pack.pin:
        return []
    what = f"{pack.key} {pack.version} is published already, with another content"
    return [Problem(source.place(("version",)), what, "raise the version")]


def start_shadow(tx: Tx, release_id: UUID) -> ReleaseView:
    """Let it judge silently. Raises `Invalid` for a pack that could not go live either."""
    _require_fit(tx, releases.get(tx, release_id))
    return releases.start_shadow(tx, release_id)


def ask(tx: Tx, release_id: UUID, reason: str) -> ReleaseView:
    """Ask a second person. Raises `Invalid` for a pack that may not go live."""
    release = releases.get(tx, release_id)
    _require_fit(tx, release)
    if release.pin == sites.get(tx, release.site_id).rule_pack:
        raise NotTaken(Why.SAME_AS_LIVE)
    return releases.ask(tx, release_id, reason)


def agree(tx: Tx, release_id: UUID, seen: str) -> ReleaseView:
    """The second person agrees: it is live with this transaction, the former one retired.

    `seen` is `token` of what she was shown. Raises `NotTaken` when somebody was faster or it is
    not what she saw, `NotAllowed` when she asked herself, `Invalid` when it does not fit any more.
    """
    content, _, over = seen.partition(".")
    release = releases.to_decide(tx, release_id, content)
    site = sites.get(tx, release.site_id)
    if site.rule_pack.hash != over:
        raise NotTaken(Why.CHANGED)
    _require_fit(tx, release)
    pack, _ = releases.pack_of(release)
    pin = alerts.publish(tx, pack, packs.whole_text(release.body, "pack"))
    try:
        sites.set_rule_pack(tx, site.id, pin, site.rule_pack)
    except Conflict:
        raise NotTaken(Why.CHANGED) from None
    left_out.ask(tx, site.id)
    return releases.go_live(tx, release, site.rule_pack)


def token(tx: Tx, release: ReleaseView) -> str:
    """What a decision is about: this content, over the one in force now."""
    return f"{release.pin.hash}.{sites.get(tx, release.site_id).rule_pack.hash}"


def _require_fit(tx: Tx, release: ReleaseView) -> None:
    if found := problems(tx, release):
        raise Invalid(found)
