"""A link in other hands: a proxy's shows nothing of the patient's, a tablet forgets who had it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import answer, link_requests, outbound
from rsm.flow.tablet import hand_over as handed_tablet
from rsm.instruments.library import find
from rsm.invitations import service as invitations
from rsm.invitations.model import Door
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Reporter, SurveyState
from rsm.patients import proxies
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from tests.patient_browser import Browser, browser_of, rows, shows_whom_to_call
from tests.proxy_world import DAUGHTER_PHONE, appoint, newest_link, proxy_link
from tests.safety_world import CRISIS, build_crisis_world
from tests.survey_world import OPENS, World, build_world
from tests.web_desk import at_desk, csrf_of, submit

CODES = [item.code for item in find("weekly-symptoms").items]
NAMES = re.compile("Maria|Alvarez|Lucia|1957|202-555-0131")


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def proxy(world: World, worker_db: Database, web_db: Database) -> Browser:
    """The daughter's browser, with her link open."""
    appoint(world)
    return browser_of(web_db, proxy_link(world, worker_db))


@pytest.fixture
def nurse(world: World, clock: VirtualClock, worker_db: Database) -> Iterator[TestClient]:
    outbound.open_due(worker_db)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


def answer_here(browser: Browser, **values: str) -> None:
    """Every question in this browser, 0 unless told, and send."""
    for number, code in enumerate(CODES, start=1):
        browser.post(f"/q/{number}", **{code: values.get(code.replace(".", "_"), "0")})
    browser.post("/review", words="")


def stored(world: World) -> ResponseView:
    with world.begin() as tx:
        for survey in schedules.recent(tx, world.patient, 2):
            report = responses.of_occurrence(tx, survey.id)
            if report is not None and report.is_final:
                return report
    raise AssertionError("nothing was sent")


# --- a proxy -------------------------------------------------------------------------------------


def test_a_proxys_pages_say_so_and_name_nobody(proxy: Browser) -> None:
    page = proxy.get()
    assert "You answer for somebody in our care" in page.text
    assert 'value="helper"' not in page.text
    assert "/me" not in page.text
    assert not NAMES.search(page.text)


def test_whatever_the_form_says_a_proxys_link_makes_a_proxys_report(
    world: World, proxy: Browser
) -> None:
    proxy.start(by="self")
    answer_here(proxy)
    report = stored(world)
    assert (report.reporter, report.channel, report.relation) == (
        Reporter.PROXY,
        Channel.WEB,
        "child",
    )
    assert "Sent and stored" in proxy.pages[-1].text
    assert "birth-date" not in proxy.pages[-1].text
    assert not NAMES.search(proxy.pages[-1].text)


def test_what_the_patient_began_is_not_shown_nor_gone_on_with(world: World, proxy: Browser) -> None:
    """Two voices: the proxy answers anew, in a report of her own; the patient's draft stays."""
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        answer.save(tx, survey.id, CODES[0], answered(4), Author(channel=Channel.SMS))
    started = proxy.start()
    assert str(started.url) != f"https://rsm.example.org{proxy.link}"
    other = Browser(proxy.client, str(started.url).removeprefix("https://rsm.example.org"))
    other.start()
    question = other.get("/q/1")
    assert "checked" not in question.text
    answer_here(other)
    report = stored(world)
    assert report.occurrence_id != survey.id
    assert report.answers[CODES[0]] == answered(0)
    with world.begin() as tx:
        draft = responses.of_occurrence(tx, survey.id)
    assert draft is not None
    assert draft.reporter is Reporter.SELF
    assert draft.answers == {CODES[0]: answered(4)}


@pytest.mark.parametrize("begun_here", [False, True])
def test_what_a_proxy_began_is_not_shown_to_the_patient_nor_gone_on_with(
    world: World, web_db: Database, worker_db: Database, begun_here: bool
) -> None:
    appoint(world)
    proxy = browser_of(web_db, proxy_link(world, worker_db))
    hers = browser_of(web_db, newest_link(world, Door.PATIENT))
    if begun_here:
        hers.start()
    proxy.start()
    proxy.post("/q/1", **{CODES[0]: "4"})
    for page in (hers.get("/q"), hers.get("/q/1")):
        assert page.url.path == hers.link, page.text
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        draft = responses.of_occurrence(tx, survey.id)
    assert draft is not None
    assert draft.answers == {CODES[0]: answered(4)}
    assert draft.reporter is Reporter.PROXY
    assert str(hers.start().url) != f"https://rsm.example.org{hers.link}/q"


