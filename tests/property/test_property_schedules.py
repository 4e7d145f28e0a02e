"""Windows in every zone of the world over 24 months, nights of clock change included (P1, P14)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.kernel.localtime import local_of, offset_change, zone_named, zone_names
from rsm.messaging.hours import fits
from rsm.schedules.decide import next_window, windows_after, windows_from
from rsm.schedules.library import plan_named
from rsm.schedules.model import Anchors, Slot, Window

WEEKLY = plan_named("weekly")
START = date(2026, 1, 1)
MONTHS_24 = 104  # weeks
ALL_ZONES = [zone_named(name) for name in sorted(zone_names())]

zones = st.sampled_from(ALL_ZONES)
times = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
slots = st.builds(Slot, zones, st.integers(0, 6), times)
instants = st.integers(0, 730 * 1440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def weekly(slot: Slot, start: date, count: int) -> list[Window]:
    return list(islice(windows_from(WEEKLY, Anchors(slot, start), start), count))


def following(slot: Slot, after: datetime) -> Window:
    window = next_window(WEEKLY, Anchors(slot, date(2025, 12, 1)), after)
    assert window is not None
    return window


def check(window: Window, slot: Slot) -> None:
    """What holds for every window of the weekly plan, whatever the clocks do."""
    said = (slot, window)
    opening = datetime.combine(date.fromisoformat(window.key), slot.at)
    assert opening.weekday() == slot.weekday, said
    assert window.local == local_of(window.opens_at, slot.zone), said
    assert window.local == opening or not exists(opening, slot.zone), said
    assert timedelta() <= window.local - opening <= timedelta(hours=2), said
    assert len(window.reminders) == 2, said
    assert window.call_at is not None, said
    order = (window.opens_at, *window.reminders, window.call_at, window.closes_at)
    assert all(earlier < later for earlier, later in pairwise(order)), said
    assert all(fits(reminder, WEEKLY.hours, slot.zone) for reminder in window.reminders), said
    assert local_of(window.closes_at, slot.zone).time() == time(21), said
    assert timedelta(hours=118) < window.closes_at - window.opens_at < timedelta(hours=147), said
    assert window.closes_at - window.call_at > timedelta(hours=46), said  # time for calls


def exists(local: datetime, zone: ZoneInfo) -> bool:
    return local_of(local.replace(tzinfo=zone).astimezone(UTC), zone) == local


def changes(zone: ZoneInfo) -> list[datetime]:
    """Every change of the clock in 24 months."""
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(731)]
    return [change for a, b in pairwise(days) if (change := offset_change(a, b, zone)) is not None]


@pytest.mark.parametrize(("weekday", "at"), [(0, time(9)), (6, time(2, 30))])
def test_every_zone_has_exactly_one_window_in_each_local_week(weekday: int, at: time) -> None:
    for zone in ALL_ZONES:
        slot = Slot(zone, weekday, at)
        found = weekly(slot, START, MONTHS_24)
        weeks = [date.fromisoformat(window.key).isocalendar()[:2] for window in found]
        assert len(set(weeks)) == MONTHS_24, zone
        for window in found:
            check(window, slot)
        for earlier, later in pairwise(found):
            assert earlier.closes_at < later.opens_at, (zone, later)


def test_no_night_of_clock_change_in_the_world_skips_or_doubles_a_window() -> None:
    nights = 0
    for zone in ALL_ZONES:
        for change in changes(zone):
            nights += 1
            day = local_of(change - timedelta(minutes=1), zone).date()
            for hour in (0, 1, 2, 3, 23):
                slot = Slot(zone, day.weekday(), time(hour, 30))
                around = weekly(slot, day - timedelta(days=7), 3)
                for window in around:
                    check(window, slot)
                for earlier, later in pairwise(around):
                    apart = later.opens_at - earlier.opens_at - timedelta(days=7)
                    assert abs(apart) <= timedelta(hours=2), (zone, later)
    assert nights > 500


@settings(deadline=None)
@given(slots, instants)
def test_the_next_window_is_strictly_later_and_none_lies_between(
    slot: Slot, after: datetime
) -> None:
    window = following(slot, after)
    check(window, slot)
    assert window.opens_at > after
    day_before = date.fromisoformat(window.key) - timedelta(days=7)
    (before,) = weekly(slot, day_before, 1)
    assert before.opens_at <= after


@settings(deadline=None)
@given(slots, instants)
def test_walking_from_window_to_window_is_the_list(slot: Slot, after: datetime) -> None:
    listed = list(islice(windows_after(WEEKLY, Anchors(slot, date(2025, 12, 1)), after), 5))
    walked = []
    for _ in range(5):
        walked.append(following(slot, after))
        after = walked[-1].opens_at
    assert walked == listed


@settings(deadline=None)
@given(slots, st.integers(0, 700))
def test_a_window_is_the_same_from_wherever_it_is_worked_out(slot: Slot, day: int) -> None:
    (window,) = weekly(slot, START + timedelta(days=day), 1)
    assert following(slot, window.opens_at - timedelta(seconds=1)) == window
    assert following(slot, window.opens_at) != window


def test_a_zone_that_leaves_out_a_day_loses_no_window() -> None:
    # Samoa had no 30 December 2011, which was a Friday.
    slot = Slot(zone_named("Pacific/Apia"), 4, time(9))
    found = weekly(slot, date(2011, 12, 23), 3)
    assert [window.key for window in found] == ["2011-12-23", "2011-12-30", "2012-01-06"]
    assert found[1].local == datetime.fromisoformat("2011-12-31T09:00")
    assert [len(window.reminders) for window in found] == [2, 1, 2]  # its morning after was it
    assert all(earlier.closes_at < later.opens_at for earlier, later in pairwise(found))
    # Asked on the Saturday morning that stands for that Friday, its window is still to come.
    morning = found[1].opens_at - timedelta(hours=1)
    anchors = Anchors(slot, date(2011, 12, 1))
    assert next_window(WEEKLY, anchors, morning) == found[1]
