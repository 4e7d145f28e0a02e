"""Quiet hours defer and never drop, in every zone and on every night (P14, lessons 38 and 43)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rsm.kernel.localtime import local_of, zone_named, zone_names
from rsm.messaging.hours import DAYTIME, SendingHours, closes_at, fits, next_allowed

NEW_YORK = zone_named("America/New_York")
SPRING_NIGHT = datetime(2027, 3, 14, 5, tzinfo=UTC)
AUTUMN_NIGHT = datetime(2026, 11, 1, 4, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)

zones = st.sampled_from(sorted(zone_names())).map(zone_named)
# Nights of clock change are few: half of the instants lie in the two of New York.
instants = st.one_of(
    st.integers(0, 4 * 365 * 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.integers(0, 600).map(lambda minutes: SPRING_NIGHT + timedelta(minutes=minutes)),
    st.integers(0, 600).map(lambda minutes: AUTUMN_NIGHT + timedelta(minutes=minutes)),
)
minutes_of_day = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
sending_hours = (
    st.tuples(minutes_of_day, minutes_of_day)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: SendingHours(*pair))
)


@settings(deadline=None)
@given(instants, sending_hours, st.one_of(zones, st.just(NEW_YORK)))
@example(SPRING_NIGHT, SendingHours(time(2, 30), time(21)), NEW_YORK)
@example(SPRING_NIGHT, SendingHours(time(2), time(3)), NEW_YORK)
@example(AUTUMN_NIGHT, SendingHours(time(1, 30), time(1, 45)), NEW_YORK)
@example(datetime(2011, 12, 30, 9, 30, tzinfo=UTC), DAYTIME, zone_named("Pacific/Apia"))
def test_a_text_waits_for_the_first_allowed_instant_and_no_longer(
    instant: datetime, hours: SendingHours, zone: ZoneInfo
) -> None:
    allowed = next_allowed(instant, hours, zone)
    assert allowed >= instant
    assert fits(allowed, hours, zone)
    assert allowed - instant <= timedelta(hours=50)
    assert next_allowed(allowed, hours, zone) == allowed
    earlier = instant
    while earlier < allowed:
        assert not fits(earlier, hours, zone)
        earlier += timedelta(minutes=11)


@settings(deadline=None)
@given(instants, instants, sending_hours, st.one_of(zones, st.just(NEW_YORK)))
def test_a_later_text_is_never_allowed_earlier(
    one: datetime, other: datetime, hours: SendingHours, zone: ZoneInfo
) -> None:
    first, second = sorted((one, other))
    assert next_allowed(first, hours, zone) <= next_allowed(second, hours, zone)


@settings(deadline=None)
@given(instants, zones)
def test_the_hours_end_within_the_day_and_after_the_instant(
    instant: datetime, zone: ZoneInfo
) -> None:
    allowed = next_allowed(instant, DAYTIME, zone)
    end = closes_at(allowed, DAYTIME, zone)
    assert allowed < end <= allowed + timedelta(hours=26)
    assert local_of(end, zone).time() == time(21)


@pytest.mark.parametrize(
    ("instant", "hours", "allowed"),
    [
        # Awake: at once. At night: in the morning. At 21:00 sharp it is night.
        ("2026-10-19T13:00", DAYTIME, "2026-10-19T13:00"),
        ("2026-10-20T01:00", DAYTIME, "2026-10-20T12:00"),
        ("2026-10-19T11:59", DAYTIME, "2026-10-19T12:00"),
        # The night without 02:30: the clock jumps from 2 to 3, and hours from 02:30 begin there.
        ("2027-03-14T06:00", SendingHours(time(2, 30), time(21)), "2027-03-14T07:00"),
        # Hours that this night swallows whole come the next night.
        ("2027-03-14T06:00", SendingHours(time(2), time(3)), "2027-03-15T06:00"),
        # 01:30 comes twice; after the first 01:45 the second 01:30 is the next chance.
        ("2026-11-01T05:00", SendingHours(time(1, 30), time(1, 45)), "2026-11-01T05:30"),
        ("2026-11-01T05:45", SendingHours(time(1, 30), time(1, 45)), "2026-11-01T06:30"),
        # Hours over midnight.
        ("2026-10-19T16:00", SendingHours(time(20), time(2)), "2026-10-20T00:00"),
        ("2026-10-20T05:00", SendingHours(time(20), time(2)), "2026-10-20T05:00"),
    ],
)
def test_nights_in_new_york(instant: str, hours: SendingHours, allowed: str) -> None:
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}+00:00")

    assert next_allowed(utc(instant), hours, NEW_YORK) == utc(allowed)


def test_outside_of_the_hours_there_is_no_end_of_them() -> None:
    with pytest.raises(ValueError, match="outside"):
        closes_at(datetime(2026, 10, 20, 3, tzinfo=UTC), DAYTIME, NEW_YORK)