def test_of_a_report_that_the_patient_sent_a_proxy_learns_nothing(
    world: World, proxy: Browser
) -> None:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        answer.enter(tx, survey.id, {"pain.severity": answered(4)}, "It hurts", Author())
    for path in ("", "/done", "/birth-date", "/q", "/review", "/me"):
        page = proxy.get(path)
        assert "already sent" in page.text, path
        assert "It hurts" not in page.text
        assert "nurse" not in page.text.split("<main")[1].split("Has something")[0]
    page = proxy.post("/birth-date", day="4", month="3", year="1957")
    assert "already sent" in page.text


def test_what_is_a_crisis_is_asked_of_no_proxy(web_db: Database, worker_db: Database) -> None:
    world = build_crisis_world(web_db)
    appoint(world)
    browser = browser_of(web_db, proxy_link(world, worker_db))
    browser.start()
    for number in range(1, len(CODES) + 3):
        assert CRISIS not in browser.get(f"/q/{number}").text
    answer_here(browser)
    report = stored(world)
    assert CRISIS not in report.answers
    with world.begin() as tx:
        survey = schedules.occurrence(tx, report.occurrence_id)
    assert survey.state is SurveyState.COMPLETED


def test_the_patients_wrong_number_leaves_the_proxys_report_and_link(
    world: World, proxy: Browser
) -> None:
    proxy.start()
    answer_here(proxy)
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        link_requests.not_me(tx, survey.id)
        responses.quarantine_recent(tx, world.patient, OPENS - timedelta(days=1))
    assert stored(world).quarantined_at is None
    assert "already sent" in proxy.get().text or "Sent and stored" in proxy.get().text


def test_a_new_link_and_a_wrong_phone_concern_the_proxy_alone(
    world: World, proxy: Browser, clock: VirtualClock, worker_db: Database, owner: Engine
) -> None:
    clock.advance(timedelta(days=8))
    outbound.advance_due(worker_db)
    proxy.post("/new-link")
    sent = rows(owner, "SELECT purpose, fields ->> 'proxy' FROM message ORDER BY created_at DESC")
    assert sent[0][0] == "proxy_invite"
    assert sent[0][1] is not None
    proxy.post("/not-me")
    with world.begin() as tx:
        assert proxies.standing(tx, world.patient) is None
    assert rows(owner, "SELECT state FROM contact_point WHERE owner = 'self'") == [("active",)]


def test_staff_name_and_end_a_proxy_on_the_patients_page(
    world: World, nurse: TestClient, owner: Engine
) -> None:
    here = f"/sites/{world.clinic.site}/patients/{world.patient}"
    fields = {"relation": "child", "name": "Lucia Alvarez", "language": "en"}
    refused = submit(nurse, f"{here}/proxy", fields=fields | {"phone": "12"})
    assert refused.status_code == 422
    assert submit(nurse, f"{here}/proxy", fields=fields | {"phone": DAUGHTER_PHONE}).is_redirect
    page = nurse.get(here)
    assert "Lucia Alvarez, child" in page.text
    assert "by Dana Reyes" in page.text
    again = submit(nurse, f"{here}/proxy", fields=fields | {"phone": DAUGHTER_PHONE})
    assert "Somebody answers for this patient already" in again.text
    ended = nurse.post(f"{here}/proxy/end", data={"csrf": csrf_of(page)})
    assert ended.is_redirect
    assert "Nobody: the patient answers." in nurse.get(here).text
    assert rows(owner, "SELECT count(*) FROM link WHERE door = 'proxy' AND revoked_at IS NULL") == [
        (0,)
    ]


# --- the tablet ----------------------------------------------------------------------------------


def hand_over(world: World, nurse: TestClient) -> Browser:
    """The nurse's own browser, in the patient's hands from now on."""
    here = f"/sites/{world.clinic.site}/patients/{world.patient}"
    given = submit(nurse, here, f"{here}/tablet")
    assert given.is_redirect
    nurse.follow_redirects = True
    return Browser(nurse, given.headers["location"])


def test_handed_over_the_survey_opens_and_staffs_pages_are_locked(
    world: World, nurse: TestClient
) -> None:
    tablet = hand_over(world, nurse)
    page = tablet.get()
    assert "I have finished: close this" in page.text
    assert not NAMES.search(page.text)
    for back in ("/alerts", "/calls", f"/sites/{world.clinic.site}/patients/{world.patient}"):
        assert str(nurse.get(back).url).endswith("/locked")


