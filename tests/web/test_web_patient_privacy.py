"""Who may see what through a link, and what a page says when the database is lost (P9, P10).

A link opens a survey; earlier answers are shown to the browser that gave them, or once the birth
date was confirmed. Help and new answers never wait for it.
"""

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.db.work import Database, make_engine
from rsm.flow import outbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.vault import Vault
from rsm.web.patient_pass import STAYS
from tests.patient_browser import (
    CLINIC,
    Browser,
    asked,
    browser_of,
    first_link,
    rows,
    shows_whom_to_call,
)
from tests.survey_world import World, build_world

RIGHT = {"day": "4", "month": "3", "year": "1957"}
WRONG = {"day": "5", "month": "3", "year": "1957"}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def link(world: World, worker_db: Database) -> str:
    return first_link(world, worker_db)


@pytest.fixture
def browser(web_db: Database, link: str) -> Browser:
    return browser_of(web_db, link)


@pytest.fixture
def other(web_db: Database, link: str) -> Browser:
    """The same link in a browser that has never seen it."""
    return browser_of(web_db, link)


def checked(page: Response) -> list[str]:
    return re.findall(r'value="(\w+)"[^>]* checked', page.text)


def test_the_same_browser_goes_on_where_it_was(browser: Browser) -> None:
    browser.choose(browser.start(), "3")
    assert "Welcome back" in browser.get().text
    assert asked(browser.start())[1] == "pain.severity"
    assert checked(browser.get("/q/1")) == ["3"]


def test_another_browser_is_asked_for_the_birth_date_first(
    browser: Browser, other: Browser, clock: VirtualClock
) -> None:
    browser.choose(browser.start(), "3")
    clock.advance(timedelta(seconds=1))
    page = other.start()
    assert "What is your birth date?" in page.text
    assert checked(other.get("/q/1")) == []
    assert "Go on without my earlier answers" in page.text


def test_without_it_she_answers_the_rest_and_the_earlier_ones_stay_hidden(
    browser: Browser, other: Browser, owner: Engine, clock: VirtualClock
) -> None:
    page = browser.choose(browser.start(), "3")
    browser.choose(page, "4")
    clock.advance(timedelta(minutes=1))
    other.start()
    page = other.answer_all(other.get("/q"))
    assert "Check your answers" in page.text
    assert "Very severe" not in page.text
    thanks = other.post("/review")
    assert "A nurse is being told now" in thanks.text
    assert "Very severe" not in thanks.text
    counted = "SELECT answers -> 'pain.severity' ->> 'value' FROM response"
    assert rows(owner, counted) == [("4",)]


def test_the_right_birth_date_shows_them(
    browser: Browser, other: Browser, clock: VirtualClock
) -> None:
    browser.choose(browser.start(), "3")
    clock.advance(timedelta(seconds=1))
    other.start()
    page = other.post("/birth-date", **RIGHT)
    assert asked(page)[1] == "pain.severity"
    assert checked(other.get("/q/1")) == ["3"]


def test_an_old_visit_in_the_same_browser_is_asked_again(
    browser: Browser, clock: VirtualClock
) -> None:
    browser.choose(browser.start(), "3")
    clock.advance(STAYS)
    assert checked(browser.get("/q/1")) == []
    assert "What is your birth date?" in browser.start().text


def test_an_answer_that_comes_after_the_visit_has_ended_is_still_kept(
    browser: Browser, clock: VirtualClock, owner: Engine
) -> None:
    page = browser.choose(browser.start(), "3")
    clock.advance(timedelta(hours=5))
    assert asked(browser.choose(page, "2"))[1] == "pain.interference"
    assert rows(owner, "SELECT count(*) FROM answer_event") == [(2,)]


def test_a_browser_without_cookies_can_answer_and_send(browser: Browser, owner: Engine) -> None:
    page = browser.start()
    while "/review" not in str(page.url):
        browser.client.cookies.clear()
        page = browser.choose(page, "1")
    browser.client.cookies.clear()
    assert "Thank you" in browser.post("/review").text
    assert rows(owner, "SELECT state FROM response") == [("final",)]


@pytest.mark.parametrize("forged", ["x", "a.b.c", "test.e30.00", ""])
def test_a_forged_visit_shows_nothing(
    browser: Browser, other: Browser, link: str, forged: str
) -> None:
    browser.choose(browser.start(), "3")
    header = {"cookie": f"rsm_visit={forged}"}
    assert checked(other.client.get(f"{link}/q/1", headers=header)) == []


def test_five_wrong_birth_dates_lock_earlier_answers_but_never_help_or_answers(
    browser: Browser, other: Browser, clock: VirtualClock
) -> None:
    browser.choose(browser.start(), "3")
    pages = [other.post("/birth-date", **WRONG) for _ in range(5)]
    assert "You can try 4 more times" in pages[0].text
    assert "You can try once more" in pages[3].text
    assert "Earlier answers stay closed for now" in pages[4].text
    locked = other.post("/birth-date", **RIGHT)
    assert "Earlier answers stay closed for now" in locked.text
    assert all(shows_whom_to_call(page) for page in (*pages, locked))
    assert asked(other.choose(other.get("/q"), "2"))[1] == "pain.interference"
    clock.advance(timedelta(minutes=15))
    assert asked(other.post("/birth-date", **RIGHT))[1] == "pain.interference"


