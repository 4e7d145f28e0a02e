"""A page that stood open while the other voice began: its answer is kept by whoever gave it."""

import pytest

from rsm.db.work import Database
from rsm.instruments.library import find
from rsm.invitations.model import Door
from rsm.kernel.answers import answered
from rsm.kernel.words import Relation, Reporter
from rsm.responses import origins
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from tests.every_kind import build_every_kind, place
from tests.patient_browser import Browser, browser_of
from tests.proxy_world import appoint, newest_link, proxy_link
from tests.survey_world import World, build_world

FIRST = find("weekly-symptoms").items[0].code


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def proxy(world: World, web_db: Database, worker_db: Database) -> Browser:
    appoint(world)
    return browser_of(web_db, proxy_link(world, worker_db))


@pytest.fixture
def hers(world: World, web_db: Database, proxy: Browser) -> Browser:
    assert proxy.link
    return browser_of(web_db, newest_link(world, Door.PATIENT))


def reports(world: World) -> dict[bool, ResponseView]:
    """The two reports: whether it is the planned survey's."""
    with world.begin() as tx:
        surveys = schedules.recent(tx, world.patient, 2)
        found = {each.scheduled: responses.of_occurrence(tx, each.id) for each in surveys}
    return {planned: report for planned, report in found.items() if report is not None}


@pytest.mark.parametrize("pressed_start", [False, True])
@pytest.mark.parametrize("ways", [("",), ("keep", ""), ("", "")])
def test_an_answer_on_a_page_that_stood_open_is_kept_in_the_patients_own_report(
    world: World, proxy: Browser, hers: Browser, pressed_start: bool, ways: tuple[str, ...]
) -> None:
    if pressed_start:
        hers.start()
    proxy.start()
    proxy.post("/q/1", **{FIRST: "4"})
    for way in ways:
        page = hers.post("/q/1", **({"go": way} if way else {}), **{FIRST: "1"})
    assert "Question 2 of" in page.text
    found = reports(world)
    assert found[True].answers == {FIRST: answered(4)}
    assert found[False].answers == {FIRST: answered(1)}
    assert found[False].reporter is Reporter.SELF
    own = Browser(hers.client, page.url.path.removesuffix("/q"))
    assert " checked" in own.get("/q/1").text
    with world.begin() as tx:
        assert len(responses.saved_at(tx, found[False].id)) == 1


def test_so_is_a_relatives_when_the_patient_has_begun(
    world: World, proxy: Browser, hers: Browser
) -> None:
    proxy.start()
    hers.start()
    hers.post("/q/1", **{FIRST: "4"})
    page = proxy.post("/q/1", **{FIRST: "1"})
    assert proxy.link not in str(page.url)
    found = reports(world)
    assert found[True].answers == {FIRST: answered(4)}
    assert found[False].answers == {FIRST: answered(1)}
    with world.begin() as tx:
        ((_, origin),) = origins.of_report(tx, found[False].id).items()
    assert (origin.reporter, origin.relation) == (Reporter.PROXY, Relation.CHILD)


def test_nobody_sends_what_the_other_voice_has_begun(
    world: World, proxy: Browser, hers: Browser
) -> None:
    hers.start()
    hers.post("/q/1", **{FIRST: "4"})
    proxy.post("/review", words="")
    assert not reports(world)[True].is_final


def test_the_own_report_asks_what_the_survey_asks(web_db: Database, worker_db: Database) -> None:
    """Her plan asks another questionnaire than the site's: what stood on her page is one of its."""
    world = build_every_kind(web_db)
    appoint(world)
    proxy = browser_of(web_db, proxy_link(world, worker_db))
    hers = browser_of(web_db, newest_link(world, Door.PATIENT))
    hers.start()
    proxy.start()
    proxy.post(f"/q/{place('mood')}", mood="2")
    hers.post(f"/q/{place('mood')}", mood="1")
    found = reports(world)
    assert found[True].answers == {"mood": answered(2)}
    assert found[False].answers == {"mood": answered(1)}
    assert found[False].instrument == found[True].instrument


def test_what_is_no_answer_yet_stays_on_the_page_of_her_own_report(
    web_db: Database, worker_db: Database
) -> None:
    """Her page stood open while the daughter began: the words on it are too long to be kept."""
    world = build_every_kind(web_db)
    appoint(world)
    proxy = browser_of(web_db, proxy_link(world, worker_db))
    hers = browser_of(web_db, newest_link(world, Door.PATIENT))
    hers.start()
    proxy.start()
    proxy.post(f"/q/{place('mood')}", mood="2")
    page = hers.post(f"/q/{place('wish')}", wish="x" * 5001)
    assert page.status_code == 422
    assert "x" * 5001 in page.text
    link = page.text.split('<form method="post" action="', 1)[1].split("/q/")[0]
    assert link != hers.link
    own = Browser(hers.client, link)
    own.post(f"/q/{place('wish')}", wish="A visit")
    assert "A visit" in own.get(f"/q/{place('wish')}").text
    assert len(reports(world)) == 2
