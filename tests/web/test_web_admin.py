"""Administration as a browser does it: staff, roles, keys, the audit trail, and who may not."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Role
from rsm.security import api_keys, staff
from rsm.security.model import NewStaff, Permission
from rsm.web.app import create_app
from rsm.web.auth import Desk, Needs
from rsm.web.services import Services
from tests.security_world import PASSWORD, Person, Sites, hire, make_sites

NOTHING: Mapping[str, object] = MappingProxyType({})
BASE = "https://rsm.example.org"
probe = APIRouter()


@probe.get("/probe/{patient_id}")
def look_for(patient_id: UUID, desk: Annotated[Desk, Needs(Permission.SEE_PATIENTS)]) -> str:
    """As a page does whose record is another site's."""
    raise NotFound(str(desk.staff.site_id))


@probe.get("/probe/sites/{site_id}/export")
def export(site_id: UUID, desk: Annotated[Desk, Needs(Permission.EXPORT)]) -> str:
    return f"{desk.staff.site_id}"


@probe.get("/probe/poll/now")
def poll(desk: Annotated[Desk, Needs(Permission.SEE_FIGURES, poll=True)]) -> str:
    return desk.staff.name


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


@pytest.fixture
def nurse(web_db: Database, clock: VirtualClock, sites: Sites) -> Person:
    return hire(web_db, clock, sites, Role.NURSE)


@pytest.fixture
def boss(web_db: Database, clock: VirtualClock, sites: Sites) -> Person:
    return hire(web_db, clock, sites, Role.ADMINISTRATOR, email="boss@example.org")


@pytest.fixture
def browser(web_db: Database) -> Iterator[TestClient]:
    app = create_app(Services(db=web_db, public_url=BASE, extra=(probe,)))
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client


def sign_in(browser: TestClient, person: Person) -> None:
    browser.cookies.set("__Host-rsm", person.log_in())


def submit(
    browser: TestClient, form: str, action: str = "", fields: Mapping[str, object] = NOTHING
) -> Response:
    page = browser.get(form)
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    sent: Response = browser.post(action or form, data={"csrf": found[1], **fields})
    return sent


def refusals(owner: Engine) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT actor_id, site_id, subject_kind, subject_id FROM audit_event"
                " WHERE action = 'access.refused' ORDER BY seq"
            )
        )
        return [tuple(row) for row in rows]


def test_an_administrator_invites_a_nurse_who_then_has_the_role(
    browser: TestClient, boss: Person, web_db: Database, sites: Sites
) -> None:
    sign_in(browser, boss)
    form = {
        "name": "Sam Ito",
        "email": "sam@example.org",
        "phone": "202-555-0144",
        "roles": ["nurse", "manager"],
    }
    page = submit(browser, "/admin/staff/new", fields=form)
    link = re.search(rf"{BASE}(/login/set/[\w.=-]+)", page.text)
    assert link is not None
    assert browser.get(link[1]).status_code == 200
    with web_db.begin(NOWHERE) as tx:
        sam = staff.find(tx, "sam@example.org")
        assert sam is not None
        assert sam.phone == "+12025550144"
        assert staff.sites(tx, sam.id) == {sites.lakeside: {Role.NURSE, Role.MANAGER}}
    listed = browser.get("/admin/staff").text
    assert "Sam Ito" in listed
    assert "invited" in listed


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "", "email": "sam@example.org", "roles": ["nurse"]}, "name"),
        ({"name": "Sam", "email": "sam", "roles": ["nurse"]}, "email"),
        ({"name": "Sam", "email": "sam@example.org", "roles": []}, "roles"),
        ({"name": "Sam", "email": "sam@example.org", "roles": ["owner"]}, "roles"),
        ({"name": "Sam", "email": "sam@example.org", "roles": ["nurse"], "phone": "12"}, "phone"),
    ],
)
def test_what_was_typed_wrong_is_shown_beside_its_field_and_nothing_is_made(
    browser: TestClient, boss: Person, owner: Engine, fields: dict[str, object], wrong: str
) -> None:
    sign_in(browser, boss)
    page = submit(browser, "/admin/staff/new", fields=fields)
    assert page.status_code == 422
    assert f'href="#f-{wrong}"' in page.text
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM staff_account")).scalar_one() == 1


def change(browser: TestClient, person: Person, **fields: object) -> Response:
    form = {"name": "Dana Reyes", "email": person.email, "active": "1", "roles": ["nurse"]}
    return submit(browser, f"/admin/staff/{person.id}", fields=form | fields)


