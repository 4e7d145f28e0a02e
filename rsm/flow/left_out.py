"""Overrides that a new pack leaves out: somebody is asked, once for each, to write them anew.

An override whose rules read otherwise in the pack of today does not apply (`rsm.flow.effective`);
nor does one whose rule a wider tier has switched off since.
What it asked for does not happen, so a person must know (P6); but an alert for each survey until
then would be noise. One task for each override and pack is both seen and quiet.
"""

from collections.abc import Sequence
from uuid import UUID

from rsm.alerts import overrides
from rsm.alerts import service as alerts
from rsm.alerts.override_words import OverrideView, Stored, Target
from rsm.alerts.states import Tier
from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow.effective import concerns, fits
from rsm.flow.overrides import contradicted
from rsm.patients import service as patients
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_ASK = (
    "A change of the rules was written for rules that have changed since, so it does not apply:"
    " write it anew, or end it."
)


def ask_due(db: Database) -> int:
    """Ask at every site; returns how many tasks were opened."""
    with db.begin(EVERYWHERE) as tx:
        due = sites.ids(tx) if overrides.any_standing(tx) else []
    asked = 0
    for site_id in due:
        with db.begin(Scope.site(site_id)) as tx:
            asked += ask(tx, site_id)
    return asked


def ask(tx: Tx, site_id: UUID) -> int:
    """Ask about what the site's pack of now leaves out; returns how many tasks were opened."""
    site = sites.get(tx, site_id)
    return sum(_ask_once(tx, site, view) for view in left_out(tx, site))


def left_out(tx: Tx, site: SiteView) -> list[OverrideView]:
    """What holds or waits and does not apply. Those written for the pack of now are opened only
    where something wider might have taken their rule from under them."""
    whom = Target(Tier.SITE, site.organisation_id, site.id)
    rows = [row for row in overrides.standing_rows(tx, whom) if concerns(row, site.rule_pack)]
    found = contradicted(tx, site) if _may_contradict(rows) else []
    former = [row for row in rows if row.base != site.rule_pack]
    if not former:
        return found
    pack = alerts.load(tx, site.rule_pack)
    return found + [view for view in overrides.opened(tx, former) if fits(tx, view, pack) is None]


def _may_contradict(rows: Sequence[Stored]) -> bool:
    """Of a site that is changed by two tiers; a site's own is written in sight of the others."""
    tiers = {row.target.tier for row in rows}
    return len(tiers) > 1 and not tiers.isdisjoint({Tier.ORGANISATION, Tier.TEAM})


def _ask_once(tx: Tx, site: SiteView, view: OverrideView) -> bool:
    patient = view.row.target.patient_id
    new = NewTask(
        business_key=f"override:{view.id}:{site.id}:{site.rule_pack.hash[:16]}",
        kind=TaskKind.REWRITE_OVERRIDE,
        site_id=site.id,
        reason=_ASK,
        patient_id=patient,
        is_test=patient is not None and patients.peek(tx, patient).is_test,
    )
    return tasks.open_task(tx, new) is not None
