"""The demo's page of phones: a call rings, is taken, and its keys are pressed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.web import phones
from rsm.web.app import create_app
from rsm.web.ports import CallStage, DemoLogIn, Handset, PhoneText
from rsm.web.services import Services
from tests.clinic import NURSE_PHONE, build_clinic

BASE = "https://rsm.example.org"
AT = datetime(2026, 10, 19, 13, tzinfo=UTC)


class Phones:
    """A nurse's phone, which is being called."""

    def __init__(self) -> None:
        self.stage = CallStage.RINGING
        self.said = "Telephone call"
        self.texted = False
        self.done: list[tuple[str, str]] = []

    def handsets(self, last: int) -> Sequence[Handset]:
        call = PhoneText("CA1", self.said, AT, False, "+12025550102", "call", self.stage)
        text = PhoneText("SM1", "Alert K7QM", AT, False, "+12025550101")
        return [Handset(NURSE_PHONE, (call, text) if self.texted else (call,))]

    def text(self, number: str, body: str) -> None:
        """Nobody answers."""

    def call(self, call_id: str, does: str) -> None:
        self.done.append((call_id, does))


@pytest.fixture(name="sandbox")
def a_sandbox() -> Phones:
    return Phones()


@pytest.fixture
def page(web_db: Database, clock: VirtualClock, sandbox: Phones) -> Iterator[TestClient]:
    build_clinic(web_db)
    mail = "dana@lakeside.example.org"
    nurse = DemoLogIn("Dana Reyes", "nurse", "Lakeside", mail, NURSE_PHONE, "JBSWY3DPEHPK3PXP")
    demo = phones.Demo(sandbox, [nurse], "password", "America/New_York")
    services = Services(web_db, BASE, extra=(phones.router(demo),))
    with TestClient(create_app(services), base_url=BASE, follow_redirects=False) as client:
        yield client


def test_a_phone_that_rings_can_be_taken_or_left(page: TestClient) -> None:
    shown = page.get("/phones").text
    assert "A call is coming in." in shown
    for label in ("Take the call", "Do not answer", "Busy"):
        assert label in shown
    assert "Press 1" not in shown


def test_a_text_that_comes_while_it_rings_hides_no_call(page: TestClient, sandbox: Phones) -> None:
    sandbox.texted = True
    before = page.get("/phones/version").text
    assert "Take the call" in page.get("/phones").text
    sandbox.stage, sandbox.said = CallStage.TAKEN, "This is Lakeside."
    assert page.get("/phones/version").text != before
    assert "Press 1" in page.get("/phones").text


def test_whoever_took_it_reads_what_is_said_and_presses_keys(
    page: TestClient, sandbox: Phones
) -> None:
    before = page.get("/phones/version").text
    sandbox.stage, sandbox.said = CallStage.TAKEN, "This is Lakeside. Alert K, 7, Q, M."
    assert page.get("/phones/version").text != before
    shown = page.get("/phones").text
    assert "Alert K, 7, Q, M." in shown
    assert all(f"Press {key}" in shown for key in "123*")
    assert "Take the call" not in shown


def test_a_call_that_is_over_asks_for_nothing(page: TestClient, sandbox: Phones) -> None:
    sandbox.stage = CallStage.OVER
    shown = page.get("/phones").text
    assert "A call is coming in." not in shown
    assert "A text has just come." not in shown
    assert "Press 1" not in shown


@pytest.mark.parametrize("does", ["take", "hang_up", "leave", "busy", "1", "*"])
def test_what_is_done_at_the_phone_is_done(page: TestClient, sandbox: Phones, does: str) -> None:
    assert page.post("/phones/calls", data={"call": "CA1", "does": does}).status_code == 303
    assert sandbox.done == [("CA1", does)]


@pytest.mark.parametrize("does", ["", "12", "shout"])
def test_what_nobody_can_do_is_not_done(page: TestClient, sandbox: Phones, does: str) -> None:
    page.post("/phones/calls", data={"call": "CA1", "does": does})
    assert sandbox.done == []
