"""A duty's hours, and the hours at which a patient is best called, as they are read."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from rsm.messaging.hours import ContactTimes, SendingHours
from rsm.tasks.decide import BestHours
from rsm.web.call_rows import hours_words
from rsm.web.roster_days import hours_of

NEW_YORK = ZoneInfo("America/New_York")


def local(day: int, hour: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=NEW_YORK).astimezone(UTC)


def test_a_whole_day_is_all_day_also_on_the_nights_of_clock_change() -> None:
    assert hours_of(local(19, 0), local(20, 0), NEW_YORK) == "all day"
    assert hours_of(local(1, 0, 11), local(2, 0, 11), NEW_YORK) == "all day"  # 25 hours
    assert hours_of(local(8, 0, 3), local(9, 0, 3), NEW_YORK) == "all day"  # 23 hours


def test_a_part_of_a_day_names_its_hours_and_a_far_end_its_day() -> None:
    assert hours_of(local(19, 0), local(19, 18), NEW_YORK) == "00:00 to 18:00"
    assert hours_of(local(19, 20), local(20, 8), NEW_YORK) == "20:00 to 08:00"
    assert hours_of(local(19, 0), local(21, 0), NEW_YORK) == "00:00 to 00:00 on Wednesday 21 Oct"


def best(opens: time, closes: time) -> BestHours:
    return BestHours(ContactTimes((SendingHours(opens, closes),)), NEW_YORK)


def test_where_any_hour_is_as_good_none_is_named() -> None:
    assert hours_words(best(time(), time(23, 59))) == ""
    assert hours_words(best(time(9), time(12, 30))) == "9:00\N{EN DASH}12:30"
    assert hours_words(best(time(), time(12))) == "0:00\N{EN DASH}12:00"
