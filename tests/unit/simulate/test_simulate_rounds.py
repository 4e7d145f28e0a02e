"""Rounds are made on working days, at the site's hours, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from typing import cast

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role
from rsm.simulate import blueprints
from rsm.simulate.post import Post
from rsm.simulate.rounds import make_rounds
from rsm.simulate.world import World

FRIDAY_NOON = datetime(2026, 10, 30, 16, 0, tzinfo=UTC)  # the clocks go back on Sunday


def rounds_from(begin: datetime, hours: tuple[int, ...], days: int) -> list[datetime]:
    clock = VirtualClock(begin)
    nowhere = cast("Database", None)
    world = World(nowhere, nowhere, clock, Post(clock, SeededIds("rounds")), "", "rounds")
    made: list[datetime] = []
    make_rounds(world, "America/New_York", hours, lambda: made.append(world.now))
    while (at := world.agenda.next_at) is not None and at < begin + timedelta(days=days):
        clock.set(at)
        deed = world.agenda.take(at)
        assert deed is not None
        deed()
    return made


def test_nobody_makes_a_round_at_the_weekend_and_local_hours_stay_across_the_change() -> None:
    assert rounds_from(FRIDAY_NOON, (9, 14), 3) == [
        datetime(2026, 10, 30, 18, 7, tzinfo=UTC),
        datetime(2026, 11, 2, 14, 7, tzinfo=UTC),
    ]


NIGHT = blueprints.Post(
    "nurse 1", (Role.NURSE,), 1, "Dana Reyes", ((4, time(20), time(8)), (0, time(0), time(0)))
)


@pytest.mark.parametrize(
    ("local", "on"),
    [
        (datetime(2026, 10, 30, 19, 59, tzinfo=UTC), False),  # Friday
        (datetime(2026, 10, 30, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 7, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 8, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 2, 23, 59, tzinfo=UTC), True),  # Monday, around the clock
        (datetime(2026, 11, 3, 0, 0, tzinfo=UTC), False),
    ],
)
def test_a_shift_may_run_past_midnight_and_the_same_hour_is_around_the_clock(
    local: datetime, on: bool
) -> None:
    assert NIGHT.is_on(local) is on
