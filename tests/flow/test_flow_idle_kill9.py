"""kill -9 of a worker that judges a survey left half-way: judged all the same, once (P6, P16)."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.processes import Installation, installation
from tests.survey_world import World, build_world


@pytest.fixture
def world(web_db: Database, worker_db: Database) -> World:
    """She answered severely, and went away."""
    world = build_world(web_db)
    outbound.open_due(worker_db)
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
    with world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(4), Author())
        answer.save(tx, survey.id, "pain.severity", answered(4), Author())
    return world


@pytest.fixture
def house(world: World, lazy_url: str) -> Iterator[Installation]:
    with installation(lazy_url, manual=True) as running:
        yield running


@pytest.mark.parametrize("point", ["idle.claimed", "idle.before_commit"])
def test_p06_a_survey_left_half_way_is_judged_whatever_dies(
    house: Installation, clock: VirtualClock, owner: Engine, point: str
) -> None:
    def count(query: str) -> int:
        with owner.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def a_round(at: datetime, *death: str) -> int:
        house.sandbox.control.set_clock(at, runs=False)
        return house.fork(["tests.killer", "round", at.isoformat(), *death]).wait(60)

    later = clock.now() + timedelta(minutes=30)
    assert a_round(later, point, "1") == -signal.SIGKILL
    assert count("SELECT count(*) FROM alert") == 0
    assert a_round(later) == 0
    assert a_round(later) == 0
    assert count("SELECT count(*) FROM alert") == 1
    told = "SELECT count(*) FROM message WHERE audience = 'staff' AND purpose = 'staff_alert'"
    assert count(told) == 1
