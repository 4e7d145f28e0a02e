"""Two workers, or a worker and the patient, at one draft: judged once, nothing lost (P16)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, idle, outbound
from rsm.kernel import faults
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.survey_world import World, build_world

BY = Author()
HALF_AN_HOUR = timedelta(minutes=30)


class Crash(BaseException):
    """The process is gone: nothing that catches errors may catch this."""


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def survey(world: World, worker_db: Database, clock: VirtualClock) -> OccurrenceView:
    """Answered severely half an hour ago, and left."""
    outbound.open_due(worker_db)
    with world.begin() as tx:
        opened = schedules.recent(tx, world.patient, 1)[0]
    for item in ("pain.frequency", "pain.severity"):
        with world.as_patient() as tx:
            answer.save(tx, opened.id, item, answered(4), BY)
    clock.advance(HALF_AN_HOUR)
    return opened


def at_once(*works: Callable[[], object]) -> list[object]:
    barrier = Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(60) for one in [pool.submit(begin, work) for work in works]]


def count(owner: Engine, query: str) -> int:
    with owner.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


@pytest.mark.parametrize("_round", range(5))
@pytest.mark.usefixtures("survey")
def test_of_two_workers_exactly_one_judges_it(
    worker_db: Database, owner: Engine, _round: int
) -> None:
    came_to = at_once(lambda: idle.judge_due(worker_db), lambda: idle.judge_due(worker_db))
    assert sorted(map(str, came_to)) == ["0", "1"]
    assert count(owner, "SELECT count(*) FROM alert") == 1
    assert count(owner, "SELECT count(*) FROM message WHERE audience = 'staff'") == 1


@pytest.mark.parametrize("_round", range(5))
def test_she_sends_it_while_a_worker_judges_it(
    world: World, survey: OccurrenceView, worker_db: Database, owner: Engine, _round: int
) -> None:
    def send() -> object:
        with world.as_patient() as tx:
            return answer.submit(tx, survey.id, "", BY).level

    at_once(send, lambda: idle.judge_due(worker_db))
    assert count(owner, "SELECT count(*) FROM alert") == 1
    assert count(owner, "SELECT count(*) FROM response WHERE state = 'final'") == 1
    assert count(owner, "SELECT count(*) FROM response WHERE judge_at IS NOT NULL") == 0


@pytest.mark.parametrize("_round", range(5))
def test_an_answer_that_comes_meanwhile_sets_the_timer_again(
    world: World, survey: OccurrenceView, worker_db: Database, owner: Engine, _round: int
) -> None:
    def go_on() -> object:
        with world.as_patient() as tx:
            return answer.save(tx, survey.id, "nausea.frequency", answered(1), BY)

    at_once(go_on, lambda: idle.judge_due(worker_db))
    assert count(owner, "SELECT count(*) FROM response WHERE judge_at IS NOT NULL") == 1


@pytest.mark.parametrize("point", ["idle.claimed", "idle.before_commit"])
@pytest.mark.usefixtures("survey")
def test_a_worker_that_dies_leaves_the_timer_to_the_next(
    worker_db: Database, owner: Engine, point: str
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Crash

    faults.install(die)
    try:
        with pytest.raises(Crash):
            idle.judge_due(worker_db)
    finally:
        faults.install(None)
    assert count(owner, "SELECT count(*) FROM alert") == 0
    assert idle.judge_due(worker_db) == 1
    assert count(owner, "SELECT count(*) FROM alert") == 1
    assert count(owner, "SELECT count(*) FROM message WHERE audience = 'staff'") == 1
