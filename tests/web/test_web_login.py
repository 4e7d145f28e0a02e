"""Signing in as a browser does it: steps, cookies, forms' tokens, the lock, the way out."""

import re
from collections.abc import Iterator
from datetime import timedelta
from threading import BoundedSemaphore

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, QueuePool, text

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import invitations, passwords, second_factor, staff
from rsm.security.model import NewStaff
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.security_world import PASSWORD, Person, Sites, hire, make_sites

BASE = "https://rsm.example.org"


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


@pytest.fixture
def nurse(web_db: Database, clock: VirtualClock, sites: Sites) -> Person:
    return hire(web_db, clock, sites, Role.NURSE)


@pytest.fixture
def browser(web_db: Database) -> Iterator[TestClient]:
    app = create_app(Services(db=web_db, public_url=BASE))
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client


def csrf_of(page: Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def first_step(browser: TestClient, email: str, password: str = PASSWORD) -> Response:
    page: Response = browser.post("/login", data={"email": email, "password": password})
    return page


def submit(browser: TestClient, path: str, **fields: str) -> Response:
    """Load the page, fill its form in, send it."""
    page: Response = browser.post(path, data={"csrf": csrf_of(browser.get(path)), **fields})
    return page


def sign_in(browser: TestClient, person: Person) -> None:
    assert first_step(browser, person.email).headers["location"] == "/login/code"
    done = submit(browser, "/login/code", code=person.code())
    assert done.status_code == 303


def test_a_nurse_signs_in_by_password_and_code_and_comes_to_the_worklist(
    browser: TestClient, nurse: Person
) -> None:
    assert first_step(browser, nurse.email).headers["location"] == "/login/code"
    done = submit(browser, "/login/code", code=nurse.code())
    assert done.headers["location"] == "/alerts"
    assert browser.get("/login").headers["location"] == "/alerts"


def test_the_cookie_is_for_this_host_over_https_only_and_for_no_script(
    browser: TestClient, nurse: Person
) -> None:
    cookie = first_step(browser, nurse.email).headers["set-cookie"]
    assert cookie.startswith("__Host-rsm=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes >= {"secure", "httponly", "samesite=lax", "path=/"}
    assert not any(attribute.startswith("domain") for attribute in attributes)


def test_on_loopback_without_https_the_cookie_still_works(web_db: Database, nurse: Person) -> None:
    url = "http://127.0.0.1:8000"
    app = create_app(Services(db=web_db, public_url=url))
    with TestClient(app, base_url=url, follow_redirects=False) as browser:
        cookie = first_step(browser, nurse.email).headers["set-cookie"]
        assert cookie.startswith("rsm=")
        assert "secure" not in cookie.lower()
        assert browser.get("/login/code").status_code == 200


def test_wrong_password_and_unknown_account_see_the_same_page(
    browser: TestClient, nurse: Person
) -> None:
    wrong = first_step(browser, nurse.email, "twelve tall herons")
    unknown = first_step(browser, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(nurse.email, "") == unknown.text.replace("nobody@example.org", "")
    assert "set-cookie" not in wrong.headers


def test_no_connection_is_held_while_a_password_is_checked(
    browser: TestClient, nurse: Person, web_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else some strangers who sign in at once take the pool from every patient's page."""
    pool, held = web_db.engine.pool, []
    assert isinstance(pool, QueuePool)
    really = passwords.verify

    def verify(hashed: str | None, password: str) -> bool:
        held.append(pool.checkedout())
        return really(hashed, password)

    monkeypatch.setattr(passwords, "verify", verify)
    assert first_step(browser, nurse.email).status_code == 303
    assert first_step(browser, nurse.email, "twelve tall herons").status_code == 401
    assert first_step(browser, "nobody@example.org").status_code == 401
    assert held == [0, 0, 0]


def test_when_too_many_sign_in_at_once_a_page_says_so_and_no_try_is_counted(
    browser: TestClient, nurse: Person, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_GATE", BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "GATE_SECONDS", 0.01)
    with passwords._GATE:
        busy = first_step(browser, nurse.email, "twelve tall herons")
    assert busy.status_code == 503
    assert "signing in at this moment" in busy.text
    assert busy.headers["retry-after"]
    with owner.connect() as connection:
        assert connection.execute(text("SELECT failures FROM staff_account")).scalar_one() == 0
    assert first_step(browser, nurse.email).status_code == 303


def test_after_the_password_alone_every_page_leads_to_the_code(
    browser: TestClient, nurse: Person
) -> None:
    first_step(browser, nurse.email)
    assert browser.get("/admin/staff").headers["location"] == "/login/code"


def test_without_a_session_every_page_leads_to_log_in(browser: TestClient) -> None:
    for path in ("/admin/staff", "/login/code", "/login/enrol", "/locked"):
        assert browser.get(path).headers["location"] == "/login"


def test_a_wrong_code_is_refused_and_the_right_one_still_works(
    browser: TestClient, nurse: Person
) -> None:
    first_step(browser, nurse.email)
    assert submit(browser, "/login/code", code="000000").status_code == 401
    assert submit(browser, "/login/code", code=nurse.code()).headers["location"] == "/alerts"


def test_a_form_without_the_sessions_token_is_refused(browser: TestClient, nurse: Person) -> None:
    first_step(browser, nurse.email)
    code = nurse.code()
    for csrf in ("", "x", csrf_of(browser.get("/login/code"))[:-1]):
        assert browser.post("/login/code", data={"csrf": csrf, "code": code}).status_code == 403
    assert submit(browser, "/login/code", code=code).status_code == 303


def test_one_sessions_form_token_is_no_good_in_another_session(
    browser: TestClient, nurse: Person
) -> None:
    first_step(browser, nurse.email)
    other = csrf_of(browser.get("/login/code"))
    browser.cookies.clear()
    first_step(browser, nurse.email)
    sent = browser.post("/login/code", data={"csrf": other, "code": nurse.code()})
    assert sent.status_code == 403


def test_a_form_that_another_site_sends_is_refused(browser: TestClient, nurse: Person) -> None:
    form = {"email": nurse.email, "password": PASSWORD}
    for place in ("cross-site", "same-site"):
        sent = browser.post("/login", data=form, headers={"sec-fetch-site": place})
        assert sent.status_code == 403
    sent = browser.post("/login", data=form, headers={"sec-fetch-site": "same-origin"})
    assert sent.status_code == 303


def test_the_invited_choose_a_password_enrol_their_phone_and_write_down_their_codes(
    browser: TestClient, web_db: Database, clock: VirtualClock, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        who = staff.create(tx, NewStaff(sites.organisation, "new@example.org", "Sam Ito"))
        staff.grant(tx, who, sites.lakeside, Role.NURSE)
        url = invitations.invite(tx, who).url(BASE)
    path = url.removeprefix(BASE)
    assert browser.get(path).status_code == 200
    weak = browser.post(path, data={"password": "password1234", "again": "password1234"})
    assert weak.status_code == 422
    differ = browser.post(path, data={"password": PASSWORD, "again": PASSWORD + "!"})
    assert differ.status_code == 422
    assert browser.post(path, data={"password": PASSWORD, "again": PASSWORD}).status_code == 200
    assert browser.get(path).status_code == 410
    assert first_step(browser, "new@example.org").headers["location"] == "/login/enrol"
    page = browser.get("/login/enrol")
    assert "<svg" in page.text
    assert "style=" not in page.text
    with web_db.begin(NOWHERE) as tx:
        waiting = second_factor.pending(tx, who)
    assert waiting is not None
    assert waiting.secret in page.text
    codes = submit(browser, "/login/enrol", code=pyotp.TOTP(waiting.secret).at(clock.now()))
    assert len(set(re.findall(r"<code>([0-9A-Z-]{14})</code>", codes.text))) == 10
    done = browser.post("/login/enrolled", data={"csrf": csrf_of(codes)})
    assert done.headers["location"] == "/alerts"
    assert browser.get("/login/enrol").headers["location"] == "/alerts"


def test_looking_at_the_enrolment_page_changes_nothing(
    browser: TestClient, web_db: Database, nurse: Person, owner: Engine
) -> None:
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
    first_step(browser, nurse.email)

    def account() -> object:
        with owner.connect() as connection:
            return tuple(connection.execute(text("SELECT * FROM staff_account")).one())

    before = account()
    assert browser.get("/login/enrol").text == browser.get("/login/enrol").text
    assert account() == before


def test_a_lost_phone_is_replaced_by_a_recovery_code_once(
    browser: TestClient, web_db: Database, nurse: Person
) -> None:
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
        nurse.secret = second_factor.begin(tx, nurse.id).secret
    with web_db.begin(NOWHERE) as tx:
        codes = second_factor.confirm(tx, nurse.id, nurse.code())
    assert codes is not None
    first_step(browser, nurse.email)
    done = submit(browser, "/login/recover", code=codes[0])
    assert done.headers["location"] == "/alerts"
    browser.cookies.clear()
    first_step(browser, nurse.email)
    assert submit(browser, "/login/recover", code=codes[0]).status_code == 401


def test_an_idle_page_locks_shows_nothing_and_opens_by_the_password(
    browser: TestClient, nurse: Person, clock: VirtualClock
) -> None:
    sign_in(browser, nurse)
    clock.advance(timedelta(minutes=15))
    assert browser.get("/admin/staff").headers["location"] == "/locked"
    assert submit(browser, "/locked", password="twelve tall herons").status_code == 401
    assert submit(browser, "/locked", password=PASSWORD).headers["location"] == "/alerts"
    assert browser.get("/locked").headers["location"] == "/alerts"


def test_locking_by_hand_needs_the_forms_token(
    browser: TestClient, web_db: Database, clock: VirtualClock, sites: Sites
) -> None:
    boss = hire(web_db, clock, sites, Role.ADMINISTRATOR)
    sign_in(browser, boss)
    assert browser.post("/lock").status_code == 403
    csrf = csrf_of(browser.get("/admin/staff"))
    assert browser.post("/lock", data={"csrf": csrf}).headers["location"] == "/locked"
    assert browser.get("/admin/staff").headers["location"] == "/locked"


def test_signing_out_ends_the_session_on_the_server(
    browser: TestClient, nurse: Person, web_db: Database, clock: VirtualClock, sites: Sites
) -> None:
    boss = hire(web_db, clock, sites, Role.ADMINISTRATOR, email="boss@example.org")
    sign_in(browser, boss)
    cookie = browser.cookies["__Host-rsm"]
    csrf = csrf_of(browser.get("/admin/staff"))
    out = browser.post("/logout", data={"csrf": csrf})
    assert out.headers["location"] == "/login"
    assert "__Host-rsm" not in browser.cookies
    browser.cookies.set("__Host-rsm", cookie)
    assert browser.get("/admin/staff").headers["location"] == "/login"


def test_the_login_page_works_although_an_old_cookie_is_left(
    browser: TestClient, nurse: Person
) -> None:
    browser.cookies.set("__Host-rsm", "left-from-yesterday")
    assert browser.get("/login").status_code == 200
    assert first_step(browser, nurse.email).status_code == 303


def test_disabling_shows_at_the_next_click(
    browser: TestClient, nurse: Person, web_db: Database, sites: Sites
) -> None:
    sign_in(browser, nurse)
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.disable(tx, nurse.id)
    assert browser.get("/admin/staff").headers["location"] == "/login"
