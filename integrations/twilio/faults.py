"""How the sandbox and the fake can be told to misbehave, and when a fault strikes: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

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


class FaultBook:
    """Which faults are planned, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.planned: list[PlannedFault] = []
        self.callbacks = CallbackFault.NONE
        self.unreachable: set[str] = set()  # taken, and in the end undelivered
        self.refused: dict[str, int] = {}  # not taken: Twilio's code by number

    def plan(self, fault: PlannedFault) -> None:
        """Add a fault after those already planned."""
        self.planned.append(fault)

    def clear(self) -> None:
        """Behave again."""
        self.planned.clear()
        self.callbacks = CallbackFault.NONE
        self.unreachable.clear()
        self.refused.clear()

    def strike(self, to: str) -> CreateFault | None:
        """The fault that hits a create to this number now, using it up by one."""
        for place, planned in enumerate(self.planned):
            if planned.to in {None, to}:
                self._use_up(place)
                return planned.fault
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
