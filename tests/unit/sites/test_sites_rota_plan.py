"""The plan of a roster: weekly, by a cycle of weeks, in sequence, and on public holidays."""

from datetime import date, time, timedelta

from rsm.sites.rota.decide import duty_periods, who_is_on_duty
from rsm.sites.rota.model import (
    Cycle,
    CycleShift,
    DayShift,
    HolidayRule,
    Rota,
    Rotation,
    Turn,
    Why,
)
from tests.rota_world import (
    ANN,
    BEN,
    CARLA,
    NEW_YORK,
    ident,
    local,
    people,
    reasons,
    shift,
    utc,
    weekly,
)

MONDAY = date(2026, 10, 19)
DAYS = [shift(ANN, day, "08:00", "18:00") for day in range(5)]


def in_sequence(days: int = 7, at: str = "08:00", ends_on: date | None = None) -> Rota:
    sequence = Rotation(
        ident(50), (ANN, BEN, CARLA), MONDAY, days, time.fromisoformat(at), ends_on=ends_on
    )
    return Rota(rotations=(sequence,))


def test_an_empty_roster_has_nobody_on_duty() -> None:
    found = who_is_on_duty(Rota(), utc("2026-10-19T12:00"), NEW_YORK)
    assert found.people == ()
    assert found.until > found.since


def test_it_says_who_from_when_until_when_by_which_shift_and_why() -> None:
    found = who_is_on_duty(Rota(weekly=weekly(*DAYS)), utc("2026-10-19T13:00"), NEW_YORK)
    (ann,) = found.people
    assert (found.since, found.until) == (utc("2026-10-19T13:00"), utc("2026-10-19T22:00"))
    assert (ann.since, ann.until) == (utc("2026-10-19T12:00"), utc("2026-10-19T22:00"))
    assert (ann.staff_id, ann.rank, ann.why) == (ANN, 1, Why.WEEKLY)
    assert ann.turn == Turn(ident(0), MONDAY)


def test_people_come_in_order_of_rank_and_each_once_with_the_best() -> None:
    rota = Rota(
        weekly=weekly(
            shift(BEN, 0, "08:00", "18:00", 2),
            shift(ANN, 0, "08:00", "12:00", 1),
            shift(ANN, 0, "08:00", "18:00", 3),
        )
    )
    periods = duty_periods(rota, local("2026-10-19T08:00"), local("2026-10-19T18:00"), NEW_YORK)
    assert [[(p.staff_id, p.rank) for p in period.people] for period in periods] == [
        [(ANN, 1), (BEN, 2)],
        [(BEN, 2), (ANN, 3)],
    ]


def test_of_two_duties_of_one_rank_the_longer_counts() -> None:
    short, long = shift(ANN, 0, "08:00", "12:00"), shift(ANN, 0, "08:00", "18:00")
    for rows in (weekly(short, long), weekly(long, short)):
        (ann,) = who_is_on_duty(Rota(weekly=rows), local("2026-10-19T09:00"), NEW_YORK).people
        assert ann.until == local("2026-10-19T18:00")


def test_periods_follow_one_another_and_nobody_is_a_period_too() -> None:
    since, until = local("2026-10-19T00:00"), local("2026-10-21T00:00")
    periods = duty_periods(Rota(weekly=weekly(*DAYS)), since, until, NEW_YORK)
    assert [(period.since, bool(period.people)) for period in periods] == [
        (since, False),
        (local("2026-10-19T08:00"), True),
        (local("2026-10-19T18:00"), False),
        (local("2026-10-20T08:00"), True),
        (local("2026-10-20T18:00"), False),
    ]
    assert periods[-1].until == until


def test_a_time_that_is_none_has_no_periods() -> None:
    at = utc("2026-10-19T13:00")
    rota = Rota(weekly=weekly(*DAYS))
    assert duty_periods(rota, at, at, NEW_YORK) == []
    assert duty_periods(rota, at, at - timedelta(hours=1), NEW_YORK) == []


# --- cycles and rotations -------------------------------------------------------------------------


def test_a_cycle_of_three_weeks_counts_from_the_week_of_its_first_day() -> None:
    shifts = (
        CycleShift(ident(1), 0, shift(ANN, 2, "08:00", "18:00")),
        CycleShift(ident(2), 1, shift(BEN, 2, "08:00", "18:00")),
        CycleShift(ident(3), 2, shift(CARLA, 2, "08:00", "18:00")),
    )
    rota = Rota(cycles=(Cycle(ident(0), date(2026, 10, 20), 3, shifts),))
    wednesdays = [MONDAY + timedelta(days=2 + 7 * week) for week in range(-1, 5)]
    found = [people(rota, f"{day}T12:00") for day in wednesdays]
    assert found == [[], [ANN], [BEN], [CARLA], [ANN], [BEN]]


def test_a_cycle_begins_on_its_first_day_and_has_no_shift_from_its_end_on() -> None:
    shifts = tuple(CycleShift(ident(day), 0, shift(ANN, day, "08:00", "18:00")) for day in range(7))
    cycle = Cycle(ident(9), date(2026, 10, 21), 1, shifts, ends_on=date(2026, 10, 23))
    days = [MONDAY + timedelta(days=day) for day in range(7)]
    found = [people(Rota(cycles=(cycle,)), f"{day}T12:00") for day in days]
    assert found == [[], [], [ANN], [ANN], [], [], []]


