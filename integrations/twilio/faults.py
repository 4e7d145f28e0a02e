"""How the sandbox and the fake can be told to misbehave, and when a fault strikes: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from rsm.kernel.ids import Ids, SeededIds

T = TypeVar("T")

UNREACHABLE_HANDSET = 30003


class CreateFault(StrEnum):
    """What goes wrong when a message is created."""

    TOO_MANY = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    DROP_AFTER_ACCEPT = "drop_after_accept"
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"


class ReadFault(StrEnum):
    """What goes wrong when the list is read, or a body is to be deleted."""

    TOO_MANY = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    DROP = "drop"
    TIMEOUT = "timeout"


class CallFate(StrEnum):
    """How a call to a number ends by itself, before anybody takes it."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    VOICEMAIL = "voicemail"  # taken by a machine, which hears it out and presses no key


class CallbackFault(StrEnum):
    """What goes wrong with status callbacks and with the hooks of inbound texts."""

    NONE = "none"
    LATE = "late"  # held back until they are flushed
    DOUBLE = "double"  # each one twice; inbound texts too
    REORDER = "reorder"  # the last one first
    LOST = "lost"  # never


@dataclass(frozen=True)
class PlannedFault:
    """Strikes the next `times` creates (None: every one), or only those to one number."""

    fault: CreateFault
    times: int | None = 1
    to: str | None = None


Share = Mapping[str, float]


@dataclass(frozen=True)
class Weather:
    """What goes wrong of itself: for each fault the share of creates, or of messages, that it hits.

    The same seed gives the same weather.
    """

    seed: str
    create: Share = field(default_factory=dict)
    callbacks: Share = field(default_factory=dict)

    def __post_init__(self) -> None:
        for shares, kind in ((self.create, CreateFault), (self.callbacks, CallbackFault)):
            for name, share in shares.items():
                kind(name)
                if share < 0:
                    raise ValueError(f"{name}: a share is not negative")
            if sum(shares.values()) > 1:
                raise ValueError("shares add up to 1 at most")


class FaultBook:
    """Which faults are planned, in the order in which they were asked for; then the weather."""

    def __init__(self) -> None:
        self._weather: Weather | None = None
        self._ids: Ids = SeededIds("")
        self.planned: list[PlannedFault] = []
        self.reads: list[ReadFault] = []  # in order, one for each request
        self.callbacks = CallbackFault.NONE
        self.unreachable: set[str] = set()  # taken, and in the end undelivered
        self.refused: dict[str, int] = {}  # not taken: Twilio's code by number
        self.calls: dict[str, CallFate] = {}  # by number; others ring until somebody does something

    def plan(self, fault: PlannedFault) -> None:
        """Add a fault after those already planned."""
        self.planned.append(fault)

    def blow(self, weather: Weather) -> None:
        """From now on this weather, beside what is planned."""
        self._weather, self._ids = weather, SeededIds(weather.seed)

    def clear(self) -> None:
        """Behave again."""
        self._weather = None
        self.planned.clear()
        self.reads.clear()
        self.callbacks = CallbackFault.NONE
        self.unreachable.clear()
        self.refused.clear()
        self.calls.clear()

    def strike(self, to: str) -> CreateFault | None:
        """The fault that hits a create to this number now, using it up by one."""
        for place, planned in enumerate(self.planned):
            if planned.to in {None, to}:
                self._use_up(place)
                return planned.fault
        drawn = self._draw(self._weather.create) if self._weather else None
        return CreateFault(drawn) if drawn else None

    def strike_read(self) -> ReadFault | None:
        """The fault that hits a request for the list, or to delete a body, now."""
        return self.reads.pop(0) if self.reads else None

    def fate(self) -> CallbackFault:
        """What happens to the callbacks of the next message."""
        drawn = self._draw(self._weather.callbacks) if self._weather else None
        return CallbackFault(drawn) if drawn else self.callbacks

    def _draw(self, shares: Share) -> str | None:
        """One of the faults, each by its share; None for the rest."""
        left = int.from_bytes(self._ids.bytes(7), "big") / (1 << 56)
        for name, share in shares.items():
            left -= share
            if left < 0:
                return name
        return None

    def life(self, to: str) -> list[tuple[str, int | None]]:
        """The statuses that a message to this number goes through, each with its error code."""
        unreachable = to in self.unreachable
        last = ("undelivered", UNREACHABLE_HANDSET) if unreachable else ("delivered", None)
        return [("queued", None), ("sent", None), last]

    def _use_up(self, place: int) -> None:
        planned = self.planned[place]
        if planned.times is None:
            return
        if planned.times <= 1:
            del self.planned[place]
        else:
            self.planned[place] = replace(planned, times=planned.times - 1)


def distorted(calls: Iterable[T], fault: CallbackFault) -> Sequence[T]:
    """The calls as they arrive under a fault; `late` changes when they come, not which."""
    calls = list(calls)
    if fault is CallbackFault.LOST:
        return []
    if fault is CallbackFault.DOUBLE:
        return [call for call in calls for _ in range(2)]
    if fault is CallbackFault.REORDER:
        return calls[::-1]
    return calls