def test_sent_it_says_to_give_it_back_and_nothing_returns(world: World, nurse: TestClient) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    answer_here(tablet)
    done = tablet.pages[-1]
    assert "Please give the tablet back" in done.text
    assert not NAMES.search(done.text)
    assert "rsm_visit" not in nurse.cookies
    report = stored(world)
    assert (report.reporter, report.channel) == (Reporter.SELF, Channel.TABLET)
    for path in ("", "/q", "/q/1", "/review", "/done", "/birth-date"):
        page = tablet.get(path)
        assert "Please give the tablet back" in page.text, path
        assert "checked" not in page.text
        assert shows_whom_to_call(page)


def test_severe_answers_are_told_to_the_staff_before_she_leaves(
    world: World, nurse: TestClient
) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    answer_here(tablet, pain_frequency="4", pain_severity="4")
    assert "Please tell the staff now, before you leave" in tablet.pages[-1].text
    assert not NAMES.search(tablet.pages[-1].text)
    assert "Please tell the staff" not in tablet.get().text


def test_left_alone_it_opens_nothing_after_half_an_hour_and_use_extends_that(
    world: World, nurse: TestClient, clock: VirtualClock
) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    clock.advance(timedelta(minutes=29))
    tablet.post("/q/1", **{CODES[0]: "1"})
    clock.advance(timedelta(minutes=29))
    assert tablet.post("/q/2", **{CODES[1]: "1"}).status_code == 200
    assert "Please give the tablet back" not in tablet.pages[-1].text
    clock.advance(timedelta(minutes=31))
    late = tablet.post("/q/3", **{CODES[2]: "1"})
    assert "Please give the tablet back" in late.text
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        draft = responses.of_occurrence(tx, survey.id)
    assert draft is not None
    assert CODES[2] not in draft.answers
    assert survey.state is SurveyState.STARTED  # it goes on by any other door


def test_given_back_by_hand_or_handed_to_the_next_the_former_link_is_dead(
    world: World, nurse: TestClient
) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    tablet.post("/q/1", **{CODES[0]: "1"})
    looked = tablet.get("/give-back")  # where a page without a script goes by itself
    assert "Please give the tablet back" in looked.text
    assert "rsm_visit" not in nurse.cookies
    assert "Please give the tablet back" not in tablet.get().text  # looking changes nothing
    tablet.post("/give-back")
    assert "Please give the tablet back" in tablet.get("/q/1").text
    assert newest_or_none(world) is None


def test_a_tablet_that_was_left_goes_on_in_nobodys_hands_without_a_script_either(
    world: World, nurse: TestClient
) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    tablet.post("/q/1", **{CODES[0]: "1"})
    tablet.get("/give-back")  # by itself, after some minutes
    for page in (
        tablet.get("/q"),
        tablet.get("/q/1"),
        tablet.start(),
        tablet.post("/q/2", **{CODES[1]: "4"}),
        tablet.post("/review", words=""),
    ):
        assert "Please give the tablet back" in page.text
    with world.begin() as tx:
        draft = responses.of_occurrence(tx, schedules.recent(tx, world.patient, 1)[0].id)
    assert draft is not None
    assert draft.answers == {CODES[0]: answered(1)}
    assert not draft.is_final


def test_a_tablet_handed_over_anew_goes_on_where_she_was(
    world: World, nurse: TestClient, clock: VirtualClock
) -> None:
    tablet = hand_over(world, nurse)
    tablet.start()
    tablet.post("/q/1", **{CODES[0]: "1"})
    tablet.get("/give-back")
    clock.advance(timedelta(minutes=1))
    with world.begin() as tx:
        survey_id, serial = handed_tablet(tx, world.patient)
        link = invitations.url(tx, survey_id, serial, "")
    again = Browser(nurse, link)
    again.start()
    assert "Question" in again.get("/q").text


def newest_or_none(world: World) -> str | None:
    try:
        return newest_link(world, Door.TABLET)
    except AssertionError:
        return None


def test_not_me_on_the_tablet_says_nothing_of_her_phone(
    world: World, nurse: TestClient, owner: Engine
) -> None:
    tablet = hand_over(world, nurse)
    assert "/not-me" not in tablet.get().text
    tablet.post("/not-me")
    assert rows(owner, "SELECT state FROM contact_point") == [("active",)]
