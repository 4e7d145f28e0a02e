"""The words of the sandbox: one message as Twilio keeps it, and its clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rsm.kernel.clock import as_utc

INBOUND, OUTBOUND, REPLY = "inbound", "outbound-api", "outbound-reply"
DIRECTIONS = frozenset({INBOUND, OUTBOUND, REPLY})

_RANK: Mapping[str, int] = {"queued": 0, "sent": 1, "delivered": 2, "undelivered": 2, "received": 2}


@dataclass(frozen=True)
class Message:
    """A message in either direction. `sender` is empty when a messaging service chose it."""

    sid: str
    direction: str
    sender: str
    to: str
    body: str
    created_at: datetime
    status: str = "queued"
    sent_at: datetime | None = None
    error_code: int | None = None
    service: str = ""
    callback_url: str = ""
    seeded: bool = False
    redacted: bool = False  # the list shows no body any more; the phone still has it

    @property
    def phone(self) -> str:
        """The number of the person at the other end."""
        return self.sender if self.direction == INBOUND else self.to

    @property
    def is_final(self) -> bool:
        """Whether nothing more will become of it."""
        return _RANK[self.status] == 2

    def advanced(self, status: str, error_code: int | None, now: datetime) -> "Message":
        """The message in a later status; the same message when the status is not later."""
        if _RANK[status] <= _RANK[self.status]:
            return self
        return replace(self, status=status, error_code=error_code, sent_at=self.sent_at or now)

    def to_json(self) -> dict[str, object]:
        """For the state file and the control pages; `from_json` reads it back."""
        return {
            "sid": self.sid,
            "direction": self.direction,
            "from": self.sender,
            "to": self.to,
            "body": self.body,
            "at": self.created_at.isoformat(),
            "status": self.status,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "error_code": self.error_code,
            "service": self.service,
            "callback_url": self.callback_url,
            "seeded": self.seeded,
            "redacted": self.redacted,
        }


def from_json(entry: Mapping[str, object]) -> Message:
    """A message from the state file or a seed; raises ValueError or KeyError when it is none."""
    direction, status = str(entry.get("direction", OUTBOUND)), str(entry.get("status", "delivered"))
    if direction not in DIRECTIONS or status not in _RANK:
        raise ValueError(f"unknown direction or status: {direction}, {status}")
    created_at = as_utc(datetime.fromisoformat(str(entry["at"])))
    sent_at, error_code = entry.get("sent_at"), entry.get("error_code")
    if _RANK[status] and not sent_at:
        sent_at = created_at.isoformat()
    return Message(
        sid=str(entry["sid"]),
        direction=direction,
        sender=str(entry["from"]),
        to=str(entry["to"]),
        body=str(entry["body"]),
        created_at=created_at,
        status=status,
        sent_at=as_utc(datetime.fromisoformat(str(sent_at))) if sent_at else None,
        error_code=int(str(error_code)) if error_code is not None else None,
        service=str(entry.get("service") or ""),
        callback_url=str(entry.get("callback_url") or ""),
        seeded=bool(entry.get("seeded")),
        redacted=bool(entry.get("redacted")),
    )


class SandboxClock:
    """The sandbox's clock: the machine's, moved by an offset, or standing still where it was put.

    A test under a virtual clock puts it to the same instant, since the adapter compares times.
    """

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._offset = timedelta(0)
        self._stands_at: datetime | None = None

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self._stands_at or (self._real() + self._offset).astimezone(UTC)

    def set(self, now: datetime, *, runs: bool) -> None:
        """Put the clock to `now`, to run on from there or to stand still."""
        self._stands_at = None if runs else as_utc(now)
        self._offset = as_utc(now) - self._real()

    def reset(self) -> None:
        """Go with the machine again."""
        self._stands_at = None
        self._offset = timedelta(0)
