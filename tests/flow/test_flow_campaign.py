"""The fault campaign's judges see what is lost, and its table says what was measured."""

from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.db.work import EVERYWHERE, Database
from rsm.flow import outbound
from rsm.kernel.words import AlertKind, Level
from rsm.security.audit import seal
from tests.campaign import table, verdict
from tests.campaign.catalogue import FAULTS
from tests.campaign.harness import Result
from tests.campaign.people import Noted
from tests.survey_world import World, build_world

_MACHINE = {"on": "1 October 2026", "what": "2 cores"}


@pytest.fixture
def world(web_db: Database, worker_db: Database) -> World:
    """Her survey is open, its text is on its way."""
    world = build_world(web_db)
    outbound.open_due(worker_db)
    return world


def judged(world: World, worker: Database, noted: Noted) -> list[str]:
    with worker.begin(EVERYWHERE) as tx:
        seal(tx)
    return verdict.lost(worker, [], noted, world.clinic.site)


def message(world: World) -> UUID:
    with world.begin() as tx:
        found: UUID = tx.session.execute(text("SELECT id FROM message")).scalar_one()
    return found


def test_thanks_without_a_report_are_seen(world: World, worker_db: Database) -> None:
    found = judged(world, worker_db, Noted(thanked=[message(world)]))
    assert any(each.startswith("P3: thanked for survey") for each in found)


def test_a_survey_that_reached_nobody_is_seen(world: World, worker_db: Database) -> None:
    found = judged(world, worker_db, Noted())
    assert any("reached nobody and stands on no list" in each for each in found)


def test_an_alert_without_a_next_step_is_seen(world: World, worker_db: Database) -> None:
    with world.begin() as tx:
        site = world.clinic.site
        opening = Opening("text:1", site, AlertKind.TEXT, Level.URGENT, "A text.", is_test=False)
        alerts.open_alert(tx, opening)  # and nobody routes it
    assert any(each.startswith("P4") for each in judged(world, worker_db, Noted()))


def test_what_a_nurse_or_a_stop_was_promised_is_looked_for(
    world: World, worker_db: Database
) -> None:
    noted = Noted(taken=[UUID(int=1)], stopped=["+12025550131"])
    found = judged(world, worker_db, noted)
    assert any(each.startswith("P5: alert") for each in found)
    assert any(each.startswith("P8") for each in found)


def test_the_page_for_operators_is_what_was_measured() -> None:
    assert table.PAGE.read_text() == table.page(*table.read(table.KEPT))


def test_each_fault_of_the_catalogue_stands_on_the_page() -> None:
    _, results = table.read(table.KEPT)
    assert [each.name for each in results] == [fault.name for fault in FAULTS]
    assert not any(each.lost for each in results)


def test_the_table_tells_what_was_lost_and_what_was_not_tried() -> None:
    bad = Result("web killed", "kill -9", lost=["P3: thanked, and no report is stored"])
    never = Result("disk full", "a tmpfs", not_tried="no file system may be mounted here")
    said = table.page(_MACHINE, [bad, never])
    assert "| P3: thanked, and no report is stored |" in said
    assert "- disk full: no file system may be mounted here (a tmpfs)" in said
    assert "| disk full |" not in said
