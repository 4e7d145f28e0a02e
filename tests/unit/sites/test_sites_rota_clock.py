"""A roster over both changes of the clock: rather an overlap than a gap."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from rsm.sites.model import Shift
from rsm.sites.rota.decide import duty_periods, who_is_on_duty
from rsm.sites.rota.model import Override, Rota, Rotation
from tests.rota_world import ANN, BEN, CARLA, NEW_YORK, TEAM, ident, local, shift, utc, weekly

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # moves by half an hour

# In New York the clock goes from 2 to 3 on 14 March 2027 (7:00 UTC), and from 2 to 1 on
# 1 November 2026 (6:00 UTC); both are Sundays.
SPRING = (utc("2027-03-13T12:00"), utc("2027-03-15T12:00"))
AUTUMN = (utc("2026-10-31T12:00"), utc("2026-11-02T12:00"))


def spans(
    rota: Rota, night: tuple[datetime, datetime], zone: ZoneInfo = NEW_YORK
) -> list[tuple[UUID, datetime, datetime]]:
    """Every duty that touches the time, in order."""
    found = {duty for period in duty_periods(rota, *night, zone) for duty in period.people}
    ordered = sorted(found, key=lambda duty: (duty.since, duty.until))
    return [(duty.staff_id, duty.since, duty.until) for duty in ordered]


def test_a_night_shift_is_an_hour_shorter_in_spring() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 5, "22:00", "06:00")))
    ((_, since, until),) = spans(rota, SPRING)
    assert (since, until) == (utc("2027-03-14T03:00"), utc("2027-03-14T10:00"))


def test_a_night_shift_is_an_hour_longer_in_autumn() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 5, "22:00", "06:00")))
    ((_, since, until),) = spans(rota, AUTUMN)
    assert (since, until) == (utc("2026-11-01T02:00"), utc("2026-11-01T11:00"))


def test_who_begins_in_the_skipped_hour_begins_when_the_clock_jumps() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 5, "20:00", "02:30"), shift(BEN, 6, "02:30", "08:00")))
    ann, ben = spans(rota, SPRING)
    assert ann[2] == ben[1] == utc("2027-03-14T07:00")


def test_shifts_that_overlap_around_the_skipped_hour_leave_no_gap() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 5, "20:00", "03:00"), shift(BEN, 6, "02:30", "08:00")))
    ann, ben = spans(rota, SPRING)
    assert ann[2] == ben[1] == utc("2027-03-14T07:00")


def test_a_shift_that_begins_in_the_skipped_hour_has_what_the_clock_shows_of_it() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 6, "02:50", "03:10")))
    ((_, since, until),) = spans(rota, SPRING)
    assert (since, until) == (utc("2027-03-14T07:00"), utc("2027-03-14T07:10"))


def test_a_shift_that_begins_in_the_skipped_hour_and_ends_soon_after_leaves_no_gap() -> None:
    rota = Rota(
        weekly=weekly(
            shift(ANN, 5, "20:00", "02:45"),
            shift(BEN, 6, "02:45", "03:15"),
            shift(ANN, 6, "03:15", "08:00"),
        )
    )
    night = (utc("2027-03-14T02:00"), utc("2027-03-14T12:00"))
    assert all(period.people for period in duty_periods(rota, *night, NEW_YORK))


def test_a_shift_that_is_skipped_whole_does_not_take_place() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 6, "02:00", "03:00")))
    assert spans(rota, SPRING) == []
    assert len(spans(rota, (SPRING[0], SPRING[1] + timedelta(days=7)))) == 1  # the next Sunday


def test_in_the_doubled_hour_both_are_on_duty() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 5, "20:00", "01:30"), shift(BEN, 6, "01:30", "08:00")))
    ann, ben = spans(rota, AUTUMN)
    assert ben[1] == utc("2026-11-01T05:30")  # 1:30 for the first time
    assert ann[2] == utc("2026-11-01T06:30")  # and for the second
    both = who_is_on_duty(rota, utc("2026-11-01T06:00"), NEW_YORK)
    assert [each.staff_id for each in both.people] == [ANN, BEN]


def test_a_shift_within_the_doubled_hour_lasts_from_its_first_to_its_last_minute() -> None:
    rota = Rota(weekly=weekly(shift(ANN, 6, "01:15", "01:30")))
    ((_, since, until),) = spans(rota, AUTUMN)
    assert (since, until) == (utc("2026-11-01T05:15"), utc("2026-11-01T06:30"))


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
@pytest.mark.parametrize("at", ["00:00", "01:00", "01:30", "02:00", "02:30", "03:00", "12:00"])
def test_people_in_sequence_never_leave_a_gap_when_they_change_in_that_night(
    night: tuple[datetime, datetime], at: str
) -> None:
    daily = Rotation(ident(1), (ANN, BEN), date(2026, 1, 1), 1, time.fromisoformat(at))
    periods = duty_periods(Rota(rotations=(daily,)), *night, NEW_YORK)
    assert all(period.people for period in periods)


def test_an_override_is_an_instant_and_leaves_no_gap_in_the_doubled_hour() -> None:
    within = Override(
        ident(1), CARLA, utc("2026-11-01T05:45"), utc("2026-11-01T06:15"), instead_of=ANN
    )
    rota = Rota(weekly=weekly(shift(ANN, 5, "20:00", "06:00")), overrides=(within,))
    assert spans(rota, AUTUMN) == [
        (ANN, utc("2026-11-01T00:00"), within.since),
        (CARLA, within.since, within.until),
        (ANN, within.until, utc("2026-11-01T11:00")),
    ]


def test_a_clock_that_moves_by_half_an_hour_leaves_no_gap_either() -> None:
    for minutes in range(60, 181, 5):
        at = time(minutes // 60, minutes % 60)
        rota = Rota(
            weekly={
                ident(number): Shift(TEAM, who, number % 7, at, at)
                for number, who in enumerate([ANN, BEN] * 3 + [ANN])
            }
        )
        for day in ("2026-04-04", "2026-10-03"):
            since = local(day, LORD_HOWE)
            periods = duty_periods(rota, since, since + timedelta(days=2), LORD_HOWE)
            assert all(period.people for period in periods), (at, day)
