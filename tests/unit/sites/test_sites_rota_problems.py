"""What is wrong with a roster is said row by row, in words that help."""

from dataclasses import replace
from datetime import date, time
from uuid import UUID

from rsm.sites.rota.decide import who_is_on_duty
from rsm.sites.rota.model import (
    Absence,
    Cover,
    Cycle,
    CycleShift,
    DayShift,
    Override,
    Rota,
    Rotation,
    Swap,
    Turn,
)
from rsm.sites.rota.problems import problems
from tests.rota_world import (
    ANN,
    BEN,
    CARLA,
    DORA,
    NAMES,
    NEW_YORK,
    ident,
    local,
    shift,
    utc,
    weekly,
)

GONE = UUID(int=77)
FIRST = date(2026, 10, 19)
WEEK = Rota(
    weekly=weekly(
        shift(ANN, 0, "08:00", "18:00"),
        shift(BEN, 1, "08:00", "18:00"),
        shift(CARLA, 2, "08:00", "18:00"),
    )
)
MONDAY, TUESDAY, WEDNESDAY = (
    Turn(ident(number), date(2026, 10, 19 + number)) for number in range(3)
)
BOTH = frozenset({ANN, BEN})


def said(rota: Rota) -> list[str]:
    return [str(problem) for problem in problems(rota, NAMES, NEW_YORK)]


def override(who: UUID, since: str, until: str, instead_of: UUID | None = None) -> Override:
    return Override(ident(70), who, local(since), local(until), instead_of)


def cover(who: UUID, by: UUID, since: str = "2026-10-19", until: str = "2026-10-26") -> Cover:
    return Cover(ident(71), who, by, local(since), local(until))


def test_a_roster_without_a_flaw_has_no_problem() -> None:
    rota = replace(
        WEEK,
        rotations=(Rotation(ident(50), (ANN, BEN), FIRST, 7, time(8)),),
        cycles=(
            Cycle(
                ident(51), FIRST, 2, (CycleShift(ident(52), 1, shift(ANN, 0, "08:00", "18:00")),)
            ),
        ),
        days=(DayShift(ident(53), date(2026, 12, 25), shift(ANN, 0, "08:00", "18:00")),),
        swaps=(Swap(ident(54), ANN, MONDAY, BEN, TUESDAY, BOTH),),
        overrides=(
            override(DORA, "2026-10-21T08:00", "2026-10-21T12:00", CARLA),
            override(DORA, "2026-10-21T12:00", "2026-10-21T18:00", CARLA),
            override(DORA, "2026-10-24T08:00", "2026-10-24T12:00"),
        ),
        covers=(cover(ANN, BEN), cover(BEN, CARLA)),
        absences=(Absence(ident(55), ANN, local("2026-10-19"), local("2026-10-26")),),
    )
    assert said(rota) == []


def test_a_shift_of_nobody() -> None:
    assert said(Rota(weekly=weekly(shift(GONE, 0, "08:00", "18:00")))) == [
        f"weekly[0]: {GONE} does not work here (name somebody who does)"
    ]


def test_a_weekday_and_a_rank_that_cannot_be() -> None:
    assert said(Rota(weekly=weekly(shift(ANN, 7, "08:00", "18:00", 0)))) == [
        "weekly[0].weekday: 7 is not 0 to 6 (Monday is 0)",
        "weekly[0].rank: 0 is below 1 (1 is told first)",
    ]


def test_a_rotation_without_people() -> None:
    assert said(Rota(rotations=(Rotation(ident(1), (), FIRST, 7, time(8)),))) == [
        "rotations[0].people: a rotation needs people (name at least one)"
    ]


def test_a_rotation_that_never_changes_and_ends_before_it_begins() -> None:
    never = Rotation(ident(1), (ANN, GONE, GONE), FIRST, 0, time(8), 0, FIRST)
    assert said(Rota(rotations=(never,))) == [
        "rotations[0].every_days: 0 is below 1 (7 for a week each)",
        "rotations[0].ends_on: is not after its first day (leave it out, or later)",
        "rotations[0].rank: 0 is below 1 (1 is told first)",
        f"rotations[0]: {GONE} does not work here (name somebody who does)",
    ]


