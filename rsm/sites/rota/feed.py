"""The roster as an iCalendar feed (RFC 5545), for the calendar on a phone. Pure.

Times are instants in UTC, so that no calendar has to know our zones. An event keeps its UID for as
long as the same person has the same shift from the same instant on. A feed is read outside of the
house: it holds the names that the site shows for its staff, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from unicodedata import category
from uuid import UUID, uuid5

from rsm.sites.rota.model import OnDuty, Period

CONTENT_TYPE = "text/calendar; charset=utf-8"
_LONGEST_LINE = 75  # octets, without the line break (RFC 5545, 3.1)
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_ROSTER = UUID("6f1f0f0e-5d0b-5b1c-9a53-0c3f6a9d7e21")  # the name space of those besides the plan


@dataclass(frozen=True)
class Event:
    """One entry of a calendar."""

    uid: UUID
    since: datetime
    until: datetime
    summary: str


def events(
    periods: Iterable[Period], names: Mapping[UUID, str], only: UUID | None = None
) -> list[Event]:
    """Each duty of these periods once and whole, of everybody or of one person, earliest first.

    The second in rank has it behind the name: `Ann Smith (2)`. Whoever has no name is left out.
    """
    duties = dict.fromkeys(duty for period in periods for duty in period.people)
    shown = (duty for duty in duties if duty.staff_id in names and only in {None, duty.staff_id})
    found = {_uid(duty): duty for duty in shown}
    listed = [
        Event(uid, duty.since, duty.until, _summary(duty, names)) for uid, duty in found.items()
    ]
    return sorted(listed, key=lambda event: (event.since, event.summary, event.uid))


def calendar(name: str, listed: Iterable[Event], stamp: datetime) -> bytes:
    """The feed, in UTF-8. `stamp` is when it was made; `name` is what calendars show."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//RSM//Duty roster//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for event in listed for line in _event(event, stamp)),
        "END:VCALENDAR",
    )
    return b"".join(_folded(line) for line in lines)


def _uid(duty: OnDuty) -> UUID:
    space, day = (duty.turn.duty_id, duty.turn.day.isoformat()) if duty.turn else (_ROSTER, "")
    return uuid5(space, f"{day} {duty.staff_id} {_instant(duty.since)}")


def _summary(duty: OnDuty, names: Mapping[UUID, str]) -> str:
    name = names[duty.staff_id]
    return name if duty.rank == 1 else f"{name} ({duty.rank})"


def _event(event: Event, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_instant(stamp)}"
    yield f"DTSTART:{_instant(event.since)}"
    yield f"DTEND:{_instant(event.until)}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield "CLASS:CONFIDENTIAL"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escaped; a line break stays one, other control characters go: none may start a line."""
    lines = "\n".join(value.splitlines())
    return "".join(filter(_is_shown, lines)).translate(_ESCAPED)


def _is_shown(mark: str) -> bool:
    return mark == "\n" or category(mark) != "Cc"


def _folded(line: str) -> bytes:
    """A content line with its break, in pieces of at most 75 octets, no character cut in two."""
    pieces: list[bytes] = [b""]
    for mark in line:
        octets = mark.encode()
        if len(pieces[-1]) + len(octets) > _LONGEST_LINE:
            pieces.append(b" ")
        pieces[-1] += octets
    return b"".join(piece + b"\r\n" for piece in pieces)
