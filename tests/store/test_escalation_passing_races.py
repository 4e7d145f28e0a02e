"""Two at once with one alert: taken over, handed on, put off; one wins, the other is told who."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import passing
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import AlertState, Channel
from tests.alert_world import Ward, build_ward


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def at_once(*works: Callable[[], AlertView]) -> list[str]:
    """What each came to: `done`, or what it was told."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], AlertView]) -> str:
        barrier.wait(60)
        try:
            work()
        except Conflict as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(one.result(60) for one in [pool.submit(begin, work) for work in works])


def takes_over(ward: Ward, alert: AlertView, who: UUID) -> Callable[[], AlertView]:
    def take() -> AlertView:
        with ward.clinic.begin(who) as tx:
            return passing.take_over(tx, alert.id, who, Channel.WEB, ward.clinic.nurse)

    return take


@pytest.mark.parametrize("_round", range(3))
def test_of_two_who_take_over_at_once_one_has_it_and_the_other_is_told_who(
    ward: Ward, _round: int
) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.nurse)
    came_to = at_once(
        takes_over(ward, alert, clinic.second), takes_over(ward, alert, clinic.charge)
    )

    names = {clinic.second: "Ben Okafor", clinic.charge: "Ruth Cole"}
    owner = ward.now(alert).owner_id
    assert owner in names
    (refused,) = [each for each in came_to if each != "done"]
    assert refused.startswith(names[owner])
    assert [each.purpose for each in ward.texts()].count("staff_alert_taken_over") == 1


@pytest.mark.parametrize("_round", range(3))
def test_handing_on_and_putting_off_at_once_leaves_one_of_them(ward: Ward, _round: int) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    later = ward.clock.now() + timedelta(hours=1)

    def hands_on() -> AlertView:
        with clinic.begin(clinic.nurse) as tx:
            return passing.assign(tx, alert.id, clinic.nurse, clinic.second)

    def puts_off() -> AlertView:
        with clinic.begin(clinic.charge) as tx:
            return passing.snooze(tx, alert.id, clinic.charge, later, "waits for blood")

    came_to = at_once(hands_on, puts_off)
    assert came_to.count("done") == 1
    now = ward.now(alert)
    assert now.state is AlertState.ACKNOWLEDGED
    assert now.owner_id in {clinic.second, clinic.charge}
