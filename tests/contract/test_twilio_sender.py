"""One suite for the adapter (against the sandbox, a process of its own) and for the fake."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest

from integrations.twilio.fake import FakeSender
from integrations.twilio.faults import CallbackFault, CreateFault
from integrations.twilio.sandbox.control import RunningSandbox
from integrations.twilio.sender import TwilioConfig, TwilioSender
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, Rejected, SendError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, Found, MessageState, Outgoing
from tests.contract.sandboxes import CREDENTIALS, WHAT_WE_KNOW, RealProvider, config, failure

NOW = datetime(2026, 10, 19, 13, 0, 0, 750_000, tzinfo=UTC)
CLINIC, OTHER_CLINIC = "+12025550140", "+12025550141"
PATIENT, OTHER = "+12025550112", "+12025550117"
SERVICE = "MG" + "0" * 32


class Provider(Protocol):
    """Either implementation, with the hands that a test needs."""

    clock: VirtualClock

    def send(self, message: Outgoing) -> Accepted: ...
    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]: ...
    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None: ...
    def callback_fault(self, fault: CallbackFault) -> None: ...
    def unreachable(self, number: str) -> None: ...
    def refuse(self, codes: Mapping[str, int]) -> None: ...
    def text(self, number: str, body: str, to: str) -> None: ...
    def flush(self) -> list[tuple[str, str]]: ...
    def taken(self) -> list[tuple[str, str]]: ...


class Fake:
    """The fake, for the suite."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._fake = FakeSender(clock)
        self.send, self.sent_to = self._fake.send, self._fake.sent_to
        self.fault = self._fake.fault

    def callback_fault(self, fault: CallbackFault) -> None:
        self._fake.faults.callbacks = fault

    def unreachable(self, number: str) -> None:
        self._fake.faults.unreachable.add(number)

    def refuse(self, codes: Mapping[str, int]) -> None:
        self._fake.faults.refused.update(codes)

    def text(self, number: str, body: str, to: str) -> None:
        self._fake.text(number, body, to)

    def flush(self) -> list[tuple[str, str]]:
        calls = self._fake.flush_callbacks()
        return [(call.callback.provider_id, call.callback.status) for call in calls]

    def taken(self) -> list[tuple[str, str]]:
        return [(message.to, message.callback_url) for message in self._fake.accepted]


class Real(RealProvider[TwilioSender]):
    """The adapter and the sandbox, for the suite. The sandbox's clock follows ours."""

    def __init__(self, clock: VirtualClock, sandbox: RunningSandbox) -> None:
        super().__init__(clock, sandbox, TwilioSender)
        self.callback_fault = self.control.callback_fault

    def send(self, message: Outgoing) -> Accepted:
        self.control.set_clock(self.clock.now())
        return super().send(message)

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        return self.adapter.sent_to(to, sender, since)

    def unreachable(self, number: str) -> None:
        self.control.unreachable([number])

    def text(self, number: str, body: str, to: str) -> None:
        self.control.text(number, body, to)

    def flush(self) -> list[tuple[str, str]]:
        return [(call.sid, call.status) for call in self.control.flush_callbacks()]

    def taken(self) -> list[tuple[str, str]]:
        return [(message.to, message.callback_url) for message in self.control.log()]


@pytest.fixture(params=["adapter", "fake"], name="provider")
def a_provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    clock = VirtualClock(NOW)
    if request.param == "fake":
        yield Fake(clock)
        return
    sandbox: RunningSandbox = request.getfixturevalue("sandbox")
    real = Real(clock, sandbox)
    yield real
    real.close()


def outgoing(number: int = 1, to: str = PATIENT, sender: str = CLINIC, body: str = "") -> Outgoing:
    return Outgoing(
        id=UUID(int=number),
        channel=Channel.SMS,
        to=to,
        sender=sender,
        body=body or f"Lakeside: your check-in is ready, {number}.",
        callback_url=key(number),
        valid_seconds=None,
    )


