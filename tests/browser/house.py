"""The house behind the browser tests: a real web process, a worker's hands, phones of a sandbox.

The web process listens on loopback with the test's standing clock; what the worker would do is
done when the test says so, by the same flow functions, through the real adapter.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Thread
from uuid import UUID

import pyotp
import uvicorn
from playwright.sync_api import expect

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.hooks import SignatureCheck
from integrations.twilio.sandbox.control import RunningSandbox
from integrations.twilio.sender import TwilioConfig, TwilioSender
from rsm.alerts import handling
from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database, make_engine
from rsm.flow import answer, escalate, outbound, publish, triage
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.instruments.decide import next_item
from rsm.instruments.library import find
from rsm.kernel.answers import Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Channel
from rsm.messaging.model import Lane
from rsm.metrics import rollup
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import invitations, second_factor, staff
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.browser.chromium import Window
from tests.clinic import Clinic, build_clinic
from tests.databases import furnished
from tests.processes import wait_for
from tests.security_world import PASSWORD, Person

# A kept connection that the server closes in the very moment of its next use is an error where it
# is not the browser itself that asks (`page.request`).
_KEPT_SECONDS = 600
_NOWHERE_URL = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"  # port 1: refused at once


@dataclass
class House:
    """Lakeside, served at `url`."""

    url: str
    clinic: Clinic
    worker: Database
    clock: VirtualClock
    sandbox: RunningSandbox

    @property
    def db(self) -> Database:
        return self.clinic.db

    def passes(self, **span: float) -> None:
        """Time passes; then the worker does what has come due."""
        self.clock.advance(timedelta(**span))
        self.works()

    def goes_to(self, day: date) -> None:
        """To nine in the morning of that day, on the clinic's clock; then the worker's turn."""
        nine = datetime.combine(day, time(9))
        self.clock.set(start_instant(nine, zone_named("America/New_York")))
        self.works()

    def works(self) -> None:
        with self.worker.begin(EVERYWHERE) as tx:
            leases.beat(tx, "worker", "test")
        outbound.open_due(self.worker)
        outbound.advance_due(self.worker)
        escalate.escalate_due(self.worker)
        config = TwilioConfig(
            self.sandbox.account_sid, self.sandbox.auth_token, api_url=self.sandbox.url
        )
        sender = TwilioSender(config, self.clock)
        deliver_due(self.worker, sender, list(Lane), DeliveryConfig(public_url=self.url))
        self.sandbox.control.flush_callbacks()

    def counts(self) -> None:
        """The worker rolls up the figures of what has happened, for whoever looks at them."""
        rollup.roll_up_all(self.worker)

    def texts(self, number: str) -> list[str]:
        return [each.body for each in self.sandbox.control.log() if each.to == number]

    def link(self, number: str) -> str:
        """The link in the last text to that phone."""
        found = re.search(rf"{re.escape(self.url)}/\S+", self.texts(number)[-1])
        assert found is not None, self.texts(number)
        return found[0]

    def report(self, patient: UUID, words: str = "", **values: int) -> None:
        """A report of the survey that is open: every item 0 but these (`pain__severity=4`)."""
        named = {name.replace("__", "."): value for name, value in values.items()}
        instrument, answers = find("weekly-symptoms"), dict[str, Answer]()
        while (item := next_item(instrument, answers)) is not None:
            answers[item.code] = answered(named.get(item.code, 0))
        with self.clinic.begin() as tx:
            survey = max(schedules.recent(tx, patient, 1), key=lambda one: one.opens_at)
            answer.enter(tx, survey.id, answers, words, Author())

    def take_all(self, who: UUID) -> None:
        """A nurse takes and opens whatever alert is open."""
        with self.clinic.begin(who) as tx:
            for alert in handling.worklist(tx, self.clinic.site):
                triage.acknowledge(tx, alert.id, who, Channel.STAFF)
                triage.view(tx, alert.id, who)

    def person(self, who: UUID) -> Person:
        """A member of staff with her password and her authenticator app."""
        with self.clinic.begin() as tx:
            email = staff.get(tx, who).email
            invitations.set_password(tx, who, PASSWORD)
            person = Person(self.db, self.clock, who, email, second_factor.begin(tx, who).secret)
        with self.db.begin(NOWHERE) as tx:
            assert second_factor.confirm(tx, who, person.code()) is not None
        return person

    @contextmanager
    def database_lost(self) -> Iterator[None]:
        """While this lasts, the web process finds no database."""
        had = self.db.engine
        self.db.engine = make_engine(_NOWHERE_URL)
        yield
        self.db.engine.dispose()
        self.db.engine = had


def sign_in(window: Window, who: Person) -> None:
    """With password and code, as everybody of the staff does."""
    window.open("/login")
    window.fill("E-mail", who.email)
    window.fill("Password", PASSWORD)
    window.press("Sign in")
    window.fill("Code", who.code())
    window.press("Go on")
    expect(window.page).not_to_have_url(re.compile("/login"))


def wrong_code(person: Person) -> str:
    """Six digits that the app does not show."""
    return "000000" if pyotp.TOTP(person.secret).at(person.clock.now()) != "000000" else "000001"


def _furnish(web: Database) -> Clinic:
    clinic = build_clinic(web)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    return clinic


@contextmanager
def open_house(
    web: Database, worker: Database, clock: VirtualClock, sandbox: RunningSandbox
) -> Iterator[House]:
    """The clinic, its survey published, served for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        clinic = furnished(web, "house", _furnish)
        check = SignatureCheck(sandbox.auth_token, url)
        services = Services(web, url, signature=check, callbacks=TwilioCallbacks())
        config = uvicorn.Config(
            create_app(services), log_config=None, lifespan="off", timeout_keep_alive=_KEPT_SECONDS
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([door],), name="web")
        thread.start()
        try:
            wait_for(lambda: server.started, "the web process")
            yield House(url, clinic, worker, clock, sandbox)
        finally:
            server.should_exit = True
            thread.join()
