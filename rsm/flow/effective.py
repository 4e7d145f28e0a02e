"""The pack that judges one patient now: her site's, with every override that holds for her.

What is merged is kept, by the content of the pack and of the overrides, so that a patient with an
override is judged as fast as the others.

A new version of the pack. An override means rules as they stood in the pack that it names. Where
the site's pack is another one by now, it goes on if each rule that it changes reads word for word
the same there. Else it is left out, and `rsm.flow.left_out` has somebody write it anew or end it:
one task, not an alert for each survey. So is one whose rule a wider tier has changed since. (One
of the organisation's that names another pack is not about this site.) Whatever else keeps an
override from being applied is a reason for review (P6).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from rsm.alerts import overrides
from rsm.alerts import service as alerts
from rsm.alerts.model import ReviewKind, ReviewReason
from rsm.alerts.override_words import OverrideView, Stored, Target
from rsm.alerts.schema import RulePack
from rsm.alerts.states import Tier
from rsm.alerts.tiers import EffectivePack, Override, carried, merge
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Level, Pin
from rsm.patients.model import PatientFacts
from rsm.routing.decide import route
from rsm.routing.model import RouteFacts
from rsm.routing.trees import tree_of
from rsm.sites import service as sites
from rsm.sites.model import SiteView

# Most alerts are of this level: where they go is where she is cared for.
USUAL_LEVEL = Level.SOON

_KEPT = 512
_Key = tuple[str, tuple[tuple[UUID, str | bytes | None], ...]]
_merged: dict[_Key, EffectivePack] = {}


def pack_for(tx: Tx, site: SiteView, patient: PatientFacts, at: datetime) -> EffectivePack:
    """The site's pack with the overrides that hold for this patient at `at`, by all four tiers.

    One statement when nothing is overridden. `review` of what is returned must reach a person;
    alerts name `pin`, and `base` is the published pack that is under it.
    """
    whom = Target(Tier.PATIENT, site.organisation_id, site.id, patient_id=patient.id)
    found = overrides.in_force(tx, whom, at)
    pack = alerts.load(tx, site.rule_pack)
    if not found:
        return EffectivePack(pack, site.rule_pack)
    found, faults = _of_her_team(tx, site, patient, found)
    effective = _merge(tx, pack, site.rule_pack, found, at)
    if not faults:
        return effective
    review = (*effective.review, *faults)
    return EffectivePack(effective.pack, effective.base, effective.provenance, review)


def pack_of_site(
    tx: Tx, site: SiteView, at: datetime, team_id: UUID | None = None
) -> EffectivePack:
    """The pack as the organisation, the site and perhaps one team have changed it: to be read and
    signed, with `rsm.alerts.explain` and its `provenance`."""
    whom = Target(Tier.SITE, site.organisation_id, site.id)
    found = [
        row
        for row in overrides.in_force(tx, whom, at)
        if row.target.tier is not Tier.TEAM or row.target.team_id == team_id
    ]
    pack = alerts.load(tx, site.rule_pack)
    return _merge(tx, pack, site.rule_pack, found, at)


# --- whose team she is ---------------------------------------------------------------------------


def team_of(tx: Tx, site: SiteView, patient: PatientFacts) -> UUID | None:
    """The team that cares for a patient: where the site's routing tree sends her in general.

    That is, by her regimen and language alone, with no symptom and at the usual level: a branch
    for emergencies or for one symptom does not make a patient another team's. None when the tree
    names a team that the site does not have.
    """
    facts = RouteFacts(USUAL_LEVEL, language=patient.language, regimen=patient.regimen or "")
    name = route(tree_of(dict(site.routes)), facts).team
    return next((team.id for team in sites.teams(tx, site.id) if team.name == name), None)


def _of_her_team(
    tx: Tx, site: SiteView, patient: PatientFacts, found: Sequence[Stored]
) -> tuple[list[Stored], list[ReviewReason]]:
    """Without those of other teams. Teams are looked up only where an override names one."""
    others = [row for row in found if row.target.tier is not Tier.TEAM]
    if len(others) == len(found):
        return others, []
    try:
        hers = team_of(tx, site, patient)
    except Exception as error:  # noqa: BLE001  # a tree that cannot be used: a person looks (P6)
        return others, [ReviewReason(ReviewKind.ERROR, "routing", type(error).__name__)]
    return [
        row for row in found if row.target.tier is not Tier.TEAM or row.target.team_id == hers
    ], []


# --- merging -------------------------------------------------------------------------------------


def _merge(
    tx: Tx, pack: RulePack, base: Pin, found: Sequence[Stored], at: datetime
) -> EffectivePack:
    ours = [row for row in found if concerns(row, base)]
    if not ours:
        return EffectivePack(pack, base)
    key = (base.hash, tuple((row.id, row.body or row.body_sealed) for row in ours))
    kept = _merged.get(key)
    if kept is not None:
        return kept
    views = overrides.opened(tx, ours)
    merged = _merged_anew(tx, pack, views, at)
    if len(_merged) >= _KEPT:
        _merged.clear()
    if all(view.override for view in views):
        _merged[key] = merged
    return merged


def _merged_anew(
    tx: Tx, pack: RulePack, views: Iterable[OverrideView], at: datetime
) -> EffectivePack:
    fit: list[Override] = []
    faults: list[ReviewReason] = []
    for view in views:
        if view.override is None:
            what = f"an override of {view.tier} could not be read"
            faults.append(ReviewReason(ReviewKind.ERROR, "override", what))
        elif (now := fits(tx, view, pack)) is not None:
            fit.append(now)
    merged = merge(pack, fit, at)  # its own review: asked about once, by `rsm.flow.left_out`
    return EffectivePack(merged.pack, merged.base, merged.provenance, tuple(faults))


def concerns(row: Stored, base: Pin) -> bool:
    """Whether it is about a site with this pack: the organisation's is about one pack only."""
    return row.target.tier is not Tier.ORGANISATION or row.base.key == base.key


def fits(tx: Tx, view: OverrideView, pack: RulePack) -> Override | None:
    """The override as it holds under `pack`; None when its rules read otherwise there."""
    if view.override is None or view.row.base == pack.pin:
        return view.override
    try:
        written_for = alerts.load(tx, view.row.base)
    except NotFound:
        return None
    return carried(view.override, written_for, pack)
