"""A result as tables (CSV): one file for each, one row for each run, day, week, hour or kind."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from rsm.metrics.simulated import Result
from rsm.metrics.workload_model import HOURS

Row = Sequence[object]


def tables(result: Result) -> Mapping[str, str]:
    """The text of each file by its name."""
    rows = {
        "alerts_by_day.csv": _alerts_by_day(result),
        "alerts_by_hour.csv": _alerts_by_hour(result),
        "acknowledge.csv": _acknowledge(result),
        "messages.csv": _messages(result),
        "nurse_minutes.csv": _nurse_minutes(result),
        "adherence.csv": _adherence(result),
        "published_beside_simulated.csv": _beside(result),
    }
    return {name: _csv(each) for name, each in rows.items()}


def _csv(rows: Iterator[Row]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    return out.getvalue()


def _alerts_by_day(result: Result) -> Iterator[Row]:
    yield "seed", "day", "patients", "alerts", "urgent_or_emergency", "out_of_hours"
    for run in result.runs:
        for day in run.days:
            yield run.seed, day.on, day.active, day.alerts, day.pressing, day.out_of_hours


def _alerts_by_hour(result: Result) -> Iterator[Row]:
    yield "seed", "hour", "alerts_a_day", "urgent_or_emergency_a_day"
    for run in result.runs:
        load = run.figures.load
        for hour in range(HOURS):
            yield run.seed, hour, load.by_hour[hour], load.pressing_by_hour[hour]


def _acknowledge(result: Result) -> Iterator[Row]:
    yield "seed", "alerts_of", "alerts", "median_minutes", "p90_minutes"
    for run in result.runs:
        for name, wait in run.figures.acknowledge.items():
            yield run.seed, name, wait.alerts, wait.median, wait.p90


def _messages(result: Result) -> Iterator[Row]:
    yield "seed", "audience", "channel", "purpose", "state", "count", "segments"
    for run in result.runs:
        for one in run.figures.traffic.sent:
            kind = (one.audience, one.channel, one.purpose, one.state)
            yield run.seed, *kind, one.count, one.segments


def _nurse_minutes(result: Result) -> Iterator[Row]:
    yield "seed", "day", "minutes"
    for run in result.runs:
        for day in run.days:
            yield run.seed, day.on, day.nurse_minutes


def _adherence(result: Result) -> Iterator[Row]:
    yield "seed", "week_of", "due", "completed", "with_a_call"
    for run in result.runs:
        for week in run.figures.weeks:
            yield run.seed, week.monday, week.due, week.completed, week.by_call


def _beside(result: Result) -> Iterator[Row]:
    yield "seed", "measure", "published", "low", "high", "simulated", "part", "whole", "source"
    for run in result.runs:
        for one in result.published:
            ours = run.figures.measured(one.measure)
            counted = (ours.share, ours.part, ours.whole) if ours else (None, 0, 0)
            bounds = (one.published, one.low, one.high)
            yield run.seed, one.measure, *bounds, *counted, one.source
