"""Time is an argument: one reading per transaction or tick, taken through this port."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from. In production it is the database's clock (`rsm.db.work`)."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The host's clock, for adapters outside of any transaction: never for a lease or a timer."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is told to move: for tests and `rsm simulate`."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def now(self) -> datetime:
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to `instant`. Going backwards is allowed: hosts do it, so tests must."""
        self._now = as_utc(instant)

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now


def as_utc(instant: datetime) -> datetime:
    """`instant` in UTC; refuses naive datetimes, which have caused half the field's bugs."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant.isoformat()}: give it a zone")
    return instant.astimezone(UTC)
