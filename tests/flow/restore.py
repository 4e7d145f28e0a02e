"""A clinic whose database is backed up, goes on, and is restored: for the tests of what follows."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import create_engine, text

from integrations.twilio.callbacks import PROVIDER
from integrations.twilio.fake import FakeSender
from integrations.twilio.faults import ReadFault
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import EVERYWHERE, Database, Scope, make_engine
from rsm.flow import history, holds
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.flow.inbound import receive_status, receive_text
from rsm.flow.outbound import advance_due, open_due
from rsm.flow.reconcile import reconcile_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.vault import Vault
from rsm.kernel.words import Audience
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, IncomingText, Lane, StatusReport
from rsm.worker.keepsake import LifelineFile
from tests.clinic import PATIENT_SENDER, Clinic

PUBLIC_URL = "https://rsm.example.org"
CONFIG = DeliveryConfig(public_url=PUBLIC_URL, threads=False)


@dataclass
class World:
    """One installation: provider, phones and data directory stay, the database may be another."""

    url: str
    data_dir: Path
    vault: Vault
    clock: VirtualClock
    keys: dict[str, bytes]
    fake: FakeSender = field(init=False)
    web: Database = field(init=False)
    db: Database = field(init=False)
    opened: int = 0

    def __post_init__(self) -> None:
        self.fake = FakeSender(self.clock)
        self.open(self.url)

    def open(self, url: str) -> None:
        """Connect both processes to this database; what they draw is never drawn twice."""
        self.url = url
        self.opened += 1
        self.web, self.db = (
            Database(
                make_engine(url_as(url, role, self.keys)),
                SeededIds(f"{role}:{self.opened}"),
                self.vault,
                self.clock,
            )
            for role in (WEB, WORKER)
        )

    def close(self) -> None:
        self.web.close()
        self.db.close()

    @property
    def source(self) -> history.Source:
        return history.Source(self.fake, self.fake, PUBLIC_URL)

    # --- what processes do ------------------------------------------------------------------------

    def start_worker(self) -> bool:
        """A worker's first look; whether sending is held."""
        return holds.beat(self.db, LifelineFile(self.data_dir))

    def pass_time(self, minutes: int) -> None:
        """Time passes with a worker alive: it beats."""
        for _ in range(minutes):
            self.clock.advance(timedelta(minutes=1))
            self.start_worker()

    def work(self) -> None:
        """All loops of the worker, round after round, until nothing is due."""
        self.start_worker()
        for _ in range(3):
            open_due(self.db)
            advance_due(self.db)
            self.deliver()
            reconcile_due(self.db, self.fake, CONFIG)

    def open_windows(self) -> None:
        open_due(self.db)

    def deliver(self) -> int:
        return deliver_due(self.db, self.fake, list(Lane), CONFIG)

    def read_back(self) -> int:
        return history.reconcile_hold(self.db, self.source)

    def compare(self) -> int:
        return history.reconcile_day(self.db, self.source)

    def is_held(self) -> bool:
        with self.db.begin(EVERYWHERE) as tx:
            return holds.standing(tx)

    def hear(self, number: str, body: str, *, told: bool = True) -> None:
        """A phone texts us; `told`: our web process is there to hear of it."""
        said = self.fake.text(number, body, PATIENT_SENDER)
        if told:
            text_in = IncomingText(PROVIDER, said.provider_id, said.sender, said.to, said.body)
            receive_text(self.web, text_in)

    def call_back(self) -> None:
        """Every callback that waits arrives."""
        for call in self.fake.flush_callbacks():
            if not call.url.startswith(PUBLIC_URL):
                continue  # somebody else's
            site_id, message_id = call.url.split("/")[-2:]
            report = StatusReport(call.callback.provider_id, call.callback.state)
            receive_status(self.web, report, UUID(site_id), UUID(message_id))

    # --- what a test asks ------------------------------------------------------------------------

    def patient_keys(self) -> list[str]:
        """The callback address of each text to a patient: it names the message."""
        return [each.callback_url for each in self.fake.accepted if each.sender == PATIENT_SENDER]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Anything, asked as the owner."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def change(self, statement: str) -> None:
        """Anything, done as the owner."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def enqueue_to_staff(self, clinic: Clinic, lane: str) -> None:
        """A text to the nurse on duty that needs no alert."""
        with self.web.begin(Scope.site(clinic.site)) as tx:
            messaging.enqueue(
                tx,
                Draft(
                    business_key=f"test:{lane}",
                    lane=Lane(lane),
                    audience=Audience.STAFF,
                    site_id=clinic.site,
                    purpose="staff_alert",
                    language="en",
                    fields={"level": "urgent", "code": "K7QM"},
                    staff_id=clinic.nurse,
                ),
            )

    def forget_at_the_provider(self, *, inbound: bool = False) -> None:
        """The list holds nothing any more, or no texts from phones."""
        messages = self.fake._exchange._messages
        for sid in [s for s, m in messages.items() if not inbound or m.direction == "inbound"]:
            del messages[sid]

    def fail_at_the_provider(self, code: int) -> None:
        """Every message has failed since, and nobody called back."""
        messages = self.fake._exchange._messages
        for sid, message in messages.items():
            messages[sid] = replace(message, status="undelivered", error_code=code)

    def fail_read_number(self, number: int) -> None:
        """The provider answers so many requests and then fails once."""
        strike, asked = self.fake.faults.strike_read, count(1)
        self.fake.faults.strike_read = lambda: (  # type: ignore[method-assign]  # for one test
            ReadFault.SERVER_ERROR if next(asked) == number else strike()
        )
