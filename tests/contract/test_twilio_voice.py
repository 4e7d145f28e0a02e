"""Calls: one suite for the adapter (against the sandbox, over HTTP) and for the fake; and the
sandbox's phones, that ring, are taken, and press keys, with hooks that are signed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from rsm.kernel.errors import Deferred, Rejected, SendError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, KeyPress, MessageState, Outgoing, Spoken, StatusReport
from rsm.web.ports import CallDoes, CallStage, PhoneText
from tests.contract.sandboxes import CREDENTIALS, WHAT_WE_KNOW, Application, RealProvider, failure

NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
CLINIC, NURSE, SECOND = "+12025550102", "+12025550111", "+12025550112"
WORDS = "This is Lakeside & Sons. Alert K, 7, Q, M. ¿Está ahí?"


class Provider(Protocol):
    """Either implementation, with the hands that a test needs."""

    clock: VirtualClock

    def send(self, message: Outgoing) -> Accepted: ...
    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None: ...
    def refuse(self, codes: Mapping[str, int]) -> None: ...
    def rang(self) -> list[str]: ...
    def ends(self, number: str, status: str) -> list[StatusReport]: ...
    def press(self, number: str, key: str) -> KeyPress: ...


class Fake:
    """The fake, for the suite."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._fake = FakeVoice(clock)
        self.send, self.fault = self._fake.send, self._fake.fault

    def refuse(self, codes: Mapping[str, int]) -> None:
        self._fake.faults.refused.update(codes)

    def rang(self) -> list[str]:
        return [ring.message.to for ring in self._fake.calls]

    def ends(self, number: str, status: str) -> list[StatusReport]:
        return [report.report for report in self._fake.ends(number, status)]

    def press(self, number: str, key: str) -> KeyPress:
        return self._fake.press(number, key).press


class Real(RealProvider[TwilioVoice]):
    """The adapter and the sandbox, for the suite."""

    def __init__(
        self, clock: VirtualClock, sandbox: RunningSandbox, application: Application
    ) -> None:
        super().__init__(clock, sandbox, TwilioVoice)
        self._application = application

    def rang(self) -> list[str]:
        return [call.to for call in self.control.calls()]

    def ends(self, number: str, status: str) -> list[StatusReport]:
        if status == "completed":
            self.control.answer(number)
            self.control.hang_up(number)
        else:
            self.control.leave(number, status)
        self.control.flush_callbacks()
        return reports(self._application)

    def press(self, number: str, key: str) -> KeyPress:
        self.control.press(number, key)
        return keys(self._application)[-1]


def keys(application: Application) -> list[KeyPress]:
    forms = [form for _, form, _ in application.posts if "Digits" in form]
    return [TwilioCallbacks().key(form) for form in forms]


def reports(application: Application) -> list[StatusReport]:
    forms = [form for _, form, _ in application.posts if "Digits" not in form]
    return [TwilioCallbacks().status(form) for form in forms]


@pytest.fixture(params=["adapter", "fake"], name="provider")
def a_provider(request: pytest.FixtureRequest, application: Application) -> Iterator[Provider]:
    clock = VirtualClock(NOW)
    if request.param == "fake":
        yield Fake(clock)
        return
    real = Real(clock, request.getfixturevalue("sandbox"), application)
    yield real
    real.close()


@pytest.fixture(name="real")
def the_adapter(sandbox: RunningSandbox, application: Application) -> Iterator[Real]:
    real = Real(VirtualClock(NOW), sandbox, application)
    yield real
    real.close()


def calling(base: str, to: str = NURSE, words: str = WORDS) -> Outgoing:
    return Outgoing(
        id=UUID(int=1),
        channel=Channel.VOICE,
        to=to,
        sender=CLINIC,
        body=words,
        callback_url=f"{base}/hooks/twilio/status/1/2",
        spoken=Spoken("en-US", words, "Goodbye.", f"{base}/hooks/twilio/keys/1/2"),
    )


@pytest.fixture(name="call")
def a_call(application: Application) -> Outgoing:
    return calling(application.url)


def test_a_call_that_is_taken_on_rings(provider: Provider, call: Outgoing) -> None:
    accepted = provider.send(call)
    assert accepted.provider_id.startswith("CA")
    assert accepted.state is MessageState.ACCEPTED
    assert provider.rang() == [NURSE]


