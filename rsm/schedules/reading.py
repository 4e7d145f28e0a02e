"""What people type: a slot, dates of cycles and events."""

import re
from collections.abc import Sequence
from datetime import date, time
from zoneinfo import ZoneInfo

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import zone_named
from rsm.patients.model import TreatmentEventKind
from rsm.schedules.model import WEEKDAYS, Anchors, Slot

_AT = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_UTC = ZoneInfo("UTC")


def read_slot(zone: str, weekday: str, at: str) -> Slot:
    """A slot from an IANA zone, an English weekday ("monday", "Mon") and "09:00".

    Raises `Invalid` with every problem.
    """
    problems: list[Problem] = []
    info, day, local = _UTC, 0, time()
    try:
        info = zone_named(zone)
    except Invalid as error:
        problems += error.problems
    word = weekday.strip().casefold()
    matches = [n for n, name in enumerate(WEEKDAYS) if len(word) >= 3 and name.startswith(word)]
    if matches:
        day = matches[0]
    else:
        mend = nearest(word, WEEKDAYS) or ", ".join(WEEKDAYS)
        problems.append(Problem("weekday", f"`{weekday}` is not a weekday", mend))
    if match := _AT.fullmatch(at.strip()):
        local = time(int(match[1]), int(match[2]))
    else:
        problems.append(Problem("at", f"`{at}` is not a time of day", "such as 09:00"))
    if problems:
        raise Invalid(problems)
    return Slot(info, day, local)


def read_date(text: str, where: str) -> date:
    """A local date, ISO 8601. Raises `Invalid`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        what = f"`{text}` is not a usable date"
        raise Invalid(Problem(where, what, "such as 2026-10-19")) from error


def read_event(text: str) -> tuple[TreatmentEventKind, date]:
    """`treatment_end=2027-03-01`. Raises `Invalid` with the nearest event."""
    name, _, day = text.partition("=")
    known = [kind.value for kind in TreatmentEventKind]
    if name.strip() not in known:
        mend = nearest(name.strip(), known) or ", ".join(known)
        raise Invalid(Problem("event", f"`{name}` is not an event", mend))
    return TreatmentEventKind(name.strip()), read_date(day, f"event {name}")


def read_anchors(
    slot: Slot, start: str, until: str | None, cycles: Sequence[str], events: Sequence[str]
) -> Anchors:
    """What a plan's dates hang on, as typed. Raises `Invalid` for the first that is none."""
    return Anchors(
        slot=slot,
        starts_on=read_date(start, "from"),
        ends_on=read_date(until, "until") if until is not None else None,
        cycles=tuple(sorted(read_date(each, "cycle") for each in cycles)),
        events=dict(read_event(each) for each in events),
    )
