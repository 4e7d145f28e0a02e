"""kill -9 of worker or web between claim, send and record: nothing is missing, nothing is double.

Real processes die by SIGKILL at the named points (`tests.killer`) over a real database and the
Twilio-compatible sandbox; the sandbox's own log is the judge of what was sent.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from _pytest.mark import ParameterSet
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import publish
from rsm.instruments.library import find
from tests.clinic import NURSE_PHONE, PATIENT_PHONE, PATIENT_SENDER, Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.forked import Forked
from tests.processes import Installation, installation


def soak(point: str) -> ParameterSet:
    """By SIGKILL in `make soak`; in `make test` `test_flow_crash_points` crashes there."""
    return pytest.param(point, marks=pytest.mark.soak)


# Points that a worker's round passes when a survey opens, is sent, and an alert climbs.
WORKER_POINTS = [
    "window.opened",
    soak("deliver.before_claim"),
    soak("deliver.claimed"),
    soak("deliver.before_send"),
    "deliver.sent",
    soak("deliver.before_record"),
    soak("deliver.recorded"),
]
STAFF_POINTS = [
    "escalate.told",
    soak("deliver.claimed"),
    "deliver.sent",
    soak("deliver.recorded"),
]
SUBMIT_POINTS = [
    soak("answer.saved"),
    soak("submit.recorded"),
    "submit.judged",
    "submit.before_commit",
]
HOOK_POINTS = ["inbound.stored", soak("inbound.handled")]
SEVERE = {"pain.frequency": 3, "pain.severity": 4, "pain.interference": 3}


@dataclass
class World:
    """One clinic, one patient, one provider, and processes that live as long as they are let."""

    clinic: Clinic
    patient: UUID
    house: Installation
    owner: Engine
    now: datetime = MONDAY_NINE

    def round(self, *death: str) -> int:
        """One worker's round at the present; its exit code (negative: the signal it died of)."""
        self.house.sandbox.control.set_clock(self.now, runs=False)
        command = ["tests.killer", "round", self.now.isoformat(), *death]
        return self.house.fork(command).wait(60)

    def rounds(self, *waits: timedelta) -> None:
        for wait in waits:
            self.now += wait
            assert self.round() == 0

    def web(self, *death: str) -> Forked:
        process = self.house.fork(["tests.killer", "web", self.now.isoformat(), *death])
        self.house.await_web()
        return process

    def texts(self, number: str) -> list[str]:
        """What the provider took for this phone, by its own log."""
        return [entry.body for entry in self.house.sandbox.control.log() if entry.to == number]

    def keys(self) -> Counter[str]:
        """How often the provider took each message of ours, by the id in its callback address."""
        log = self.house.sandbox.control.log()
        return Counter(entry.callback_url.rsplit("/", 1)[-1] for entry in log)

    def count(self, query: str) -> int:
        with self.owner.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def post(self, path: str, fields: dict[str, str]) -> int | None:
        """A browser posts a form; None when the connection broke."""
        form = Request(self.house.url + path, urlencode(fields).encode())  # noqa: S310 - loopback
        try:
            with urlopen(form, timeout=30) as reply:  # noqa: S310 - loopback
                return int(reply.status)
        except (URLError, HTTPException, ConnectionError):
            return None

    def link(self) -> str:
        (body,) = self.texts(PATIENT_PHONE)
        return body[body.index("/s/") :].split()[0]


@pytest.fixture
def world(web_db: Database, lazy_url: str, owner: Engine) -> Iterator[World]:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    web_db._clock.advance(timedelta(hours=-1))  # type: ignore[union-attr]  # the test's own clock
    patient = clinic.enrol_patient()
    with installation(lazy_url, manual=True) as house:
        yield World(clinic, patient, house, owner)


