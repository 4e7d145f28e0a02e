"""A result of simulated months → the report on it: pictures, tables, what it cannot show."""

from collections.abc import Iterator

from rsm.metrics.simulated import Result
from rsm.metrics.workload_model import Figures
from rsm.web import simulated_words as words
from rsm.web.simulated_pictures import pictures
from rsm.web.simulated_words import minutes, number, percent, share_of
from rsm.web.views.simulated import ReportView, Table

_OF_HEAD = 16
_LIMITS = (
    "People are invented: they feel and answer as the programme's habits say, not as yours do.",
    "Load is of days with at least four fifths of the most patients ever enrolled at once.",
    "The last day is left out: its alerts had no time to be taken.",
    "Minutes for each alert, task and call are assumed: nobody has published them.",
    "Alerts are counted after grouping: a report that adds to an open alert opens no other.",
    "Intervals count each report as another patient's: too narrow. See how far apart runs lie.",
)


def report_view(result: Result) -> ReportView:
    """Everything on the page."""
    asked = result.ordered
    return ReportView(
        title=f"{asked.programme}: {asked.patients} patients, {asked.weeks} weeks",
        heading=words.heading(result),
        lead=words.lead(result),
        alarms=words.alarms(result),
        cautions=words.cautions(result),
        facts=words.facts(result),
        pictures=pictures(result),
        tables=tuple(_tables(result)),
        limits=_LIMITS,
        made_by=result.made_by,
    )


# --- tables ----------------------------------------------------------------------------------


def _tables(result: Result) -> Iterator[Table]:
    if result.broken:
        yield _broken(result)
    yield _work(result)
    if len(result.runs) > 1:
        yield _runs(result)
    if result.ordered.sites > 1:
        yield _sites(result.together)
    yield _messages(result.together)
    yield _checked(result)
    yield _heads(result)


def _work(result: Result) -> Table:
    load, asked = result.together.load, result.ordered
    weeks = max(load.days, 1) / 7
    each = number(asked.minutes_per_alert)
    per_alert = asked.minutes_per_alert / 60
    alerts = load.alerts / weeks
    rows = (
        ("Alerts", f"{alerts:.1f}", each, f"{alerts * per_alert:.1f}"),
        ("Tasks", f"{load.tasks_per_week:.1f}", each, f"{load.tasks_per_week * per_alert:.1f}"),
        ("Nurses together", "", "", f"{load.nurse_hours_per_week:.1f}"),
        (
            "Calls to patients",
            f"{load.calls_per_week:.1f}",
            number(asked.minutes_per_call),
            f"{load.call_hours_per_week:.1f}",
        ),
    )
    caption = f"Nurses spend {number(load.nurse_hours_per_week)} hours a week, callers"
    return Table(
        name="nurse_minutes",
        caption=f"{caption} {number(load.call_hours_per_week)}",
        note="On days at full strength. Calls are those to patients who did not answer.",
        head=("Work", "A week", "Minutes each, assumed", "Hours a week"),
        rows=rows,
    )


def _runs(result: Result) -> Table:
    rows = tuple(
        (
            run.seed,
            number(run.figures.load.per_day.median),
            number(run.figures.load.per_day.p90),
            number(run.figures.load.nurse_hours_per_week),
            minutes(run.figures.acknowledge["all"].median),
            percent(run.figures.load.out_of_hours.share),
            percent(share_of(run.figures, "weekly_completion")),
        )
        for run in result.runs
    )
    apart = result.apart(lambda one: one.load.per_day.median)
    low, high = apart or (0.0, 0.0)
    return Table(
        name="runs",
        caption=f"A usual day has {number(low)} to {number(high)} alerts, as chance has it",
        note="The same order with other seeds: other people, other luck.",
        head=(
            "Seed",
            "Alerts a day",
            "Nine days in ten",
            "Nurse hours a week",
            "Half taken within",
            "Out of hours",
            "Completed",
        ),
        rows=rows,
    )


def _sites(found: Figures) -> Table:
    rows = tuple(
        (
            one.name,
            number(one.patients),
            number(one.alerts_per_week),
            minutes(one.acknowledge.median),
        )
        for one in found.sites
    )
    return Table(
        name="sites",
        caption=f"{len(rows)} sites share the load",
        note="All days, those of the first weeks as well.",
        head=("Site", "Patients", "Alerts a week", "Half taken within"),
        rows=rows,
    )


def _messages(found: Figures) -> Table:
    sent = found.traffic.sent
    segments = found.traffic.texts_per_patient_week
    return Table(
        name="messages",
        caption=f"Each patient costs {segments:.1f} texts a week, as carriers count them",
        note=f"Somebody is told {found.traffic.told_per_alert:.1f} times for each alert.",
        head=("To", "By", "About", "Came to", "How many", "Segments"),
        rows=tuple(
            (
                one.audience.capitalize(),
                one.channel,
                one.purpose.replace("_", " "),
                one.state,
                str(one.count),
                str(one.segments),
            )
            for one in sent
        ),
        closed=True,
    )


def _broken(result: Result) -> Table:
    broken = result.broken
    return Table(
        name="broken",
        caption="A promise was broken: this is a defect, and not of the simulation",
        note="Each story tells what led to it, and plays it again: rsm simulate --replay FILE",
        head=("Promise", "What", "When", "Story"),
        rows=tuple(
            (one.promise, one.what, f"{one.at:%Y-%m-%d %H:%M} UTC", one.story or "none")
            for one in broken
        ),
    )


def _checked(result: Result) -> Table:
    checked: dict[str, int] = {}
    for run in result.runs:
        for promise, times in run.checked.items():
            checked[promise] = checked.get(promise, 0) + times
    held = len(set(checked) - {one.promise for one in result.broken})
    return Table(
        name="promises",
        caption=f"{held} of {len(checked)} promises held whenever they were checked",
        note="Every virtual hour what has changed, every virtual week everything.",
        head=("Promise", "Times checked"),
        rows=tuple(
            (promise, str(times))
            for promise, times in sorted(checked.items(), key=lambda each: _in_order(each[0]))
        ),
        closed=True,
    )


def _in_order(promise: str) -> tuple[str, int]:
    digits = "".join(mark for mark in promise if mark.isdigit())
    return promise.rstrip("0123456789"), int(digits or 0)


def _heads(result: Result) -> Table:
    return Table(
        name="heads",
        caption="The same seed gives the same audit chain",
        note=f"On the same release. Its first {_OF_HEAD} signs; all stand in result.json.",
        head=("Seed", "Ended", "Head of the chain", "Seconds"),
        rows=tuple(
            (
                run.seed,
                f"{run.ended_at:%Y-%m-%d %H:%M} UTC",
                run.head[:_OF_HEAD],
                f"{run.elapsed_seconds:.0f}",
            )
            for run in result.runs
        ),
    )