def key(number: int) -> str:
    """A callback address that nobody serves: it names the message in the provider's log."""
    return f"http://127.0.0.1:9/hooks/twilio/status?key={UUID(int=number)}"


def test_an_accepted_message_is_in_the_list_with_its_words(provider: Provider) -> None:
    accepted = provider.send(outgoing(body="Clínica Lakeside: ¿cómo está? 👍"))
    assert accepted.state is MessageState.ACCEPTED
    assert list(provider.sent_to(PATIENT, CLINIC, NOW)) == [
        Found(
            provider_id=accepted.provider_id,
            to=PATIENT,
            sender=CLINIC,
            body="Clínica Lakeside: ¿cómo está? 👍",
            state=MessageState.ACCEPTED,
            created_at=provider.sent_to(PATIENT, CLINIC, NOW)[0].created_at,
        )
    ]


def test_the_list_is_newest_first_and_holds_only_this_pair_since_then(provider: Provider) -> None:
    provider.send(outgoing(1))
    provider.clock.advance(timedelta(hours=1))
    second = provider.send(outgoing(2))
    provider.clock.advance(timedelta(hours=1))
    third = provider.send(outgoing(3))
    provider.send(outgoing(4, to=OTHER))
    provider.send(outgoing(5, sender=OTHER_CLINIC))
    provider.text(PATIENT, "3 lots since friday", CLINIC)
    found = provider.sent_to(PATIENT, CLINIC, NOW + timedelta(hours=1))
    assert [item.provider_id for item in found] == [third.provider_id, second.provider_id]


def test_a_message_of_this_very_second_is_found(provider: Provider) -> None:
    accepted = provider.send(outgoing())
    assert [f.provider_id for f in provider.sent_to(PATIENT, CLINIC, NOW)] == [accepted.provider_id]


def test_a_messaging_service_may_be_the_sender(provider: Provider) -> None:
    accepted = provider.send(outgoing(1, sender=SERVICE))
    provider.send(outgoing(2))
    found = provider.sent_to(PATIENT, SERVICE, NOW)
    assert [(item.provider_id, item.sender) for item in found] == [(accepted.provider_id, SERVICE)]


@pytest.mark.parametrize(
    ("fault", "error", "reason", "taken"),
    WHAT_WE_KNOW,
)
def test_a_fault_is_told_as_what_we_know_of_it(
    provider: Provider,
    fault: CreateFault,
    error: type[SendError],
    reason: SendReason,
    taken: int,
) -> None:
    provider.fault(fault)
    raised = failure(provider, outgoing())
    assert (type(raised), raised.reason) == (error, reason)
    assert len(provider.taken()) == taken


def test_a_message_lost_on_the_way_back_is_found_in_the_list_and_sent_once(
    provider: Provider,
) -> None:
    provider.fault(CreateFault.DROP_AFTER_ACCEPT)
    failure(provider, outgoing())
    found = provider.sent_to(PATIENT, CLINIC, NOW)
    assert [item.body for item in found] == [outgoing().body]
    assert provider.taken() == [(PATIENT, key(1))]


def test_a_limit_says_when_to_come_back(provider: Provider) -> None:
    provider.fault(CreateFault.TOO_MANY)
    raised = failure(provider, outgoing())
    assert isinstance(raised, Deferred)
    assert raised.retry_at == NOW + timedelta(seconds=2)


