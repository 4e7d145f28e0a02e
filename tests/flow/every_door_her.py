"""Whoever answers one survey by every door: the clinic's house, and her; see `every_door`.

house = House(build_world(web_db), worker_db, clock, ExitStack())   # the clinic, its pages
her = house.somebody(sheet, Random(1))   # a patient with a phone; her survey opens with `works`
her.given                                # each answer as she gave it, one by one
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from integrations.twilio.fake_voice import FakeVoice
from rsm.db.work import Database
from rsm.flow import idle, outbound
from rsm.flow.ask_now import ask_now
from rsm.flow.deliver import deliver_due
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.instruments.items import options_of
from rsm.instruments.model import Instrument
from rsm.invitations.model import Door as LinkDoor
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Reporter
from rsm.messaging.model import Lane
from rsm.messaging.router import ByChannel
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.flow.post import CONFIG, Post
from tests.flow.survey_callers import SurveyPhone
from tests.flow.talk import by_text
from tests.patient_browser import BASE
from tests.proxy_world import newest_link
from tests.survey_world import World, add_patient
from tests.web_desk import at_desk

JUST_ASKED = timedelta(minutes=11)  # asked again sooner, nothing leaves
LEFT_LONG = timedelta(minutes=35)  # what was begun is judged as far as it is


class Given(NamedTuple):
    """One answer as it was given: what the report's event must say, once."""

    item: str
    status: AnswerStatus
    value: int | None
    channel: Channel
    reporter: Reporter


class OnePost(Post):
    """The clinic's post with texts and calls."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.voice = FakeVoice(self.clock)
        self.provider = ByChannel(
            {Channel.SMS: self.fake, Channel.VOICE: self.voice}, {Channel.SMS: self.fake}
        )

    def deliver(self) -> int:
        return deliver_due(self.db, self.provider, list(Lane), CONFIG)


@dataclass
class House:
    """The clinic, its post, its pages; patients come one after another."""

    world: World
    worker: Database
    clock: VirtualClock
    open_until: ExitStack
    people: int = 0
    desks: int = 0
    post: OnePost = field(init=False)
    app: FastAPI = field(init=False)
    instrument: Instrument = field(init=False)

    def __post_init__(self) -> None:
        clinic = self.world.clinic
        self.post = OnePost(clinic, self.worker, self.clock)
        self.app = create_app(Services(clinic.db, BASE))
        SurveyPhone(self.world, self.worker, self.clock)  # the site has a number that calls
        with self.world.begin() as tx:
            self.instrument = instruments.load(tx, self.world.instrument(tx))

    def somebody(self, sheet: Answers, draws: Random) -> "Her":
        """A patient who answers by text unless told; her survey is open and she was asked."""
        self.people += 1
        number = f"+120255501{60 + self.people}"
        patient = add_patient(self.world.clinic, name=f"Maria {self.people}", phone=number)
        world = World(self.world.clinic, patient)
        by_text(world, patient)
        return Her(self, world, number, sheet, draws)

    def works(self) -> None:
        """One round of the worker."""
        outbound.open_due(self.worker)
        outbound.advance_due(self.worker)
        idle.judge_due(self.worker)
        self.post.deliver()

    def desk(self) -> TestClient:
        """Another of the nurses, signed in."""
        clinic = self.world.clinic
        who = (clinic.nurse, clinic.second, clinic.charge)[self.desks]
        self.desks += 1
        return self.open_until.enter_context(at_desk(clinic, self.clock, who))


@dataclass
class Her:
    """One patient, what she would say to each question, and what she has said."""

    house: House
    world: World
    number: str
    sheet: Answers
    draws: Random
    given: list[Given] = field(default_factory=list)

    @cached_property
    def survey(self) -> OccurrenceView:
        """Hers that is open, as it was when it was first looked at."""
        with self.world.begin() as tx:
            (only,) = schedules.recent(tx, self.world.patient, 2)
            return only

    def answers(self) -> Answers:
        with self.world.begin() as tx:
            report = responses.of_occurrence(tx, self.survey.id)
        return report.answers if report is not None else {}

    def link(self) -> str:
        return newest_link(self.world, LinkDoor.PATIENT)

    def chance(self, of: float) -> bool:
        return self.draws.random() < of

    def asked_by(self, channel: Channel) -> None:
        """Staff have her asked in this way, now."""
        self.house.clock.advance(JUST_ASKED)
        with self.world.clinic.begin(self.world.clinic.nurse) as tx:
            change = text("UPDATE patient SET channel = :channel WHERE id = :id")
            tx.session.execute(change, {"channel": channel.value, "id": self.world.patient})
        with self.world.clinic.begin(self.world.clinic.nurse) as tx:
            ask_now(tx, self.world.patient)
        self.house.post.deliver()


# --- what she would answer ------------------------------------------------------------------------


def draw_sheet(instrument: Instrument, draws: Random, refuses: bool) -> dict[str, Answer]:
    """An answer to every question, also to those that may not be asked."""
    nothing = (SKIPPED, REFUSED) if refuses else (SKIPPED,)
    sheet = {}
    for item in instrument.items:
        values = [answered(option.value) for option in options_of(item)]
        sheet[item.code] = draws.choice([*values, *values[:1] * 5, *nothing])
    return sheet


def given_of(instrument: Instrument, sheet: Answers) -> dict[str, Answer]:
    """What is asked of who answers so, and what she says."""
    given: dict[str, Answer] = {}
    while (item := next_item(instrument, given)) is not None:
        given[item.code] = sheet[item.code]
    return given


def well_but_for(instrument: Instrument, **grades: int) -> dict[str, Answer]:
    """No complaints but some pain."""
    grades = {"pain_frequency": 2, **grades}
    return {
        item.code: answered(grades.get(item.code.replace(".", "_"), 0)) for item in instrument.items
    }
