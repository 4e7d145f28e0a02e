"""Contact times by the calendar: nights, weekends and holidays wait; nonsense is refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rsm.kernel.errors import Invalid
from rsm.messaging.hours import DAYTIME, ContactTimes, SendingHours, closes_at, fits, next_allowed

NEW_YORK = ZoneInfo("America/New_York")
WEEKEND = frozenset({5, 6})
THANKSGIVING = frozenset({date(2026, 11, 26)})  # a Thursday
SITE = ContactTimes((DAYTIME,), WEEKEND, THANKSGIVING)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        ("2026-11-25T15:00", "2026-11-25T15:00"),  # Wednesday at ten
        ("2026-11-26T03:00", "2026-11-27T13:00"),  # its night: the next morning is the holiday
        ("2026-11-26T15:00", "2026-11-27T13:00"),  # the holiday itself
        ("2026-11-28T15:00", "2026-11-30T13:00"),  # Saturday: Monday at eight
    ],
)
def test_weekends_and_holidays_wait_for_the_next_open_morning(instant: str, allowed: str) -> None:
    assert next_allowed(at(instant), SITE, NEW_YORK) == at(allowed)


def test_a_patients_own_hours_narrow_those_of_the_site() -> None:
    both = ContactTimes((DAYTIME, SendingHours(time(14), time(23))))
    assert next_allowed(at("2026-11-25T15:00"), both, NEW_YORK) == at("2026-11-25T19:00")
    assert closes_at(at("2026-11-25T20:00"), both, NEW_YORK) == at("2026-11-26T02:00")  # the site's


def test_hours_may_leave_two_stretches_of_a_day() -> None:
    night_worker = ContactTimes((DAYTIME, SendingHours(time(19), time(10))))
    assert fits(at("2026-11-25T14:00"), night_worker, NEW_YORK)
    assert not fits(at("2026-11-25T17:00"), night_worker, NEW_YORK)
    assert next_allowed(at("2026-11-25T17:00"), night_worker, NEW_YORK) == at("2026-11-26T00:00")


def test_hours_over_midnight_end_where_a_closed_day_begins() -> None:
    nights = ContactTimes((SendingHours(time(20), time(2)),), WEEKEND)
    friday = at("2026-11-28T04:00")  # 23:00
    assert closes_at(friday, nights, NEW_YORK) == at("2026-11-28T05:00")
    thursday = friday - timedelta(days=1)
    assert closes_at(thursday, nights, NEW_YORK) == at("2026-11-27T07:00")


def test_all_day_means_until_midnight() -> None:
    always = ContactTimes()
    assert next_allowed(at("2026-11-25T08:00"), always, NEW_YORK) == at("2026-11-25T08:00")
    assert closes_at(at("2026-11-25T08:00"), always, NEW_YORK) == at("2026-11-26T05:00")


@pytest.mark.parametrize(
    ("hours", "weekdays", "dates", "says"),
    [
        ((DAYTIME, SendingHours(time(22), time(6))), set(), set(), "no time in common"),
        ((), {0, 1, 2, 3, 4, 5, 6}, set(), "every day is closed"),
        ((), {7}, set(), "a weekday is 0"),
        ((), set(), {date(2026, 7, 1) + timedelta(days=n) for n in range(32)}, "2026-07-01"),
        (
            (),
            {5, 6},
            {d for n in range(40) if (d := date(2026, 7, 6) + timedelta(days=n)).weekday() < 5},
            "pause the patients",
        ),
    ],
)
def test_a_calendar_in_which_nothing_could_leave_is_refused(
    hours: tuple[SendingHours, ...], weekdays: set[int], dates: set[date], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        ContactTimes(hours, frozenset(weekdays), frozenset(dates))
