"""What is drawn in bulk (`tests.bulk_people`) is as what the simulator plays, share by share.

A clinic after the programme `star` is played; beside it stand 3,000 people drawn in bulk, so many
that their shares hardly owe anything to chance. Whatever is compared may differ

* by three points in a hundred: which of two plausible clinics it is, is a matter of taste; and
* by what chance allows the played clinic, two and a half standard errors, with twice the variance
  of a coin: surveys of one patient are alike.

A median may be off by a quarter, and by two and a half standard errors of a median of a log-normal
time whose logarithm deviates by 1.5 (1.25 times those of a mean). So few people let only gross
differences be found; the soak plays five times as many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import exp, log, sqrt
from statistics import median

import pytest
from sqlalchemy import Engine, text

from rsm.simulate.programme import programme
from tests import bulk_people
from tests.flow.simulating import order, simulate

SIZES = ((12, 6), pytest.param((60, 10), marks=pytest.mark.soak))  # patients, weeks
MANY = 3_000
POINTS, QUARTER = 0.03, 1.25
ERRORS, ALIKE = 2.5, 2.0
HOUR = 60
LEVELS = ("emergency", "urgent", "soon")
CHANNELS = ("web", "sms", "voice", "staff")
SURVEYS = """
    SELECT o.state, coalesce(o.miss_reason = 'not_sent', false), r.channel,
        extract(epoch FROM r.submitted_at - o.opens_at) / 60
    FROM occurrence o LEFT JOIN response r ON r.occurrence_id = o.id AND r.state = 'final'
    WHERE o.scheduled AND o.state IN ('completed', 'partial', 'missed')
"""
# Those that had two days at least to be closed in.
ALERTS = """
    SELECT level, extract(epoch FROM acknowledged_at - opened_at) / 60,
        extract(epoch FROM closed_at - opened_at) / 60
    FROM alert WHERE kind = 'symptom' AND opened_at < :settled
"""


@dataclass(frozen=True)
class Survey:
    """One that is over: what became of it, how she answered, and after how many minutes."""

    state: str
    never_asked: bool
    channel: str | None
    delay: float | None


@dataclass(frozen=True)
class Alert:
    """Its level, and after how many minutes it was taken and closed; None is not yet."""

    level: str
    taken: float | None
    closed: float | None


@dataclass(frozen=True)
class Months:
    """What a clinic came to."""

    surveys: Sequence[Survey]
    alerts: Sequence[Alert]


def played(owner_url: str, owner: Engine, patients: int, weeks: int) -> Months:
    outcome = simulate(owner_url, order(patients, weeks, "bulk", programme("star")))
    assert outcome.whole
    settled = outcome.ended_at - timedelta(days=2)
    with owner.connect() as connection:
        surveys = [Survey(*row) for row in connection.execute(text(SURVEYS))]
        found = connection.execute(text(ALERTS), {"settled": settled})
        return Months(surveys, [Alert(*row) for row in found])


def drawn(weeks: int) -> Months:
    surveys = [
        survey for person in bulk_people.draw(11, MANY, weeks * 7) for survey in person.surveys
    ]
    return Months(
        [
            Survey(
                one.state,
                one.never_asked,
                None if one.state == "missed" else one.channel,
                None if one.state == "missed" else one.delay,
            )
            for one in surveys
        ],
        [
            Alert(one.alert.level, one.alert.acknowledged, one.alert.closed)
            for one in surveys
            if one.alert is not None
        ],
    )


Shares = Mapping[str, tuple[int, int]]


def shares(months: Months) -> Shares:
    """Name → part of whole."""
    reports = [one for one in months.surveys if one.state != "missed"]
    due, alerts = len(months.surveys), len(months.alerts)
    states = [one.state for one in months.surveys]
    taken = [one.taken for one in months.alerts if one.taken is not None]
    closed = [one.closed for one in months.alerts]
    return {
        "completed": (states.count("completed"), due),
        "partial": (states.count("partial"), due),
        "never asked": (sum(1 for one in months.surveys if one.never_asked), due),
        "alerting": (alerts, len(reports)),
        **{
            f"by {channel}": (sum(1 for one in reports if one.channel == channel), len(reports))
            for channel in CHANNELS
        },
        **{
            level: (sum(1 for one in months.alerts if one.level == level), alerts)
            for level in LEVELS
        },
        "taken within the hour": (sum(1 for minutes in taken if minutes < HOUR), alerts),
        **{name: (count, alerts) for name, count in _buckets(closed)},
    }


def _buckets(closed: Sequence[float | None]) -> Iterator[tuple[str, int]]:
    bounds = (0, 48 * HOUR, 72 * HOUR, 7 * 24 * HOUR)
    for low, high in pairwise(bounds):
        yield (
            f"closed in {low // HOUR} to {high // HOUR} h",
            sum(1 for minutes in closed if minutes is not None and low <= minutes < high),
        )
    beyond = sum(1 for minutes in closed if minutes is None or minutes >= bounds[-1])
    yield "closed later, or not yet", beyond


def differing(bulk: Shares, clinic: Shares) -> dict[str, tuple[float, float]]:
    """Those shares that are further apart than is allowed: in bulk, in the played clinic."""
    apart = {}
    for name, (part, whole) in clinic.items():
        usual, found = bulk[name][0] / bulk[name][1], part / whole
        chance = ERRORS * sqrt(ALIKE * usual * (1 - usual) / whole)
        if abs(found - usual) > POINTS + chance:
            apart[name] = (round(usual, 3), round(found, 3))
    return apart


def times(months: Months) -> Mapping[str, list[float]]:
    """Minutes: of reports after the opening, of alerts until they are taken and closed."""
    return {
        "delay": [one.delay for one in months.surveys if one.delay is not None],
        "taken": [one.taken for one in months.alerts if one.taken is not None],
        "closed": [one.closed for one in months.alerts if one.closed is not None],
    }


def off(bulk: Months, clinic: Months) -> dict[str, tuple[float, float]]:
    """Those medians that are further apart than is allowed."""
    apart = {}
    for name, minutes in times(clinic).items():
        usual, found = float(median(times(bulk)[name])), float(median(minutes))
        chance = exp(ERRORS * 1.25 * 1.5 * sqrt(ALIKE / len(minutes)))
        if abs(log(found / usual)) > log(QUARTER * chance):
            apart[name] = (usual, found)
    return apart


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_what_is_drawn_in_bulk_is_as_what_the_simulator_plays(
    size: tuple[int, int], owner_url: str, owner: Engine
) -> None:
    clinic, bulk = played(owner_url, owner, *size), drawn(size[1])
    assert differing(shares(bulk), shares(clinic)) == {}
    assert off(bulk, clinic) == {}


def test_a_clinic_that_closes_its_alerts_the_next_day_would_be_found() -> None:
    """As this generator's own nurses once did: a median of a day, three of ten open for two."""
    bulk = drawn(12)
    late = [Alert(one.level, one.taken, 24.0 * HOUR) for one in bulk.alerts[:100]]
    slow = Months(bulk.surveys[:900], late)
    assert "closed" in off(bulk, slow)
    left = [Alert(one.level, one.taken, None) for one in bulk.alerts[:30]]
    names = differing(shares(bulk), shares(Months(bulk.surveys[:900], [*left, *late[30:]])))
    assert "closed later, or not yet" in names
