"""The weekly plan on the patient's own clock, and plans and slots that are refused (P14)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from rsm.kernel.errors import Invalid
from rsm.schedules.commands import PreviewedWindow
from rsm.schedules.commands import preview as preview_of
from rsm.schedules.decide import next_window
from rsm.schedules.library import plan_named
from rsm.schedules.model import Anchors, Slot
from rsm.schedules.reading import read_anchors, read_slot

NEW_YORK = read_slot("America/New_York", "monday", "09:00")


def preview(plan: str, slot: Slot, start: str, count: int) -> list[PreviewedWindow]:
    return preview_of(plan_named(plan), read_anchors(slot, start, None, (), ()), count)


def test_a_monday_opening_reminds_twice_is_called_on_thursday_and_closes_on_saturday() -> None:
    assert preview("weekly", NEW_YORK, "2026-10-14", 2) == [
        {
            "window": "2026-10-19",
            "local": "2026-10-19T09:00",
            "at": "2026-10-19T13:00:00Z",
            "closes_at": "2026-10-25T01:00:00Z",
            "reminders": ["2026-10-20T13:00:00Z", "2026-10-21T13:00:00Z"],
            "call_at": "2026-10-22T13:00:00Z",
            "asks": ["site"],
        },
        {
            "window": "2026-10-26",
            "local": "2026-10-26T09:00",
            "at": "2026-10-26T13:00:00Z",
            "closes_at": "2026-11-01T01:00:00Z",
            "reminders": ["2026-10-27T13:00:00Z", "2026-10-28T13:00:00Z"],
            "call_at": "2026-10-29T13:00:00Z",
            "asks": ["site"],
        },
    ]


def test_the_first_day_counts_whatever_its_hour() -> None:
    assert preview("weekly", NEW_YORK, "2026-10-19", 1)[0]["window"] == "2026-10-19"
    assert preview("weekly", NEW_YORK, "2026-10-20", 1)[0]["window"] == "2026-10-26"


def test_the_hour_on_the_wall_stays_when_the_clock_changes() -> None:
    before, after = preview("weekly", NEW_YORK, "2026-10-26", 2)
    assert (before["at"], after["at"]) == ("2026-10-26T13:00:00Z", "2026-11-02T14:00:00Z")
    assert after["local"].endswith("T09:00")


def test_a_skipped_hour_shifts_forward() -> None:
    slot = read_slot("America/New_York", "sunday", "02:30")
    opened = preview("weekly", slot, "2027-03-07", 3)
    assert [window["local"][11:] for window in opened] == ["02:30", "03:30", "02:30"]
    assert opened[1]["at"] == "2027-03-14T07:30:00Z"


def test_an_hour_that_comes_twice_opens_once_at_its_first() -> None:
    slot = read_slot("America/New_York", "sunday", "01:30")
    opened = preview("weekly", slot, "2026-10-25", 3)
    assert [window["at"] for window in opened] == [
        "2026-10-25T05:30:00Z",
        "2026-11-01T05:30:00Z",
        "2026-11-08T06:30:00Z",
    ]


def test_a_reminder_is_at_the_same_hour_after_a_night_of_clock_change() -> None:
    slot = read_slot("America/New_York", "saturday", "09:00")
    (window,) = preview("weekly", slot, "2027-03-13", 1)
    assert window["reminders"][0] == "2027-03-14T13:00:00Z"  # 23 hours later


def test_a_reminder_at_night_waits_for_the_morning() -> None:
    slot = read_slot("America/Chicago", "friday", "22:30")
    (window,) = preview("weekly", slot, "2026-06-05", 1)
    assert window["reminders"] == ["2026-06-07T13:00:00Z", "2026-06-08T13:00:00Z"]
    assert window["closes_at"] == "2026-06-12T02:00:00Z"


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Pacific/Guam", "2026-10-18T23:00:00Z"),
        ("Asia/Kathmandu", "2026-10-19T03:15:00Z"),
        ("Pacific/Kiritimati", "2026-10-18T19:00:00Z"),
        ("Pacific/Honolulu", "2026-10-19T19:00:00Z"),
    ],
)
def test_each_patient_has_a_zone_of_her_own(zone: str, at: str) -> None:
    (window,) = preview("weekly", read_slot(zone, "monday", "09:00"), "2026-10-19", 1)
    assert (window["window"], window["at"]) == ("2026-10-19", at)


def test_the_next_window_is_strictly_later() -> None:
    plan, anchors = plan_named("weekly"), Anchors(NEW_YORK, date(2026, 10, 1))
    opens_at = datetime(2026, 10, 19, 13, tzinfo=UTC)
    following = next_window(plan, anchors, opens_at)
    assert following is not None
    assert following.key == "2026-10-26"
    same = next_window(plan, anchors, opens_at - timedelta(seconds=1))
    assert same is not None
    assert same.key == "2026-10-19"


def test_slots_are_read_tolerantly() -> None:
    assert read_slot("America/New_York", " Mon ", "9:05") == Slot(NEW_YORK.zone, 0, time(9, 5))
    assert read_slot("Europe/London", "Sunday", "23:59").weekday == 6


@pytest.mark.parametrize(
    ("zone", "weekday", "at", "says"),
    [
        ("America/Chicgo", "monday", "09:00", "America/Chicago"),
        ("chicago", "monday", "09:00", "America/Chicago"),
        ("EST5EDT4", "monday", "09:00", "not an IANA"),
        ("+02:00", "monday", "09:00", "not an IANA"),
        ("../../etc/passwd", "monday", "09:00", "not an IANA"),
        ("", "monday", "09:00", "not an IANA"),
        ("UTC", "mondy", "09:00", "`monday`"),
        ("UTC", "", "09:00", "not a weekday"),
        ("UTC", "lunes", "09:00", "not a weekday"),
        ("UTC", "monday", "24:00", "time of day"),
        ("UTC", "monday", "9", "time of day"),
        ("UTC", "monday", "09:60", "time of day"),
    ],
)
def test_a_wrong_slot_says_what_is_right(zone: str, weekday: str, at: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_slot(zone, weekday, at)


def test_every_problem_of_a_slot_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_slot("Mars", "someday", "noon")
    assert [problem.where for problem in refused.value.problems] == ["zone", "weekday", "at"]


@pytest.mark.parametrize(
    ("plan", "start", "count", "says"),
    [
        ("weekli", "2026-10-19", 1, "`weekly`"),
        ("weekly", "19.10.2026", 1, "not a usable date"),
        ("weekly", "9999-12-31", 1, "not a usable date"),
        ("weekly", "2026-10-19", 0, "count"),
        ("weekly", "2026-10-19", 100_000, "count"),
    ],
)
def test_a_wrong_preview_says_what_is_right(plan: str, start: str, count: int, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        preview(plan, NEW_YORK, start, count)
