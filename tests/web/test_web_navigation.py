"""The navigation offers what opens to whoever is at the desk, and nothing that is refused."""

import re

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.clinic import build_clinic
from tests.web_desk import at_desk

_NAVIGATION = re.compile(r"<nav.*?</nav>", re.DOTALL)
_LINK = re.compile(r'href="([^"]+)"')
NEEDED = {
    Role.NURSE: {"/alerts", "/calls", "/patients", "/tasks", "/duties"},
    Role.COORDINATOR: {"/calls", "/patients", "/tasks"},
    Role.MANAGER: {"/tasks", "/duties", "/admin/audit"},
    Role.ADMINISTRATOR: {"/admin/staff", "/admin/keys", "/admin/audit"},
}


@pytest.mark.parametrize("role", list(Role))
def test_every_entry_of_the_navigation_opens(
    web_db: Database, clock: VirtualClock, role: Role
) -> None:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        who = staff.create(tx, NewStaff(clinic.organisation, "kim@example.org", "Kim Osei"))
        staff.grant(tx, who, clinic.site, role)
    with at_desk(clinic, clock, who) as client:
        begun = client.get("/", follow_redirects=True)
        assert begun.status_code == 200
        found = _NAVIGATION.search(begun.text)
        assert found is not None
        links = set(_LINK.findall(found[0]))
        pages = {link: client.get(link, follow_redirects=True).status_code for link in links}
    assert links >= NEEDED.get(role, set())
    assert {link: status for link, status in pages.items() if status != 200} == {}
