"""The worker process: starts the loops and the clock, waits to be told to stop, finishes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import start_http_server
from prometheus_client.registry import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from rsm.messaging.model import Lane
from rsm.metrics.exporter import Board
from rsm.worker.jobs import Job, jobs, say_goodbye
from rsm.worker.lifeline import LIFELINE, LIFELINE_SECONDS, Lifeline
from rsm.worker.loops import Guard, Loop
from rsm.worker.services import WorkerServices
from rsm.worker.wakes import Wakes

LOG = logging.getLogger(__name__)
_LANE_SECONDS = 1
_THREADS = 6


def run(services: WorkerServices, stop: Event, started: Callable[[], None] = lambda: None) -> None:
    """Work until `stop` is set, then finish what is in hand. Signals are the caller's.

    `started` is called once every loop is up and NOTIFY is heard, or after ten seconds without.
    """
    registry = CollectorRegistry()
    board = Board(registry)
    guard = Guard(board)
    lifeline = Lifeline(services.lifeline)
    guard.once(LIFELINE, lifeline.look)  # before anything is sent
    loops = _lanes(services, guard, stop, lifeline)
    wakes = Wakes(services.db.engine.url, lambda lane: _wake(loops, lane), stop)
    with ExitStack() as stack:
        stack.callback(_goodbye, services)
        stack.enter_context(_metrics(services, registry))
        parts: list[Loop | Wakes] = [wakes, *(loop for lane in loops.values() for loop in lane)]
        for part in parts:
            part.start()
            stack.callback(part.join)
        work = (*jobs(services, board), Job(LIFELINE, LIFELINE_SECONDS, lifeline.look))
        stack.enter_context(_clock(work, loops, guard, stop))
        stack.callback(stop.set)  # even when we leave by an error, the loops end
        LOG.info("worker up", extra={"action": "worker.up", "worker": services.name})
        wakes.listening.wait(10)
        started()
        stop.wait()
    LOG.info("worker down", extra={"action": "worker.down", "worker": services.name})


def _lanes(
    services: WorkerServices, guard: Guard, stop: Event, lifeline: Lifeline
) -> dict[str, list[Loop]]:
    """Threads for each lane, so that a flood of surveys never delays an alert."""

    def deliver(lane: Lane) -> int:
        return services.deliver(lane) if lifeline.allows(lane) else 0

    def loop(lane: Lane) -> Loop:
        return Loop(f"deliver.{lane}", lambda: deliver(lane), guard, stop)

    return {lane.value: [loop(lane) for _ in range(services.threads[lane])] for lane in Lane}


def _wake(loops: dict[str, list[Loop]], lane: str | None) -> None:
    """Wake one lane; all of them when it is not said which."""
    for name, threads in loops.items():
        if lane in {None, name}:
            for thread in threads:
                thread.wake()


@contextmanager
def _clock(
    work: tuple[Job, ...], loops: dict[str, list[Loop]], guard: Guard, stop: Event
) -> Iterator[None]:
    """APScheduler in memory: it only says when to look; leaving waits for the rounds in hand."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each round that is long
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(_wake, "interval", (loops, None), seconds=_LANE_SECONDS, id="lanes")
    for job in work:
        arguments = (job.name, job.run, stop)
        scheduler.add_job(guard.until_dry, "interval", arguments, seconds=job.seconds, id=job.name)
        if job.name in {"heartbeat", "metrics"}:
            guard.once(job.name, job.run)  # /metrics says something from the beginning
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


@contextmanager
def _metrics(services: WorkerServices, registry: CollectorRegistry) -> Iterator[None]:
    """Serve /metrics, if an address was given."""
    if services.metrics_at is None:
        yield
        return
    host, port = services.metrics_at
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _goodbye(services: WorkerServices) -> None:
    try:
        services.let_go()
        say_goodbye(services)
    except SQLAlchemyError as error:
        LOG.warning("%s", type(error).__name__, extra={"action": "worker.goodbye_failed"})
