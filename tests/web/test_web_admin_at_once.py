"""A button that is pressed twice at once: there is one account, and no page of an error."""

import re
from types import MappingProxyType

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text

from rsm.db.work import NOWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.security_world import Sites, hire, make_sites

BASE = "https://rsm.example.org"
FORM = MappingProxyType({"name": "Sam Ito", "email": "sam@example.org", "roles": ["nurse"]})


def test_whoever_was_made_a_moment_ago_is_invited(
    web_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    sites = make_sites(owner)
    boss = hire(web_db, clock, sites, Role.ADMINISTRATOR)
    app = create_app(Services(db=web_db, public_url=BASE))
    with TestClient(app, base_url=BASE, follow_redirects=False) as browser:
        browser.cookies.set("__Host-rsm", boss.log_in())
        csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get("/admin/staff/new").text)
        assert csrf is not None
        _made_before_ours(web_db, sites)
        page = browser.post("/admin/staff/new", data={"csrf": csrf[1], **FORM})
    assert page.status_code == 200
    assert "/login/set/" in page.text
    with owner.connect() as connection:
        made = text("SELECT count(*) FROM staff_account WHERE email = 'sam@example.org'")
        assert connection.execute(made).scalar_one() == 1


def _made_before_ours(db: Database, sites: Sites) -> None:
    """The first press has its account between our looking for one and our making it."""
    made = list[str]()

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO staff_account" in statement and not made:
            made.append(statement)
            with db.begin(NOWHERE) as tx:
                staff.create(tx, NewStaff(sites.organisation, "sam@example.org", "Sam Ito"))

    event.listen(db.engine, "before_cursor_execute", meanwhile)
