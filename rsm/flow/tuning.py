"""The rules in force at a site, each with what came of it in a period; the reading is audited."""

from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.schema import RulePack
from rsm.db.work import Tx
from rsm.metrics import tuning_store as store
from rsm.metrics.model import Period
from rsm.metrics.tuning import RuleOfPack, RuleTuning, tuning
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


@dataclass(frozen=True)
class Tuned:
    """The pack in force, how many surveys were sent, and its rules."""

    pack: RulePack
    surveys: int
    rules: tuple[RuleTuning, ...]


def tuned(tx: Tx, site_id: UUID, period: Period) -> Tuned:
    """The tuning table of the site's live pack."""
    pack = alerts.load(tx, sites.get(tx, site_id).rule_pack)
    rules = [RuleOfPack(rule.id, rule.title, rule.level, rule.keeps_loud) for rule in pack.rules]
    surveys = store.surveys(tx, site_id, period)
    held = store.held(tx, site_id, period)
    found = tuning(rules, store.fired(tx, site_id, period), surveys, held)
    record(tx, "rules.viewed", Subject("site", site_id), site_id, pack=pack.key)
    return Tuned(pack, surveys, found)
