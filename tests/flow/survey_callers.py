"""A world whose patient is called for her survey: the fake provider of calls, and her phone.

phone = SurveyPhone(world, worker_db)   # she wants calls; the site has a number for them
phone.window_opens()                    # her survey is due, and the first call rings
phone.takes(); phone.types("1")         # she takes it and presses keys: what she hears
phone.confirms()                        # both of them up to the first question
phone.hangs_up()                        # and the provider says so
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from integrations.twilio.fake import FakeSender
from integrations.twilio.fake_voice import FakeTurn, FakeVoice
from rsm.db.work import Database
from rsm.flow import inbound, outbound, voice_survey
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.kernel.answers import Answer
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import Lane, Spoken
from rsm.messaging.router import ByChannel
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE
from tests.survey_world import BORN, World

CALLS_FROM = "+12025550103"
PUBLIC_URL = "https://rsm.example.org"
CONFIG = DeliveryConfig(public_url=PUBLIC_URL, threads=False)


@dataclass
class SurveyPhone:
    """Her phone; `number` is what rings."""

    world: World
    worker: Database
    clock: VirtualClock
    number: str = PATIENT_PHONE
    calls_from: str = CALLS_FROM
    fake: FakeVoice = field(init=False)
    heard: Spoken = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeVoice(self.clock)
        texts = FakeSender(self.clock)
        self.provider = ByChannel(
            {Channel.SMS: texts, Channel.VOICE: self.fake}, {Channel.SMS: texts}
        )
        with self.world.begin() as tx:
            site = self.world.clinic.site
            if self.calls_from:
                sites.set_sender(tx, site, Audience.PATIENT, Channel.VOICE, self.calls_from)

    # --- time -------------------------------------------------------------------------------------

    def window_opens(self) -> OccurrenceView:
        """Her survey is due; the worker calls."""
        outbound.open_due(self.worker)
        self.deliver()
        return self.survey()

    def passes(self, **span: float) -> None:
        """Time passes, the worker goes its round."""
        self.clock.advance(timedelta(**span))
        outbound.advance_due(self.worker)
        self.deliver()

    def deliver(self) -> int:
        return deliver_due(self.worker, self.provider, list(Lane), CONFIG)

    # --- at the phone -----------------------------------------------------------------------------

    def takes(self, answered_by: str = "human") -> str:
        return self.hand_in(self.fake.takes(self.number, answered_by))

    def types(self, keys: str) -> str:
        """Keys to what she heard last; what she hears then."""
        return self.hand_in(self.turn(keys))

    def turn(self, keys: str) -> FakeTurn:
        return self.fake.types(self.number, keys, self.heard)

    def hand_in(self, turn: FakeTurn) -> str:
        """Our hook is called; what is said."""
        parts = turn.url.removeprefix(f"{PUBLIC_URL}/hooks/twilio/survey/").split("/")
        where, token = (UUID(parts[0]), UUID(parts[1])), parts[2] if len(parts) > 2 else ""
        db = self.world.clinic.db
        self.heard = voice_survey.turn(db, turn.turn, where, token, PUBLIC_URL)
        return self.heard.words

    def confirms(self, year: int = BORN.year) -> str:
        """She takes the call and shows that it is she."""
        self.takes()
        self.types("1")
        return self.types(str(year))

    def answers_all(self, key: str = "0") -> str:
        """The same key to every question; "0" for no fever, none of anything."""
        said = self.heard.words
        while self.heard.keys_url and "connected to the clinic now, press 1. Otherwise" not in said:
            said = self.types(key)
        return said

    def hangs_up(self, status: str = "completed") -> None:
        for report in self.fake.ends(self.number, status):
            *_, site, message = report.url.split("/")
            inbound.receive_status(self.world.clinic.db, report.report, UUID(site), UUID(message))

    def rings(self) -> int:
        """How often it has rung."""
        return len([ring for ring in self.fake.calls if ring.message.to == self.number])

    # --- what is stored ---------------------------------------------------------------------------

    def survey(self) -> OccurrenceView:
        with self.world.begin() as tx:
            return schedules.recent(tx, self.world.patient, 1)[0]

    def response(self) -> ResponseView | None:
        with self.world.begin() as tx:
            return responses.of_occurrence(tx, self.survey().id)

    def stored(self) -> dict[str, Answer]:
        found = self.response()
        return dict(found.answers) if found is not None else {}

    def tasks(self) -> list[TaskKind]:
        with self.world.begin() as tx:
            return [task.kind for task in tasks.open_tasks(tx, self.world.clinic.site)]

    def calls(self) -> list[tuple[str, str, str | None]]:
        """Key, state and reason of each call about a survey, by its time."""
        query = (
            "SELECT business_key, state, reason FROM message"
            " WHERE channel = 'voice' ORDER BY planned_at, id"
        )
        with self.world.begin() as tx:
            rows = tx.session.execute(text(query))
            return [(key.split(":", 2)[2], state, reason) for key, state, reason in rows]
