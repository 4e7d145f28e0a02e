"""What a visitor of the demo finds of rules: levels that are expected, changes, a pack in shadow.

Who decides what, and when, is arranged; what comes of it in the last weeks comes from the flow.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from rsm.alerts import packs, releases
from rsm.alerts.override_words import Asked, OverrideView
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Tx
from rsm.flow import expected, overrides, shadow
from rsm.flow import release as flow
from rsm.flow.expected import Wish
from rsm.kernel.errors import RsmError
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.scene import Scene
from rsm.simulate.world import Deed, World
from rsm.sites import service as sites

_IN_SHADOW = timedelta(days=16)  # two reports of most patients
_DAY = timedelta(days=1)
_LASTS = timedelta(days=60)
_NURSE, _MANAGER, _CLINICIAN = "nurse", "charge nurse", "clinician"
_SHADOW = "severe-only"
# Whom (the first ones belong to the scene of the last hours), how long ago, and what.
_EXPECTED = (
    (6, timedelta(days=9), Wish("nausea", 2, 14, "After each infusion; she has tablets.")),
    (7, timedelta(days=12), Wish("fatigue", 2, 30, "Tired since her second cycle, as usual.")),
    (8, timedelta(days=6), Wish("pain", 2, 30, "From the operation; the pain clinic sees her.")),
)
_OWN = 5, timedelta(days=10), Change(rule="severe", thresholds={"value": 2})
_OWN_REASON = "Lives alone, and was admitted late last time: told from moderate on."
_AGREED = timedelta(days=8), Change(rule="worse", thresholds={"below": 4})
_AGREED_REASON = "A steep rise is to be told by its own rule as well."
_WAITS = timedelta(hours=5), Change(rule="severe", thresholds={"value": 2})
_WAITS_REASON = "Before the holidays we want to hear of moderate complaints as well."


@dataclass(frozen=True)
class RulesScene:
    """The last weeks at the site of `scene`, as far as its rules are concerned."""

    scene: Scene

    @property
    def world(self) -> World:
        return self.scene.world

    @property
    def site(self) -> BuiltSite:
        return self.scene.site

    def stage(self) -> None:
        """Plan what is decided, and that what runs in shadow is judged each day."""
        end, begun = self.scene.end, self.scene.end - _IN_SHADOW
        self._at(begun, self._starts_shadow)
        for day in range(1, _IN_SHADOW.days + 1):
            self._at(begun + day * _DAY, self._judges_shadow)
        for place, before, wish in _EXPECTED:
            self._at(end - before, partial(self._expects, place, wish))
        place, before, change = _OWN
        self._at(end - before, partial(self._changes_hers, place, change))
        before, change = _AGREED
        self._at(end - before, partial(self._changes_sites, change, _AGREED_REASON, agreed=True))
        before, change = _WAITS
        self._at(end - before, partial(self._changes_sites, change, _WAITS_REASON, agreed=False))

    def _at(self, at: datetime, deed: Deed) -> None:
        self.world.agenda.add(at, deed)

    def _as(self, job: str) -> AbstractContextManager[Tx]:
        return self.world.as_staff(self.site.site_id, self.site.who(job).staff_id)

    # --- a pack in shadow --------------------------------------------------------------------

    def _starts_shadow(self) -> None:
        text = (packs.folder() / f"{_SHADOW}.toml").read_text(encoding="utf-8")
        with self._as(_MANAGER) as tx:
            flow.start_shadow(tx, releases.draft(tx, self.site.site_id, text).id)

    def _judges_shadow(self) -> None:
        """A day's reports at once: what the worker does within a minute, in fewer steps."""
        while shadow.judge_due(self.world.worker):
            pass

    # --- what a nurse expects, and changes -----------------------------------------------------

    def _expects(self, place: int, wish: Wish) -> None:
        if found := self.scene.somebody(place):
            try:
                with self._as(_NURSE) as tx:
                    expected.expect(tx, found[0], wish, self.site.who(_NURSE).staff_id)
            except RsmError:
                return  # not asked yet, or no longer: one less

    def _changes_hers(self, place: int, change: Change) -> None:
        if found := self.scene.somebody(place):
            self._proposes(_NURSE, Tier.PATIENT, found[0], (change, _OWN_REASON))

    def _changes_sites(self, change: Change, reason: str, *, agreed: bool) -> None:
        """The manager writes it; the clinician agrees at once, or it waits for the visitor."""
        view = self._proposes(_MANAGER, Tier.SITE, None, (change, reason))
        if agreed and view is not None:
            with self._as(_CLINICIAN) as tx:
                overrides.agree(tx, sites.get(tx, self.site.site_id), view.id)

    def _proposes(
        self, job: str, tier: Tier, of: UUID | None, what: tuple[Change, str]
    ) -> OverrideView | None:
        change, reason = what
        try:
            with self._as(job) as tx:
                site = sites.get(tx, self.site.site_id)
                whose = overrides.target(tx, site, tier, of)
                asked = Asked(whose, (change,), reason, tx.now + _LASTS)
                return overrides.propose(tx, site, asked)
        except RsmError:
            return None  # she takes no part any more: one less
