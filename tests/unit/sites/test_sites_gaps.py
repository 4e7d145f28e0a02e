"""When nobody is on duty, as a roster shows it."""

from datetime import time
from uuid import UUID

from rsm.sites.decide import gaps
from rsm.sites.model import Shift

ANN, TEAM = UUID(int=1), UUID(int=9)


def shift(weekday: int, starts: str, ends: str) -> Shift:
    return Shift(TEAM, ANN, weekday, time.fromisoformat(starts), time.fromisoformat(ends))


def spans(found: list[tuple[time, time]]) -> list[str]:
    return [f"{starts:%H:%M}-{ends:%H:%M}" for starts, ends in found]


def test_without_a_shift_all_days_are_gaps() -> None:
    assert [spans(day) for day in gaps([])] == [["00:00-00:00"]] * 7


def test_midnight_to_midnight_every_day_has_no_gap() -> None:
    assert gaps([shift(day, "00:00", "00:00") for day in range(7)]) == [[]] * 7


def test_a_shift_past_midnight_covers_the_next_morning_sunday_into_monday_too() -> None:
    found = gaps([shift(6, "18:00", "07:30")])
    assert spans(found[6]) == ["00:00-18:00"]
    assert spans(found[0]) == ["07:30-00:00"]


def test_shifts_that_overlap_or_touch_leave_only_the_rest() -> None:
    day = [shift(1, "08:00", "12:00"), shift(1, "09:00", "11:00"), shift(1, "12:00", "18:00")]
    assert spans(gaps(day)[1]) == ["00:00-08:00", "18:00-00:00"]
