"""Real processes of ours at a given time, which may die by kill -9 at a named point.

    python -m tests.killer round AT [POINT N]     one round of everything that a worker does
    python -m tests.killer web AT [POINT N]       the web process, until it is told to stop

The time is the test's, so that leases and ladders run out without waiting; database, pages,
adapter and provider (the sandbox) are the real ones. At the Nth coming to POINT the process kills
itself, as a power cut would. The code under test reads nothing of this.
"""

import os
import signal
import sys
import threading
from datetime import datetime

import uvicorn

from rsm.bootstrap import House, find_database, open_database, read_keys, web_app, worker_services
from rsm.flow import escalate, idle, inbound, outbound
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.messaging.model import Lane
from rsm.settings import read_settings


def arm(point: str, coming: int) -> None:
    """Die at the `coming`-th time that any thread comes to `point`."""
    left = [coming]
    lock = threading.Lock()

    def hook(name: str) -> None:
        if name != point:
            return
        with lock:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    faults.install(hook)


def work(house: House) -> None:
    """What the worker's jobs do, each until nothing is left to do."""
    services = worker_services(house, "round")
    db = house.worker
    while any(
        (
            inbound.handle_due(db),
            outbound.open_due(db),
            outbound.advance_due(db),
            escalate.escalate_due(db),
            idle.judge_due(db),
            *(services.deliver(lane) for lane in Lane),
            services.reconcile(),
        )
    ):
        pass


def main(role: str, at: str) -> None:
    settings = read_settings()
    keys = read_keys(settings)
    clock = VirtualClock(datetime.fromisoformat(at))
    with find_database(settings, keys) as addresses:
        web = open_database(addresses.web, keys, "web", clock)
        worker = open_database(addresses.worker, keys, "worker", clock)
        house = House(settings, keys, addresses, web, worker)
        if role == "round":
            work(house)
        else:
            uvicorn.run(web_app(house), host=settings.host, port=settings.port, log_config=None)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        arm(sys.argv[3], int(sys.argv[4]))
    main(sys.argv[1], sys.argv[2])
