"""Whoever watches: each virtual hour since the last look, each week everything, each break once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from rsm.db.work import Database, Tx
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.simulate import watch
from rsm.simulate.orders import Order
from rsm.simulate.post import Post
from rsm.simulate.programme import programme
from rsm.simulate.promises import Broken
from rsm.simulate.promises.judge import Verdict
from rsm.simulate.watch import Watch
from rsm.simulate.world import World

BEGIN = datetime(2026, 10, 12, tzinfo=UTC)
ORDER = Order(programme("demo"), "1", 4, 4, 1, date(2026, 10, 12), "https://rsm.example.org")
SITE = UUID(int=9)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


class Door:
    """A database of which nobody asks anything."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    @contextmanager
    def begin(self, _scope: object) -> Iterator[Tx]:
        yield cast("Tx", SimpleNamespace(now=self._clock.now()))


class Watched:
    """A world in which nothing happens, and who looks at it; `broken` is what a look will see."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = VirtualClock(BEGIN)
        self.since: list[tuple[datetime, datetime]] = []  # of each look: from when, and when
        self.whole: list[datetime] = []
        self.chained: list[datetime] = []
        self.broken: Sequence[Broken] = ()
        self.told: list[Broken] = []
        self.stops = False
        monkeypatch.setattr(watch, "check_since", self._since)
        monkeypatch.setattr(watch, "check_all", self._all)
        monkeypatch.setattr(watch, "seal_all", lambda _: self.chained.append(self.clock.now()))
        door = cast("Database", Door(self.clock))
        post = Post(self.clock, SeededIds("watch"))
        world = World(door, door, self.clock, post, "", "watch")
        self.watch = Watch(world, SITE, ORDER, lambda: self.stops, lambda _, one: self._hears(one))

    def _since(self, _tx: Tx, since: datetime, *_: Any) -> Verdict:
        self.since.append((since, self.clock.now()))
        return Verdict(tuple(self.broken))

    def _all(self, *_: Any) -> Verdict:
        self.whole.append(self.clock.now())
        return Verdict(tuple(self.broken), {"P1": len(self.whole)})

    def _hears(self, one: Broken) -> None:
        self.told.append(one)

    def passes(self, span: timedelta, step: timedelta) -> bool:
        """Time passes, with an event at each step; whether it goes on."""
        goes_on = True
        for _ in range(int(span / step)):
            self.clock.advance(step)
            goes_on = self.watch.look()
        return goes_on


def broken(number: int) -> Broken:
    return Broken("P1", "a reminder was due and is nowhere", SITE, None, (UUID(int=number),), BEGIN)


def test_every_hour_is_looked_at_once_and_every_week_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Watched(monkeypatch)
    assert world.passes(2 * WEEK + HOUR, timedelta(minutes=10))
    assert world.whole == world.chained == [BEGIN + WEEK, BEGIN + 2 * WEEK]
    looks = sorted([*(at for _, at in world.since), *world.whole])
    assert looks == [BEGIN + number * HOUR for number in range(1, 2 * 7 * 24 + 2)]
    last = {at: before for before, at in zip([BEGIN, *looks], looks, strict=False)}
    assert all(since == last[at] for since, at in world.since)  # no minute is left out
    assert world.watch.checked == {"P1": 2, "P10": 0}


def test_where_nothing_happens_for_days_the_next_look_goes_back_as_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Watched(monkeypatch)
    world.passes(timedelta(days=3), timedelta(days=3))
    assert world.since == [(BEGIN, BEGIN + timedelta(days=3))]


def test_a_break_is_told_once_however_often_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Watched(monkeypatch)
    world.broken = (broken(1),)
    assert world.passes(3 * HOUR, HOUR)
    world.watch.look_at_all()
    assert world.told == [broken(1)]
    assert world.watch.broken == (broken(1),)


def test_after_so_many_breaks_more_would_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Watched(monkeypatch)
    world.broken = [broken(number) for number in range(30)]
    assert not world.passes(HOUR, HOUR)
    assert len(world.told) == 30


def test_whoever_stops_it_is_heard_between_two_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Watched(monkeypatch)
    world.stops = True
    assert not world.passes(timedelta(minutes=1), timedelta(minutes=1))
    assert world.since == []
