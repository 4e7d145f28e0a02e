"""The switch by HTTP and its fake pass one suite; the adapter tells nobody its address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Protocol

import pytest

from integrations.heartbeat.fake import FakeSwitch
from integrations.heartbeat.http import HttpSwitch
from rsm.flow.ports import DeadMansSwitch
from rsm.kernel.errors import Deferred, Invalid

HEADS = "ab" * 32


class Bench(Protocol):
    """A switch, what it took, and how to break it."""

    switch: DeadMansSwitch

    def taken(self) -> list[str]: ...

    def break_it(self) -> None: ...


class FakeBench:
    def __init__(self) -> None:
        self.fake = FakeSwitch()
        self.switch: DeadMansSwitch = self.fake

    def taken(self) -> list[str]:
        return self.fake.pings

    def break_it(self) -> None:
        self.fake.down = True


class HttpBench:
    """A little server on loopback that answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 200
        bench = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if bench.status == 200:
                    bench.bodies.append(body)
                self.send_response(bench.status)
                if bench.status == 302:
                    self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret-place"
        self.switch: DeadMansSwitch = HttpSwitch(self.url)

    def taken(self) -> list[str]:
        return [json.loads(body)["audit_heads"] for body in self.bodies]

    def break_it(self) -> None:
        self.status = 500


@contextmanager
def serving(bench: HttpBench) -> Iterator[HttpBench]:
    thread = Thread(target=bench.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield bench
    bench.server.shutdown()
    bench.server.server_close()
    thread.join()


@pytest.fixture
def http() -> Iterator[HttpBench]:
    with serving(HttpBench()) as bench:
        yield bench


@pytest.fixture(params=["fake", "http"])
def bench(request: pytest.FixtureRequest, http: HttpBench) -> Bench:
    return FakeBench() if request.param == "fake" else http


def test_a_ping_brings_the_heads(bench: Bench) -> None:
    bench.switch.ping(HEADS)
    bench.switch.ping(HEADS)
    assert bench.taken() == [HEADS, HEADS]


def test_a_ping_that_nobody_takes_is_deferred(bench: Bench) -> None:
    bench.break_it()
    with pytest.raises(Deferred):
        bench.switch.ping(HEADS)
    assert bench.taken() == []


def test_a_redirect_is_not_followed(http: HttpBench) -> None:
    http.status = 302
    with pytest.raises(Deferred, match="HTTP 302"):
        http.switch.ping(HEADS)


def test_an_error_does_not_name_the_address() -> None:
    with pytest.raises(Deferred) as raised:
        HttpSwitch("http://127.0.0.1:1/secret-place").ping(HEADS)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_an_address_without_tls_is_refused() -> None:
    with pytest.raises(Invalid):
        HttpSwitch("http://switch.example.org/x")
