"""Two at once: one takes the alert, nobody is told after, no step is taken twice (P5, P16)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, Change, Opening
from rsm.db.work import Database, Scope
from rsm.escalation import service as escalation
from rsm.flow import triage
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Channel, Level
from tests.alert_world import Ward, build_ward


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def at_once(*works: Callable[[], str]) -> Sequence[str]:
    """Run these in threads of their own, begun together; what each came to."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], str]) -> str:
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(60) for one in [pool.submit(begin, work) for work in works]]


@pytest.mark.parametrize("_round", range(5))
def test_of_two_who_take_it_at_once_exactly_one_has_it(ward: Ward, _round: int) -> None:
    alert = ward.alarm()
    names = {ward.clinic.nurse: "Dana Reyes", ward.clinic.second: "Ben Okafor"}

    def taking(who: object) -> Callable[[], str]:
        def take() -> str:
            try:
                ward.take(alert, who)  # type: ignore[arg-type]  # one of the two
            except Conflict as error:
                return str(error)
            return "taken"

        return take

    came_to = at_once(*(taking(who) for who in names))
    assert sorted(came_to).count("taken") == 1
    owner = ward.now(alert).owner_id
    assert owner in names
    (refused,) = [one for one in came_to if one != "taken"]
    assert refused.startswith(names[owner])


@pytest.mark.parametrize("_round", range(5))
def test_nobody_is_told_after_somebody_has_taken_it(ward: Ward, _round: int) -> None:
    alert = ward.alarm()
    ward.clock.advance(timedelta(minutes=15))

    def take() -> str:
        ward.take(alert, ward.clinic.nurse)
        return "taken"

    def step() -> str:
        return str(escalate_due(ward.worker))

    at_once(take, step)
    assert ward.now(alert).state is AlertState.ACKNOWLEDGED
    assert {each.state for each in ward.texts(alert)} == {"cancelled"}
    before = len(ward.texts(alert))
    ward.passes(minutes=60)
    assert len(ward.texts(alert)) == before


def test_two_workers_at_once_take_each_step_once(ward: Ward) -> None:
    some = [ward.alarm(key=f"text:{number}") for number in range(4)]
    ward.clock.advance(timedelta(minutes=15))

    def step() -> str:
        return str(escalate_due(ward.worker))

    at_once(step, step, step)
    escalate_due(ward.worker)
    telling = {AlertEventKind.TOLD, AlertEventKind.BUNDLED}  # four at once are a storm
    for alert in some:
        told = [event.staff_id for event in ward.timeline(alert) if event.kind in telling]
        assert told == [ward.clinic.nurse, ward.clinic.second]


def test_closing_and_a_worse_report_at_once_never_swallow_the_report(ward: Ward) -> None:
    alert = ward.alarm(key="survey:x")

    def close() -> str:
        with ward.clinic.begin(ward.clinic.nurse) as tx:
            closing = triage.Closing(AlertAction.KNOWN)
            triage.close(tx, alert.id, ward.clinic.nurse, closing)
        return "closed"

    def worse() -> str:
        with ward.clinic.begin() as tx:
            opened = alerts.open_alert(tx, opening(ward, Level.EMERGENCY, "survey:x"))
            assert opened.change is Change.WORSENED
        return "worse"

    at_once(close, worse)
    now = ward.now(alert)
    assert now.level is Level.EMERGENCY
    # either the worse report came first and was on the page that closed it, or it opened it again
    assert (now.state, now.epoch) in {(AlertState.OPEN, 2), (AlertState.CLOSED, 2)}


def opening(ward: Ward, level: Level, key: str) -> Opening:
    return Opening(key, ward.clinic.site, AlertKind.TEXT, level, "A text.", False)


def test_one_key_opens_one_alert_however_many_open_it_at_once(ward: Ward) -> None:
    def open_one() -> str:
        with ward.clinic.begin() as tx:
            return alerts.open_alert(tx, opening(ward, Level.SOON, "survey:once")).change.value

    came_to = at_once(*(open_one for _ in range(4)))
    assert sorted(came_to) == ["nothing", "nothing", "nothing", "opened"]
    assert len(ward.worklist()) == 1


def test_a_worker_that_holds_the_alert_makes_others_pass_on(ward: Ward) -> None:
    alert = ward.alarm()
    ward.clock.advance(timedelta(minutes=15))
    with ward.worker.begin(Scope.site(ward.clinic.site)) as tx:
        assert alerts.lock(tx, alert.id) is not None
        with ward.worker.begin(Scope.site(ward.clinic.site)) as other:
            assert escalation.take_step(other, alert.id) is None
    escalate_due(ward.worker)
    assert ward.told(alert) == ["nurse", "second"]


def test_a_text_and_a_press_at_once_have_one_winner(ward: Ward) -> None:
    alert = ward.alarm()

    def by_text() -> str:
        with ward.clinic.begin() as tx:
            return triage.acknowledge_by_text(tx, ward.clinic.second, alert.code).purpose

    def by_page() -> str:
        try:
            ward.take(alert, ward.clinic.nurse, Channel.WEB)
        except Conflict:
            return "late"
        return "taken"

    came_to = set(at_once(by_text, by_page))
    assert came_to in ({"staff_ack_ok", "late"}, {"staff_ack_late", "taken"})
