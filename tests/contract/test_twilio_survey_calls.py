"""Calls that ask us what to say: one suite for the adapter (against the sandbox, over HTTP) and for
the fake; and the sandbox's phone, on which every key can be pressed, and a machine can answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import pytest
import requests

from integrations.twilio import twiml
from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.fake_voice import FakeVoice
from integrations.twilio.faults import CallbackFault, CallFate, CreateFault
from integrations.twilio.hooks import SignatureCheck
from integrations.twilio.sandbox.control import RunningSandbox
from integrations.twilio.sandbox.phones import SandboxPhones
from integrations.twilio.voice import TwilioVoice
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, SendError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, AnsweredBy, CallTurn, Outgoing, Spoken
from rsm.web.ports import CallDoes, CallStage
from tests.contract.sandboxes import CREDENTIALS, WHAT_WE_KNOW, Application, RealProvider, failure

NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
CLINIC, PATIENT, OTHER = "+12025550103", "+12025550131", "+12025550132"
ASKED, TURN = "/hooks/twilio/survey/1/2", "/hooks/twilio/survey/1/2/abc"


class Provider(Protocol):
    """Either implementation, with the hands that a test needs."""

    def send(self, message: Outgoing) -> Accepted: ...
    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None: ...
    def rang(self) -> list[str]: ...
    def takes(self, by: str) -> CallTurn: ...
    def types(self, keys: str, heard: Spoken) -> CallTurn: ...


class Fake:
    """The fake, for the suite."""

    def __init__(self) -> None:
        self._fake = FakeVoice(VirtualClock(NOW))
        self.send, self.fault = self._fake.send, self._fake.fault

    def rang(self) -> list[str]:
        return [ring.message.to for ring in self._fake.calls]

    def takes(self, by: str) -> CallTurn:
        return self._fake.takes(PATIENT, "machine_start" if by == "machine" else "human").turn

    def types(self, keys: str, heard: Spoken) -> CallTurn:
        return self._fake.types(PATIENT, keys, heard).turn


class Real(RealProvider[TwilioVoice]):
    """The adapter and the sandbox, for the suite."""

    def __init__(self, sandbox: RunningSandbox, application: Application) -> None:
        super().__init__(VirtualClock(NOW), sandbox, TwilioVoice)
        self.application = application

    def rang(self) -> list[str]:
        return [call.to for call in self.control.calls()]

    def takes(self, by: str) -> CallTurn:
        self.control.answer(PATIENT, by)
        return self._last()

    def types(self, keys: str, heard: Spoken) -> CallTurn:
        if self.control.calls(PATIENT)[-1].status != "in-progress":
            self.application.answers = [(200, twiml.of_answer(heard))]
            self.control.answer(PATIENT)
        self.control.type(PATIENT, keys if heard.keys == 1 else f"{keys}#")
        return self._last()

    def _last(self) -> CallTurn:
        asked = [form for path, form, _ in self.application.posts if "/survey/" in path]
        return TwilioCallbacks().turn(asked[-1])


@pytest.fixture(params=["adapter", "fake"], name="provider")
def a_provider(request: pytest.FixtureRequest, application: Application) -> Iterator[Provider]:
    if request.param == "fake":
        yield Fake()
        return
    real = Real(request.getfixturevalue("sandbox"), application)
    yield real
    real.close()


@pytest.fixture(name="real")
def the_adapter(sandbox: RunningSandbox, application: Application) -> Iterator[Real]:
    real = Real(sandbox, application)
    yield real
    real.close()


@pytest.fixture(name="call")
def a_call(application: Application) -> Outgoing:
    return asking(application.url)


def asking(base: str, to: str = PATIENT) -> Outgoing:
    words = "Hello. This is an automated call from Lakeside."
    return Outgoing(
        id=UUID(int=1),
        channel=Channel.VOICE,
        to=to,
        sender=CLINIC,
        body=words,
        callback_url=f"{base}/hooks/twilio/status/1/2",
        spoken=Spoken("en-US", words, asked_url=f"{base}{ASKED}"),
    )


def question(application: Application, keys: int = 1) -> Spoken:
    url = f"{application.url}{TURN}"
    return Spoken("en-US", "How many?", "Goodbye.", url, keys=keys, voice="Polly.Joanna")


@pytest.mark.parametrize(
    ("by", "who"), [("human", AnsweredBy.PERSON), ("machine", AnsweredBy.MACHINE)]
)
def test_a_call_that_is_taken_asks_what_to_say_and_tells_by_whom(
    provider: Provider, call: Outgoing, by: str, who: AnsweredBy
) -> None:
    sid = provider.send(call).provider_id
    assert provider.takes(by) == CallTurn(sid, PATIENT, "", who)


@pytest.mark.parametrize(("keys", "most"), [("3", 1), ("*", 1), ("#", 1), ("382", 8), ("0", 8)])
def test_keys_are_handed_in_together_with_their_call_and_the_phone(
    provider: Provider, call: Outgoing, application: Application, keys: str, most: int
) -> None:
    sid = provider.send(call).provider_id
    pressed = provider.types(keys, question(application, most))
    assert pressed == CallTurn(sid, PATIENT, keys)


@pytest.mark.parametrize(("fault", "error", "reason", "rang"), WHAT_WE_KNOW)
def test_a_fault_is_told_as_what_we_know_of_it(
    provider: Provider, fault: CreateFault, error: type[SendError], reason: str, rang: int
) -> None:
    provider.fault(fault)
    raised = failure(provider, asking("http://127.0.0.1:9"))
    assert (type(raised), raised.reason) == (error, reason)
    assert len(provider.rang()) == rang


def test_a_wrong_address_of_ours_is_for_whoever_set_it_up(provider: Provider) -> None:
    raised = failure(provider, asking("nowhere"))
    assert (type(raised), raised.reason) == (Deferred, SendReason.CREDENTIALS)


# --- the sandbox's phone --------------------------------------------------------------------------


def test_twilio_is_asked_to_listen_for_a_machine_and_gets_no_words(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    application.answers = [(200, twiml.of_answer(question(application)))]
    taken = sandbox.control.answer(PATIENT)
    assert (taken.said, taken.answered_by, taken.waits_for_key) == (("How many?",), "human", True)


def test_every_turn_is_signed_as_ours_are(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    real.types("3", question(application))
    check = SignatureCheck(CREDENTIALS, application.url)
    assert [path for path, _, _ in application.posts] == [ASKED, TURN]
    assert all(check.valid(path, form, signed) for path, form, signed in application.posts)


def test_under_the_fault_double_every_turn_comes_twice(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    sandbox.control.callback_fault(CallbackFault.DOUBLE)
    application.answers = [(200, twiml.of_answer(question(application)))] * 4
    sandbox.control.press(PATIENT, "3")
    assert [path for path, _, _ in application.posts] == [ASKED, ASKED, TURN, TURN]


def test_several_keys_wait_for_pound_and_pound_alone_says_it_again(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    application.answers = [(200, twiml.of_answer(question(application, keys=8)))]
    sandbox.control.answer(PATIENT)
    assert sandbox.control.press(PATIENT, "#").call.said == ("How many?", "How many?")
    assert sandbox.control.press(PATIENT, "3").answered == ()
    assert sandbox.control.press(PATIENT, "8").call.typed == "38"
    assert sandbox.control.press(PATIENT, "#").answered == (204,)
    assert application.posts[-1][1]["Digits"] == "38"


def test_whoever_stops_typing_has_typed_and_whoever_presses_nothing_hears_goodbye(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    heard = (200, twiml.of_answer(question(application, keys=8)))
    application.answers = [heard, heard]
    sandbox.control.answer(PATIENT)
    sandbox.control.press(PATIENT, "3")
    assert sandbox.control.wait(PATIENT).answered == (200,)
    assert application.posts[-1][1]["Digits"] == "3"
    over = sandbox.control.wait(PATIENT).call
    assert (over.said[-1], over.status) == ("Goodbye.", "completed")


def test_a_connection_with_the_clinic_is_made_and_ends(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    dialled = Spoken("en-US", "We are connecting you.", "It is over.", dial=OTHER, dial_from=CLINIC)
    application.answers = [(200, twiml.of_answer(dialled))]
    taken = sandbox.control.answer(PATIENT)
    assert taken.said == ("We are connecting you.", f"(connected to {OTHER})", "It is over.")
    assert taken.status == "completed"


def test_a_voicemail_may_be_a_phones_fate(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    sandbox.control.call_fates({PATIENT: CallFate.VOICEMAIL})
    application.answers = [(200, twiml.of_answer(question(application)))] * 3
    real.send(call)
    sandbox.control.flush_callbacks()
    (made,) = sandbox.control.calls(PATIENT)
    assert (made.answered_by, made.status, made.said) == ("machine", "completed", ("How many?",))


def test_an_application_that_is_out_ends_the_call(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    application.answers = [(500, "")]
    assert sandbox.control.answer(PATIENT).status == "completed"


def test_the_demos_page_takes_a_call_presses_any_key_and_plays_a_voicemail(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    phones = SandboxPhones(sandbox.url)
    sid = real.send(call).provider_id
    application.answers = [(200, twiml.of_answer(question(application)))] * 13
    phones.call(sid, CallDoes.TAKE)
    for key in "0123456789*#":
        phones.call(sid, key)
    assert sandbox.control.calls(PATIENT)[-1].keys == tuple("0123456789*#")
    phones.call(sid, CallDoes.WAIT)
    (handset,) = phones.handsets(5)
    assert handset.texts[-1].call is CallStage.OVER
    second = real.send(asking(application.url, OTHER)).provider_id
    phones.call(second, CallDoes.MACHINE)
    assert sandbox.control.calls(OTHER)[-1].answered_by == "machine"


@pytest.mark.parametrize(("path", "body"), [("wait", {}), ("answer", {"by": "the cat"})])
def test_what_nobody_can_do_is_refused(
    real: Real, sandbox: RunningSandbox, call: Outgoing, path: str, body: dict[str, str]
) -> None:
    real.send(call)
    if path == "wait":
        sandbox.control.leave(PATIENT)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{sandbox.url}/calls/{PATIENT}/{path}", json=body)
    assert answer.status_code == 400