def test_unticking_may_sign_in_disables_at_once(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database
) -> None:
    token = nurse.log_in()
    sign_in(browser, boss)
    assert change(browser, nurse, active="").status_code == 303
    browser.cookies.set("__Host-rsm", token)
    assert browser.get("/probe/poll/now").headers["location"] == "/login"
    with web_db.begin(NOWHERE) as tx:
        assert staff.get(tx, nurse.id).disabled


def test_roles_are_given_and_taken(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database, sites: Sites
) -> None:
    sign_in(browser, boss)
    change(browser, nurse, roles=["coordinator"])
    with web_db.begin(NOWHERE) as tx:
        assert staff.sites(tx, nurse.id) == {sites.lakeside: {Role.COORDINATOR}}


def test_a_mistake_in_one_field_saves_nothing(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database
) -> None:
    sign_in(browser, boss)
    assert change(browser, nurse, name="Somebody Else", phone="12").status_code == 422
    with web_db.begin(NOWHERE) as tx:
        assert staff.get(tx, nurse.id).name == "Dana Reyes"


def test_nobody_takes_her_own_access(browser: TestClient, boss: Person, web_db: Database) -> None:
    sign_in(browser, boss)
    assert change(browser, boss, roles=["nurse"]).status_code == 422
    assert change(browser, boss, roles=["administrator"], active="").status_code == 422
    with web_db.begin(NOWHERE) as tx:
        assert not staff.get(tx, boss.id).disabled


def test_a_lost_second_factor_is_reset(browser: TestClient, boss: Person, nurse: Person) -> None:
    sign_in(browser, boss)
    done = submit(browser, f"/admin/staff/{nurse.id}", f"/admin/staff/{nurse.id}/reset")
    assert done.status_code == 200
    browser.cookies.clear()
    login = browser.post("/login", data={"email": nurse.email, "password": PASSWORD})
    assert login.headers["location"] == "/login/enrol"


def test_who_works_at_another_site_too_is_not_reset_from_here(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        staff.grant(tx, nurse.id, sites.hillside, Role.NURSE)
    token = nurse.log_in()
    sign_in(browser, boss)
    path = f"/admin/staff/{nurse.id}"
    assert submit(browser, path, f"{path}/reset").status_code == 403
    assert change(browser, nurse, active="").status_code == 403
    browser.cookies.set("__Host-rsm", token)
    assert browser.get("/probe/poll/now").status_code == 200


def test_the_phone_of_who_works_at_another_site_too_is_not_changed_from_here(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        staff.grant(tx, nurse.id, sites.hillside, Role.NURSE)
    sign_in(browser, boss)
    assert change(browser, nurse, phone="202-555-0145").status_code == 403
    assert change(browser, nurse, roles=["coordinator"]).status_code == 303
    with web_db.begin(NOWHERE) as tx:
        assert staff.get(tx, nurse.id).phone is None


def test_inviting_who_is_invited_elsewhere_gives_the_role_and_no_way_into_her_account(
    browser: TestClient, boss: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        sam = staff.create(tx, NewStaff(sites.organisation, "sam@example.org", "Sam Ito"))
        staff.grant(tx, sam, sites.hillside, Role.NURSE)
    sign_in(browser, boss)
    form = {"name": "Sam Ito", "email": "sam@example.org", "roles": ["nurse"]}
    page = submit(browser, "/admin/staff/new", fields=form)
    assert page.status_code == 200
    assert "/login/set/" not in page.text
    with web_db.begin(NOWHERE) as tx:
        assert staff.works_at(tx, sam, sites.lakeside)


def test_staff_of_another_site_are_not_found(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside, sites.hillside)) as tx:
        staff.grant(tx, nurse.id, sites.hillside, Role.NURSE)
        staff.revoke(tx, nurse.id, sites.lakeside, Role.NURSE)
    sign_in(browser, boss)
    assert browser.get(f"/admin/staff/{nurse.id}").status_code == 404
    assert nurse.email not in browser.get("/admin/staff").text


def test_a_key_is_shown_once_and_revoked(
    browser: TestClient, boss: Person, web_db: Database
) -> None:
    sign_in(browser, boss)
    lab = {"label": "lab", "scopes": ["patients.read", "alerts.read"], "days": "30"}
    page = submit(browser, "/admin/keys", fields=lab)
    shown = re.search(r"<code>(rsm_[0-9a-f]{32}_[\w-]+)</code>", page.text)
    assert shown is not None
    with web_db.begin(NOWHERE) as tx:
        key = api_keys.find(tx, shown[1])
    assert key is not None
    again = browser.get("/admin/keys").text
    assert shown[1] not in again
    assert "lab" in again
    submit(browser, "/admin/keys", f"/admin/keys/{key.id}/revoke")
    with web_db.begin(NOWHERE) as tx:
        assert api_keys.find(tx, shown[1]) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("label", ""), ("days", "0"), ("days", "soon"), ("scopes", []), ("scopes", ["all"])],
)
def test_a_key_needs_a_label_scopes_and_an_end(
    browser: TestClient, boss: Person, owner: Engine, field: str, value: object
) -> None:
    sign_in(browser, boss)
    form = {"label": "lab", "days": "30", "scopes": ["patients.read"]} | {field: value}
    page = submit(browser, "/admin/keys", fields=form)
    assert page.status_code == 422
    assert f'href="#f-{field}"' in page.text
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM api_key")).scalar_one() == 0


