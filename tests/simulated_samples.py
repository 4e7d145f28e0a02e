"""Rows of a small programme, told by hand, and the result that they make."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import Level
from rsm.metrics import workload
from rsm.metrics.simulated import FORMAT, Beside, BrokenPromise, Ordered, Result, RunResult
from rsm.metrics.workload_model import (
    AlertRow,
    Figures,
    Measured,
    MessageRow,
    Minutes,
    ReportRow,
    SiteRows,
    Stay,
    WeekRow,
)

MONDAY = date(2026, 1, 5)
MINUTES = Minutes(per_alert=10, per_call=9)
NOON = datetime(2026, 1, 5, 12)  # noqa: DTZ001 - wall time
IDS = SeededIds("samples")


def alert(
    day: int = 0,
    hour: int = 10,
    level: Level = Level.SOON,
    minutes: float | None = 20,
    out_of_hours: bool = False,
) -> AlertRow:
    opened = datetime(2026, 1, 5, hour) + timedelta(days=day)  # noqa: DTZ001 - wall time
    taken = None if minutes is None else timedelta(minutes=minutes)
    return AlertRow(level, "symptom", opened, taken, out_of_hours)


def report(day: int = 0, alerted: bool = False, by_call: bool = False) -> ReportRow:
    patient_id = new_id(IDS, datetime(2026, 1, 5, tzinfo=UTC))
    return ReportRow(patient_id, MONDAY + timedelta(days=day), by_call, alerted, 5.0)


def site(
    alerts: Sequence[AlertRow] = (),
    reports: Sequence[ReportRow] = (),
    stays: Sequence[Stay] = (Stay(MONDAY, None),) * 10,
    days: int = 28,
    **others: Any,
) -> SiteRows:
    made: dict[str, Any] = {
        "name": "Lakeside",
        "first": MONDAY,
        "last": MONDAY + timedelta(days=days),
        "alerts": tuple(alerts),
        "reports": tuple(reports),
        "stays": tuple(stays),
        "messages": (MessageRow("patient", "sms", "survey_invite", "delivered", 40, 80),),
        "weeks": tuple(WeekRow(MONDAY + timedelta(weeks=week), 10, 9) for week in range(4)),
        "calls": {MONDAY: 3},
        "tasks": {MONDAY: 2},
        "nobody": 0,
        "told": 6,
        "counted": (Measured(measure="acted_upon", part=1, whole=2),),
    }
    return SiteRows(**{**made, **others})


def busy(alerts_a_day: int = 3, **others: Any) -> SiteRows:
    """The same number of alerts each day, one of them urgent, in the morning."""
    alerts = [
        alert(day, 8 + number, Level.URGENT if number == 0 else Level.SOON, 5 + number)
        for day in range(28)
        for number in range(alerts_a_day)
    ]
    return site(alerts, [report(day, alerted=day % 3 == 0) for day in range(28)], **others)


def run_of(
    rows: SiteRows, seed: str = "1", *, whole: bool = True, broken: Sequence[BrokenPromise] = ()
) -> RunResult:
    return RunResult(
        seed=seed,
        head="ab" * 32,
        ended_at=datetime(2026, 2, 2, tzinfo=UTC),
        whole=whole,
        note="" if whole else "it was stopped",
        elapsed_seconds=12.0,
        checked={"P1": 672, "P10": 4, "P2": 672},
        broken=tuple(broken),
        days=workload.days([rows], MINUTES),
        figures=figures_of(rows),
    )


def figures_of(*rows: SiteRows) -> Figures:
    """One run of each."""
    return workload.figures([[each] for each in rows], MINUTES)


def result_of(*runs: tuple[str, SiteRows], **others: Any) -> Result:
    """A result of runs by seed; others are fields of what was ordered, or of the result."""
    pairs = runs or (("1", busy()),)
    ordered: dict[str, Any] = {
        "programme": "demo",
        "title": "A programme like many",
        "patients": 10,
        "weeks": 4,
        "sites": 1,
        "begin": MONDAY,
        "pack": "first 1.0.0",
        "plan": "weekly 1",
        "policy": "default 1.0.0",
        "roster": "as shipped",
        "own": (),
        "minutes_per_alert": 10.0,
        "minutes_per_call": 9.0,
    }
    ordered |= {name: others.pop(name) for name in list(others) if name in ordered}
    made: dict[str, Any] = {
        "format": FORMAT,
        "made_by": "rsm 0.0",
        "ordered": Ordered(**ordered),
        "runs": tuple(run_of(rows, seed) for seed, rows in pairs),
        "together": figures_of(*(rows for _, rows in pairs)),
        "published": (
            Beside(
                measure="weekly_completion", published=0.91, low=0.88, high=0.94, source="a trial"
            ),
            Beside(measure="alerting_surveys", published=0.1, low=0.05, high=0.15, source="one"),
        ),
    }
    return Result(**{**made, **others})
