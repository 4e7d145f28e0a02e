"""The real worker's jobs, and the real web process, at the time of a shared clock.

    python -m tests.campaign.process worker CLOCK NUMBER
    python -m tests.campaign.process web CLOCK

A worker goes round and round until it is killed; when a whole round found nothing to do, it leaves
its mark. Database, adapter and provider (the sandbox) are the real ones.
"""

import sys
import time
from pathlib import Path

import uvicorn
from prometheus_client.registry import CollectorRegistry

from rsm.bootstrap import House, find_database, open_database, read_keys, web_app, worker_services
from rsm.messaging.model import Lane
from rsm.metrics.exporter import Board
from rsm.settings import read_settings
from rsm.worker.jobs import Job, jobs
from rsm.worker.services import WorkerServices
from tests.campaign.clock import SharedClock

# What only shows figures, or pings the outside: the campaign reads the database itself.
_LEFT_OUT = {"heartbeat", "metrics", "audit"}
_PAUSE = 0.02


def main(role: str, clock_file: str, number: str = "0") -> None:
    settings = read_settings()
    keys = read_keys(settings)
    clock = SharedClock(Path(clock_file))
    with find_database(settings, keys) as addresses:
        web = open_database(addresses.web, keys, "web", clock)
        worker = open_database(addresses.worker, keys, "worker", clock)
        house = House(settings, keys, addresses, web, worker)
        if role == "web":
            uvicorn.run(web_app(house), host=settings.host, port=settings.port, log_config=None)
        else:
            _work(worker_services(house, f"campaign {number}"), clock, int(number))


def _work(services: WorkerServices, clock: SharedClock, number: int) -> None:
    work = [job for job in jobs(services, Board(CollectorRegistry())) if job.name not in _LEFT_OUT]
    while True:
        began = clock.now()
        if not _round(services, work) and clock.now() == began:
            clock.idle(number, began)
        time.sleep(_PAUSE)


def _round(services: WorkerServices, work: list[Job]) -> int:
    done = sum(job.run() for job in work)
    return done + sum(services.deliver(lane) for lane in Lane)


if __name__ == "__main__":
    main(*sys.argv[1:])
