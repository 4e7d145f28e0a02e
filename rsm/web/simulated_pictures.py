"""A result of simulated months → its pictures, each with the finding and its figures."""

from rsm.metrics.service import WORST_FIRST
from rsm.metrics.simulated import Beside, Result
from rsm.metrics.statistics.intervals import wilson
from rsm.metrics.workload_model import Day, Figures, Wait
from rsm.web import simulated_words as words
from rsm.web.charts import RunPoint, run_chart
from rsm.web.simulated_charts import (
    Bar,
    BesideRow,
    Mark,
    WaitRow,
    bar_chart,
    beside_chart,
    wait_chart,
)
from rsm.web.simulated_words import minutes, number, percent, share_of
from rsm.web.views.simulated import Picture
from rsm.web.when import local_date, short_date

MEASURES = {
    "weekly_completion": "Surveys completed",
    "by_patient": "... by the patient",
    "by_call": "... with a call by staff",
    "alerting_surveys": "Reports that alert",
    "alerting_items": "Answers that alert",
    "patients_alerted": "Patients with an alert",
    "acted_upon": "Alerts acted upon",
}
_WAITS = {"all": "All", "in_hours": "In service hours", "out_of_hours": "Out of hours"}


def pictures(result: Result) -> tuple[Picture, ...]:
    """Every picture, in the order of the page."""
    found = result.together
    drawn = [_by_hour(found), _by_day(result), _waits(found), _completion(found)]
    if result.published:
        drawn.append(_beside(result))
    return tuple(drawn)


def _by_hour(found: Figures) -> Picture:
    pairs = list(zip(found.load.by_hour, found.load.pressing_by_hour, strict=True))
    bars = [
        Bar(every, pressing, f"{hour}:00" if hour % 3 == 0 else "")
        for hour, (every, pressing) in enumerate(pairs)
    ]
    return Picture(
        name="alerts_by_hour",
        caption=words.by_hour(found.load.by_hour, found.load.out_of_hours),
        counted="Alerts a day by the hour in which they open, on the site's clock; solid: urgent"
        " and emergency",
        svg=bar_chart(bars, (), "alerts_by_hour"),
        head=("Hour", "Alerts a day", "Urgent, emergency"),
        rows=tuple(
            (f"{hour}:00", f"{every:.2f}", f"{pressing:.2f}")
            for hour, (every, pressing) in enumerate(pairs)
        ),
    )


def _by_day(result: Result) -> Picture:
    per_day = result.together.load.per_day
    days = result.runs[0].days if result.runs else ()
    every = max(1, round(len(days) / 7))
    bars = [
        Bar(day.alerts, day.pressing, short_date(day.on, "UTC") if place % every == 0 else "")
        for place, day in enumerate(days)
    ]
    marks = (Mark(per_day.p90, f"nine days in ten: {number(per_day.p90)}"),)
    several = f"; the run with seed {result.runs[0].seed}" if len(result.runs) > 1 else ""
    return Picture(
        name="alerts_by_day",
        caption=words.by_day(result.together),
        counted=f"Alerts opened on each day; solid: urgent and emergency{several}",
        svg=bar_chart(bars, marks if days else (), "alerts_by_day"),
        head=("Day", "Patients", "Alerts", "Urgent, emergency", "Out of hours", "Nurse hours"),
        rows=tuple(_day_row(day) for day in days),
    )


def _day_row(day: Day) -> tuple[str, ...]:
    counts = (day.active, day.alerts, day.pressing, day.out_of_hours)
    return (local_date(day.on, "UTC"), *map(str, counts), f"{day.nurse_minutes / 60:.1f}")


def _waits(found: Figures) -> Picture:
    rows = [
        *((level.value.capitalize(), found.acknowledge[level.value]) for level in WORST_FIRST),
        *((name, found.acknowledge[key]) for key, name in _WAITS.items()),
    ]
    shown = [(name, wait) for name, wait in rows if wait.alerts]
    drawn = [WaitRow(name, wait.median, wait.p90) for name, wait in shown]
    return Picture(
        name="acknowledge",
        caption=words.waits(found),
        counted="From opening until somebody takes it; solid: half of the alerts, pale: nine of"
        " ten. What nobody has taken counts as longest",
        svg=wait_chart(drawn, "acknowledge"),
        head=("Alerts", "How many", "Half within", "Nine of ten within"),
        rows=tuple(_wait_row(name, wait) for name, wait in rows),
    )


def _wait_row(name: str, wait: Wait) -> tuple[str, ...]:
    return (name, str(wait.alerts), minutes(wait.median), minutes(wait.p90))


def _completion(found: Figures) -> Picture:
    points = [
        RunPoint(short_date(week.monday, "UTC"), week.completed, week.due) for week in found.weeks
    ]
    return Picture(
        name="completion",
        caption=words.completion(found),
        counted=f"Surveys completed, of surveys due, by week; dashes: the median{_after(found)}",
        svg=run_chart(points, "completion"),
        head=("Week of", "Due", "Completed", "With a call", "Rate"),
        rows=tuple(
            (
                short_date(week.monday, "UTC"),
                str(week.due),
                str(week.completed),
                str(week.by_call),
                percent(week.completed / week.due if week.due else None),
            )
            for week in found.weeks
        ),
    )


def _after(found: Figures) -> str:
    if found.answer_hours is None:
        return ""
    return f". Half of the reports come within {minutes(60 * found.answer_hours)} of the first text"


def _beside(result: Result) -> Picture:
    rows = [(one, beside_row(result, one)) for one in result.published]
    return Picture(
        name="published_beside_simulated",
        caption=words.beside([row.fits for _, row in rows]),
        counted="Band: stated bounds; upright: published; point: simulated, ringed where it lies"
        " outside",
        svg=beside_chart([row for _, row in rows], "published_beside_simulated"),
        head=("Measure", "Published", "Bounds", "Simulated", "Range", "Within", "Source"),
        rows=tuple(
            (
                row.name,
                percent(row.published),
                f"{percent(row.bounds[0])} to {percent(row.bounds[1])}",
                percent(row.simulated),
                f"{percent(row.range[0])} to {percent(row.range[1])}",
                "yes" if row.fits else "no",
                one.source,
            )
            for one, row in rows
        ),
    )


def beside_row(result: Result, one: Beside) -> BesideRow:
    """The range is that of the runs; of one run the 95 % interval."""
    ours = result.together.measured(one.measure)
    part, whole = (ours.part, ours.whole) if ours else (0, 0)
    interval = wilson(part, whole)
    apart = result.apart(lambda found: share_of(found, one.measure))
    return BesideRow(
        name=MEASURES.get(one.measure, one.measure),
        published=one.published,
        bounds=(one.low, one.high),
        simulated=part / whole if whole else None,
        range=apart or (interval.low, interval.high),
    )
