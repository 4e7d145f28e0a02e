"""Many browsers at once: threads that post forms over kept connections, and time each answer."""

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import perf_counter
from urllib.parse import urlencode

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Load:
    """How long all posts took together, and each by itself, in seconds."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


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
