"""Whose phone or mailbox of the demo it is; only for the demo's page, where all are invented."""

from dataclasses import dataclass

from rsm.db.work import NOWHERE, Database, Scope
from rsm.patients import service as patients
from rsm.security import staff
from rsm.sites import service as sites

UNKNOWN = "nobody's phone"


@dataclass(frozen=True)
class Owner:
    """Whose phone it is. Name and note together tell two people apart."""

    name: str
    note: str = ""
    is_staff: bool = False


def owner_of(db: Database, address: str) -> Owner:
    """The person with this number or e-mail address."""
    with db.begin(NOWHERE) as tx:
        people = staff.by_phone(tx, address)
        if people:
            return Owner(staff.get(tx, people[0]).name, "staff", is_staff=True)
        for site_id in sites.ids(tx):
            if sites.get(tx, site_id).safety_contact_phone == address:
                site = sites.get(tx, site_id)
                return Owner(site.safety_contact_name, f"safety contact, {site.name}", True)
        matches = patients.by_address(tx, address)
        if not matches:
            return Owner("Unknown", UNKNOWN)
        found = matches[0]
        tx.narrow(Scope.site(found.site_id))
        label = patients.names(tx, found.site_id, [found.patient_id])[found.patient_id]
        return Owner(label.name, sites.get(tx, found.site_id).name)
