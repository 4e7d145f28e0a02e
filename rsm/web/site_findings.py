"""Figures in sentences: every heading of the site page says what was found. Pure.

A change is called one only when the earlier share lies outside the 95 % interval of the present.
"""

from collections.abc import Sequence

from rsm.kernel.words import Level
from rsm.metrics.model import LevelFigures, SiteFigures, SurveyCounts
from rsm.metrics.statistics.intervals import wilson
from rsm.web.charts import RunPoint
from rsm.web.views.site import Fact, FunnelStep
from rsm.web.when import span

_PRESSING = frozenset({Level.EMERGENCY, Level.URGENT})


def percent(part: int, whole: int) -> str:
    """`72 %`, or a dash when there is nothing to divide by."""
    return f"{round(100 * part / whole)} %" if whole else "\N{EN DASH}"


def heading(now: SiteFigures, before: SurveyCounts) -> str:
    """The one thing to know about the period."""
    counts = now.surveys
    if now.nobody:
        times = "Once" if now.nobody == 1 else f"{now.nobody} times"
        return f"{times} nobody on duty could be told of an alert."
    if not counts.due:
        return "No survey was due in this period."
    share = percent(counts.completed, counts.due)
    match _change(counts, before):
        case -1:
            return f"Fewer surveys are finished than before: {share} of those due."
        case 1:
            return f"More surveys are finished than before: {share} of those due."
        case _:
            return f"{share} of the surveys due are finished."


def _change(now: SurveyCounts, before: SurveyCounts) -> int:
    if not before.due:
        return 0
    around = wilson(now.completed, now.due)
    share = before.completed / before.due
    return (share < around.low) - (share > around.high)


def facts(now: SiteFigures, before: SurveyCounts) -> tuple[Fact, ...]:
    """The numbers on top."""
    pressing = [level for level in now.levels if level.level in _PRESSING]
    quick = sum(level.close.buckets[0] for level in pressing)
    opened = sum(level.opened for level in pressing)
    return (
        _completion(now.surveys, before),
        Fact(
            "Patients reached, of eligible",
            percent(now.enrolled, now.eligible),
            f"{now.enrolled} of {now.eligible}",
        ),
        Fact(
            "Urgent closed within 48 h",
            percent(quick, opened),
            f"{quick} of {opened}",
            warn=quick < opened,
        ),
        Fact("Nobody on duty", str(now.nobody), "steps without anybody to tell", bool(now.nobody)),
    )


def _completion(now: SurveyCounts, before: SurveyCounts) -> Fact:
    if not now.due:
        return Fact("Completed, of due", percent(0, 0), "nothing was due")
    around = wilson(now.completed, now.due)
    note = f"{round(100 * around.low)} to {round(100 * around.high)}"
    if before.due:
        note += f"; was {percent(before.completed, before.due)}"
    value = percent(now.completed, now.due)
    return Fact("Completed, of due", value, note, warn=_change(now, before) < 0)


def completion_caption(points: Sequence[RunPoint]) -> str:
    """What the line shows."""
    known = [point for point in points if point.whole]
    if not known:
        return "Nothing was due"
    last = known[-1]
    return f"In the last week {percent(last.part, last.whole)} were finished"


def funnel(counts: SurveyCounts) -> tuple[FunnelStep, ...]:
    """From due to finished, and why fewer."""
    return (
        FunnelStep("Due", counts.due),
        FunnelStep("Sent", counts.sent, _lost(counts.not_sent, "not sent")),
        FunnelStep(
            "Delivered", counts.delivered, _lost(counts.sent - counts.delivered, "not confirmed")
        ),
        FunnelStep("Started", counts.started, _lost(counts.not_answered, "not answered")),
        FunnelStep("Completed", counts.completed, _lost(counts.partial, "only in part")),
        FunnelStep("Missed", counts.missed),
    )


def _lost(count: int, why: str) -> str:
    return f"{count} {why}" if count > 0 else ""


def funnel_caption(counts: SurveyCounts) -> str:
    """Where most is lost."""
    steps = (
        (counts.not_sent, "Most is lost before anything is sent"),
        (counts.not_answered, "Most is lost before the first question"),
        (counts.partial, "Most is lost between the first question and the last"),
    )
    lost, words = max(steps, key=lambda step: step[0])
    if not counts.due:
        return "Nothing was due"
    return words if lost else "Nothing is lost on the way"


def levels_caption(levels: Sequence[LevelFigures]) -> str:
    """What is open now."""
    count = sum(level.open_now for level in levels if level.level in _PRESSING)
    if count == 0:
        return "No urgent alert is open"
    return "One urgent alert is open" if count == 1 else f"{count} urgent alerts are open"


def acknowledge_caption(levels: Sequence[LevelFigures]) -> str:
    """How fast urgent alerts are taken."""
    urgent = next(level for level in levels if level.level is Level.URGENT)
    if not urgent.opened:
        return "No urgent alert in this period"
    if urgent.acknowledge.median is None:
        return "Less than half of the urgent alerts are taken yet"
    return f"Half of the urgent alerts are taken within {span(urgent.acknowledge.median)}"


def close_caption(levels: Sequence[LevelFigures]) -> str:
    """How many are closed in time."""
    opened = sum(level.opened for level in levels)
    quick = sum(level.close.buckets[0] for level in levels)
    if not opened:
        return "No alert in this period"
    return f"{quick} of {opened} alerts were closed within 48 hours"