@pytest.mark.parametrize(
    ("fault", "error", "reason", "rang"),
    WHAT_WE_KNOW,
)
def test_a_fault_is_told_as_what_we_know_of_it(
    provider: Provider,
    fault: CreateFault,
    error: type[SendError],
    reason: SendReason,
    rang: int,
) -> None:
    provider.fault(fault)
    raised = failure(provider, calling("http://127.0.0.1:9"))
    assert (type(raised), raised.reason) == (error, reason)
    assert len(provider.rang()) == rang


def test_too_many_at_once_says_when_to_come_again(provider: Provider, call: Outgoing) -> None:
    provider.fault(CreateFault.TOO_MANY)
    raised = failure(provider, call)
    assert isinstance(raised, Deferred)
    assert raised.retry_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (21215, Rejected, SendReason.UNREACHABLE),
        (13224, Rejected, SendReason.INVALID_NUMBER),
        (21210, Deferred, SendReason.CREDENTIALS),
        (10004, Deferred, SendReason.RATE_LIMITED),
    ],
)
def test_a_refusal_says_whether_it_is_for_good(
    provider: Provider, call: Outgoing, code: int, error: type[SendError], reason: SendReason
) -> None:
    provider.refuse({NURSE: code})
    raised = failure(provider, call)
    assert (type(raised), raised.reason) == (error, reason)
    assert provider.rang() == []


def test_no_error_holds_a_number_or_a_word(provider: Provider, call: Outgoing) -> None:
    provider.refuse({NURSE: 13224})
    raised = failure(provider, call)
    assert NURSE not in str(raised)
    assert "Lakeside" not in str(raised)
    assert raised.__cause__ is None


def test_a_number_that_is_none_is_refused(provider: Provider, call: Outgoing) -> None:
    assert isinstance(failure(provider, replace(call, to="the nurse")), Rejected)


def test_a_message_without_spoken_words_is_no_call(provider: Provider, call: Outgoing) -> None:
    assert isinstance(failure(provider, replace(call, spoken=None)), Rejected)


@pytest.mark.parametrize(
    ("status", "states", "reason"),
    [
        (
            "completed",
            [MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED],
            None,
        ),
        ("busy", [MessageState.ACCEPTED, MessageState.UNDELIVERED], SendReason.BUSY),
        ("no-answer", [MessageState.ACCEPTED, MessageState.UNDELIVERED], SendReason.NO_ANSWER),
        ("failed", [MessageState.ACCEPTED, MessageState.FAILED], SendReason.UNREACHABLE),
    ],
)
def test_how_a_call_ended_is_reported(
    provider: Provider,
    call: Outgoing,
    status: str,
    states: list[MessageState],
    reason: SendReason | None,
) -> None:
    sid = provider.send(call).provider_id
    reports = provider.ends(NURSE, status)
    assert [report.state for report in reports] == states
    assert {report.provider_id for report in reports} == {sid}
    assert reports[-1].reason is reason


@pytest.mark.parametrize("key", ["1", "*", "#"])
def test_a_key_is_handed_in_with_its_call_and_the_phone(
    provider: Provider, call: Outgoing, key: str
) -> None:
    sid = provider.send(call).provider_id
    assert provider.press(NURSE, key) == KeyPress(sid, key, NURSE)


# --- the sandbox's phones -------------------------------------------------------------------------


