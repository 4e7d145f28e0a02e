"""What changes a plan: swaps, overrides, absences, cover, and which of them goes before which."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from rsm.sites.rota.decide import duty_periods, who_is_on_duty
from rsm.sites.rota.model import Absence, Cover, Override, Period, Rota, Swap, Turn
from tests.rota_world import (
    ANN,
    BEN,
    CARLA,
    DORA,
    NEW_YORK,
    ident,
    local,
    people,
    reasons,
    shift,
    weekly,
)

# Ann on Monday, Ben on Tuesday, Carla on Wednesday, each from 8 to 18.
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


def at_noon(rota: Rota, turn: Turn) -> Period:
    return who_is_on_duty(rota, local(f"{turn.day}T12:00"), NEW_YORK)


def override(
    who: UUID, since: str, until: str, instead_of: UUID | None = None, rank: int = 1
) -> Override:
    return Override(ident(70), who, local(since), local(until), instead_of, rank)


def cover(who: UUID, by: UUID, since: str, until: str) -> Cover:
    return Cover(ident(71), who, by, local(since), local(until))


def absence(who: UUID, since: str, until: str) -> Absence:
    return Absence(ident(72), who, local(since), local(until))


def hours(rota: Rota, day: int = 19) -> list[tuple[str, list[UUID]]]:
    """A day in October as it changes: from which hour on who is on duty."""
    since, until = local(f"2026-10-{day}T00:00"), local(f"2026-10-{day + 1}T00:00")
    return [
        (f"{period.since.astimezone(NEW_YORK):%H:%M}", [each.staff_id for each in period.people])
        for period in duty_periods(rota, since, until, NEW_YORK)
    ]


# --- swaps ----------------------------------------------------------------------------------------

SWAP = Swap(ident(73), ANN, MONDAY, BEN, TUESDAY, frozenset({ANN, BEN}))


def test_two_people_exchange_two_shifts() -> None:
    rota = replace(WEEK, swaps=(SWAP,))
    assert reasons(at_noon(rota, MONDAY)) == [(BEN, "swap", ANN)]
    assert reasons(at_noon(rota, TUESDAY)) == [(ANN, "swap", BEN)]
    assert people(rota, "2026-10-26T12:00") == [ANN]  # the Monday after


@pytest.mark.parametrize("agreed", [(), (ANN,), (BEN,), (ANN, CARLA)])
def test_a_swap_holds_once_both_have_agreed(agreed: tuple[UUID, ...]) -> None:
    rota = replace(WEEK, swaps=(replace(SWAP, agreed=frozenset(agreed)),))
    assert people(rota, "2026-10-19T12:00") == [ANN]
    assert people(rota, "2026-10-20T12:00") == [BEN]


def test_a_swap_of_a_shift_that_is_not_hers_changes_nothing() -> None:
    void = Swap(ident(73), ANN, WEDNESDAY, BEN, TUESDAY, frozenset({ANN, BEN}))
    rota = replace(WEEK, swaps=(void,))
    assert people(rota, "2026-10-20T12:00") == [BEN]
    assert people(rota, "2026-10-21T12:00") == [CARLA]


def test_a_swap_of_a_shift_that_was_taken_off_the_plan_changes_nothing() -> None:
    rota = Rota(weekly={ident(1): WEEK.weekly[ident(1)]}, swaps=(SWAP,))
    assert people(rota, "2026-10-20T12:00") == [BEN]


def test_a_shift_that_came_by_a_swap_can_be_swapped_on() -> None:
    second = Swap(ident(74), BEN, MONDAY, CARLA, WEDNESDAY, frozenset({BEN, CARLA}))
    rota = replace(WEEK, swaps=(SWAP, second))
    assert reasons(at_noon(rota, MONDAY)) == [(CARLA, "swap", ANN)]
    assert reasons(at_noon(rota, WEDNESDAY)) == [(BEN, "swap", CARLA)]


def test_a_swap_that_is_undone_by_another_leaves_the_plan() -> None:
    back = Swap(ident(74), BEN, MONDAY, ANN, TUESDAY, frozenset({ANN, BEN}))
    rota = replace(WEEK, swaps=(SWAP, back))
    assert reasons(at_noon(rota, MONDAY)) == [(ANN, "weekly", None)]


# --- overrides ------------------------------------------------------------------------------------


def test_an_override_takes_just_its_time_of_a_shift() -> None:
    rota = replace(WEEK, overrides=(override(DORA, "2026-10-19T10:00", "2026-10-19T12:00", ANN),))
    assert hours(rota) == [
        ("00:00", []),
        ("08:00", [ANN]),
        ("10:00", [DORA]),
        ("12:00", [ANN]),
        ("18:00", []),
    ]


def test_an_override_over_several_days_replaces_only_her_who_is_named() -> None:
    rota = replace(WEEK, overrides=(override(DORA, "2026-10-19T00:00", "2026-10-26T00:00", BEN),))
    found = [people(rota, f"{turn.day}T12:00") for turn in (MONDAY, TUESDAY, WEDNESDAY)]
    assert found == [[ANN], [DORA], [CARLA]]


def test_an_override_keeps_the_rank_of_her_who_is_replaced() -> None:
    second = Rota(weekly=weekly(shift(ANN, 0, "08:00", "18:00", 2)))
    rota = replace(second, overrides=(override(DORA, "2026-10-19T00:00", "2026-10-20T00:00", ANN),))
    assert [(p.staff_id, p.rank) for p in at_noon(rota, MONDAY).people] == [(DORA, 2)]


def test_an_override_without_another_adds_somebody_and_fills_a_gap() -> None:
    rota = replace(
        WEEK,
        overrides=(override(DORA, "2026-10-19T16:00", "2026-10-19T22:00", rank=2),),
    )
    assert hours(rota) == [
        ("00:00", []),
        ("08:00", [ANN]),
        ("16:00", [ANN, DORA]),
        ("18:00", [DORA]),
        ("22:00", []),
    ]


def test_a_later_override_replaces_her_whom_an_earlier_one_brought() -> None:
    rota = replace(
        WEEK,
        overrides=(
            override(BEN, "2026-10-19T08:00", "2026-10-19T18:00", ANN),
            override(CARLA, "2026-10-19T12:00", "2026-10-19T14:00", BEN),
        ),
    )
    assert reasons(at_noon(rota, MONDAY)) == [(CARLA, "override", BEN)]
    assert people(rota, "2026-10-19T14:00") == [BEN]


def test_an_override_goes_before_a_swap() -> None:
    rota = replace(
        WEEK,
        swaps=(SWAP,),
        overrides=(override(DORA, "2026-10-19T00:00", "2026-10-20T00:00", BEN),),
    )
    assert reasons(at_noon(rota, MONDAY)) == [(DORA, "override", BEN)]


def test_an_override_that_ends_before_it_begins_is_none() -> None:
    backwards = (
        override(DORA, "2026-10-19T12:00", "2026-10-19T10:00"),
        override(DORA, "2026-10-19T12:00", "2026-10-19T10:00", ANN),
    )
    assert hours(replace(WEEK, overrides=backwards)) == hours(WEEK)


# --- absences and cover ---------------------------------------------------------------------------


def test_an_absence_without_cover_leaves_the_place_empty() -> None:
    rota = replace(WEEK, absences=(absence(ANN, "2026-10-19T10:00", "2026-10-19T12:00"),))
    assert hours(rota) == [
        ("00:00", []),
        ("08:00", [ANN]),
        ("10:00", []),
        ("12:00", [ANN]),
        ("18:00", []),
    ]


def test_cover_puts_somebody_in_her_place_whatever_put_her_there() -> None:
    rota = replace(
        WEEK,
        swaps=(SWAP,),
        overrides=(override(ANN, "2026-10-21T00:00", "2026-10-22T00:00", CARLA),),
        covers=(cover(ANN, DORA, "2026-10-19T00:00", "2026-10-26T00:00"),),
    )
    assert reasons(at_noon(rota, TUESDAY)) == [(DORA, "cover", ANN)]  # hers by a swap
    assert reasons(at_noon(rota, WEDNESDAY)) == [(DORA, "cover", ANN)]  # by an override


def test_cover_holds_during_an_absence() -> None:
    rota = replace(
        WEEK,
        covers=(cover(ANN, DORA, "2026-10-19T10:00", "2026-10-19T12:00"),),
        absences=(absence(ANN, "2026-10-19T00:00", "2026-10-20T00:00"),),
    )
    assert hours(rota) == [("00:00", []), ("10:00", [DORA]), ("12:00", [])]


def test_who_covers_and_is_covered_herself_hands_on() -> None:
    rota = replace(
        WEEK,
        covers=(
            cover(ANN, BEN, "2026-10-19T00:00", "2026-10-20T00:00"),
            cover(BEN, CARLA, "2026-10-19T12:00", "2026-10-19T14:00"),
        ),
    )
    assert hours(rota) == [
        ("00:00", []),
        ("08:00", [BEN]),
        ("12:00", [CARLA]),
        ("14:00", [BEN]),
        ("18:00", []),
    ]
    assert reasons(at_noon(rota, MONDAY)) == [(CARLA, "cover", BEN)]


def test_cover_by_somebody_who_is_absent_is_a_gap_to_be_seen() -> None:
    rota = replace(
        WEEK,
        covers=(cover(ANN, BEN, "2026-10-19T00:00", "2026-10-20T00:00"),),
        absences=(absence(BEN, "2026-10-19T12:00", "2026-10-19T14:00"),),
    )
    assert hours(rota) == [
        ("00:00", []),
        ("08:00", [BEN]),
        ("12:00", []),
        ("14:00", [BEN]),
        ("18:00", []),
    ]


def test_people_who_cover_one_another_stay_on_duty() -> None:
    rota = replace(
        WEEK,
        covers=(
            cover(ANN, BEN, "2026-10-19T00:00", "2026-10-26T00:00"),
            cover(BEN, ANN, "2026-10-19T00:00", "2026-10-26T00:00"),
        ),
    )
    assert people(rota, "2026-10-19T12:00") == [ANN]
    assert people(rota, "2026-10-20T12:00") == [BEN]


def test_who_covers_herself_stays_on_duty() -> None:
    rota = replace(WEEK, covers=(cover(ANN, ANN, "2026-10-19T00:00", "2026-10-20T00:00"),))
    assert people(rota, "2026-10-19T12:00") == [ANN]


def test_who_covers_while_on_duty_is_told_once() -> None:
    both = Rota(weekly=weekly(shift(ANN, 0, "08:00", "18:00"), shift(BEN, 0, "08:00", "18:00", 2)))
    rota = replace(both, covers=(cover(ANN, BEN, "2026-10-19T00:00", "2026-10-20T00:00"),))
    assert [(p.staff_id, p.rank) for p in at_noon(rota, MONDAY).people] == [(BEN, 1)]
