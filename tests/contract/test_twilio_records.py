"""The provider's record of a period: one suite for adapter with sandbox, and for the fake."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest
import requests

from integrations.twilio.fake import FakeSender
from integrations.twilio.faults import ReadFault
from integrations.twilio.records import TwilioRecords
from integrations.twilio.sandbox.control import PastMessage, RunningSandbox
from integrations.twilio.sender import TwilioSender
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, Rejected, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Found, IncomingText, MessageState, Outgoing
from tests.contract.sandboxes import config

NOW = datetime(2026, 10, 19, 13, 0, 0, 750_000, tzinfo=UTC)
CLINIC, OTHER_CLINIC = "+12025550140", "+12025550141"
PATIENT, OTHER = "+12025550112", "+12025550117"
SERVICE = "MG" + "0" * 32
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)  # Twilio's times are whole ones


class Provider(Protocol):
    """Either implementation, with the hands that a test needs."""

    clock: VirtualClock

    def send(self, number: int, to: str = PATIENT, sender: str = CLINIC) -> str: ...
    def text(self, number: str, body: str, to: str) -> None: ...
    def flush(self) -> None: ...
    def fail(self, fault: ReadFault, times: int = 1) -> None: ...
    def on_the_phone(self, number: str) -> list[str]: ...
    def sent(self, sender: str, since: datetime, until: datetime) -> Sequence[Found]: ...
    def texts(self, to: str, since: datetime, until: datetime) -> Sequence[IncomingText]: ...
    def redact(self, provider_id: str) -> None: ...


class Fake:
    """The fake, for the suite."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._fake = FakeSender(clock)
        self.sent, self.texts = self._fake.sent, self._fake.texts
        self.redact = self._fake.redact

    def send(self, number: int, to: str = PATIENT, sender: str = CLINIC) -> str:
        return self._fake.send(outgoing(number, to, sender)).provider_id

    def text(self, number: str, body: str, to: str) -> None:
        self._fake.text(number, body, to)

    def flush(self) -> None:
        self._fake.flush_callbacks()

    def fail(self, fault: ReadFault, times: int = 1) -> None:
        self._fake.faults.reads += [fault] * times

    def on_the_phone(self, number: str) -> list[str]:
        return self._fake.received(number)


class Real:
    """Adapter and sandbox, for the suite. The sandbox's clock follows ours. The adapter is
    impatient where the sandbox is to keep silent, and nowhere else."""

    def __init__(self, clock: VirtualClock, sandbox: RunningSandbox) -> None:
        self.clock = clock
        self._control = sandbox.control
        self._sender = TwilioSender(config(sandbox), clock)
        self._patient = TwilioRecords(config(sandbox), clock)
        self._impatient = TwilioRecords(config(sandbox, 2), clock)
        self._will_wait = True

    def send(self, number: int, to: str = PATIENT, sender: str = CLINIC) -> str:
        self._control.set_clock(self.clock.now())
        return self._sender.send(outgoing(number, to, sender)).provider_id

    def text(self, number: str, body: str, to: str) -> None:
        self._control.set_clock(self.clock.now())
        self._control.text(number, body, to)

    def flush(self) -> None:
        self._control.flush_callbacks()

    def fail(self, fault: ReadFault, times: int = 1) -> None:
        self._will_wait = fault is not ReadFault.TIMEOUT
        self._control.read_fault(fault, times)

    def sent(self, sender: str, since: datetime, until: datetime) -> Sequence[Found]:
        return self._records().sent(sender, since, until)

    def texts(self, to: str, since: datetime, until: datetime) -> Sequence[IncomingText]:
        return self._records().texts(to, since, until)

    def redact(self, provider_id: str) -> None:
        self._records().redact(provider_id)

    def _records(self) -> TwilioRecords:
        records = self._patient if self._will_wait else self._impatient
        self._will_wait = True
        return records

    def on_the_phone(self, number: str) -> list[str]:
        return [m.body for m in self._control.thread(number).messages if not m.inbound]

    def close(self) -> None:
        self._sender.close()
        self._patient.close()
        self._impatient.close()


def outgoing(number: int, to: str, sender: str) -> Outgoing:
    url = f"http://127.0.0.1:9/hooks/twilio/status?key={UUID(int=number)}"
    body = f"Lakeside: your check-in is ready, {number}."
    return Outgoing(UUID(int=number), Channel.SMS, to, sender, body, url)


@pytest.fixture(params=["adapter", "fake"], name="provider")
def a_provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    clock = VirtualClock(NOW)
    if request.param == "fake":
        yield Fake(clock)
        return
    real = Real(clock, request.getfixturevalue("sandbox"))
    yield real
    real.close()


def test_all_that_one_sender_sent_is_read_oldest_first_to_whomever(provider: Provider) -> None:
    provider.send(1)
    provider.clock.advance(HOUR)
    second = provider.send(2)
    provider.send(3, sender=OTHER_CLINIC)
    provider.clock.advance(HOUR)
    third = provider.send(4, to=OTHER)
    provider.clock.advance(HOUR)
    provider.send(5)
    provider.text(PATIENT, "2", CLINIC)
    found = provider.sent(CLINIC, NOW + HOUR, NOW + 3 * HOUR - SECOND)
    assert [(each.provider_id, each.to) for each in found] == [(second, PATIENT), (third, OTHER)]


