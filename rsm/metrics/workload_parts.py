"""Waits, messages, weeks, sites and measures of a workload, from its rows. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from math import ceil
from statistics import median

from rsm.kernel.words import Audience, Channel, Level
from rsm.metrics.workload_model import (
    AlertRow,
    Measured,
    ReportRow,
    Run,
    Sent,
    SiteLoad,
    Traffic,
    Wait,
    Week,
)

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def ranked(values: Iterable[float], count: int, share: float) -> float | None:
    """The nearest rank among `count`, of whom those that have no value are the longest."""
    known, rank = sorted(values), ceil(share * count)
    return float(known[rank - 1]) if 0 < rank <= len(known) else None


# --- waits -----------------------------------------------------------------------------------


def waits(alerts: Sequence[AlertRow]) -> dict[str, Wait]:
    """Of all alerts, of each level, and of those in and out of hours."""
    chosen: dict[str, Sequence[AlertRow]] = {"all": alerts}
    for level in Level:
        chosen[level.value] = [one for one in alerts if one.level is level]
    chosen["in_hours"] = [one for one in alerts if not one.out_of_hours]
    chosen["out_of_hours"] = [one for one in alerts if one.out_of_hours]
    return {name: _wait(rows) for name, rows in chosen.items()}


def _wait(alerts: Sequence[AlertRow]) -> Wait:
    """Not taken counts as longer than any."""
    taken = [one.taken_after for one in alerts if one.taken_after is not None]
    waited = [round(each / _MINUTE, 1) for each in taken]
    half, ninth = (ranked(waited, len(alerts), share) for share in (0.5, 0.9))
    return Wait(alerts=len(alerts), median=half, p90=ninth)


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known; None of nothing."""
    known = [value for value in values if value is not None]
    return round(median(known), 2) if known else None


# --- traffic, weeks, sites -------------------------------------------------------------------


def traffic(sites: Run, patient_weeks: float) -> Traffic:
    """Messages of all kinds, and what a patient and an alert cost of them."""
    rows: Counter[tuple[str, str, str, str]] = Counter()
    segments: Counter[tuple[str, str, str, str]] = Counter()
    for one in (each for site in sites for each in site.messages):
        key = (one.audience, one.channel, one.purpose, one.state)
        rows[key] += one.count
        segments[key] += one.segments
    sent = tuple(
        Sent(
            audience=key[0],
            channel=key[1],
            purpose=key[2],
            state=key[3],
            count=count,
            segments=segments[key],
        )
        for key, count in sorted(rows.items())
    )
    alerts = sum(len(site.alerts) for site in sites)
    return Traffic(
        texts_per_patient_week=round(_texts(sent) / max(patient_weeks, 1), 2),
        told_per_alert=round(sum(site.told for site in sites) / max(alerts, 1), 2),
        nobody=sum(site.nobody for site in sites),
        sent=sent,
    )


def _texts(sent: Iterable[Sent]) -> int:
    ours = {(Audience.PATIENT.value, Channel.SMS.value)}
    return sum(one.segments for one in sent if (one.audience, one.channel) in ours)


def weeks(sites: Run) -> tuple[Week, ...]:
    """By the Monday that begins each."""
    due: Counter[date] = Counter()
    completed: Counter[date] = Counter()
    for one in (each for site in sites for each in site.weeks):
        due[one.monday] += one.due
        completed[one.monday] += one.completed
    called = Counter(_monday(one.on) for site in sites for one in site.reports if one.by_call)
    return tuple(
        Week(monday=monday, due=due[monday], completed=completed[monday], by_call=called[monday])
        for monday in sorted(due)
    )


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def by_site(sites: Run, runs: int) -> tuple[SiteLoad, ...]:
    """By name; a site's runs together."""
    names = sorted({site.name for site in sites})
    return tuple(
        _site_load(name, [one for one in sites if one.name == name], runs) for name in names
    )


def _site_load(name: str, same: Run, runs: int) -> SiteLoad:
    alerts = [one for site in same for one in site.alerts]
    weeks = sum((site.last - site.first) / _DAY for site in same) / 7
    return SiteLoad(
        name=name,
        patients=sum(len(site.stays) for site in same) / runs,
        alerts_per_week=round(len(alerts) / max(weeks, 1 / 7), 1),
        acknowledge=_wait(alerts),
    )


# --- what trials publish ---------------------------------------------------------------------


def measures(sites: Run, reports: Sequence[ReportRow]) -> Iterator[Measured]:
    """What trials publish as well, each with its denominator."""
    due = sum(week.due for site in sites for week in site.weeks)
    completed = sum(week.completed for site in sites for week in site.weeks)
    by_call = min(completed, sum(one.by_call for one in reports))
    yield Measured(measure="weekly_completion", part=completed, whole=due)
    yield Measured(measure="by_patient", part=completed - by_call, whole=due)
    yield Measured(measure="by_call", part=by_call, whole=due)
    alerted = sum(one.alerted for one in reports)
    yield Measured(measure="alerting_surveys", part=alerted, whole=len(reports))
    everybody = {one.patient_id for one in reports}
    alarmed = {one.patient_id for one in reports if one.alerted}
    yield Measured(measure="patients_alerted", part=len(alarmed), whole=len(everybody))
    counted = [one for site in sites for one in site.counted]
    for name in dict.fromkeys(one.measure for one in counted):
        same = [one for one in counted if one.measure == name]
        part, whole = sum(one.part for one in same), sum(one.whole for one in same)
        yield Measured(measure=name, part=part, whole=whole)
