"""A first site: what it needs to be told by its people, with everything else as we ship it."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from rsm.db.work import Scope, Tx
from rsm.flow.publish import publish_shipped
from rsm.routing.trees import single
from rsm.schedules import published as plans
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, NewSite

TEAM = "nurses"
_HOURS = (time(8), time(18))


@dataclass(frozen=True)
class Founding:
    """What only the site itself can say."""

    name: str
    zone: str
    clinic_phone: str
    emergency_number: str
    safety_contact_name: str
    safety_contact_phone: str
    languages: tuple[str, ...] = ("en",)


def found(tx: Tx, organisation_id: UUID, told: Founding) -> UUID:
    """The site, its first team, and the shipped instrument, pack, policy and plan.

    The transaction sees the new site afterwards. Raises `Invalid` with every problem.
    """
    package = publish_shipped(tx, told.languages)
    site_id = sites.create_site(
        tx,
        organisation_id,
        NewSite(
            name=told.name,
            sender_name=told.name[:24],
            zone=told.zone,
            languages=told.languages,
            clinic_phone=told.clinic_phone,
            emergency_number=told.emergency_number,
            safety_contact_name=told.safety_contact_name,
            safety_contact_phone=told.safety_contact_phone,
            service_hours=dict.fromkeys(WEEKDAYS[:5], _HOURS),
            instrument=package.instrument,
            rule_pack=package.rule_pack,
            policy=package.policy,
            plan=plans.publish_shipped(tx, "weekly"),
            routes=single(TEAM).model_dump(mode="json"),
        ),
    )
    tx.narrow(Scope.site(site_id))
    sites.add_team(tx, site_id, TEAM)
    return site_id
