"""Plans in words, and their windows as a table: the same windows as `rsm schedule preview`."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rsm.kernel.errors import Invalid, Problem
from rsm.schedules.catalogue import Entry
from rsm.schedules.commands import PreviewedWindow, preview, what_follows
from rsm.schedules.model import WEEKDAYS, Anchors
from rsm.schedules.plans import (
    SITE,
    Ask,
    Cycle,
    Daily,
    EveryDays,
    Monthly,
    Once,
    Phase,
    Plan,
    TimesAWeek,
    Weekly,
)
from rsm.schedules.reading import read_anchors, read_slot
from rsm.web.pages import counted
from rsm.web.plan_names import Titles
from rsm.web.views.common import Choice
from rsm.web.views.plans import PlanLine, SampleValues, WindowLine, WindowTable
from rsm.web.when import local_date, local_time

SHOWN = 12
WEEKDAY_CHOICES = tuple(Choice(day, day.capitalize()) for day in WEEKDAYS)
_UNITS = {"weekly": "week", "daily": "day", "every_days": "day", "monthly": "month"}
_FIELDS = {"from": "start", "cycle": "cycles", "event": "events"}


# --- in words -------------------------------------------------------------------------------------


def line_of(entry: Entry, url: str, titles: Titles, *, used: bool) -> PlanLine:
    """A plan as a line of the list."""
    plan = entry.plan
    published = entry.published_at
    whence = f"Published {local_date(published, 'UTC', year=True)}" if published else "Ours"
    return PlanLine(
        title=plan.title or plan.key,
        name=f"{plan.key} {plan.version}",
        url=url,
        says=tuple(in_words(plan, titles)),
        whence=whence,
        used=used,
    )


def in_words(plan: Plan, titles: Titles) -> Iterator[str]:
    """What the plan does, a sentence for each ask and one for the time after it."""
    for ask in plan.asks:
        what = "The site's questionnaire" if ask.ref == SITE else titles.get(ask.ref, ask.ref)
        phases = ", then ".join(_phase(phase) for phase in ask.phases)
        yield f"{what}{_bounds(ask)}: {phases}."
    hours = plan.reminders_after_hours
    reminders = " and ".join(str(each) for each in hours)
    reminded = f"Reminds after {reminders} hours" if hours else "Does not remind"
    called = f", call list after {plan.call_after_hours}" if plan.call_after_hours else ""
    at = f" at {plan.closing.at}" if plan.closing.at else ""
    yield f"{reminded}{called}, closes after {plan.closing.after_hours}{at}."


def _bounds(ask: Ask) -> str:
    days = counted(ask.starts_after_days, "day")
    after = f" {_event(ask.starts_at)}" if ask.starts_at else ""
    start = f", from {days} after{after or ' enrolment'} on" if ask.starts_after_days else ""
    if after and not start:
        start = f", from{after} on"
    until = f", until {_event(ask.until)}" if ask.until else ""
    return f"{start}{until}"


def _event(name: str) -> str:
    return name.replace("_", " ")


def _phase(phase: Phase) -> str:
    return f"{_rhythm(phase)}{_length(phase)}"


def _rhythm(phase: Phase) -> str:
    if isinstance(phase, Weekly | Daily | EveryDays | Monthly):
        unit = _UNITS[phase.rhythm]
        return f"every {unit}" if phase.every == 1 else f"every {phase.every} {unit}s"
    if isinstance(phase, TimesAWeek):
        days = ", ".join(day.capitalize() for day in phase.weekdays)
        return f"{phase.times} times a week" if phase.times is not None else f"on {days}"
    if isinstance(phase, Cycle):
        days = " and ".join(str(day) for day in phase.days_after)
        return f"{days} days after each cycle's first day"
    if isinstance(phase, Once):
        return f"once, after {counted(phase.after_days, 'day')}" if phase.after_days else "once"
    return "when somebody asks for it"


def _length(phase: Phase) -> str:
    if phase.for_weeks is not None:
        return f" for {counted(phase.for_weeks, 'week')}"
    if phase.for_days is not None:
        return f" for {counted(phase.for_days, 'day')}"
    return f" until {_event(phase.until)}" if phase.until is not None else ""


# --- windows --------------------------------------------------------------------------------------


def sample_anchors(sample: SampleValues) -> Anchors:
    """What a made-up patient's dates hang on. Raises `Invalid` with the form's field names."""
    try:
        slot = read_slot(sample.zone, sample.weekday, sample.at)
        cycles, events = sample.cycles.split(), sample.events.split()
        return read_anchors(slot, sample.start, None, cycles, events)
    except Invalid as error:
        raise Invalid([_at_field(problem) for problem in error.problems]) from None


def _at_field(problem: Problem) -> Problem:
    where = problem.where.partition(" ")[0]
    return Problem(_FIELDS.get(where, where), problem.what, problem.mend)


def table(
    plan: Plan, anchors: Anchors, whose: str, titles: Titles, since: date | None = None
) -> WindowTable:
    """The next windows as the command shows them, on the wall of these anchors; of a plan that is
    followed already those `since` that date."""
    found = preview(plan, anchors, SHOWN, since)
    zone = anchors.slot.zone
    then = what_follows(plan, anchors) if len(found) < SHOWN else ""
    caption = f"The next {counted(len(found), 'survey')} for {whose}, {zone.key.replace('_', ' ')}"
    if not found:
        caption = f"No survey yet for {whose}"
    lines = (_line(number, each, zone, titles) for number, each in enumerate(found, start=1))
    return WindowTable(caption, tuple(lines), f"{then[:1].upper()}{then[1:]}." if then else "")


def _line(number: int, window: PreviewedWindow, zone: ZoneInfo, titles: Titles) -> WindowLine:
    call, named = window["call_at"], {SITE: "the site's", **titles}
    return WindowLine(
        number=number,
        opens=_wall(window["at"], zone, year=True),
        reminders=", ".join(_wall(each, zone) for each in window["reminders"]),
        call=_wall(call, zone) if call else "",
        closes=_wall(window["closes_at"], zone),
        asks=", ".join(named.get(each, each) for each in window["asks"]),
    )


def _wall(instant: str, zone: ZoneInfo, *, year: bool = False) -> str:
    local = datetime.fromisoformat(instant).astimezone(zone)
    day = f"{local:%a} {local_date(local.date(), zone.key, year=year)}" if year else f"{local:%a}"
    return f"{day} {local_time(local, zone.key)}"