def test_a_fault_strikes_as_often_as_asked_and_only_this_number(provider: Provider) -> None:
    provider.fault(CreateFault.UNAVAILABLE, times=2, to=PATIENT)
    provider.send(outgoing(1, to=OTHER))
    failure(provider, outgoing(2))
    failure(provider, outgoing(2))
    provider.send(outgoing(2))
    assert provider.taken() == [(OTHER, key(1)), (PATIENT, key(2))]


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (21211, Rejected, SendReason.INVALID_NUMBER),
        (21614, Rejected, SendReason.INVALID_NUMBER),
        (21408, Rejected, SendReason.UNREACHABLE),
        (21610, Rejected, SendReason.OPTED_OUT),
        (21611, Deferred, SendReason.RATE_LIMITED),
        (21606, Deferred, SendReason.CREDENTIALS),
        (29999, Rejected, SendReason.REFUSED),
    ],
)
def test_a_refusal_is_told_by_its_code(
    provider: Provider, code: int, error: type[SendError], reason: SendReason
) -> None:
    provider.refuse({PATIENT: code})
    raised = failure(provider, outgoing())
    assert (type(raised), raised.reason) == (error, reason)
    assert provider.taken() == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (outgoing(to="555-0112"), SendReason.INVALID_NUMBER),
        (outgoing(to=""), SendReason.INVALID_NUMBER),
        (outgoing(body="x" * 1601), SendReason.REFUSED),
    ],
)
def test_what_can_never_be_sent_is_rejected(
    provider: Provider, message: Outgoing, reason: SendReason
) -> None:
    raised = failure(provider, message)
    assert (type(raised), raised.reason) == (Rejected, reason)


def test_an_error_never_holds_the_number_or_the_text(provider: Provider) -> None:
    errors = []
    for fault in CreateFault:
        provider.fault(fault)
        errors.append(failure(provider, outgoing()))
    provider.refuse({PATIENT: 21211})
    errors.append(failure(provider, outgoing()))
    for error in errors:
        told = f"{error!r} {error} {error.detail}"
        assert PATIENT.removeprefix("+") not in told
        assert "check-in" not in told
        assert (error.__cause__, error.__context__) == (None, None)


def test_stop_blocks_this_sender_only_until_start(provider: Provider) -> None:
    provider.text(PATIENT, " stop ", CLINIC)
    assert failure(provider, outgoing(1)).reason is SendReason.OPTED_OUT
    provider.send(outgoing(2, sender=OTHER_CLINIC))
    provider.send(outgoing(3, to=OTHER))
    provider.text(PATIENT, "START", CLINIC)
    provider.send(outgoing(4))
    assert [url for _, url in provider.taken()] == [key(2), key(3), key(4)]


def test_stop_within_a_sentence_is_not_obeyed_by_the_provider(provider: Provider) -> None:
    provider.text(PATIENT, "Stop. Thank you", CLINIC)
    provider.send(outgoing())
    assert len(provider.taken()) == 1


def test_a_message_lives_until_it_is_delivered(provider: Provider) -> None:
    sid = provider.send(outgoing()).provider_id
    assert provider.flush() == [(sid, "queued"), (sid, "sent"), (sid, "delivered")]
    assert provider.flush() == []
    assert provider.sent_to(PATIENT, CLINIC, NOW)[0].state is MessageState.DELIVERED


def test_an_unreachable_number_ends_undelivered_with_its_code(provider: Provider) -> None:
    provider.unreachable(PATIENT)
    sid = provider.send(outgoing()).provider_id
    assert provider.flush()[-1] == (sid, "undelivered")
    found = provider.sent_to(PATIENT, CLINIC, NOW)[0]
    assert (found.state, found.error_code) == (MessageState.UNDELIVERED, "30003")


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (CallbackFault.DOUBLE, ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        (CallbackFault.REORDER, ["delivered", "sent", "queued"]),
        (CallbackFault.LOST, []),
    ],
)
def test_callbacks_misbehave_and_the_list_still_tells_the_end(
    provider: Provider, fault: CallbackFault, statuses: list[str]
) -> None:
    provider.callback_fault(fault)
    provider.send(outgoing())
    assert [status for _, status in provider.flush()] == statuses
    assert provider.sent_to(PATIENT, CLINIC, NOW)[0].state is MessageState.DELIVERED


def test_threads_share_one_sender_and_each_gets_its_own_answer(sandbox: RunningSandbox) -> None:
    sender = TwilioSender(config(sandbox), VirtualClock(NOW))
    with ThreadPoolExecutor(16) as threads:
        sids = list(threads.map(lambda n: sender.send(outgoing(n)).provider_id, range(1, 201)))
    sender.close()
    keys = {message.sid: message.callback_url for message in sandbox.control.log()}
    assert [keys[sid] for sid in sids] == [key(number) for number in range(1, 201)]