@pytest.mark.parametrize("year", ["", "57", "x", "99999", "-1"])
def test_what_is_no_date_is_not_counted_as_a_try(
    browser: Browser, owner: Engine, year: str
) -> None:
    page = browser.post("/birth-date", day="31", month="2", year=year)
    assert page.status_code == 422
    assert "This is not a full date" in page.text
    assert rows(owner, "SELECT birth_failures FROM link") == [(0,)]


def send_severe(browser: Browser) -> Response:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    return browser.post("/review")


def test_a_finished_link_in_another_browser_says_so_without_an_answer(
    browser: Browser, other: Browser
) -> None:
    send_severe(browser)
    for path in ("", "/q", "/q/1", "/review"):
        page = other.get(path)
        assert "You have already sent this check-in" in page.text
        assert "Very severe" not in page.text
        assert shows_whom_to_call(page)
    assert "A nurse is being told now" in other.get("/done").text
    assert "last weeks" in other.get("/done").text


def test_the_last_weeks_are_shown_after_the_birth_date_only(
    browser: Browser, other: Browser
) -> None:
    assert "<figure" not in send_severe(browser).text
    page = other.post("/birth-date?to=done", **RIGHT)
    assert "<figure" in page.text
    assert "Pain" in page.text


def test_the_page_says_when_the_team_has_seen_it(
    browser: Browser, world: World, clock: VirtualClock, owner: Engine
) -> None:
    send_severe(browser)
    assert "Your team has seen" not in browser.get("/done").text
    clock.advance(timedelta(minutes=12))
    ((alert_id,),) = rows(owner, "SELECT id FROM alert")
    with world.clinic.begin(world.clinic.nurse) as tx:
        alert = alerts.locked(tx, alert_id)  # type: ignore[arg-type]  # the row's own id
        handling.seen(tx, alert, world.clinic.nurse)
    page = browser.get()
    assert "Your team has seen your answers" in page.text
    assert "9:12" in page.text, page.text


def test_report_again_opens_a_new_report_and_keeps_the_first(
    browser: Browser, owner: Engine
) -> None:
    send_severe(browser)
    page = browser.post("/again")
    assert "How have you been this week?" in page.text
    assert browser.link not in str(page.url)
    assert rows(owner, "SELECT scheduled FROM occurrence ORDER BY scheduled DESC") == [
        (True,),
        (False,),
    ]
    assert rows(owner, "SELECT count(*) FROM response WHERE state = 'final'") == [(1,)]


def test_no_answer_no_name_and_no_token_is_in_logs_or_audit(
    browser: Browser, owner: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="rsm")
    send_severe(browser)
    token = browser.link.removeprefix("/s/")
    audit = [str(row) for row in rows(owner, "SELECT a::text FROM audit_event a")]
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("rsm")]
    for line in (*audit, *logged):
        for secret in (token, "Maria", "pain.severity", "+1202"):
            assert secret not in line


def lost(db: Database) -> Database:
    """A database that cannot be reached any more."""
    nowhere = make_engine("postgresql+psycopg://rsm@127.0.0.1:1/rsm")
    return Database(nowhere, SeededIds("lost"), db.vault)


def test_a_lost_database_says_not_sent_keeps_the_answer_and_whom_to_call(
    browser: Browser, web_db: Database
) -> None:
    page = browser.start()
    action, item = asked(page)
    app = browser.client.app
    services = app.state.services  # type: ignore[attr-defined]  # the app that create_app made
    app.state.services = replace(services, db=lost(web_db))  # type: ignore[attr-defined]
    failed = browser.choose(page, "4")
    assert failed.status_code == 503
    assert "Your answers were NOT sent" in failed.text
    assert f'name="{item}" value="4"' in failed.text
    assert f'action="{action}"' in failed.text
    assert CLINIC in failed.text
    opened = browser.get()
    assert opened.status_code == 503
    assert CLINIC in opened.text
    app.state.services = services  # type: ignore[attr-defined]
    assert asked(browser.choose(page, "4"))[1] == "pain.severity"


def test_the_numbers_in_the_cookie_cannot_be_changed_by_anybody_else(
    browser: Browser, web_db: Database
) -> None:
    app = browser.client.app
    services = app.state.services  # type: ignore[attr-defined]  # the app that create_app made
    app.state.services = replace(services, db=lost(web_db))  # type: ignore[attr-defined]
    page = browser.client.post(f"{browser.link}/start", headers={"cookie": "rsm_help=test.e30.00"})
    assert page.status_code == 503
    assert "NOT sent" in page.text
    assert "911" in page.text


def test_after_a_restart_of_the_worker_the_link_still_works(
    browser: Browser, worker_db: Database, vault: Vault, owner: Engine
) -> None:
    outbound.advance_due(worker_db)
    assert "How have you been this week?" in browser.get().text
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM link")).scalar_one() == 1