@pytest.mark.parametrize("point", WORKER_POINTS)
def test_a_worker_that_dies_while_a_survey_goes_out(world: World, point: str) -> None:
    assert world.round(point, "1") == -signal.SIGKILL
    world.rounds(timedelta(), *[timedelta(minutes=2)] * 8)

    assert all(times == 1 for times in world.keys().values())
    assert world.count("SELECT count(*) FROM occurrence WHERE state = 'open'") == 1
    sent = len(world.texts(PATIENT_PHONE))
    tasks = world.count("SELECT count(*) FROM task WHERE kind = 'not_delivered'")
    # Either the provider took it, once; or nobody knows, and a person was asked to reach her.
    assert (sent, tasks) in {(1, 0), (0, 1)}
    if point in {"window.opened", "deliver.before_claim"}:
        assert sent == 1
    if point in {"deliver.sent", "deliver.before_record", "deliver.recorded"}:
        assert sent == 1
        assert world.count("SELECT count(*) FROM message WHERE provider_id IS NULL") == 0


@pytest.mark.parametrize("point", SUBMIT_POINTS)
def test_a_web_process_that_dies_while_answers_come_in(world: World, point: str) -> None:
    world.rounds(timedelta())
    link = world.link()
    dying = world.web(point, "1")
    thanked = _answer_all(world, link)
    if not thanked:
        assert dying.wait(30) == -signal.SIGKILL
        assert world.count("SELECT count(*) FROM response WHERE state = 'final'") == 0
        world.web()
        assert _answer_all(world, link)

    assert world.count("SELECT count(*) FROM response WHERE state = 'final'") == 1
    assert world.count("SELECT count(*) FROM alert WHERE level = 'urgent'") == 1
    world.rounds(timedelta(minutes=1), timedelta(minutes=1))
    assert len(world.texts(NURSE_PHONE)) == 1
    assert all(times == 1 for times in world.keys().values())


@pytest.mark.parametrize("point", STAFF_POINTS)
def test_a_worker_that_dies_while_nurses_are_told(world: World, point: str) -> None:
    world.rounds(timedelta())
    link = world.link()
    world.web()
    assert _answer_all(world, link)
    world.now += timedelta(minutes=16)  # the first step's text and the second step are both due
    assert world.round(point, "1") == -signal.SIGKILL
    world.rounds(timedelta(), *[timedelta(minutes=1)] * 3)

    told = len(world.texts(NURSE_PHONE))
    assert told >= 1  # at least once, and a repeat is allowed
    open_without_step = (
        "SELECT count(*) FROM alert a LEFT JOIN escalation e ON e.alert_id = a.id"
        " WHERE a.state <> 'closed' AND (e.alert_id IS NULL OR e.next_at IS NULL)"
    )
    assert world.count(open_without_step) == 0


@pytest.mark.parametrize("point", HOOK_POINTS)
def test_a_web_process_that_dies_while_a_text_comes_in(world: World, point: str) -> None:
    world.rounds(timedelta())
    dying = world.web(point, "1")
    control = world.house.sandbox.control
    control.text(PATIENT_PHONE, "STOP it please, who is this", PATIENT_SENDER)
    assert dying.wait(30) == -signal.SIGKILL
    world.rounds(timedelta(), timedelta(minutes=1), timedelta(minutes=1))

    assert world.count("SELECT count(*) FROM inbound_message") == 1
    assert world.count("SELECT count(*) FROM inbound_message WHERE state = 'handled'") == 1
    told = "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM task)"
    assert world.count(told) >= 1
    assert all(times == 1 for times in world.keys().values())


def test_a_web_process_that_dies_while_a_report_comes_in(world: World) -> None:
    world.rounds(timedelta())
    dying = world.web("callback.stored", "1")
    world.house.sandbox.control.flush_callbacks()
    assert dying.wait(30) == -signal.SIGKILL
    world.web()
    world.house.sandbox.control.flush_callbacks()
    world.rounds(timedelta(minutes=1), timedelta(minutes=1))
    assert len(world.texts(PATIENT_PHONE)) == 1
    assert world.count("SELECT count(*) FROM message WHERE state = 'sending'") == 0


def _answer_all(world: World, link: str) -> bool:
    """Start, answer every question, send; False when the connection broke on the way."""
    if world.post(f"{link}/start", {"by": "self"}) is None:
        return False
    for number, item in enumerate(find("weekly-symptoms").items, start=1):
        value = str(SEVERE.get(item.code, 0))
        if world.post(f"{link}/q/{number}", {item.code: value}) is None:
            return False
    return world.post(f"{link}/review", {"words": ""}) is not None
