"""The worker: it starts, a NOTIFY wakes a lane, an error stops nothing, it stops cleanly."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event, Lock, Thread
from urllib.request import urlopen

import pytest
from prometheus_client.registry import CollectorRegistry
from sqlalchemy import Engine, text

from integrations.heartbeat.fake import FakeSwitch
from rsm.db.work import NOWHERE, Database
from rsm.flow.audit import STOPPED
from rsm.kernel.clock import VirtualClock
from rsm.messaging.model import Lane
from rsm.metrics.exporter import Board
from rsm.worker.jobs import audit_round, beat, jobs, recheck, refresh
from rsm.worker.loops import Guard
from rsm.worker.main import run
from rsm.worker.services import THREADS, WorkerServices
from tests.clinic import build_clinic
from tests.processes import held_port, wait_for

LONG = 60.0  # seconds until a test gives up; nothing waits for so long when all is well


def nothing() -> int:
    return 0


@pytest.fixture
def services(worker_db: Database) -> WorkerServices:
    return WorkerServices(worker_db, lambda _: 0, nothing, name="worker@here", release="1.0")


class Running:
    """A worker in a thread."""

    def __init__(self, services: WorkerServices) -> None:
        self.stop = Event()
        self.started = Event()
        self._thread = Thread(target=run, args=(services, self.stop, self.started.set))
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(LONG)
        assert not self._thread.is_alive()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[WorkerServices], Running]]:
    monkeypatch.setattr("rsm.worker.wakes._LOOK_UP_SECONDS", 0.01)  # each is ended soon
    begun: list[Running] = []

    def start(services: WorkerServices) -> Running:
        begun.append(Running(services))
        assert begun[-1].started.wait(LONG)
        return begun[-1]

    yield start
    for running in begun:
        running.end()


class Calls:
    """Counts the rounds of lanes; `first` is set once each of the six threads had its first."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.first = Event()
        self.again = Event()
        self._one_by_one = Lock()  # else the sixth may find its own round to be one more

    def deliver(self, lane: Lane) -> int:
        with self._one_by_one:
            self.lanes.append(lane)
            if self.first.is_set():
                self.again.set()
            if len(self.lanes) == sum(THREADS.values()):
                self.first.set()
        return 0


