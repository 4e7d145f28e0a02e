"""What makes a plan impossible, useless or a burden, found before anybody follows it.

The model refuses what is wrong in itself; here a plan is tried out, around the clock and for every
weekday, with cycles three weeks apart.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from rsm.kernel.documents import Loc, Source
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import start_instant
from rsm.kernel.words import Pin
from rsm.patients.model import TreatmentEventKind
from rsm.schedules.decide import call_at, closing, reminders_at, windows_from
from rsm.schedules.model import WEEKDAYS, Anchors, Slot, Window
from rsm.schedules.plans import Ask, OnDemand, Phase, Plan
from rsm.schedules.rhythms import Stretch, phase_dates

# An invitation and two reminders. A window opens once a day at most, so that only reminders can
# come to more; beyond it texts are a nuisance, and people answer STOP.
MOST_TEXTS_A_DAY = 3

_UTC = ZoneInfo("UTC")
_MONDAY = date(2026, 1, 5)
_TRIED = timedelta(days=730)
_CYCLES = tuple(_MONDAY + timedelta(days=21 * n) for n in range(35))
_DAY = timedelta(days=1)
# In the order of a course of treatment, so that what begins or ends with an event is tried out.
_EVENTS = {
    TreatmentEventKind.TREATMENT_START: _MONDAY + timedelta(weeks=4),
    TreatmentEventKind.SURGERY: _MONDAY + timedelta(weeks=8),
    TreatmentEventKind.RADIOTHERAPY_START: _MONDAY + timedelta(weeks=16),
    TreatmentEventKind.RADIOTHERAPY_END: _MONDAY + timedelta(weeks=22),
    TreatmentEventKind.TREATMENT_END: _MONDAY + timedelta(weeks=30),
    TreatmentEventKind.PROGRESSION: _MONDAY + timedelta(weeks=60),
}


def check_plan(plan: Plan, source: Source | None = None) -> list[Problem]:
    """Every problem of `plan`, with its line when `source` knows it; empty: it may be used."""
    place = source or Source(f"plan {plan.key}")
    problems = [*_hours(plan, place), *_asks(plan, place)]
    if problems or _keeps_time(_Content(plan.pin, plan)):
        return problems
    return list(_timing(plan, place))


def _hours(plan: Plan, place: Source) -> Iterator[Problem]:
    try:
        _ = plan.hours
    except Invalid as error:
        where = place.place(("sending_hours",))
        yield from (Problem(where, each.what, each.mend) for each in error.problems)


# --- asks: does each phase come, and does it ever ask? -------------------------------------------


def _asks(plan: Plan, place: Source) -> Iterator[Problem]:
    for number, ask in enumerate(plan.asks):
        where = ("asks", number)
        if ask in plan.asks[:number]:
            what = f"asks `{ask.ref}` at the same times as an ask before it"
            yield Problem(place.place(where), what, "leave one of them out")
        if ask.starts_at is not None and ask.until == ask.starts_at:
            what = f"begins and ends with `{ask.until}`, so that it never asks"
            yield Problem(place.place((*where, "until")), what, "until another event")
        yield from _phases(ask, where, place)


def _phases(ask: Ask, where: Loc, place: Source) -> Iterator[Problem]:
    for number, phase in enumerate(ask.phases):
        at = place.place((*where, "phases", number))
        if number < len(ask.phases) - 1 and not phase.has_end:
            mend = "give it `for_weeks`, `for_days` or `until`"
            yield Problem(at, "has no end, so that the phases after it never come", mend)
        elif silent := _silent_weekdays(phase):
            whom = "anybody" if len(silent) == 7 else f"a patient whose day is {silent[0]}"
            yield Problem(at, f"is over before it asks {whom}", "make it last longer")


def _silent_weekdays(phase: Phase) -> list[str]:
    """The weekdays of patients whom this phase, begun on a Monday, never asks."""
    if isinstance(phase, OnDemand) or phase.days is None:
        return []
    stretch = Stretch(phase, _MONDAY, _MONDAY + phase.days * _DAY)
    tried = ((name, _anchors(day, time(9))) for day, name in enumerate(WEEKDAYS))
    return [name for name, anchors in tried if not any(phase_dates(stretch, anchors, _MONDAY))]


# --- a window: do its instants follow one another? -----------------------------------------------


@dataclass(frozen=True)
class _Content:
    """A plan as its content alone tells it from others."""

    pin: Pin
    plan: Plan = field(compare=False)


@lru_cache(maxsize=64)  # trying a plan out takes long; page, preview and publishing ask anew
def _keeps_time(content: _Content) -> bool:
    return not any(_timing(content.plan, Source("")))


def _timing(plan: Plan, place: Source) -> Iterator[Problem]:
    spacing = _widest_spacing(plan)
    if spacing is not None and timedelta(hours=plan.closing.after_hours) >= spacing:
        what = f"closes after the next one has opened: they are {spacing.days} days apart"
        mend = f"fewer than {spacing.days * 24} hours"
        yield Problem(place.place(("closing", "after_hours")), what, mend)
        return
    for minutes in range(0, 24 * 60, 5):
        slot = Slot(_UTC, 0, time(minutes // 60, minutes % 60))
        if problem := _disorder(plan, slot, place):
            yield problem
            return
    yield from _too_many_texts(plan, place)


def _widest_spacing(plan: Plan) -> timedelta | None:
    """The longest time between two windows; None for a plan that opens one or none."""
    days = [each.opens_at for each in _tried_out(plan, time(9))]
    return max((later - earlier for earlier, later in pairwise(days)), default=None)


def _disorder(plan: Plan, slot: Slot, place: Source) -> Problem | None:
    """What is wrong with the order of a window's instants on days without change of clock."""
    opening = datetime.combine(_MONDAY, slot.at)
    reminders = reminders_at(plan, slot, opening)
    closes_at = start_instant(closing(plan.closing, opening), _UTC)
    instants = (start_instant(opening, _UTC), *reminders, closes_at)
    if any(later <= earlier for earlier, later in pairwise(instants)):
        what = f"opened at {slot.at:%H:%M}, reminders and closing do not follow one another"
        mend = "in order, each before the closing, night hours left out"
        return Problem(place.place(("reminders_after_hours",)), what, mend)
    called = call_at(plan, slot, opening)
    if called is not None and not max(instants[:-1]) < called < closes_at:
        what = f"opened at {slot.at:%H:%M}, the call is not between reminders and closing"
        return Problem(place.place(("call_after_hours",)), what, "after the last reminder")
    return None


def _too_many_texts(plan: Plan, place: Source) -> Iterator[Problem]:
    for hour in range(24):
        texts: Counter[date] = Counter()
        for window in islice(_tried_out(plan, time(hour)), 60):
            texts.update(each.date() for each in (window.opens_at, *window.reminders))
        day, most = max(texts.items(), key=lambda each: each[1], default=(_MONDAY, 0))
        if most > MOST_TEXTS_A_DAY:
            what = f"opened at {hour:02}:00, it sends {most} texts on one day ({day:%A})"
            mend = f"at most {MOST_TEXTS_A_DAY}, reminders included"
            yield Problem(place.place(("reminders_after_hours",)), what, mend)
            return


def _tried_out(plan: Plan, at: time) -> Iterator[Window]:
    return windows_from(plan, _anchors(0, at), _MONDAY)


def _anchors(weekday: int, at: time) -> Anchors:
    slot = Slot(_UTC, weekday, at)
    return Anchors(slot, _MONDAY, ends_on=_MONDAY + _TRIED, cycles=_CYCLES, events=_EVENTS)
