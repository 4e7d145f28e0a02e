"""`rsm schedule preview`: the windows of a plan, asked beforehand and without a database."""

from datetime import UTC, date, datetime
from typing import TypedDict

from rsm.kernel.errors import Invalid, Problem
from rsm.schedules.decide import plan_named, windows_from
from rsm.schedules.model import Slot, Window

MOST = 1000


class PreviewedWindow(TypedDict):
    """One window as JSON: `local` on the patient's wall, all others instants in UTC."""

    window: str
    local: str
    at: str
    closes_at: str
    reminders: list[str]


def preview(plan: str, slot: Slot, from_date: str, count: int) -> list[PreviewedWindow]:
    """The first `count` windows of `plan` from the local date `from_date` on (ISO 8601).

    `slot` comes from `rsm.schedules.decide.read_slot`. Raises `Invalid`.
    """
    if not 1 <= count <= MOST:
        raise Invalid(Problem("count", f"must be from 1 to {MOST}, not {count}"))
    try:
        start = date.fromisoformat(from_date)
        found = windows_from(plan_named(plan), slot, start, count)
    except (ValueError, OverflowError) as error:
        mend = "such as 2026-10-19"
        raise Invalid(Problem("from", f"`{from_date}` is not a usable date", mend)) from error
    return [_as_json(window) for window in found]


def _as_json(window: Window) -> PreviewedWindow:
    return {
        "window": window.key,
        "local": window.local.isoformat(timespec="minutes"),
        "at": _utc(window.opens_at),
        "closes_at": _utc(window.closes_at),
        "reminders": [_utc(reminder) for reminder in window.reminders],
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
