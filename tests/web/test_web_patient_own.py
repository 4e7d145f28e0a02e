"""The patient's own page below her link: after the birth date only, and obeyed at once."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import enrol
from rsm.invitations import service as invitations
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.patients.model import EndReason
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.patient_browser import Browser, browser_of, first_link, rows, shows_whom_to_call
from tests.proxy_world import appoint, proxy_link
from tests.survey_world import BORN, CLOSES, World, build_world

MINE = {
    "day": str(BORN.day),
    "month": str(BORN.month),
    "year": str(BORN.year),
}
PAGES = ("", "/when", "/how", "/language", "/proxy", "/pause", "/stop")


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(world, worker_db))


@pytest.fixture
def me(phone: Browser) -> Browser:
    """She has said her birth date."""
    page = phone.post("/birth-date?to=me", **MINE)
    assert str(page.url).endswith("/me")
    return phone


def patient(owner: Engine, what: str) -> object:
    ((value,),) = rows(owner, f"SELECT {what} FROM patient")
    return value


# --- before the birth date -----------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_it_is_shown_before_the_birth_date(phone: Browser, path: str) -> None:
    phone.start()
    page = phone.get(f"/me{path}")
    assert "/birth-date?to=me" in str(page.url)
    assert "Monday" not in page.text
    assert shows_whom_to_call(page)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/when", {"day": "2", "hour": "10:00"}),
        ("/how", {"way": "call"}),
        ("/language", {"language": "es"}),
        ("/proxy", {"name": "Ann", "relation": "friend", "phone": "+12025550177"}),
        ("/pause", {"weeks": "1"}),
        ("/stop", {}),
    ],
)
def test_nothing_is_changed_before_the_birth_date(
    phone: Browser, owner: Engine, path: str, fields: dict[str, str]
) -> None:
    phone.start()
    before = rows(owner, "SELECT * FROM patient")
    page = phone.post(f"/me{path}", **fields)
    assert "/birth-date" in str(page.url)
    assert rows(owner, "SELECT * FROM patient") == before
    assert rows(owner, "SELECT count(*) FROM opt_event") == [(0,)]
    assert rows(owner, "SELECT count(*) FROM proxy") == [(0,)]


def test_the_birth_date_counts_for_an_hour(me: Browser, clock: VirtualClock) -> None:
    assert "Your check-ins" in me.get("/me").text
    clock.advance(timedelta(hours=1, minutes=1))
    assert "/birth-date" in str(me.get("/me").url)


def test_an_old_link_opens_it_no_more(me: Browser, clock: VirtualClock) -> None:
    clock.set(CLOSES + timedelta(days=32))
    page = me.get("/me")
    assert "/me" not in str(page.url)
    assert page.status_code == 410


def test_looking_changes_nothing(me: Browser, owner: Engine) -> None:
    before = rows(owner, "SELECT * FROM patient")
    for path in PAGES:
        assert me.get(f"/me{path}").status_code == 200
    assert rows(owner, "SELECT * FROM patient") == before
    assert rows(owner, "SELECT count(*) FROM opt_event") == [(0,)]


@pytest.mark.parametrize("path", PAGES)
def test_a_proxys_link_has_no_such_page(
    world: World, web_db: Database, worker_db: Database, owner: Engine, path: str
) -> None:
    appoint(world)
    other = browser_of(web_db, proxy_link(world, worker_db))
    other.post("/birth-date?to=me", **MINE)
    assert "/me" not in str(other.get(f"/me{path}").url)
    if path:  # the page itself takes no form
        assert "/me" not in str(other.post(f"/me{path}", weeks="1", way="call").url)
    assert patient(owner, "status") == "enrolled"
    assert rows(owner, "SELECT count(*) FROM opt_event") == [(0,)]


def test_a_cookie_of_another_link_opens_nothing(
    me: Browser, world: World, web_db: Database, worker_db: Database
) -> None:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        serial = invitations.issue(tx, survey)
        second = Browser(me.client, invitations.url(tx, survey.id, serial, ""))
    me.client.cookies.set("rsm_visit", me.client.cookies["rsm_visit"], path=second.link)
    assert "/birth-date" in str(second.get("/me").url)


# --- how it stands, and what she changes ---------------------------------------------------------


def test_it_says_how_everything_stands_and_whom_to_call_for_the_rest(me: Browser) -> None:
    page = me.get("/me")
    for said in ("Monday, 9:00", "A text with a link", "English", "Nobody", "No pause"):
        assert said in page.text
    assert "A new phone number" in page.text
    assert shows_whom_to_call(page)


def test_another_day_and_hour_hold_from_the_next_check_in_on(me: Browser, owner: Engine) -> None:
    page = me.post("/me/when", day="2", hour="10:30")
    assert "Changed: day and hour." in page.text
    assert "Wednesday, 10:30" in page.text
    assert (patient(owner, "weekday"), str(patient(owner, "local_time"))) == (2, "10:30:00")
    slot = "SELECT weekday, local_time::text FROM plan_assignment WHERE active"
    assert rows(owner, slot) == [(2, "10:30:00")]
    done = "SELECT count(*) FROM audit_event WHERE action = 'patient.changed'"
    assert rows(owner, done) == [(1,)]
    who = "SELECT DISTINCT actor_kind FROM audit_event WHERE action = 'plan.moved'"
    assert rows(owner, who) == [("patient",)]


@pytest.mark.parametrize(
    ("day", "hour"), [("2", "03:00"), ("9", "10:00"), ("x", "10:00"), ("2", "1000Z"), ("", "")]
)
def test_an_hour_at_which_the_site_does_not_write_is_refused(
    me: Browser, owner: Engine, day: str, hour: str
) -> None:
    page = me.post("/me/when", day=day, hour=hour)
    assert page.status_code == 422
    assert "Nothing was changed yet" in page.text
    assert patient(owner, "weekday") == 0


def test_replies_to_texts_only_for_whoever_says_that_she_knows_what_that_means(
    me: Browser, owner: Engine
) -> None:
    assert "travel as plain texts" in me.get("/me/how").text
    page = me.post("/me/how", way="texts")
    assert page.status_code == 422
    assert "please tick the box" in page.text
    assert patient(owner, "answers_by_text_since") is None
    page = me.post("/me/how", way="texts", agree="yes")
    assert "Changed: how we ask you." in page.text
    assert "Texts that you reply to" in page.text
    assert patient(owner, "answers_by_text_since") is not None
    me.post("/me/how", way="link")
    assert patient(owner, "answers_by_text_since") is None


def test_a_call_instead_of_texts(me: Browser, owner: Engine) -> None:
    assert "A phone call" in me.post("/me/how", way="call").text
    assert patient(owner, "channel") == "voice"
    queued = "SELECT count(*) FROM message WHERE audience = 'patient' AND state = 'queued'"
    assert rows(owner, queued) == [(0,)]


def test_e_mail_is_offered_to_whoever_has_an_address_on_file(me: Browser) -> None:
    assert 'value="email"' not in me.get("/me/how").text
    page = me.post("/me/how", way="email")
    assert page.status_code == 422


def test_another_language_holds_for_pages_and_messages(me: Browser, owner: Engine) -> None:
    page = me.post("/me/language", language="es")
    assert "Cambiado: el idioma." in page.text
    assert "Sus encuestas" in page.text
    assert patient(owner, "language") == "es"
    assert me.post("/me/language", language="xx").status_code == 422


def test_what_was_said_is_one_of_our_own_sentences(me: Browser) -> None:
    page = me.get("/me?said=<script>")
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert 'role="status"' not in me.get("/me?said=nonsense").text


# --- somebody who answers for her ----------------------------------------------------------------


def test_she_names_somebody_who_answers_for_her_and_ends_it(me: Browser, owner: Engine) -> None:
    page = me.post("/me/proxy", name="Ann Lee", relation="friend", phone="+1 202 555 0177")
    assert "they get a link of their own" in page.text
    assert "Ann Lee (Friend)" in page.text
    assert rows(owner, "SELECT relation, added_by FROM proxy") == [("friend", None)]
    assert "Ann Lee" in me.get("/me/proxy/end").text
    page = me.post("/me/proxy/end")
    assert "nobody answers for you any more" in page.text
    assert rows(owner, "SELECT count(*) FROM proxy WHERE revoked_at IS NULL") == [(0,)]
    assert str(me.get("/me/proxy/end").url).endswith("/me")


def test_what_is_missing_of_a_proxy_is_said_and_what_was_typed_stays(me: Browser) -> None:
    page = me.post("/me/proxy", name="Ann <b>", relation="friend", phone="12")
    assert page.status_code == 422
    assert "Ann &lt;b&gt;" in page.text
    assert 'href="#phone"' in page.text
    assert me.post("/me/proxy", name=" ", relation="friend").status_code == 422
    assert me.post("/me/proxy", name="Ann", relation="cat", phone="x").status_code == 422


# --- a pause, and the end ------------------------------------------------------------------------


def test_a_pause_begins_at_once_and_staff_are_told(me: Browser, owner: Engine) -> None:
    page = me.post("/me/pause", weeks="2")
    assert "Your pause has begun." in page.text
    assert "You have a pause until Monday 2 November" in page.text
    assert patient(owner, "status") == "paused"
    assert rows(owner, "SELECT source, reason FROM pause") == [("patient", "request")]
    assert rows(owner, "SELECT kind FROM task") == [("reach_another_way",)]
    queued = "SELECT count(*) FROM message WHERE audience = 'patient' AND state = 'queued'"
    assert rows(owner, queued) == [(0,)]
    page = me.post("/me/resume")
    assert "Your pause is over." in page.text
    assert patient(owner, "status") == "enrolled"


def test_a_pause_without_an_end_is_not_offered(me: Browser, owner: Engine) -> None:
    assert me.post("/me/pause", weeks="").status_code == 422
    assert me.post("/me/pause", weeks="99").status_code == 422
    assert patient(owner, "status") == "enrolled"


def test_stop_says_what_it_means_is_obeyed_at_once_and_told(me: Browser, owner: Engine) -> None:
    page = me.get("/me/stop")
    for said in ("It holds at once.", "Your team is told", "START"):
        assert said in page.text
    page = me.post("/me/stop")
    assert "Done: we send you nothing more." in page.text
    assert "You get no more messages" in page.text
    stopped = "SELECT count(*) FROM opt_event WHERE action = 'stop' AND channel = 'sms'"
    assert rows(owner, stopped) == [(1,)]
    assert rows(owner, "SELECT count(*) FROM task WHERE kind = 'reach_another_way'") == [(1,)]
    queued = "SELECT count(*) FROM message WHERE audience = 'patient' AND state = 'queued'"
    assert rows(owner, queued) == [(0,)]
    me.post("/me/stop")  # twice is as once
    assert rows(owner, "SELECT count(*) FROM task WHERE kind = 'reach_another_way'") == [(1,)]
    page = me.post("/me/start")
    assert "we send you messages again" in page.text
    assert "You get no more messages" not in me.get("/me").text


def test_stop_holds_for_calls_as_well(me: Browser, world: World, owner: Engine) -> None:
    with world.begin() as tx:
        sites.set_sender(tx, world.clinic.site, Audience.PATIENT, Channel.VOICE, "+12025550109")
    me.post("/me/stop")
    stopped = "SELECT channel FROM opt_event WHERE action = 'stop' ORDER BY channel"
    assert rows(owner, stopped) == [("sms",), ("voice",)]
    assert rows(owner, "SELECT count(*) FROM task WHERE kind = 'reach_another_way'") == [(1,)]


def test_whoever_has_ended_can_change_nothing(me: Browser, world: World, owner: Engine) -> None:
    with world.begin() as tx:
        enrol.end(tx, world.patient, EndReason.WITHDRAWAL)
    page = me.get("/me")
    assert "You take part in no check-ins any more." in page.text
    me.post("/me/when", day="2", hour="10:00")
    assert patient(owner, "weekday") == 0
