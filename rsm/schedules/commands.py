"""`rsm schedule preview`: the windows of a plan, asked beforehand and without a database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypedDict

from rsm.kernel.errors import Invalid, Problem
from rsm.schedules.decide import windows_from
from rsm.schedules.model import Anchors, Window
from rsm.schedules.plans import Plan
from rsm.schedules.rhythms import awaited

MOST = 1000


class PreviewedWindow(TypedDict):
    """One window as JSON: `local` on the patient's wall, all others instants in UTC."""

    window: str
    local: str
    at: str
    closes_at: str
    reminders: list[str]
    call_at: str | None
    asks: list[str]


def preview(
    plan: Plan, anchors: Anchors, count: int, since: date | None = None
) -> list[PreviewedWindow]:
    """The first `count` windows of `plan`, or fewer when it ends or waits. Raises `Invalid`.

    With `since` those on that date or later, of a plan that is being followed.

    The plan comes from `rsm.schedules.library`, the anchors from `rsm.schedules.reading`.
    """
    if not 1 <= count <= MOST:
        raise Invalid(Problem("count", f"must be from 1 to {MOST}, not {count}"))
    try:
        found = list(islice(windows_from(plan, anchors, since or anchors.starts_on), count))
        return [_as_json(window) for window in found]
    except OverflowError as error:
        what = f"`{anchors.starts_on}` is not a usable date: the calendar ends"
        raise Invalid(Problem("from", what, "such as 2026-10-19")) from error


def what_follows(plan: Plan, anchors: Anchors) -> str:
    """Why a preview ends before its count, in words."""
    waits = sorted(awaited(plan, anchors, anchors.starts_on))
    return f"then it waits for: {', '.join(waits)}" if waits else "then it is complete"


def in_words(found: list[PreviewedWindow], zone: str) -> Iterator[str]:
    """One line per window, for people."""
    for window in found:
        yield f"{window['local']}  {zone}  until {window['closes_at']}  {', '.join(window['asks'])}"


def _as_json(window: Window) -> PreviewedWindow:
    return {
        "window": window.key,
        "local": window.local.isoformat(timespec="minutes"),
        "at": _utc(window.opens_at),
        "closes_at": _utc(window.closes_at),
        "reminders": [_utc(reminder) for reminder in window.reminders],
        "call_at": _utc(window.call_at) if window.call_at is not None else None,
        "asks": list(window.asks),
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
