"""From a plan and a patient's slot to windows. Pure; in local wall time until the last step.

At a change of the clock (rules as written down by on-call systems that had it wrong before):
an hour that is skipped shifts forward, an hour that comes twice opens at its first coming and
closes at its second. So no night skips or doubles a survey (P14).
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from rsm.kernel.documents import nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import end_instant, local_of, start_instant, zone_named
from rsm.messaging.hours import next_allowed
from rsm.schedules.model import WEEK, WEEKDAYS, Plan, Slot, Window

_AT = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_UTC = ZoneInfo("UTC")
_SHIPPED = ("weekly",)


def windows(plan: Plan, slot: Slot, after: datetime, count: int) -> list[Window]:
    """The next `count` windows that open strictly later than the instant `after`."""
    return list(islice(_windows_after(plan, slot, after), count))


def next_window(plan: Plan, slot: Slot, after: datetime) -> Window:
    """The first window that opens strictly later than the instant `after`."""
    return next(_windows_after(plan, slot, after))


def windows_from(plan: Plan, slot: Slot, start: date, count: int) -> list[Window]:
    """The first `count` windows whose local date is `start` or later."""
    days = (slot.weekday - start.weekday()) % 7
    first = start + timedelta(days=days)
    return [window_on(plan, slot, first + week * WEEK) for week in range(count)]


def window_on(plan: Plan, slot: Slot, day: date) -> Window:
    """The window whose slot lies on the local date `day`. Never fails for a checked plan (P1).

    Reminders that a change of the calendar moves onto one another, or out of the window, are one
    or none: it takes a zone that leaves out a whole day.
    """
    opening = datetime.combine(day, slot.at)
    opens_at = start_instant(opening, slot.zone)
    closes_at = end_instant(_closing(plan, opening), slot.zone)
    reminders = {
        instant
        for instant in _reminders(plan, slot.zone, opening)
        if opens_at < instant < closes_at
    }
    local = local_of(opens_at, slot.zone)
    return Window(day.isoformat(), local, opens_at, closes_at, tuple(sorted(reminders)))


def _reminders(plan: Plan, zone: ZoneInfo, opening: datetime) -> list[datetime]:
    """At the same minutes on the wall, deferred to the sending hours."""
    planned = [opening + timedelta(hours=hours) for hours in plan.reminders_after_hours]
    return [next_allowed(start_instant(local, zone), plan.hours, zone) for local in planned]


def _windows_after(plan: Plan, slot: Slot, after: datetime) -> Iterator[Window]:
    # Two days back: a skipped hour, or a skipped day, opens later than its slot.
    local = local_of(after, slot.zone).date() - timedelta(days=2)
    day = local + timedelta(days=(slot.weekday - local.weekday()) % 7)
    while True:
        window = window_on(plan, slot, day)
        if window.opens_at > after:
            yield window
        day += WEEK


def _closing(plan: Plan, opening: datetime) -> datetime:
    """The first `closing.at` on the wall that leaves `closing.after_hours`."""
    least = opening + timedelta(hours=plan.closing.after_hours)
    closing = datetime.combine(least.date(), time.fromisoformat(plan.closing.at))
    return closing if closing >= least else closing + timedelta(days=1)


# --- plans ------------------------------------------------------------------------------------


@cache
def plan_named(key: str) -> Plan:
    """The plan of that key in our library; raises `Invalid` with the nearest key."""
    if key not in _SHIPPED:
        known = ", ".join(_SHIPPED)
        mend = nearest(key, _SHIPPED) or f"there is: {known}"
        raise Invalid(Problem("plan", f"unknown plan `{key}`", mend))
    name = f"{key}.toml"
    text = (files("rsm.schedules") / "library" / name).read_text(encoding="utf-8")
    return read_plan(text, name)


def read_plan(text: str, name: str) -> Plan:
    """A plan from TOML, checked; raises `Invalid` with every problem."""
    plan, _ = parse(Plan, text, name)
    if problems := check_plan(plan):
        raise Invalid(problems)
    return plan


def check_plan(plan: Plan) -> list[Problem]:
    """What makes `plan` impossible: tried for openings all around the clock."""
    where = f"plan {plan.key}"
    try:
        _ = plan.hours
    except Invalid as error:
        return [Problem(where, problem.what, problem.mend) for problem in error.problems]
    for minutes in range(0, 24 * 60, 5):
        opening = datetime.combine(date(2026, 1, 5), time(minutes // 60, minutes % 60))
        if what := _disorder(plan, opening):
            return [Problem(where, f"opened at {opening:%H:%M}, {what}")]
    return []


def _disorder(plan: Plan, opening: datetime) -> str:
    """What is wrong with the order of a window's instants in a week without change of clock."""
    opens_at = start_instant(opening, _UTC)
    closes_at = start_instant(_closing(plan, opening), _UTC)
    instants = (opens_at, *_reminders(plan, _UTC, opening), closes_at)
    if any(later <= earlier for earlier, later in pairwise(instants)):
        return "reminders and closing do not follow one another"
    if closes_at > opens_at + WEEK:
        return "it closes after the next one has opened"
    return ""


# --- what people type -------------------------------------------------------------------------


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
