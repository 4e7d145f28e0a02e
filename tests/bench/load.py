"""Many browsers at once: threads that post forms and time each answer.

`post_all` is a closed loop: so many connections, each posting again as soon as it has its answer.
`post_on_time` is an open one: a post begins when its time has come, however many still wait.
"""

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import perf_counter, sleep
from urllib.parse import urlencode

from rsm.kernel.clock import SystemClock

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Load:
    """How long all posts took together, and each by itself, in seconds."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass(frozen=True)
class Sent:
    """One post: when its time had come, and when it was answered; None when it was refused."""

    due: datetime
    answered: datetime | None


def post_on_time(ports: Sequence[int], paths: Sequence[str], rate: float) -> list[Sent]:
    """Post to every path, so many a second, each over a connection of its own."""
    clock = SystemClock()
    start = clock.now() + timedelta(milliseconds=100)
    with ThreadPoolExecutor(len(paths)) as pool:  # so that none waits for another's thread
        posts = []
        for number, path in enumerate(paths):
            due = start + timedelta(seconds=number / rate)
            sleep(max(0.0, (due - clock.now()) / timedelta(seconds=1)))
            posts.append(pool.submit(_send, ports[number % len(ports)], path, due))
        return [each.result() for each in posts]


def _send(port: int, path: str, due: datetime) -> Sent:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        post(connection, path)
    except (RuntimeError, OSError):
        return Sent(due, None)
    finally:
        connection.close()
    return Sent(due, SystemClock().now())


def post_all(ports: Sequence[int], paths: Sequence[str], connections: int) -> Load:
    """Post an empty form to every path once, over so many connections, to the ports in turn."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for path in paths:
        waiting.put(path)
    with ThreadPoolExecutor(connections) as pool:
        started = perf_counter()
        browsers = [
            pool.submit(_browse, ports[number % len(ports)], waiting)
            for number in range(connections)
        ]
        latencies = [latency for browser in browsers for latency in browser.result()]
        return Load(perf_counter() - started, tuple(latencies))


def _browse(port: int, waiting: SimpleQueue[str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    latencies: list[float] = []
    while True:
        try:
            path = waiting.get_nowait()
        except Empty:
            connection.close()
            return latencies
        started = perf_counter()
        post(connection, path)
        latencies.append(perf_counter() - started)


def post(connection: http.client.HTTPConnection, path: str) -> bytes:
    """One form; raises `RuntimeError` unless the page is a 200."""
    connection.request("POST", path, urlencode({"words": ""}), _FORM)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path.rpartition('/')[2]} answered {answer.status}")
    return body
