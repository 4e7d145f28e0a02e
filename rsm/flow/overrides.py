"""Changing rules for an organisation, a site, a team or one patient: what must fit before it is so.

A change is refused when nobody could apply it: it loosens an emergency or the red set, meets a
rule that is changed already for the same people, or leaves a narrower change without its rule.
Who may do it, pages say: organisation, site and team `MANAGE_SITE`, and somebody else agrees; one
patient `TRIAGE`.
"""

from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import overrides
from rsm.alerts import service as alerts
from rsm.alerts.override_words import Asked, OverrideState, OverrideView, Stored, Target
from rsm.alerts.schema import RulePack
from rsm.alerts.states import Tier
from rsm.alerts.tiers import (
    LONGEST,
    Base,
    EffectivePack,
    Override,
    merge,
    override_problems,
)
from rsm.db.work import Tx
from rsm.flow.effective import concerns, fits, team_of
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Pin
from rsm.patients import service as patients
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_TIERS = tuple(Tier)
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Standing:
    """An override that holds or waits, and whether it goes on under another pack."""

    view: OverrideView
    goes_on: bool


# --- whose -----------------------------------------------------------------------------------


def target(tx: Tx, site: SiteView, tier: Tier, of: UUID | None = None) -> Target:
    """Whose rules: for a team or a patient `of` names it. Raises `Invalid`, `NotFound`."""
    match tier:
        case Tier.ORGANISATION:
            return Target(tier, site.organisation_id)
        case Tier.SITE:
            return Target(tier, site.organisation_id, site.id)
        case Tier.TEAM:
            if of not in {team.id for team in sites.teams(tx, site.id)}:
                raise Invalid(Problem("whose", "is not a team of this site"))
            return Target(tier, site.organisation_id, site.id, team_id=of)
        case Tier.PATIENT:
            patient = patients.peek(tx, _named(of))
            return Target(tier, site.organisation_id, patient.site_id, patient_id=patient.id)


def _named(of: UUID | None) -> UUID:
    if of is None:
        raise Invalid(Problem("whose", "names no patient"))
    return of


# --- propose, agree, end -----------------------------------------------------------------------


def propose(tx: Tx, site: SiteView, asked: Asked) -> OverrideView:
    """Write it. A patient's holds at once; every other when a second person has agreed.

    Raises `Invalid` with every reason why it cannot be: `where` is a field of the form
    (`rule`, `reason`, `until`).
    """
    overrides.one_writer(tx, asked.target.organisation_id)
    if problems := _plain_problems(tx, asked):
        raise Invalid(problems)
    override = _override(asked, site.rule_pack, tx)
    if problems := _Ward.of(tx, site).problems(override, asked.target):
        raise Invalid(problems)
    return overrides.add(tx, asked, site.rule_pack)


def agree(tx: Tx, site: SiteView, override_id: UUID) -> Stored:
    """Somebody else agrees: from now on it holds. Held against what has changed meanwhile.

    Raises `NotAllowed`, `Conflict` as `overrides.agree`, and `Invalid` when it fits no more.
    """
    row = overrides.locked(tx, override_id)
    overrides.one_writer(tx, row.target.organisation_id)
    view = overrides.opened(tx, [row])[0]
    pack = alerts.load(tx, site.rule_pack)
    now = fits(tx, view, pack) if concerns(row, site.rule_pack) else None
    if now is None:
        what = "it was written for rules that have changed since"
        raise Invalid(Problem("rule", what, "refuse it, and write it anew"))
    if problems := _Ward.of(tx, site, but=row.id).problems(now, row.target):
        raise Invalid(problems)
    return overrides.agree(tx, override_id)


def end(tx: Tx, override_id: UUID) -> Stored:
    """It ends now, or is refused. Raises `NotFound`, `Conflict`."""
    return overrides.end(tx, override_id)


def end_own(tx: Tx, patient_id: UUID, override_id: UUID) -> Stored:
    """As `end`, of this patient's only: `Conflict` for one that is not hers."""
    if overrides.locked(tx, override_id).target.patient_id != patient_id:
        raise Conflict("this change is another's")
    return overrides.end(tx, override_id)


# --- what a form begins with -------------------------------------------------------------------


def as_left(tx: Tx, site: SiteView, whose: Target) -> EffectivePack:
    """The site's pack as the wider tiers leave it now: what a change of `whose` is a change of."""
    return _Ward.of(tx, site).as_left(whose)


# --- a new pack --------------------------------------------------------------------------------


def standing_for(tx: Tx, site_id: UUID, pack: RulePack) -> list[Standing]:
    """What holds or waits at the site, and whether it would go on under `pack`: to be shown
    before `pack` goes live. Those of patients are for a number only, not for a name."""
    site = sites.get(tx, site_id)
    pin = pack.pin
    found = overrides.standing(tx, Target(Tier.SITE, site.organisation_id, site.id))
    return [
        Standing(view, fits(tx, view, pack) is not None and concerns(view.row, pin))
        for view in found
        if concerns(view.row, site.rule_pack)
    ]