def test_the_audit_page_shows_this_sites_events_and_says_what_is_not_sealed(
    browser: TestClient, boss: Person, nurse: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        staff.grant(tx, nurse.id, sites.hillside, Role.MANAGER)
    sign_in(browser, boss)
    page = browser.get("/admin/audit").text
    assert "staff.granted" in page
    assert "manager" not in page
    assert "wait for their seal" in page
    assert "staff.granted" not in browser.get("/admin/audit?about=patient.").text


def test_a_page_that_the_role_does_not_include_is_refused_and_written_down(
    browser: TestClient, nurse: Person, sites: Sites, owner: Engine
) -> None:
    sign_in(browser, nurse)
    assert browser.get("/admin/staff").status_code == 403
    assert refusals(owner) == [(nurse.id, sites.lakeside, "site", sites.lakeside)]


def test_another_sites_page_is_not_found_and_written_down_under_her_own_site(
    browser: TestClient, boss: Person, sites: Sites, owner: Engine
) -> None:
    sign_in(browser, boss)
    assert browser.get(f"/admin/staff?site={sites.hillside}").status_code == 404
    assert browser.get(f"/probe/sites/{sites.hillside}/export").status_code == 404
    expected = (boss.id, sites.lakeside, "site", sites.hillside)
    assert refusals(owner) == [expected, expected]


def test_a_site_that_does_not_exist_looks_like_another_sites(
    browser: TestClient, boss: Person, sites: Sites
) -> None:
    sign_in(browser, boss)
    there = browser.get(f"/admin/staff?site={sites.hillside}")
    nowhere = browser.get(f"/admin/staff?site={uuid4()}")
    assert there.status_code == nowhere.status_code == 404
    assert browser.get("/admin/staff?site=lakeside").status_code == 404


def test_a_record_that_is_not_found_is_written_down_with_its_id(
    browser: TestClient, nurse: Person, sites: Sites, owner: Engine
) -> None:
    sign_in(browser, nurse)
    patient = uuid4()
    assert browser.get(f"/probe/{patient}").status_code == 404
    assert refusals(owner) == [(nurse.id, sites.lakeside, "patient", patient)]


def test_a_person_at_two_sites_chooses_by_the_address(
    browser: TestClient, boss: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        staff.grant(tx, boss.id, sites.hillside, Role.ADMINISTRATOR)
    sign_in(browser, boss)
    assert "Hillside" in browser.get(f"/admin/staff?site={sites.hillside}").text
    assert "Lakeside" in browser.get(f"/admin/staff?site={sites.lakeside}").text


def test_a_person_at_two_sites_keeps_the_site_that_she_chose(
    browser: TestClient, boss: Person, web_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.hillside)) as tx:
        staff.grant(tx, boss.id, sites.hillside, Role.ADMINISTRATOR)
    sign_in(browser, boss)
    for site, name in ((sites.hillside, "Hillside"), (sites.lakeside, "Lakeside")):
        chosen = submit(browser, "/admin/staff", "/site", {"site_id": str(site)})
        assert chosen.headers["location"] == "/admin/staff"
        assert f"At {name}." in browser.get("/admin/staff").text
    assert submit(browser, "/admin/staff", "/site", {"site_id": "x"}).status_code == 404


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    browser: TestClient, nurse: Person, owner: Engine, clock: VirtualClock
) -> None:
    sign_in(browser, nurse)

    def seen_at() -> object:
        with owner.connect() as connection:
            latest = "SELECT max(seen_at) FROM staff_session"
            return connection.execute(text(latest)).scalar_one()

    before = seen_at()
    nurse.code()  # time goes by
    nurse.code()
    assert browser.get("/probe/poll/now").status_code == 200
    assert seen_at() == before
    assert browser.get(f"/probe/{uuid4()}").status_code == 404
    assert seen_at() != before