def test_a_cycle_without_shifts_and_one_with_a_week_too_many() -> None:
    third = CycleShift(ident(3), 2, shift(ANN, 0, "08:00", "18:00"))
    cycles = (Cycle(ident(1), FIRST, 0, ()), Cycle(ident(2), FIRST, 2, (third,)))
    assert said(Rota(cycles=cycles)) == [
        "cycles[0].weeks: 0 is below 1 (how many weeks it has)",
        "cycles[0]: has no shift, so that nobody is on duty by it (add a shift)",
        "cycles[1].shifts[0].week: 2 is no week of a cycle of 2 (the first is 0)",
    ]


def test_two_shifts_with_one_id_since_a_swap_could_mean_either() -> None:
    rota = replace(WEEK, rotations=(Rotation(ident(0), (ANN,), FIRST, 7, time(8)),))
    assert said(rota) == [f"id: two shifts are called {ident(0)} (give each its own)"]


# --- swaps ----------------------------------------------------------------------------------------


def test_a_swap_of_a_shift_that_is_not_hers() -> None:
    rota = replace(WEEK, swaps=(Swap(ident(9), ANN, WEDNESDAY, BEN, TUESDAY, BOTH),))
    assert said(rota) == ["swaps[0]: the shift of 2026-10-21 is not Ann Abel's (swap one that is)"]


def test_a_swap_of_a_shift_that_was_swapped_away_before() -> None:
    once = Swap(ident(9), ANN, MONDAY, BEN, TUESDAY, BOTH)
    again = Swap(ident(8), ANN, MONDAY, CARLA, WEDNESDAY, frozenset({ANN, CARLA}))
    assert said(replace(WEEK, swaps=(once, again))) == [
        "swaps[1]: the shift of 2026-10-19 is not Ann Abel's (swap one that is)"
    ]


def test_a_swap_of_a_shift_that_there_is_not() -> None:
    nowhere = Turn(ident(0), date(2026, 10, 20))  # the Monday shift on a Tuesday
    assert said(replace(WEEK, swaps=(Swap(ident(9), ANN, nowhere, BEN, TUESDAY, BOTH),))) == [
        "swaps[0]: there is no such shift on 2026-10-20 (look at the roster again)"
    ]


def test_a_swap_with_oneself() -> None:
    assert said(replace(WEEK, swaps=(Swap(ident(9), ANN, MONDAY, ANN, MONDAY),))) == [
        "swaps[0]: swaps a shift with oneself (name two people)"
    ]


def test_a_swap_of_shifts_that_are_alike() -> None:
    both = Rota(
        weekly=weekly(shift(ANN, 0, "08:00", "18:00"), shift(BEN, 0, "08:00", "18:00", 2)),
    )
    same = replace(both, weekly=weekly(*(replace(each, rank=1) for each in both.weekly.values())))
    swap = Swap(ident(9), ANN, Turn(ident(0), FIRST), BEN, Turn(ident(1), FIRST), BOTH)
    (problem,) = said(replace(same, swaps=(swap,)))
    assert "have the same hours in the same place: nothing would change" in problem
    assert said(replace(both, swaps=(swap,))) == []  # another is told first: that is a change


def test_a_swap_for_hours_that_she_has_already() -> None:
    plan = weekly(
        shift(ANN, 0, "08:00", "18:00"),
        shift(BEN, 1, "08:00", "18:00"),
        shift(BEN, 0, "08:00", "18:00", 2),
    )
    swap = Swap(ident(9), ANN, MONDAY, BEN, TUESDAY, BOTH)
    (problem,) = said(Rota(weekly=plan, swaps=(swap,)))
    assert problem.startswith("swaps[0]: Ben Brook has these hours of 2026-10-19 already")