def test_what_still_waits_at_the_provider_is_read_as_well(provider: Provider) -> None:
    delivered = provider.send(1)
    provider.flush()
    provider.clock.advance(HOUR)
    waiting = provider.send(2)
    found = provider.sent(CLINIC, NOW, NOW + 2 * HOUR)
    assert [(each.provider_id, each.state) for each in found] == [
        (delivered, MessageState.DELIVERED),
        (waiting, MessageState.ACCEPTED),
    ]


def test_the_provider_s_own_answers_are_not_taken_for_messages_of_ours(provider: Provider) -> None:
    provider.text(PATIENT, "STOP", CLINIC)
    assert provider.sent(CLINIC, NOW, NOW + HOUR) == []


def test_a_messaging_service_s_messages_are_read_by_its_id(provider: Provider) -> None:
    by_service = provider.send(1, sender=SERVICE)
    provider.send(2)
    found = provider.sent(SERVICE, NOW, NOW + HOUR)
    assert [(each.provider_id, each.sender) for each in found] == [(by_service, SERVICE)]


def test_texts_that_came_in_are_read_in_order_with_their_time(provider: Provider) -> None:
    provider.text(PATIENT, "before", CLINIC)
    provider.clock.advance(HOUR)
    for body in ("STOP", "start", "2"):
        provider.text(PATIENT, body, CLINIC)
    provider.text(OTHER, "to another number", OTHER_CLINIC)
    provider.clock.advance(HOUR)
    provider.text(OTHER, "after", CLINIC)
    provider.send(1)
    found = provider.texts(CLINIC, NOW + HOUR, NOW + 2 * HOUR - SECOND)
    assert [(each.sender, each.body) for each in found] == [
        (PATIENT, "STOP"),
        (PATIENT, "start"),
        (PATIENT, "2"),
    ]
    times = {each.received_at for each in found}
    assert all(time and abs(time - NOW - HOUR) < SECOND for time in times)
    assert {each.provider for each in found} == {"twilio"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ReadFault.TOO_MANY, SendReason.RATE_LIMITED),
        (ReadFault.SERVER_ERROR, SendReason.PROVIDER_ERROR),
        (ReadFault.UNAVAILABLE, SendReason.PROVIDER_ERROR),
        (ReadFault.DROP, SendReason.NETWORK),
        (ReadFault.TIMEOUT, SendReason.TIMEOUT),
    ],
)
def test_half_a_record_is_none(provider: Provider, fault: ReadFault, reason: SendReason) -> None:
    sid = provider.send(1)
    provider.flush()
    for read in (
        lambda: provider.sent(CLINIC, NOW, NOW + HOUR),
        lambda: provider.texts(CLINIC, NOW, NOW + HOUR),
        lambda: provider.redact(sid),
    ):
        provider.fail(fault)
        with pytest.raises(Deferred) as raised:
            read()
        assert raised.value.reason is reason
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert len(provider.sent(CLINIC, NOW, NOW + HOUR)) == 1


def test_a_body_is_deleted_at_the_provider_and_nowhere_else(provider: Provider) -> None:
    sid = provider.send(1)
    with pytest.raises(Deferred):
        provider.redact(sid)  # it has not come to its end
    provider.flush()
    provider.redact(sid)
    provider.redact(sid)
    (found,) = provider.sent(CLINIC, NOW, NOW + HOUR)
    assert (found.body, found.state) == ("", MessageState.DELIVERED)
    assert provider.on_the_phone(PATIENT) == ["Lakeside: your check-in is ready, 1."]


def test_what_is_not_there_any_more_is_never_asked_for_again(provider: Provider) -> None:
    with pytest.raises(Rejected):
        provider.redact("SM" + "0" * 32)


def test_a_record_is_read_over_all_its_pages(sandbox: RunningSandbox) -> None:
    sandbox.control.seed(
        [
            PastMessage(CLINIC, OTHER, f"Week {number}.", NOW - timedelta(minutes=2500 - number))
            for number in range(2500)
        ]
    )
    records = TwilioRecords(config(sandbox), VirtualClock(NOW))
    found = records.sent(CLINIC, NOW - timedelta(minutes=2000), NOW)
    records.close()
    assert [each.body for each in found] == [f"Week {number}." for number in range(500, 2500)]


def test_a_page_that_fails_in_the_middle_defers_the_whole(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.control.seed([PastMessage(CLINIC, OTHER, "Hello.", NOW)] * 1500)
    records = TwilioRecords(config(sandbox), VirtualClock(NOW))
    pages = iter([None, 500])
    session_request = records._transport.request

    def request(*given: object, **named: object) -> object:
        if next(pages, None):
            sandbox.control.read_fault(ReadFault.SERVER_ERROR)
        return session_request(*given, **named)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(records._transport, "request", request)
    with pytest.raises(Deferred):
        records.sent(CLINIC, NOW - HOUR, NOW + HOUR)
    records.close()


def test_the_log_of_creates_still_names_a_message_whose_body_is_deleted(
    sandbox: RunningSandbox,
) -> None:
    provider = Real(VirtualClock(NOW), sandbox)
    sid = provider.send(7)
    provider.flush()
    provider.redact(sid)
    provider.close()
    (entry,) = sandbox.control.log()
    assert entry.callback_url.endswith(str(UUID(int=7)))


def test_a_change_other_than_deleting_the_body_is_refused(sandbox: RunningSandbox) -> None:
    provider = Real(VirtualClock(NOW), sandbox)
    sid = provider.send(1)
    provider.flush()
    provider.close()
    where = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.account_sid}/Messages/{sid}.json"
    login = (sandbox.account_sid, sandbox.auth_token)
    answer = requests.post(where, data={"Body": "Other words"}, auth=login, timeout=30)
    assert answer.status_code == 400