def test_people_in_sequence_change_every_week_at_the_hour() -> None:
    rota = in_sequence()
    assert people(rota, "2026-10-19T07:59") == []
    assert people(rota, "2026-10-19T08:00") == [ANN]
    assert people(rota, "2026-10-26T07:59") == [ANN]
    assert people(rota, "2026-10-26T08:00") == [BEN]
    assert people(rota, "2026-11-09T08:00") == [ANN]  # the fourth week: from the first again
    assert reasons(who_is_on_duty(rota, local("2026-10-27T12:00"), NEW_YORK)) == [
        (BEN, "rotation", None)
    ]


def test_a_rotation_whose_turns_are_long_is_found_at_its_end_as_well() -> None:
    rota = in_sequence(days=60)
    assert people(rota, "2026-12-18T07:59") == [ANN]
    assert people(rota, "2026-12-18T08:00") == [BEN]


def test_the_last_turn_of_a_rotation_ends_with_it() -> None:
    rota = in_sequence(ends_on=date(2026, 10, 28))
    assert people(rota, "2026-10-28T07:59") == [BEN]
    assert people(rota, "2026-10-28T08:00") == []


def test_rotation_and_weekly_duty_stand_beside_one_another() -> None:
    on_call = Rotation(ident(50), (BEN, CARLA), MONDAY, 7, time(8), rank=2)
    rota = Rota(weekly=weekly(*DAYS), rotations=(on_call,))
    assert people(rota, "2026-10-19T12:00") == [ANN, BEN]
    assert people(rota, "2026-10-19T20:00") == [BEN]


def test_rows_that_cannot_be_leave_the_others_as_they_are() -> None:
    nobody = Rotation(ident(50), (), MONDAY, 7, time(8))
    never = Rotation(ident(51), (BEN,), MONDAY, 0, time(8))
    no_weeks = Cycle(ident(52), MONDAY, 0, (CycleShift(ident(53), 0, DAYS[0]),))
    rota = Rota(weekly=weekly(*DAYS), rotations=(nobody, never), cycles=(no_weeks,))
    assert people(rota, "2026-10-19T12:00") == [ANN]


# --- public holidays ------------------------------------------------------------------------------

CHRISTMAS = date(2026, 12, 25)  # a Friday
WITH_SUNDAY = weekly(*DAYS, shift(BEN, 6, "10:00", "14:00"))


def test_a_holiday_takes_sundays_duty_where_that_is_the_rule() -> None:
    rota = Rota(
        weekly=WITH_SUNDAY,
        holidays=frozenset({CHRISTMAS}),
        holiday_rule=HolidayRule.AS_SUNDAY,
    )
    assert people(rota, "2026-12-25T09:00") == []
    assert reasons(who_is_on_duty(rota, local("2026-12-25T12:00"), NEW_YORK)) == [
        (BEN, "holiday", None)
    ]
    assert people(rota, "2026-12-24T12:00") == [ANN]
    assert people(rota, "2026-12-27T12:00") == [BEN]


def test_a_holiday_is_a_day_as_usual_where_that_is_the_rule() -> None:
    rota = Rota(weekly=WITH_SUNDAY, holidays=frozenset({CHRISTMAS}))
    assert people(rota, "2026-12-25T12:00") == [ANN]


def test_a_holiday_takes_the_sunday_of_its_week_in_a_cycle() -> None:
    sundays = tuple(
        CycleShift(ident(week), week, shift(who, 6, "10:00", "14:00"))
        for week, who in enumerate((BEN, CARLA))
    )
    rota = Rota(
        weekly=weekly(*DAYS),
        cycles=(Cycle(ident(9), date(2026, 12, 14), 2, sundays),),
        holidays=frozenset({CHRISTMAS}),
        holiday_rule=HolidayRule.AS_SUNDAY,
    )
    assert people(rota, "2026-12-25T12:00") == [CARLA]


def test_a_date_with_shifts_of_its_own_has_no_others_but_the_rotation() -> None:
    on_call = Rotation(ident(50), (BEN,), MONDAY, 7, time(8), rank=2)
    rota = Rota(
        weekly=WITH_SUNDAY,
        rotations=(on_call,),
        days=(DayShift(ident(60), CHRISTMAS, shift(CARLA, 0, "09:00", "12:00")),),
        holidays=frozenset({CHRISTMAS}),
        holiday_rule=HolidayRule.AS_SUNDAY,
    )
    assert people(rota, "2026-12-25T10:00") == [CARLA, BEN]
    assert people(rota, "2026-12-25T13:00") == [BEN]


def test_a_night_shift_that_runs_into_a_holiday_stays_as_it_is() -> None:
    nights = [shift(ANN, day, "20:00", "08:00") for day in range(7)]
    rota = Rota(
        weekly=weekly(*nights),
        holidays=frozenset({CHRISTMAS}),
        holiday_rule=HolidayRule.AS_SUNDAY,
        days=(),
    )
    assert people(rota, "2026-12-25T05:00") == [ANN]
    assert people(rota, "2026-12-25T21:00") == [ANN]  # Sunday's night