def test_a_phone_hears_the_words_presses_a_key_and_hears_the_answer(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    assert sandbox.control.answer(NURSE).said == (WORDS,)
    keys_url = f"{application.url}/hooks/twilio/keys/1/2"
    more = Spoken("en-US", "That key does nothing here.", "Goodbye.", keys_url)
    application.answers = [
        (200, twiml.of_answer(more)),
        (200, twiml.of_answer(Spoken("en-US", "It is yours."))),
    ]
    assert sandbox.control.press(NURSE, "9").call.waits_for_key
    pressed = sandbox.control.press(NURSE, "1")
    assert pressed.answered == (200,)
    assert pressed.call.said == (WORDS, "That key does nothing here.", "It is yours.")
    assert (pressed.call.keys, pressed.call.status) == (("9", "1"), "completed")


def test_hooks_of_calls_are_signed_as_ours_are(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    sandbox.control.press(NURSE, "1")
    sandbox.control.flush_callbacks()
    check = SignatureCheck(CREDENTIALS, application.url)
    assert len(application.posts) == 4
    assert all(check.valid(path, form, signed) for path, form, signed in application.posts)
    assert {path for path, _, _ in application.posts} == {
        "/hooks/twilio/keys/1/2",
        "/hooks/twilio/status/1/2",
    }


def test_under_the_fault_double_keys_and_reports_come_twice(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    sandbox.control.callback_fault(CallbackFault.DOUBLE)
    assert len(sandbox.control.press(NURSE, "1").answered) == 2
    sandbox.control.flush_callbacks()
    assert [key.key for key in keys(application)] == ["1", "1"]
    assert len(reports(application)) == 6


def test_a_report_may_be_lost(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    sandbox.control.callback_fault(CallbackFault.LOST)
    real.send(call)
    sandbox.control.leave(NURSE, "busy")
    sandbox.control.flush_callbacks()
    assert reports(application) == []


@pytest.mark.parametrize(
    ("fate", "ends"),
    [
        (CallFate.BUSY, ("busy", ())),
        (CallFate.NO_ANSWER, ("no-answer", ())),
        (CallFate.FAILED, ("failed", ())),
        (CallFate.VOICEMAIL, ("completed", (WORDS,))),
    ],
)
def test_a_phone_may_have_a_fate(
    real: Real,
    sandbox: RunningSandbox,
    call: Outgoing,
    fate: CallFate,
    ends: tuple[str, tuple[str, ...]],
) -> None:
    sandbox.control.call_fates({NURSE: fate})
    real.send(call)
    real.send(replace(call, to=SECOND))
    sandbox.control.flush_callbacks()
    (first,) = sandbox.control.calls(NURSE)
    (second,) = sandbox.control.calls(SECOND)
    assert ((first.status, first.said), first.keys) == (ends, ())
    assert second.status == "ringing"


def test_an_application_that_is_out_takes_no_key(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    real.send(call)
    application.answers = [(404, "")]
    pressed = sandbox.control.press(NURSE, "1")
    assert (pressed.answered, pressed.call.status) == ((404,), "completed")


@pytest.mark.parametrize("what", ["press", "answer", "end"])
def test_nobody_is_on_a_line_that_is_over(
    real: Real, sandbox: RunningSandbox, call: Outgoing, what: str
) -> None:
    real.send(call)
    sandbox.control.leave(NURSE)
    url = f"{sandbox.url}/calls/{NURSE}/{what}"
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(url, json={"key": "1"}).status_code == 400
        assert session.post(url, data={"key": "1"}).status_code == 400


def test_a_call_can_be_fetched_and_is_shaped_as_twilio_says(
    real: Real, sandbox: RunningSandbox, call: Outgoing
) -> None:
    sid = real.send(call).provider_id
    url = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.account_sid}/Calls/{sid}.json"
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(url).status_code == 401
        found = session.get(url, auth=(sandbox.account_sid, sandbox.auth_token)).json()
        other = url.replace(sid, "CA" + "0" * 32)
        gone = session.get(other, auth=(sandbox.account_sid, sandbox.auth_token))
    assert (found["sid"], found["to"], found["from"]) == (sid, NURSE, CLINIC)
    assert found["direction"] == "outbound-api"
    assert "Lakeside" not in str(found)
    assert gone.status_code == 404


def test_the_demos_page_shows_the_call_and_does_what_is_pressed_there(
    real: Real, sandbox: RunningSandbox, application: Application, call: Outgoing
) -> None:
    phones = SandboxPhones(sandbox.url)
    sandbox.control.set_clock(NOW)
    sid = real.send(call).provider_id

    def shown() -> PhoneText:
        (handset,) = phones.handsets(5)
        assert handset.number == NURSE
        return handset.texts[-1]

    assert (shown().id, shown().call) == (sid, CallStage.RINGING)
    phones.call(sid, CallDoes.TAKE)
    assert (shown().body, shown().call) == (WORDS, CallStage.TAKEN)
    application.answers = [(200, twiml.of_answer(Spoken("en-US", "It is yours.")))]
    phones.call(sid, "1")
    assert (shown().call, shown().state) == (CallStage.OVER, "call, over")
    assert shown().body.endswith("It is yours.")
    phones.call(sid, CallDoes.HANG_UP)  # too late: nothing happens
    real.send(replace(call, to=SECOND))
    phones.call(SECOND, CallDoes.BUSY)
    assert phones.handsets(5)[1].texts[-1].state == "call, busy"
