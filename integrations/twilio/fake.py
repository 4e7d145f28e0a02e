"""Twilio in memory: the same ports, answers and misbehaviour as adapter and sandbox together.

For flow tests and simulations: no network, no threads, and the same outcome for the same seed.
It passes the adapter's own contract tests (`tests/contract/test_twilio_sender.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from integrations.twilio import checks, codes
from integrations.twilio.callbacks import PROVIDER
from integrations.twilio.faults import (
    CreateFault,
    FaultBook,
    PlannedFault,
    ReadFault,
    distorted,
)
from integrations.twilio.hooks import InboundText, StatusCallback
from integrations.twilio.sandbox.exchange import Exchange, Wanted
from integrations.twilio.sandbox.model import INBOUND, OUTBOUND, Message
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.kernel.ids import Ids, SeededIds
from rsm.messaging.model import Accepted, Found, IncomingText, MessageState, Outgoing

ACCOUNT_SID = "AC" + "f" * 32
RETRY_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class FakeCall:
    """A status callback, and the address that it would go to."""

    url: str
    callback: StatusCallback


def failure_before(fault: CreateFault | None, clock: Clock) -> SendError | None:
    """The error of a fault that strikes before a message or a call is taken."""
    if fault is CreateFault.TOO_MANY:
        return codes.refusal(429, None, clock.now() + RETRY_AFTER)
    if fault is CreateFault.SERVER_ERROR:
        return codes.refusal(500, 20500)
    if fault is CreateFault.UNAVAILABLE:
        return codes.refusal(503, 20503)
    if fault is CreateFault.DROP_BEFORE_ACCEPT:
        return OutcomeUnknown(SendReason.NETWORK, "ConnectionError")
    return None


def failure_after(fault: CreateFault | None) -> SendError | None:
    """The error of a fault that strikes once it was taken: we do not hear of that."""
    if fault is CreateFault.DROP_AFTER_ACCEPT:
        return OutcomeUnknown(SendReason.NETWORK, "ConnectionError")
    if fault is CreateFault.TIMEOUT_AFTER_ACCEPT:
        return OutcomeUnknown(SendReason.TIMEOUT, "ReadTimeout")
    return None


class FakeSender:
    """A provider and all its phones. `faults` holds what was planned; see the methods."""

    def __init__(self, clock: Clock, ids: Ids | None = None) -> None:
        self.faults = FaultBook()
        self.keywords = True
        self.accepted: list[Outgoing] = []  # every create that was taken, in order
        self._clock = clock
        self._exchange = Exchange(clock, ids or SeededIds("fake twilio"))
        self._waiting: list[str] = []
        self._door = Lock()  # delivery sends on many threads

    def send(self, message: Outgoing) -> Accepted:
        """Take the message, or fail as planned or as Twilio would; one after another."""
        with self._door:
            return self._take(message)

    def _take(self, message: Outgoing) -> Accepted:
        fault = self.faults.strike(message.to)
        before = failure_before(fault, self._clock)
        if before is not None:
            raise before
        request = _request(message)
        code = self.faults.refused.get(message.to) or self._exchange.refused(request)
        if code is not None:
            raise codes.refusal(400, code)
        kept = self._exchange.accept(request)
        self.accepted.append(message)
        self._waiting.append(kept.sid)
        after = failure_after(fault)
        if after is not None:
            raise after
        return Accepted(kept.sid)

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """The list for this pair, newest first."""
        found = self._exchange.newest_first(Wanted(to=to))
        first = since.replace(microsecond=0)
        return [
            _found(message, sender)
            for message in found
            if message.direction != INBOUND
            and sender in {message.sender, message.service}
            and message.created_at >= first
        ]

    def sent(self, sender: str, since: datetime, until: datetime) -> Sequence[Found]:
        """All that went out from this sender in the period, the oldest first."""
        self._fail_read()
        return [
            _found(message, sender)
            for message in self._period(since, until)
            if message.direction == OUTBOUND and sender in {message.sender, message.service}
        ]

    def texts(self, to: str, since: datetime, until: datetime) -> Sequence[IncomingText]:
        """All that came in to this number in the period, the oldest first."""
        self._fail_read()
        return [
            IncomingText(PROVIDER, m.sid, m.sender, m.to, _body(m), received_at=m.created_at)
            for m in self._period(since, until)
            if m.direction == INBOUND and m.to == to
        ]

    def redact(self, provider_id: str) -> None:
        """Delete the body of a message that has come to its end."""
        self._fail_read()
        message = self._exchange.get(provider_id)
        if message is None:
            raise Rejected(SendReason.REFUSED, "redact: HTTP 404")
        if not message.is_final:
            raise Deferred(SendReason.PROVIDER_ERROR, "redact: HTTP 409")
        self._exchange.redact(message)

    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None:
        """Let the next creates fail (`times` None: all), or only those to one number."""
        self.faults.plan(PlannedFault(fault, times, to))

    def flush_callbacks(self) -> list[FakeCall]:
        """Let every waiting message live to its end; the callbacks as they would arrive."""
        waiting, self._waiting = self._waiting, []
        return [call for sid in waiting for call in self._live(sid)]

    def text(self, number: str, body: str, to: str) -> InboundText:
        """The phone texts `to`; STOP and START are obeyed before the application hears of it."""
        now = self._clock.now()
        sid = self._exchange.new_sid()
        self._exchange.add(Message(sid, INBOUND, number, to, body, now, "received", now))
        keyword = checks.keyword(body) if self.keywords else None
        if keyword is not None:
            self._exchange.obey(keyword, number, to)
        return InboundText(ACCOUNT_SID, sid, number, to, body, keyword)

    def received(self, number: str) -> list[str]:
        """The texts on this phone, in order."""
        thread = self._exchange.thread(number)
        return [message.body for message in thread if message.direction != INBOUND]

    def _period(self, since: datetime, until: datetime) -> list[Message]:
        first = since.replace(microsecond=0)
        found = self._exchange.newest_first(Wanted())[::-1]
        return [message for message in found if first <= message.created_at < until]

    def _fail_read(self) -> None:
        """Fail as planned for requests other than creates."""
        fault = self.faults.strike_read()
        if fault is ReadFault.TOO_MANY:
            again = self._clock.now() + RETRY_AFTER
            raise Deferred(SendReason.RATE_LIMITED, "list: HTTP 429", again)
        if fault in {ReadFault.DROP, ReadFault.TIMEOUT}:
            lost = SendReason.NETWORK if fault is ReadFault.DROP else SendReason.TIMEOUT
            raise Deferred(lost, "list: no answer")
        if fault is not None:
            raise Deferred(SendReason.PROVIDER_ERROR, f"list: HTTP {fault}")

    def _live(self, sid: str) -> list[FakeCall]:
        message = self._exchange.get(sid)
        if message is None:
            return []
        steps = self.faults.life(message.to)
        self._exchange.advance(sid, *steps[-1])
        return [
            FakeCall(message.callback_url, _callback(sid, status, code))
            for status, code in distorted(steps, self.faults.callbacks)
        ]


def _request(message: Outgoing) -> checks.Request:
    service = message.sender.startswith("MG")
    return checks.Request(
        to=message.to,
        sender="" if service else message.sender,
        body=message.body,
        service=message.sender if service else "",
        callback_url=message.callback_url,
    )


def _callback(sid: str, status: str, code: int | None) -> StatusCallback:
    return StatusCallback(ACCOUNT_SID, sid, status, None if code is None else str(code))


def _body(message: Message) -> str:
    return "" if message.redacted else message.body


def _found(message: Message, sender: str) -> Found:
    verdict = codes.verdict_of(message.error_code)
    return Found(
        provider_id=message.sid,
        to=message.to,
        sender=sender,
        body=_body(message),
        state=codes.state_of(message.status) or MessageState.ACCEPTED,
        created_at=message.created_at,
        error_code=None if message.error_code is None else str(message.error_code),
        reason=verdict.reason if verdict else None,
    )
