"""The patient's pages from the link to the thanks: P3, P6, P9, P10; lessons 50 to 54, 70."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, text

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.web.patient_visit import Visit
from tests.bench.statements import counted
from tests.patient_browser import (
    BASE,
    EMERGENCY,
    Browser,
    asked,
    browser_of,
    first_link,
    rows,
    shows_whom_to_call,
)
from tests.survey_world import CLOSES, OPENS, World, build_world

QUIET_SUBMIT = 20  # statements, the scope and the commit among them


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def link(world: World, worker_db: Database) -> str:
    """The path of the link in the first text."""
    return first_link(world, worker_db)


@pytest.fixture
def browser(web_db: Database, link: str) -> Browser:
    return browser_of(web_db, link)


@pytest.fixture
def no_faults() -> Iterator[None]:
    yield
    faults.install(None)


def everything(owner: Engine) -> dict[str, list[str]]:
    """All rows of all tables, without the audit trail and the first-viewed mark."""
    with owner.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        return {
            name: sorted(
                connection.execute(
                    text(f"SELECT (to_jsonb(t) - 'first_viewed_at')::text FROM {name} t")
                ).scalars()
            )
            for name in sorted(names)
            if not name.startswith("audit_")
        }


def test_a_severe_pain_from_the_link_to_the_thanks(browser: Browser, owner: Engine) -> None:
    assert "How have you been this week?" in browser.get().text
    question = browser.start()
    assert "Question 1 of" in question.text
    page = browser.answer_all(question, pain_frequency="3", pain_severity="4")
    assert "Check your answers" in page.text
    assert "Very severe" in page.text
    thanks = browser.post("/review", words="since Friday")
    assert "Thank you. A nurse is being told now." in thanks.text
    assert "Dana Reyes" in thanks.text
    assert rows(owner, "SELECT state FROM occurrence") == [("completed",)]
    assert rows(owner, "SELECT level FROM alert") == [("urgent",)]
    assert all(shows_whom_to_call(page) for page in browser.pages)


def test_a_mild_week_thanks_without_an_alarm(browser: Browser, owner: Engine) -> None:
    browser.answer_all(browser.start(), pain_frequency="1", pain_severity="1")
    thanks = browser.post("/review")
    assert "Thank you. Your answers have arrived." in thanks.text
    assert "Monday to Friday, 8 am to 6 pm" in thanks.text
    assert rows(owner, "SELECT count(*) FROM alert") == [(0,)]


def test_no_page_opened_by_get_changes_anything(browser: Browser, owner: Engine) -> None:
    for begun in (False, True):
        if begun:
            browser.choose(browser.start(), "2")
        before = everything(owner)
        for path in ("", "/q", "/q/1", "/q/2", "/review", "/done", "/not-me", "/birth-date"):
            browser.get(path)
        assert browser.get("/start").status_code == 405
        for path in ("/again", "/new-link", "/call-me"):
            assert path not in str(browser.get(path).url)
        assert everything(owner) == before
    seen = rows(owner, "SELECT first_viewed_at FROM occurrence")
    assert seen == [(OPENS,)]


def test_a_scanner_that_opens_the_link_spends_nothing(browser: Browser, owner: Engine) -> None:
    for _ in range(5):
        browser.get()
    assert rows(owner, "SELECT state FROM occurrence") == [("open",)]
    assert "Question 1 of" in browser.start().text


@pytest.mark.parametrize("value", ["5", "-1", "", "very", "0x1", "\u00b2"])
def test_what_is_no_answer_stays_on_the_screen_and_is_not_kept(
    browser: Browser, owner: Engine, value: str
) -> None:
    page = browser.choose(browser.start(), value)
    assert page.status_code == 422
    assert "Nothing was chosen yet" in page.text
    assert shows_whom_to_call(page)
    assert rows(owner, "SELECT count(*) FROM answer_event") == [(0,)]


def test_a_double_press_gets_the_same_thanks_and_changes_nothing(
    browser: Browser, owner: Engine
) -> None:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    first = browser.post("/review", words="once")
    before = everything(owner)
    second = browser.post("/review", words="twice")
    assert first.text == second.text
    assert everything(owner) == before


def test_an_emergency_is_told_before_anything_is_sent(browser: Browser, owner: Engine) -> None:
    page = browser.start()
    while asked(page)[1] != "shortness-of-breath.severity":
        page = browser.choose(page, "0")
    browser.choose(page, "4")
    assert rows(owner, "SELECT level FROM alert") == [("emergency",)]
    thanks = browser.answer_all(browser.get("/q"))
    thanks = browser.post("/review")
    assert "Please call us now" in thanks.text
    assert "Call 911 now" in thanks.text
    assert "Shortness of breath" in thanks.text


def test_back_and_change_reopens_the_branch(browser: Browser, owner: Engine) -> None:
    page = browser.answer_all(browser.start())
    assert '<button class="as-link" name="go" value="1"' in page.text
    question = browser.post("/review", words="", go="1")
    assert 'value="0" id="first" checked' in question.text
    page = browser.choose(question, "3")
    assert asked(page)[1] == "pain.severity"
    back = browser.post("/q/2", go="back")
    assert asked(back)[1] == "pain.frequency"
    assert rows(owner, "SELECT value FROM answer_event WHERE item = 'pain.frequency'") == [
        (0,),
        (3,),
    ]


def test_a_question_whose_branch_was_closed_in_another_tab_is_left(browser: Browser) -> None:
    page = browser.choose(browser.start(), "3")
    action, item = asked(page)
    browser.choose(browser.get("/q/1"), "0")
    late = browser.client.post(action, data={item: "4"})
    assert asked(late)[1] == "nausea.frequency"


def test_refusing_a_question_is_an_answer_without_a_value(browser: Browser, owner: Engine) -> None:
    browser.choose(browser.start(), "refused")
    assert rows(owner, "SELECT status, value FROM answer_event") == [("refused", None)]


def test_words_that_are_too_long_stay_on_the_page(browser: Browser, owner: Engine) -> None:
    browser.answer_all(browser.start())
    page = browser.post("/review", words="x" * 1001)
    assert page.status_code == 422
    assert "x" * 1001 in page.text
    assert rows(owner, "SELECT state FROM response") == [("draft",)]
    assert browser.post("/review", words="short").status_code == 200


def test_addresses_hold_no_symptom_and_no_answer(browser: Browser) -> None:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    browser.post("/review")
    for page in browser.pages:
        for each in (*page.history, page):
            path = str(each.url).removeprefix(BASE).replace(browser.link, "")
            assert re.fullmatch(r"(/[a-z-]+(/\d+)?)?(\?(lang|to)=\w+)?", path), path


def test_the_page_speaks_spanish_when_asked_and_keeps_to_it(browser: Browser) -> None:
    page = browser.client.get(f"{browser.link}?lang=es")
    assert '<html lang="es"' in page.text
    begun = browser.client.post(f"{browser.link}/start?lang=es", data={"by": "self", "lang": "es"})
    assert '<html lang="es"' in begun.text
    action, item = asked(begun)
    following = browser.client.post(action, data={item: "0", "lang": "es"})
    assert '<html lang="es"' in following.text
    assert '<html lang="en"' in browser.client.get(f"{browser.link}?lang=xx").text


def test_a_helper_answers_as_a_proxy(browser: Browser, owner: Engine) -> None:
    browser.answer_all(browser.start(by="helper"))
    browser.post("/review")
    assert rows(owner, "SELECT reporter FROM response") == [("proxy",)]
    assert rows(owner, "SELECT DISTINCT reporter FROM answer_event") == [("proxy",)]


def test_a_link_that_never_was_ours_is_not_found_and_says_whom_to_call(browser: Browser) -> None:
    page = browser.client.get("/s/" + "a" * 32)
    assert page.status_code == 404
    assert EMERGENCY in page.text


@pytest.mark.usefixtures("no_faults")
@pytest.mark.parametrize("where", ["submit.recorded", "submit.judged", "submit.before_commit"])
def test_what_was_not_stored_is_never_thanked_for(
    browser: Browser, owner: Engine, where: str
) -> None:
    def fail(name: str) -> None:
        if name == where:
            raise RuntimeError("planted")

    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    faults.install(fail)
    page = browser.post("/review", words="kept on the page")
    assert page.status_code >= 500
    assert "NOT sent" in page.text
    assert "Thank you" not in page.text
    assert "kept on the page" in page.text
    assert rows(owner, "SELECT state FROM response") == [("draft",)]


def test_thanks_leave_after_the_commit(browser: Browser, web_db: Database, owner: Engine) -> None:
    browser.answer_all(browser.start())

    def refuse(connection: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(web_db.engine, "commit", refuse)
    page = browser.post("/review")
    event.remove(web_db.engine, "commit", refuse)
    assert page.status_code >= 500
    assert "Thank you" not in page.text
    assert rows(owner, "SELECT state FROM response") == [("draft",)]


def test_a_closed_link_offers_a_new_one_to_the_phone_on_file(
    browser: Browser, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    page = browser.get()
    assert page.status_code == 410
    assert "Nothing was sent from this page" in page.text
    assert shows_whom_to_call(page)
    notice = browser.post("/new-link")
    assert "A new link is on its way" in notice.text
    assert "/s/" not in re.sub(re.escape(browser.link), "", notice.text)
    assert rows(owner, "SELECT purpose FROM message ORDER BY id") == [
        ("survey_invite",),
        ("new_link",),
    ]


def test_answers_sent_to_a_closed_link_are_not_thanked_for(
    browser: Browser, worker_db: Database, clock: VirtualClock
) -> None:
    browser.answer_all(browser.start())
    clock.set(CLOSES)
    for _ in range(2):
        page = browser.post("/review", words="too late")
        assert page.status_code == 410
        assert "no longer open" in page.text
        outbound.advance_due(worker_db)
    assert browser.get().status_code == 410


def test_not_me_stops_the_phone_and_every_page_of_the_link(browser: Browser, owner: Engine) -> None:
    browser.start()
    assert "Is this message not for you?" in browser.get("/not-me").text
    assert rows(owner, "SELECT state FROM contact_point") == [("active",)]
    assert "We do not text this phone any more" in browser.post("/not-me").text
    assert rows(owner, "SELECT state FROM contact_point") == [("suspended",)]
    for path in ("", "/q", "/review", "/birth-date", "/done"):
        assert "We do not text this phone any more" in browser.get(path).text
    assert "We do not text this phone any more" in browser.start().text
    assert "We do not text this phone any more" in browser.post("/review").text


def test_call_me_asks_staff_to_call(browser: Browser, owner: Engine) -> None:
    assert "Somebody will call you" in browser.post("/call-me").text
    assert rows(owner, "SELECT kind FROM task") == [("reach_another_way",)]


def test_a_form_from_another_site_is_refused(browser: Browser, owner: Engine) -> None:
    page = browser.client.post(
        f"{browser.link}/start", data={"by": "self"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert page.status_code == 403
    assert rows(owner, "SELECT state FROM occurrence") == [("open",)]


def fails(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("where", ["patient_views.done", "patient_visit.Visit.frame"])
def test_thanks_that_cannot_be_made_never_undo_the_answer(
    browser: Browser, owner: Engine, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    broken = property(fails) if where.endswith("frame") else fails
    monkeypatch.setattr(f"rsm.web.{where}", broken)
    for page in (
        browser.post("/review"),
        browser.get("/done"),
        browser.get(),
        browser.post("/review"),
    ):
        assert page.status_code == 200
        assert "Thank you. Your answers are stored." in page.text
        assert shows_whom_to_call(page)
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    assert rows(owner, "SELECT level FROM alert") == [("urgent",)]


def test_an_outcome_that_cannot_be_read_thanks_and_a_person_looks(
    browser: Browser, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    monkeypatch.setattr("rsm.flow.outcome._routed", fails)
    thanks = browser.post("/review")
    assert thanks.status_code == 200
    assert "Sent and stored" in thanks.text
    assert shows_whom_to_call(thanks)
    assert "Your answers are stored" in browser.get("/done").text
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    assert rows(owner, "SELECT count(*) FROM alert WHERE kind = 'review'") == [(1,)]


def test_an_emergency_is_told_to_call_even_when_its_outcome_cannot_be_read(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.answer_all(browser.start(), shortness__of__breath_severity="4")
    monkeypatch.setattr("rsm.flow.outcome._routed", fails)
    assert "Call 911 now" in browser.post("/review").text


def test_a_database_that_is_lost_while_thanking_thanks_nobody(
    browser: Browser, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")

    def lost(visit: Visit, _: object) -> None:
        visit.tx.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr("rsm.web.patient_views.done", lost)
    page = browser.post("/review")
    assert page.status_code in {500, 503}
    assert "NOT" in page.text
    assert "Thank you" not in page.text
    assert shows_whom_to_call(page)
    assert rows(owner, "SELECT state FROM response") == [("draft",)]


def test_whoever_reports_again_and_again_is_told_to_call(browser: Browser, owner: Engine) -> None:
    browser.answer_all(browser.start())
    browser.post("/review")
    first = browser.link
    for _ in range(6):
        page = browser.post("/again")
        browser.link = page.url.path
        browser.start()
        browser.post("/review")
        browser.link = first
    page = browser.post("/again")
    assert page.status_code == 429
    assert "Please call the clinic now" in page.text
    assert shows_whom_to_call(page)
    assert rows(owner, "SELECT count(*) FROM occurrence") == [(7,)]


def test_a_quiet_report_asks_the_database_nothing_twice(browser: Browser, web_db: Database) -> None:
    browser.answer_all(browser.start(), pain_frequency="1", pain_severity="1")
    with counted(web_db.engine) as seen:
        browser.post("/review")
    assert seen["COMMIT"] == 1
    assert {seen[f"SELECT {what}"] for what in ("patient", "link", "occurrence")} == {1}
    assert seen["SELECT response"] == 1  # hers, once her row is ours: no rule looks back
    assert seen.total() <= QUIET_SUBMIT, seen


def test_a_browser_that_keeps_no_cookies_and_presses_twice_answers_once(
    browser: Browser, owner: Engine
) -> None:
    page = browser.start()
    for _ in range(2):
        browser.client.cookies.clear()
        browser.choose(page, "3")
    assert len(rows(owner, "SELECT id FROM answer_event")) == 1


def test_a_page_of_thanks_that_fails_leaves_plain_thanks_and_everything_once(
    browser: Browser, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is made from is done anew after the fault: not twice (P2, P3)."""

    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    browser.answer_all(browser.start(), pain_frequency="3", pain_severity="4")
    monkeypatch.setattr("rsm.web.patient_views.done", fail)
    page = browser.post("/review", words="It is worse at night")
    assert page.status_code == 200
    assert shows_whom_to_call(page)
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    assert rows(owner, "SELECT kind FROM alert") == [("symptom",)]
    told = "SELECT count(*) FROM message WHERE alert_id IS NOT NULL"
    assert rows(owner, told) == [(1,)]
    recorded = "SELECT count(*) FROM audit_event WHERE action = 'response.recorded'"
    assert rows(owner, recorded) == [(1,)]
