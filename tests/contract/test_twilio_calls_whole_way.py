"""The whole way of a call: worker, adapter, sandbox, the nurse's phone, our hook over HTTP."""

from collections.abc import Iterator

import pytest

from integrations.twilio.faults import CallbackFault
from integrations.twilio.sandbox.control import RunningSandbox, running_sandbox
from integrations.twilio.sender import TwilioConfig
from integrations.twilio.voice import TwilioVoice
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import publish
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState, Audience, Channel
from rsm.messaging.model import Lane
from rsm.messaging.router import ByChannel
from rsm.sites import service as sites
from tests.alert_world import Ward, agree_to
from tests.browser.house import House, open_house
from tests.clinic import NURSE_PHONE, SECOND_PHONE
from tests.flow.callers import VOICE_SENDER, calling


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
            sites.set_sender(tx, site, Audience.STAFF, Channel.VOICE, VOICE_SENDER)
            pin = publish.publish_policy(tx, calling('["voice"]'), site)
        agree_to(Ward(opened.clinic, worker_db, clock, site), "policy", pin)
        yield opened


@pytest.fixture
def alert(house: House) -> AlertView:
    """An alert about which the nurse's phone rings."""
    alert = Ward(house.clinic, house.worker, house.clock, house.clinic.site).alarm()
    works(house)
    return alert


def works(house: House) -> None:
    """The worker's round, and what the provider has to say."""
    sandbox = house.sandbox
    voice = TwilioVoice(
        TwilioConfig(sandbox.account_sid, sandbox.auth_token, sandbox.url), house.clock
    )
    escalate_due(house.worker)
    provider = ByChannel({Channel.VOICE: voice}, {})
    deliver_due(house.worker, provider, list(Lane), DeliveryConfig(public_url=house.url))
    sandbox.control.flush_callbacks()
    voice.close()


def now(house: House, alert: AlertView) -> AlertView:
    with house.clinic.begin() as tx:
        return alerts.get(tx, alert.id)


def test_a_nurse_takes_the_call_presses_1_and_has_the_alert(house: House, alert: AlertView) -> None:
    (call,) = house.sandbox.control.calls()
    assert (call.to, call.sender, call.status) == (NURSE_PHONE, VOICE_SENDER, "ringing")
    pressed = house.sandbox.control.press(NURSE_PHONE, "1")
    assert pressed.answered == (200,)
    assert pressed.call.said[0].startswith("This is Lakeside. Alert ")
    assert "is yours until" in pressed.call.said[-1]
    assert pressed.call.status == "completed"
    taken = now(house, alert)
    assert (taken.owner_id, taken.acknowledged_by_channel) == (house.clinic.nurse, Channel.VOICE)


def test_hooks_that_come_twice_pass_it_on_once(house: House, alert: AlertView) -> None:
    house.sandbox.control.callback_fault(CallbackFault.DOUBLE)
    assert house.sandbox.control.press(NURSE_PHONE, "3").answered == (200, 200)
    works(house)
    assert [call.to for call in house.sandbox.control.calls()] == [NURSE_PHONE, SECOND_PHONE]
    assert now(house, alert).state is AlertState.OPEN


def test_a_call_that_nobody_takes_rings_the_next_phone(house: House, alert: AlertView) -> None:
    house.sandbox.control.leave(NURSE_PHONE, "no-answer")
    assert {each.answered for each in house.sandbox.control.flush_callbacks()} == {204}
    works(house)
    assert [call.to for call in house.sandbox.control.calls()] == [NURSE_PHONE, SECOND_PHONE]
    assert now(house, alert).state is AlertState.OPEN