def contradicted(tx: Tx, site: SiteView) -> list[OverrideView]:
    """What holds at the site and cannot be applied upon what wider tiers have changed since: what
    the organisation changes is written without sight of its other sites."""
    ward = _Ward.of(tx, site)
    return [one for one in ward.holding() if ward.contradicts(one)]


# --- what must fit -----------------------------------------------------------------------------


def _plain_problems(tx: Tx, asked: Asked) -> list[Problem]:
    problems = []
    if not 0 < len(asked.reason.strip()) <= _LONGEST_REASON:
        what = f"has to be 1 to {_LONGEST_REASON} characters"
        problems.append(Problem("reason", what, "say why, for whoever reads it later"))
    longest = LONGEST[asked.target.tier]
    if not tx.now < asked.until <= tx.now + longest:
        what = f"It has to end within {longest.days} days"
        problems.append(Problem("until", what, "Then somebody decides again"))
    return problems


def _override(asked: Asked, pin: Pin, tx: Tx) -> Override:
    """As it will be read again, but for its author, whom no check asks for."""
    return Override(
        tier=asked.target.tier,
        of=str(asked.target.of),
        base=Base(key=pin.key, version=pin.version, hash=pin.hash),
        author="-",
        reason=asked.reason,
        since=tx.now,
        until=asked.until,
        changes=asked.changes,
    )


@dataclass(frozen=True)
class _Ward:
    """The pack of a site, and the other overrides that hold or wait there and fit it."""

    tx: Tx
    site: SiteView
    pack: RulePack
    others: tuple[OverrideView, ...]

    @classmethod
    def of(cls, tx: Tx, site: SiteView, but: UUID | None = None) -> "_Ward":
        pack = alerts.load(tx, site.rule_pack)
        found = overrides.standing(tx, Target(Tier.SITE, site.organisation_id, site.id))
        others = (
            one
            for one in found
            if one.id != but and concerns(one.row, site.rule_pack) and fits(tx, one, pack)
        )
        return cls(tx, site, pack, tuple(others))

    def problems(self, override: Override, whose: Target) -> list[Problem]:
        """Why this may not be a change of the rules of these people."""
        rules = {change.rule for change in override.changes} | {each.id for each in override.rules}
        if any(one.row.target == whose and rules & one.rules for one in self.others):
            what = "it is changed already for the same people"
            return [Problem("rule", what, "end that change first, or wait until it is decided")]
        upon = self.as_left(whose).pack
        found = override_problems(self.pack, override)
        found = found or override_problems(self.pack, override, upon)
        if found:
            return [Problem("rule", each.what, each.mend) for each in found]
        return self._left_without(override, whose)

    def as_left(self, whose: Target, more: tuple[Override, ...] = ()) -> EffectivePack:
        """The pack as the wider tiers leave it to these people."""
        wider = [one for one in self.holding() if _rank(one.row.target) < _rank(whose)]
        mine = [one for one in wider if self._concerns(one.row.target, whose)]
        fit = [now for one in mine if (now := fits(self.tx, one, self.pack)) is not None]
        return merge(self.pack, [*fit, *more], self.tx.now)

    def _left_without(self, override: Override, whose: Target) -> list[Problem]:
        """Narrower changes that hold and could not be applied any more upon this one."""
        upon = self.as_left(whose, (override,)).pack
        narrower = [one for one in self.holding() if _rank(one.row.target) > _rank(whose)]
        mine = [one for one in narrower if self._concerns(whose, one.row.target)]
        broken = [one for one in mine if self._breaks(one, upon)]
        if not broken:
            return []
        own = sum(one.tier is Tier.PATIENT for one in broken)
        counted = _counted(len(broken) - own, own)
        what = f"it has narrower changes that could not go on: {counted}"
        return [Problem("rule", what, "end those first")]

    def contradicts(self, one: OverrideView) -> bool:
        """Whether what holds could not be written any more."""
        return self._breaks(one, self.as_left(one.row.target).pack)

    def _breaks(self, one: OverrideView, upon: RulePack) -> bool:
        now = fits(self.tx, one, self.pack)
        return now is not None and bool(override_problems(self.pack, now, upon))

    def holding(self) -> list[OverrideView]:
        """Those that hold now."""
        return [one for one in self.others if one.state(self.tx.now) is OverrideState.HOLDS]

    def _concerns(self, wide: Target, narrow: Target) -> bool:
        """Whether what a wider tier changes is changed for these people as well."""
        if wide.team_id is None:
            return True
        if narrow.patient_id is None:
            return wide.team_id == narrow.team_id
        patient = patients.peek(self.tx, narrow.patient_id)
        return wide.team_id == team_of(self.tx, self.site, patient)


def _counted(wide: int, own: int) -> str:
    said = [f"{wide} of a site or team"] if wide else []
    said += [f"{own} of single patients"] if own else []
    return " and ".join(said)


def _rank(target: Target) -> int:
    return _TIERS.index(target.tier)
