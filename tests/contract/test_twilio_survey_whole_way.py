"""The whole way of a survey by phone: worker, adapter, sandbox, her phone, our hook over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text

from integrations.twilio.faults import CallbackFault, CallFate
from integrations.twilio.sandbox.control import RunningSandbox, running_sandbox
from integrations.twilio.sender import TwilioConfig
from integrations.twilio.voice import TwilioVoice
from rsm.db.work import Database
from rsm.flow import outbound
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel, SurveyState
from rsm.messaging.model import Lane
from rsm.messaging.router import ByChannel
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from tests.browser.house import House, open_house
from tests.clinic import CLINIC_PHONE, PATIENT_PHONE
from tests.flow.survey_callers import CALLS_FROM
from tests.survey_world import BORN, World, add_patient


@pytest.fixture(scope="module")
def phones() -> Iterator[RunningSandbox]:
    with running_sandbox(manual_callbacks=True) as running:
        yield running


@pytest.fixture
def house(
    web_db: Database, worker_db: Database, clock: VirtualClock, phones: RunningSandbox
) -> Iterator[House]:
    phones.control.reset()
    with open_house(web_db, worker_db, clock, phones) as opened:
        site = opened.clinic.site
        with opened.clinic.begin() as tx:
            sites.set_sender(tx, site, Audience.PATIENT, Channel.VOICE, CALLS_FROM)
        yield opened


@pytest.fixture
def world(house: House) -> World:
    """Her survey is due, and her phone rings."""
    world = World(house.clinic, add_patient(house.clinic, channel=Channel.VOICE))
    works(house)
    return world


def works(house: House) -> None:
    """The worker's round, and what the provider has to say."""
    sandbox = house.sandbox
    config = TwilioConfig(sandbox.account_sid, sandbox.auth_token, sandbox.url)
    voice = TwilioVoice(config, house.clock)
    outbound.open_due(house.worker)
    outbound.advance_due(house.worker)
    provider = ByChannel({Channel.VOICE: voice}, {})
    deliver_due(house.worker, provider, list(Lane), DeliveryConfig(public_url=house.url))
    sandbox.control.flush_callbacks()
    voice.close()


def confirm(house: House) -> str:
    """She takes the call and shows that it is she; what she hears then."""
    house.sandbox.control.answer(PATIENT_PHONE)
    house.sandbox.control.press(PATIENT_PHONE, "1")
    return house.sandbox.control.type(PATIENT_PHONE, str(BORN.year)).said[-1]


def stored(world: World) -> tuple[OccurrenceView, Answers]:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return survey, report.answers if report is not None else {}


def test_she_answers_all_of_it_on_her_phone(house: House, world: World) -> None:
    (call,) = house.sandbox.control.calls()
    assert (call.to, call.sender, call.status) == (PATIENT_PHONE, CALLS_FROM, "ringing")
    assert "How often were you in pain?" in confirm(house)
    call = house.sandbox.control.press(PATIENT_PHONE, "2").call
    while call.waits_for_key:
        call = house.sandbox.control.press(PATIENT_PHONE, "1").call
    assert call.said[-1].endswith("We have stored your answers. Goodbye.")
    survey, answers = stored(world)
    assert survey.state is SurveyState.COMPLETED
    assert answers["pain.frequency"] == answered(2)
    assert all(answer.value == 1 for item, answer in answers.items() if item != "pain.frequency")


def test_turns_that_come_twice_are_counted_once(house: House, world: World) -> None:
    house.sandbox.control.callback_fault(CallbackFault.DOUBLE)
    confirm(house)
    for key in "213":
        assert house.sandbox.control.press(PATIENT_PHONE, key).answered == (200, 200)
    assert stored(world)[1] == {
        "pain.frequency": answered(2),
        "pain.severity": answered(1),
        "pain.interference": answered(3),
    }
    with world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 3


def test_a_call_that_breaks_off_is_gone_on_with_by_the_next(house: House, world: World) -> None:
    confirm(house)
    house.sandbox.control.press(PATIENT_PHONE, "2")
    house.sandbox.control.hang_up(PATIENT_PHONE)
    house.sandbox.control.flush_callbacks()
    house.clock.advance(timedelta(hours=2))
    works(house)
    assert len(house.sandbox.control.calls()) == 2
    said = confirm(house)
    assert said.startswith("Welcome back.")
    assert "How bad was your pain at its worst?" in said


def test_a_voicemail_hears_nothing_of_health_and_she_is_called_again(
    house: House, world: World
) -> None:
    house.sandbox.control.leave(PATIENT_PHONE, "no-answer")
    house.sandbox.control.flush_callbacks()
    house.sandbox.control.call_fates({PATIENT_PHONE: CallFate.VOICEMAIL})
    house.clock.advance(timedelta(hours=2))
    works(house)
    _, second = house.sandbox.control.calls()
    assert (second.answered_by, second.status, second.keys) == ("machine", "completed", ())
    assert "We will call again." in second.said[0]
    assert not [word for word in ("pain", "symptom", "Maria") if word in " ".join(second.said)]
    house.clock.advance(timedelta(hours=2))
    works(house)
    with world.begin() as tx:
        query = text("SELECT reason FROM message WHERE channel = 'voice' ORDER BY planned_at")
        assert list(tx.session.scalars(query)) == ["no_answer", "voicemail", "voicemail"]


def test_star_connects_her_with_the_clinic(house: House, world: World) -> None:
    house.sandbox.control.answer(PATIENT_PHONE)
    call = house.sandbox.control.press(PATIENT_PHONE, "*").call
    assert f"(connected to {CLINIC_PHONE})" in call.said
    assert call.status == "completed"


def test_a_forged_turn_and_a_get_change_nothing(house: House, world: World) -> None:
    confirm(house)
    (call,) = house.sandbox.control.calls()
    site, message = call.callback_url.rsplit("/", 2)[1:]
    url = f"{house.url}/hooks/twilio/survey/{site}/{message}"
    form = {"CallSid": call.sid, "AccountSid": "AC1", "To": PATIENT_PHONE, "Digits": "3"}
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(url, data=form).status_code == 403
        assert session.get(url).status_code == 405
    assert stored(world)[1] == {}