@pytest.fixture
def only_notify(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler wakes no lane while the test runs."""
    monkeypatch.setattr("rsm.worker.main._LANE_SECONDS", 3600)
    monkeypatch.setattr("rsm.worker.wakes._RETRY_SECONDS", (0,))


@pytest.mark.usefixtures("only_notify")
def test_a_commit_that_wakes_a_lane_is_heard_by_that_lane_only(
    services: WorkerServices, web_db: Database, start: Callable[[WorkerServices], Running]
) -> None:
    calls = Calls()
    start(replace(services, deliver=calls.deliver))
    assert calls.first.wait(LONG)
    with web_db.begin(NOWHERE) as tx:
        tx.wake("emergency")
    assert calls.again.wait(LONG)
    assert calls.lanes[sum(THREADS.values()) :] == [Lane.EMERGENCY]


@pytest.mark.usefixtures("only_notify")
def test_a_lost_connection_is_made_again_and_every_lane_looks(
    services: WorkerServices, owner: Engine, start: Callable[[WorkerServices], Running]
) -> None:
    calls = Calls()
    start(replace(services, deliver=calls.deliver))
    assert calls.first.wait(LONG)
    listening = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE query = 'LISTEN rsm_wake' AND datname = current_database()"
    )
    with owner.begin() as connection:
        killed = connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({listening}) x"))
        assert len(killed.all()) == 1
    assert calls.again.wait(LONG)


def test_a_lane_that_fails_is_counted_and_keeps_no_other_from_its_work(
    services: WorkerServices,
    start: Callable[[WorkerServices], Running],
    caplog: pytest.LogCaptureFixture,
) -> None:
    survived = Event()
    failures: list[Lane] = []

    def deliver(lane: Lane) -> int:
        if lane is Lane.SURVEY:
            failures.append(lane)
            raise RuntimeError("Wanda Testperson, +12025550131")
        if failures:
            survived.set()
        return 0

    with caplog.at_level(logging.INFO):
        start(replace(services, deliver=deliver))
        assert survived.wait(LONG)
        # Another lane may have gone on before the error was noted.
        wait_for(lambda: "deliver.survey: RuntimeError" in caplog.text, "what is said of it", LONG)
    assert "Wanda" not in caplog.text


def test_a_lane_works_until_nothing_is_left(
    services: WorkerServices, start: Callable[[WorkerServices], Running]
) -> None:
    left, empty = [3], Event()

    def deliver(lane: Lane) -> int:
        if lane is not Lane.STAFF:
            return 0
        left[0] -= 1
        if left[0] <= 0:
            empty.set()
        return max(0, left[0])

    start(replace(services, deliver=deliver))
    assert empty.wait(LONG)


def test_a_stop_finishes_what_is_in_hand_and_says_goodbye(
    services: WorkerServices, start: Callable[[WorkerServices], Running], owner: Engine
) -> None:
    begun, may_go_on, finished = Event(), Event(), Event()

    def deliver(lane: Lane) -> int:
        if lane is Lane.STAFF and not begun.is_set():
            begun.set()
            may_go_on.wait(LONG)
            finished.set()
        return 0

    running = start(replace(services, deliver=deliver))
    assert begun.wait(LONG)
    running.stop.set()
    may_go_on.set()
    running.end()
    assert finished.is_set()
    with owner.connect() as connection:
        beats = connection.execute(text("SELECT process, release FROM heartbeat")).all()
        held = connection.execute(text("SELECT max(until) FROM lease")).scalar_one()
        now = connection.execute(text("SELECT max(beat_at) FROM heartbeat")).scalar_one()
    assert [tuple(row) for row in beats] == [("worker@here", STOPPED)]
    assert held <= now


def test_the_worker_shows_its_metrics(
    services: WorkerServices, start: Callable[[WorkerServices], Running], web_db: Database
) -> None:
    build_clinic(web_db)
    with held_port() as port:
        start(replace(services, metrics_at=("127.0.0.1", port)))
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LONG) as answer:
            shown = answer.read().decode()
    assert 'rsm_heartbeat_timestamp_seconds{process="worker@here"}' in shown
    assert 'rsm_alerts_open{level="urgent",site="lakeside-clinic"} 0.0' in shown


def test_only_the_holder_of_the_lease_shows_the_databases_figures(
    services: WorkerServices, web_db: Database
) -> None:
    build_clinic(web_db)
    other = replace(services, name="worker@there")
    first, second = CollectorRegistry(), CollectorRegistry()
    boards = Board(first), Board(second)
    for each, board in zip((services, other), boards, strict=True):
        refresh(each, board)
        audit_round(each, board)
    name, labels = "rsm_nobody_on_duty", {"site": "lakeside-clinic"}
    assert first.get_sample_value(name, labels) == 0
    assert second.get_sample_value(name, labels) is None
    assert first.get_sample_value("rsm_audit_problems", {"check": "P1"}) == 0
    assert second.get_sample_value("rsm_audit_problems", {"check": "P1"}) is None


def test_whoever_loses_the_lease_forgets_the_figures(
    services: WorkerServices, web_db: Database, owner: Engine
) -> None:
    build_clinic(web_db)
    registry = CollectorRegistry()
    board = Board(registry)
    refresh(services, board)
    audit_round(services, board)
    with owner.begin() as connection:
        connection.execute(text("UPDATE lease SET holder = 'worker@there'"))
    refresh(services, board)
    audit_round(services, board)
    assert registry.get_sample_value("rsm_nobody_on_duty", {"site": "lakeside-clinic"}) is None
    assert registry.get_sample_value("rsm_audit_problems", {"check": "P1"}) is None


def test_the_switch_is_pinged_by_the_auditor_alone(services: WorkerServices) -> None:
    switch = FakeSwitch()
    with_switch = replace(services, switch=switch)
    audit_round(with_switch, Board(CollectorRegistry()))
    audit_round(replace(with_switch, name="worker@there"), Board(CollectorRegistry()))
    assert len(switch.pings) == 1


def test_the_audit_is_shown_even_when_the_switch_is_down(services: WorkerServices) -> None:
    switch, registry = FakeSwitch(), CollectorRegistry()
    switch.down = True
    board = Board(registry)
    guard = Guard(board)
    guard.once("audit", lambda: audit_round(replace(services, switch=switch), board))
    assert registry.get_sample_value("rsm_audit_problems", {"check": "P4"}) == 0
    assert registry.get_sample_value("rsm_job_failures_total", {"job": "audit"}) == 1


def test_every_job_runs_on_an_empty_house(services: WorkerServices) -> None:
    board = Board(CollectorRegistry())
    work = jobs(services, board)
    assert len({job.name for job in work}) == len(work)
    assert {job.name: job.run() for job in work if job.name != "seal"} == {
        job.name: 0 for job in work if job.name != "seal"
    }


def test_a_heartbeat_stands_in_the_database_and_on_the_board(
    services: WorkerServices, owner: Engine
) -> None:
    registry = CollectorRegistry()
    beat(services, Board(registry))
    with owner.connect() as connection:
        row = connection.execute(text("SELECT process, release, beat_at FROM heartbeat")).one()
    assert tuple(row)[:2] == ("worker@here", "1.0")
    shown = registry.get_sample_value("rsm_heartbeat_timestamp_seconds", {"process": "worker@here"})
    assert shown == row[2].timestamp()


def test_messages_without_a_final_word_are_asked_for_once_an_hour_by_one_worker(
    services: WorkerServices, clock: VirtualClock
) -> None:
    asked: list[str] = []

    def ask() -> int:
        asked.append("the provider's list")
        return 1

    here = replace(services, recheck=ask)
    names = {job.name for job in jobs(here, Board(CollectorRegistry()))}
    assert {"recheck", "forget"} <= names
    assert [recheck(here), recheck(here), recheck(replace(here, name="worker@there"))] == [1, 0, 0]
    clock.advance(timedelta(hours=1))
    assert recheck(here) == 1
    assert len(asked) == 2


def test_nothing_goes_to_patients_before_the_worker_has_looked_at_the_lifeline(
    services: WorkerServices,
    start: Callable[[WorkerServices], Running],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restored database would send at once; staff's lanes wait for nothing."""
    monkeypatch.setattr("rsm.worker.main.LIFELINE_SECONDS", 1)
    to_staff = {Lane.EMERGENCY, Lane.STAFF}
    asked: set[Lane] = set()
    staff_asked, patients_asked, is_broken = Event(), Event(), [True]

    def deliver(lane: Lane) -> int:
        asked.add(lane)
        if asked >= to_staff:
            staff_asked.set()
        if asked == set(Lane):
            patients_asked.set()
        return 0

    def lifeline() -> None:
        if is_broken[0]:
            raise RuntimeError

    start(replace(services, deliver=deliver, lifeline=lifeline))
    assert staff_asked.wait(LONG)
    assert asked == to_staff
    is_broken[0] = False
    assert patients_asked.wait(LONG)
