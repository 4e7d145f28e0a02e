"""What a phone does besides: it loads a page anew, goes on elsewhere, fails, is handed on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.instruments.library import find
from rsm.kernel.answers import Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.web import door_pages
from tests.every_kind import build_every_kind, place
from tests.patient_browser import Browser, browser_of, first_link, rows, shows_whom_to_call
from tests.proxy_world import appoint, proxy_link
from tests.safety_world import CRISIS, build_crisis_world
from tests.survey_world import BORN, World, build_world
from tests.web_desk import at_desk, submit

CODES = [item.code for item in find("weekly-symptoms").items]
MINE = {"day": str(BORN.day), "month": str(BORN.month), "year": str(BORN.year)}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(world, worker_db))


def stored(world: World) -> dict[str, Answer]:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return dict(report.answers) if report else {}


# --- loaded anew ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/again", "/new-link", "/call-me"])
def test_a_page_that_followed_a_button_leads_back_when_it_is_loaded_again(
    phone: Browser, path: str
) -> None:
    phone.post(path)
    page = phone.get(f"{path}?lang=es")
    assert page.status_code == 200
    assert str(page.url).endswith("?lang=es")
    assert path not in str(page.url)
    assert shows_whom_to_call(page)


# --- the page that she wanted --------------------------------------------------------------------


def test_another_language_keeps_the_page_that_comes_after_the_birth_date(phone: Browser) -> None:
    page = phone.get("/birth-date?to=me")
    assert "?lang=es&amp;to=me" in page.text
    there = phone.post("/birth-date?lang=es&to=me", **MINE)
    assert str(there.url).endswith("/me?lang=es")


def test_so_does_a_form_that_was_not_stored(
    phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError

    with monkeypatch.context() as broke:
        broke.setattr("rsm.patients.service.birth_date_matches", broken)
        page = phone.post("/birth-date?to=me", **MINE)
    assert page.status_code == 500
    assert f'action="{phone.link}/birth-date?to=me"' in page.text


def test_a_page_that_fails_is_in_the_language_of_the_browser(
    phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_visit: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(door_pages, "start", broken)
    page = phone.client.get(phone.link, headers={"accept-language": "ar"})
    assert page.status_code == 500
    assert 'lang="ar" dir="rtl"' in page.text


def test_a_form_of_her_own_page_comes_back_as_it_was_filled_in(phone: Browser) -> None:
    phone.post("/birth-date?to=me", **MINE)
    page = phone.post("/me/proxy", relation="friend", language="es", phone="+12025550177")
    assert page.status_code == 422
    assert '<option value="es" selected>' in page.text
    page = phone.post("/me/when", day="9", hour="11:00")
    assert page.status_code == 422
    assert '<option value="11:00" selected>' in page.text


# --- answers of another device -------------------------------------------------------------------


def test_going_past_what_was_answered_elsewhere_does_not_empty_it(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_every_kind(web_db)
    link = first_link(world, worker_db)
    first = browser_of(web_db, link)
    first.start()
    first.post(f"/q/{place('mood')}", mood="2")
    first.post(f"/q/{place('wish')}", wish="A visit")
    before = stored(world)
    assert before["wish"].value == 1
    clock.advance(timedelta(minutes=1))
    other = browser_of(web_db, link)
    other.start()
    assert "A visit" not in other.get(f"/q/{place('wish')}").text
    other.post(f"/q/{place('wish')}", wish="")
    assert other.post(f"/q/{place('mood')}").status_code == 422
    other.post(f"/q/{place('mood')}", go="leave")
    assert stored(world) == before
    assert "A visit" in first.get(f"/q/{place('wish')}").text
    other.post(f"/q/{place('mood')}", mood="1")
    assert stored(world)["mood"] == answered(1)


# --- in other hands ------------------------------------------------------------------------------


@pytest.fixture
def crisis_desk(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> Iterator[tuple[World, TestClient]]:
    world = build_crisis_world(web_db)
    outbound.open_due(worker_db)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield world, client


def _handed_over(world: World, nurse: TestClient) -> Browser:
    here = f"/sites/{world.clinic.site}/patients/{world.patient}"
    given = submit(nurse, here, f"{here}/tablet")
    nurse.follow_redirects = True
    return Browser(nurse, given.headers["location"])


def _told_of_a_crisis(tablet: Browser) -> str:
    key = CRISIS.replace(".", "_").replace("-", "__")
    tablet.answer_all(tablet.start(), **{key: "2"})
    return tablet.post("/review", words="").text


def test_the_tablet_says_the_crisis_line_before_it_is_given_back(
    crisis_desk: tuple[World, TestClient],
) -> None:
    page = _told_of_a_crisis(_handed_over(*crisis_desk))
    assert "Your answers are stored." in page
    assert 'id="crisis"' in page
    assert "Please tell the staff now" in page


def test_a_fault_of_the_tablets_last_page_does_not_undo_the_answers(
    crisis_desk: tuple[World, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    world, nurse = crisis_desk
    tablet = _handed_over(world, nurse)
    monkeypatch.setattr(door_pages, "_given_back", broken)
    assert "Thank you. Your answers are stored." in _told_of_a_crisis(tablet)
    assert stored(world)[CRISIS] == answered(2)


def test_what_a_relative_says_on_the_phone_stays_in_the_form_of_their_own_report(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        answer.save(tx, survey.id, CODES[0], answered(2), Author())
    entry = f"/sites/{world.clinic.site}/patients/{world.patient}/entry/{survey.id}"
    fields = {"_by": "proxy", "_relation": "child", CODES[0]: "2", CODES[1]: "3"}
    with at_desk(world.clinic, clock, world.clinic.nurse) as nurse:
        told = submit(nurse, entry, fields=fields)
    assert told.status_code == 409
    assert f'name="{CODES[1]}" value="3" checked' in told.text
    assert f'name="{CODES[0]}" value="2" checked' not in told.text  # the patient's own, repeated


def test_staff_read_that_it_is_the_proxy_who_asks_to_be_called(
    world: World, web_db: Database, worker_db: Database, owner: Engine
) -> None:
    appoint(world)
    browser_of(web_db, proxy_link(world, worker_db)).post("/call-me")
    ((reason,),) = rows(owner, "SELECT reason FROM task WHERE kind = 'reach_another_way'")
    assert reason == "whoever answers for the patient asks to be called about this check-in"
