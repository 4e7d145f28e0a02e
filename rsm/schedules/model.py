"""The words of schedules: plan, slot, window."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from rsm.kernel.documents import Strict
from rsm.kernel.words import Pin
from rsm.messaging.hours import SendingHours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = timedelta(days=7)

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Hours = Annotated[int, Field(ge=1, le=24 * 7)]


class Closing(Strict):
    """A window closes at the first `at` that is at least `after_hours` after its opening."""

    after_hours: Hours
    at: ClockTime


class Daytime(Strict):
    """Local times between which reminders may go out."""

    opens: ClockTime
    closes: ClockTime


class Plan(Strict):
    """A weekly plan. All of its times are on the patient's wall clock."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(min_length=1)
    reminders_after_hours: Sequence[Hours] = Field(max_length=3)
    closing: Closing
    sending_hours: Daytime

    @property
    def pin(self) -> Pin:
        """The exact version, with the hash of its content (P11)."""
        content = self.model_dump_json(by_alias=True).encode()
        return Pin(self.key, self.version, hashlib.sha256(content).hexdigest())

    @property
    def hours(self) -> SendingHours:
        return SendingHours(
            time.fromisoformat(self.sending_hours.opens),
            time.fromisoformat(self.sending_hours.closes),
        )


@dataclass(frozen=True)
class Slot:
    """When one patient's windows open: weekday (0 is Monday) and local time, in a zone."""

    zone: ZoneInfo
    weekday: int
    at: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"weekday is 0 to 6, not {self.weekday}")
        if self.at.tzinfo or self.at.second or self.at.microsecond:
            raise ValueError(f"a slot opens at a local time in whole minutes, not {self.at}")


@dataclass(frozen=True)
class Window:
    """One survey's time: instants in UTC, strictly in order.

    `key` is the local date that the plan names: the same slot has the same key however often, and
    by whomever, it is worked out. `local` is what the wall shows at the opening (naive).
    """

    key: str
    local: datetime
    opens_at: datetime
    closes_at: datetime
    reminders: tuple[datetime, ...]