# --- overrides ------------------------------------------------------------------------------------


def test_two_overrides_of_one_person_at_once() -> None:
    rota = replace(
        WEEK,
        overrides=(
            override(BEN, "2026-10-19T08:00", "2026-10-19T14:00", ANN),
            override(CARLA, "2026-10-19T12:00", "2026-10-19T18:00", ANN),
        ),
    )
    assert said(rota) == [
        (
            "overrides[1]: overlaps overrides[0]: Ann Abel is replaced twice "
            "(end one before the other begins)"
        )
    ]
    found = who_is_on_duty(rota, local("2026-10-19T13:00"), NEW_YORK)
    assert [each.staff_id for each in found.people] == [BEN]  # the first holds


def test_an_override_that_finds_nobody_to_replace() -> None:
    rota = replace(WEEK, overrides=(override(DORA, "2026-10-20T08:00", "2026-10-20T18:00", ANN),))
    assert said(rota) == [
        "overrides[0]: Ann Abel is not on duty then (look at the days, or leave out in whose place)"
    ]


def test_an_override_in_ones_own_place_or_without_length_or_of_nobody() -> None:
    rota = replace(
        WEEK,
        overrides=(
            override(ANN, "2026-10-19T08:00", "2026-10-19T18:00", ANN),
            override(DORA, "2026-10-26T12:00", "2026-10-26T08:00", ANN),
            override(GONE, "2026-10-27T12:00", "2026-10-27T13:00"),
        ),
    )
    assert said(rota) == [
        "overrides[0]: Ann Abel cannot stand in for the same person (name somebody else)",
        "overrides[1].until: is not after its beginning (give a later time)",
        f"overrides[2]: {GONE} does not work here (name somebody who does)",
    ]


# --- cover and absences ---------------------------------------------------------------------------


def test_cover_by_oneself() -> None:
    assert said(replace(WEEK, covers=(cover(ANN, ANN),))) == [
        "covers[0]: Ann Abel cannot stand in for the same person (name somebody else)"
    ]


def test_two_who_cover_one_another_even_by_a_third() -> None:
    assert said(replace(WEEK, covers=(cover(ANN, BEN), cover(BEN, ANN)))) == [
        "covers[1]: Ann Abel and Ben Brook cover one another (name somebody else)"
    ]
    by_a_third = (cover(ANN, BEN), cover(BEN, CARLA), cover(CARLA, ANN))
    assert said(replace(WEEK, covers=by_a_third)) == [
        "covers[2]: Ann Abel and Carla Cruz cover one another (name somebody else)"
    ]


def test_who_cover_one_another_at_different_times_are_fine() -> None:
    turns = (cover(ANN, BEN, until="2026-10-21"), cover(BEN, ANN, since="2026-10-21"))
    assert said(replace(WEEK, covers=turns)) == []


def test_cover_by_somebody_who_is_absent() -> None:
    away = Absence(ident(72), BEN, utc("2026-10-20T00:00"), utc("2026-10-21T00:00"))
    assert said(replace(WEEK, covers=(cover(ANN, BEN),), absences=(away,))) == [
        "covers[0]: Ben Brook is absent in that time (name somebody who is there)"
    ]


def test_somebody_who_is_covered_twice_at_once() -> None:
    twice = (cover(ANN, BEN), cover(ANN, CARLA, since="2026-10-25"))
    assert said(replace(WEEK, covers=twice)) == [
        "covers[1]: overlaps covers[0]: Ann Abel is covered twice (end one before the other begins)"
    ]


def test_an_absence_of_nobody_and_one_without_length() -> None:
    at = utc("2026-10-19T00:00")
    assert said(replace(WEEK, absences=(Absence(ident(72), GONE, at, at),))) == [
        f"absences[0]: {GONE} does not work here (name somebody who does)",
        "absences[0].until: is not after its beginning (give a later time)",
    ]
