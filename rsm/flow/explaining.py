"""A pack in plain words, as a clinician reads and signs it; the reading is audited."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.explain import Changed
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.plan import is_for
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.flow.effective import pack_of_site
from rsm.instruments import service as instruments
from rsm.kernel.words import Pin
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


@dataclass(frozen=True)
class Explained:
    """A pack with the site's questionnaire (None: it is for another one), and what overrides
    did to its rules. `in_force`: it judges this site's answers now."""

    pack: RulePack
    instrument: InstrumentSpec | None
    in_force: bool = False
    changed: Changed = field(default_factory=dict)


def explained(tx: Tx, site_id: UUID, pin: Pin | None = None) -> Explained:
    """The pack in force with what organisation and site changed of it; with a pin the published
    pack. What overrides made of one was never published: then it is the pack under it.

    `NotFound` when there is none.
    """
    site = sites.get(tx, site_id)
    if pin is None or pin == site.rule_pack:
        effective = pack_of_site(tx, site, tx.now)
        found = of_pack(tx, site_id, effective.pack, in_force=True)
        return replace(found, changed=effective.provenance)
    pack = alerts.load_base(tx, pin)
    return of_pack(tx, site_id, pack, in_force=pack.pin == site.rule_pack)


def of_pack(tx: Tx, site_id: UUID, pack: RulePack, *, in_force: bool = False) -> Explained:
    """Any pack, such as a draft that is not published yet, with the site's questionnaire."""
    asked = spec_of(instruments.load(tx, sites.get(tx, site_id).instrument))
    instrument = asked if is_for(pack, asked) else None
    record(tx, "rules.explained", Subject("site", site_id), site_id, **pack.pin.document)
    return Explained(pack, instrument, in_force)