def test_the_list_is_read_over_all_its_pages(sandbox: RunningSandbox) -> None:
    sandbox.control.set_clock(NOW)
    sender = TwilioSender(config(sandbox), VirtualClock(NOW))
    sids = {sender.send(outgoing(n, to="+12025550199")).provider_id for n in range(1, 251)}
    found = sender.sent_to("+12025550199", CLINIC, NOW)
    sender.close()
    assert {item.provider_id for item in found} == sids


def test_wrong_credentials_lose_nothing(sandbox: RunningSandbox) -> None:
    wrong = TwilioConfig(sandbox.account_sid, "wrong", sandbox.url)
    sender = TwilioSender(wrong, VirtualClock(NOW))
    with pytest.raises(Deferred) as sending:
        sender.send(outgoing())
    with pytest.raises(Deferred) as listing:
        sender.sent_to(PATIENT, CLINIC, NOW)
    sender.close()
    assert sending.value.reason is SendReason.CREDENTIALS
    assert listing.value.reason is SendReason.CREDENTIALS


def test_a_port_that_nobody_serves_defers(sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    sender = TwilioSender(TwilioConfig(sandbox.account_sid, CREDENTIALS, url), VirtualClock(NOW))
    with pytest.raises(Deferred) as sending:
        sender.send(outgoing())
    with pytest.raises(Deferred) as listing:
        sender.sent_to(PATIENT, CLINIC, NOW)
    sender.close()
    assert sending.value.reason is SendReason.NETWORK
    assert listing.value.reason is SendReason.NETWORK


def test_a_validity_out_of_bounds_is_brought_within_them(sandbox: RunningSandbox) -> None:
    sender = TwilioSender(config(sandbox), VirtualClock(NOW))
    for seconds in (0, 1, 36_000, 90_000):
        base = outgoing(seconds + 1)
        sender.send(Outgoing(base.id, base.channel, base.to, base.sender, base.body, "", seconds))
    sender.close()


def test_a_message_without_a_sender_goes_through_the_accounts_service(
    sandbox: RunningSandbox,
) -> None:
    given = TwilioConfig(
        sandbox.account_sid, CREDENTIALS, sandbox.url, messaging_service_sid=SERVICE
    )
    sender = TwilioSender(given, VirtualClock(NOW))
    sid = sender.send(outgoing(sender="")).provider_id
    sender.close()
    assert {m.sid: m.service for m in sandbox.control.log()}[sid] == SERVICE


def test_a_number_may_send_as_part_of_the_service_that_its_campaign_hangs_on(
    sandbox: RunningSandbox,
) -> None:
    sender = TwilioSender(config(sandbox), VirtualClock(NOW))
    message = replace(outgoing(), service=SERVICE)
    sid = sender.send(message).provider_id
    found = sender.sent_to(message.to, message.sender, NOW - timedelta(days=1))
    sender.close()
    (kept,) = [each for each in sandbox.control.log() if each.sid == sid]
    assert (kept.sender, kept.service) == (message.sender, SERVICE)
    assert sid in {each.provider_id for each in found}


def test_twilio_is_told_to_call_again_and_calls_the_address_alone(sandbox: RunningSandbox) -> None:
    sender = TwilioSender(config(sandbox), VirtualClock(NOW))
    message = outgoing()
    assert sender._fields(message)["status_callback"] == f"{message.callback_url}#rc=5&rp=all"
    sid = sender.send(message).provider_id
    sender.close()
    assert {m.sid: m.callback_url for m in sandbox.control.log()}[sid] == message.callback_url


def test_the_token_is_never_shown(sandbox: RunningSandbox) -> None:
    assert CREDENTIALS not in repr(config(sandbox))
    assert CREDENTIALS not in repr(sandbox)
