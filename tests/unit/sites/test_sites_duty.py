"""Weekly duty in local time: past midnight, and over both changes of the clock."""

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.sites.model import Shift
from rsm.sites.rota.decide import who_is_on_duty
from rsm.sites.rota.model import Rota

ANN, BEN, TEAM = UUID(int=1), UUID(int=2), UUID(int=9)
NEW_YORK = ZoneInfo("America/New_York")


def shift(who: UUID, weekday: int, starts: str, ends: str, rank: int = 1) -> Shift:
    return Shift(TEAM, who, weekday, time.fromisoformat(starts), time.fromisoformat(ends), rank)


def names(shifts: list[Shift], at: datetime) -> list[UUID]:
    weekly = {UUID(int=100 + number): each for number, each in enumerate(shifts)}
    return [duty.staff_id for duty in who_is_on_duty(Rota(weekly=weekly), at, NEW_YORK).people]


def test_the_better_rank_is_told_first() -> None:
    both = [shift(BEN, 0, "08:00", "18:00", 2), shift(ANN, 0, "08:00", "18:00", 1)]
    assert names(both, datetime(2026, 10, 19, 13, tzinfo=UTC)) == [ANN, BEN]


def test_a_shift_begins_and_ends_on_the_local_clock() -> None:
    day = [shift(ANN, 0, "08:00", "18:00")]
    assert names(day, datetime(2026, 10, 19, 11, 59, tzinfo=UTC)) == []
    assert names(day, datetime(2026, 10, 19, 12, 0, tzinfo=UTC)) == [ANN]
    assert names(day, datetime(2026, 10, 19, 22, 0, tzinfo=UTC)) == []


def test_a_night_shift_runs_past_midnight() -> None:
    night = [shift(ANN, 0, "20:00", "08:00")]
    assert names(night, datetime(2026, 10, 20, 9, 0, tzinfo=UTC)) == [ANN]  # Tuesday 5:00
    assert names(night, datetime(2026, 10, 19, 9, 0, tzinfo=UTC)) == []  # Monday 5:00


def test_the_doubled_hour_of_autumn_overlaps_rather_than_leaves_a_gap() -> None:
    hand_over = [shift(ANN, 5, "20:00", "01:30"), shift(BEN, 6, "01:30", "08:00")]
    first, second = (
        datetime(2026, 11, 1, 5, 45, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 15, tzinfo=UTC),
    )
    assert names(hand_over, first) == [ANN, BEN]  # 1:45, the first time
    assert names(hand_over, second) == [ANN, BEN]  # 1:15, the second time


def test_the_missing_hour_of_spring_leaves_no_gap() -> None:
    hand_over = [shift(ANN, 5, "20:00", "02:30"), shift(BEN, 6, "02:30", "08:00")]
    for minute in range(0, 180, 5):
        at = datetime(2027, 3, 14, 5 + minute // 60, minute % 60, tzinfo=UTC)
        assert names(hand_over, at), at
