"""Calls in memory: the port of the adapter, and the phones that ring.

For flow tests and simulations, in the shape of `FakeSender`. What a phone does is returned as
what would be handed in to our hooks, with the address of the hook.
"""

from dataclasses import dataclass
from threading import Lock

from integrations.twilio import checks, codes, twiml
from integrations.twilio.fake import ACCOUNT_SID, failure_after, failure_before
from integrations.twilio.faults import CallFate, CreateFault, FaultBook, PlannedFault, distorted
from integrations.twilio.hooks import AskedTurn, CallReport, PressedKey
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Rejected, SendReason
from rsm.kernel.ids import Ids, SeededIds
from rsm.messaging.model import Accepted, CallTurn, KeyPress, Outgoing, Spoken, StatusReport


@dataclass(frozen=True)
class FakeReport:
    """A report on a call, and the address that it would go to."""

    url: str
    callback: CallReport

    @property
    def report(self) -> StatusReport:
        """As our hook reads it."""
        call = self.callback
        reason = call.verdict.reason if call.verdict else None
        return StatusReport(call.provider_id, call.state, call.error_code, reason)


@dataclass(frozen=True)
class FakeKey:
    """A key that was pressed, and the address that it would go to."""

    url: str
    callback: PressedKey

    @property
    def press(self) -> KeyPress:
        """As our hook reads it."""
        return KeyPress(self.callback.provider_id, self.callback.key, self.callback.to)


@dataclass(frozen=True)
class FakeTurn:
    """A call that asks what to say, and the address that it asks at."""

    url: str
    callback: AskedTurn

    @property
    def turn(self) -> CallTurn:
        """As our hook reads it."""
        asked = self.callback
        who = codes.answered_by(asked.answered_by)
        return CallTurn(asked.provider_id, asked.to, asked.keys, who)


@dataclass(frozen=True)
class FakeRing:
    """One call that was made."""

    sid: str
    message: Outgoing
    spoken: Spoken


class FakeVoice:
    """A provider of calls and all its phones. A phone rings until a test says what becomes of it,
    or `faults.calls` does."""

    def __init__(self, clock: Clock, ids: Ids | None = None) -> None:
        self.faults = FaultBook()
        self.calls: list[FakeRing] = []  # every call that was taken, in order
        self._clock = clock
        self._ids = ids or SeededIds("fake voice")
        self._ended: set[str] = set()
        self._door = Lock()  # delivery sends on many threads

    def send(self, message: Outgoing) -> Accepted:
        """Ring, or fail as planned or as Twilio would; one after another."""
        with self._door:
            return self._take(message)

    def _take(self, message: Outgoing) -> Accepted:
        if message.spoken is None:
            raise Rejected(SendReason.REFUSED, "a call without words")
        fault = self.faults.strike(message.to)
        before = failure_before(fault, self._clock)
        if before is not None:
            raise before
        asked = message.spoken.asked_url
        request = checks.CallRequest(
            to=message.to,
            sender=message.sender,
            twiml="" if asked else twiml.of_call(message.spoken),
            callback_url=message.callback_url,
            url=asked,
            detects=bool(asked),
        )
        code = self.faults.refused.get(message.to) or checks.refused_call(request)
        if code is not None:
            raise codes.refusal(400, code)
        ring = FakeRing("CA" + self._ids.bytes(16).hex(), message, message.spoken)
        self.calls.append(ring)
        after = failure_after(fault)
        if after is not None:
            raise after
        return Accepted(ring.sid)

    def fault(self, fault: CreateFault, times: int | None = 1, to: str | None = None) -> None:
        """Let the next calls fail (`times` None: all), or only those to one number."""
        self.faults.plan(PlannedFault(fault, times, to))

    def heard(self, number: str) -> list[str]:
        """The words of the calls to this phone, in order."""
        return [ring.spoken.words for ring in self.calls if ring.message.to == number]

    def press(self, number: str, key: str) -> FakeKey:
        """Whoever took the last call to this phone presses a key."""
        ring = self._last(number)
        pressed = PressedKey(ACCOUNT_SID, ring.sid, key, number)
        return FakeKey(ring.spoken.keys_url, pressed)

    def takes(self, number: str, answered_by: str = "human") -> FakeTurn:
        """The last call to this phone is taken, by a person or a machine (`machine_start`)."""
        ring = self._last(number)
        asked = AskedTurn(ACCOUNT_SID, ring.sid, number, answered_by=answered_by)
        return FakeTurn(ring.spoken.asked_url, asked)

    def types(self, number: str, keys: str, heard: Spoken) -> FakeTurn:
        """Whoever heard this in the last call to this phone presses keys."""
        ring = self._last(number)
        return FakeTurn(heard.keys_url, AskedTurn(ACCOUNT_SID, ring.sid, number, keys))

    def ends(self, number: str, status: str = "completed") -> list[FakeReport]:
        """The last call to this phone ends so (`busy`, `no-answer` …); the reports as they come."""
        return self._end(self._last(number), status)

    def flush_callbacks(self) -> list[FakeReport]:
        """Every call to a phone with a fate comes to its end; the reports as they would arrive."""
        return [
            report
            for ring in self.calls
            if ring.sid not in self._ended and ring.message.to in self.faults.calls
            for report in self._end(ring, _status_of(self.faults.calls[ring.message.to]))
        ]

    def _end(self, ring: FakeRing, status: str) -> list[FakeReport]:
        self._ended.add(ring.sid)
        taken = ["in-progress"] if status == "completed" else []
        reports = [
            FakeReport(ring.message.callback_url, CallReport(ACCOUNT_SID, ring.sid, each))
            for each in ("initiated", *taken, status)
        ]
        return list(distorted(reports, self.faults.callbacks))

    def _last(self, number: str) -> FakeRing:
        return next(ring for ring in reversed(self.calls) if ring.message.to == number)


def _status_of(fate: CallFate) -> str:
    return "completed" if fate is CallFate.VOICEMAIL else fate.value
