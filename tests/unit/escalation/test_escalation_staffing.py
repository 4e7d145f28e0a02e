"""Somebody at work at every minute: sleeping managers and the safety contact do not count."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from uuid import UUID

from rsm.escalation.model import (
    SAFETY_CONTACT,
    ByRole,
    ByTeam,
    FirstStep,
    Ladder,
    OnDuty,
    PolicyStep,
    Who,
)
from rsm.escalation.staffing import Staffing, gap_words, gaps, reaches_anybody
from rsm.kernel.words import Channel, Role
from rsm.sites.model import Shift
from rsm.sites.rota.model import Cycle, CycleShift, Rota, Rotation

TEAM = UUID(int=1)
OTHER = UUID(int=2)
DANA, BEN, RUTH = UUID(int=11), UUID(int=12), UUID(int=13)
DAY = 24 * 60
FIRST = OnDuty(kind="on_duty", rank=1)
SECOND = OnDuty(kind="on_duty", rank=2)
MANAGER = ByRole(kind="role", role=Role.MANAGER)
NIGHT = ByTeam(kind="team", team="night")


def ladder(*steps: tuple[Who, ...]) -> Ladder:
    """These steps, then the safety contact."""
    return Ladder(
        target_minutes=15,
        first_step=FirstStep.AT_ONCE,
        ack_loan_minutes=30,
        steps=tuple(PolicyStep(who=who, wait_minutes=5) for who in (*steps, (SAFETY_CONTACT,))),
    )


def shifts(
    who: UUID, starts: int = 0, ends: int = 0, rank: int = 1, team: UUID = TEAM
) -> list[Shift]:
    """The same hours every day."""
    return [Shift(team, who, day, time(starts), time(ends), rank) for day in range(7)]


def rota_of(listed: Sequence[Shift]) -> Rota:
    return Rota(weekly={UUID(int=100 + number): each for number, each in enumerate(listed)})


def staffing(own: Sequence[Shift], others: Sequence[Shift] = (), **more: object) -> Staffing:
    known = {each.staff_id: frozenset({Channel.SMS}) for each in (*own, *others)}
    values: dict[str, object] = {
        "team": "triage",
        "own": [rota_of(own)],
        "everywhere": [rota_of(own), rota_of(others)],
        "reach": known,
        "roles": {},
        "teams": {},
    }
    return Staffing(**(values | more))  # type: ignore[arg-type]  # one of its fields each


def test_midnight_to_midnight_leaves_no_gap() -> None:
    assert gaps(ladder((FIRST,)), staffing(shifts(DANA))) == []


def test_two_who_hand_over_leave_no_gap() -> None:
    both = [*shifts(DANA, 7, 19), *shifts(BEN, 19, 7)]
    assert gaps(ladder((FIRST,)), staffing(both)) == []


def test_a_night_without_anybody_is_named_once_for_each_night() -> None:
    found = gaps(ladder((FIRST,)), staffing(shifts(DANA, 6, 22)))
    assert found[0] == (0, 6 * 60)
    assert found[1] == (22 * 60, DAY + 6 * 60)
    assert len(found) == 8
    expected = (
        "Monday 00:00 to Monday 06:00; Monday 22:00 to Tuesday 06:00; "
        "Tuesday 22:00 to Wednesday 06:00; and 5 more times"
    )
    assert gap_words(found) == expected


def test_a_rank_that_no_step_names_covers_nothing() -> None:
    second = staffing(shifts(DANA, rank=2))
    assert gaps(ladder((FIRST,)), second) == [(0, 7 * DAY)]
    assert gaps(ladder((FIRST, SECOND)), second) == []
    assert gaps(ladder((FIRST,), (SECOND,)), second) == []


def test_beside_the_safety_contact_is_as_good_as_before() -> None:
    beside = Ladder(
        target_minutes=15,
        first_step=FirstStep.AT_ONCE,
        ack_loan_minutes=30,
        steps=(PolicyStep(who=(SAFETY_CONTACT, FIRST), wait_minutes=5),),
    )
    assert gaps(beside, staffing(shifts(DANA))) == []


def test_the_safety_contact_alone_is_no_cover() -> None:
    alone = staffing(shifts(DANA))
    assert gaps(ladder(), alone) == [(0, 7 * DAY)]
    assert not reaches_anybody(ladder(), alone)


def test_a_role_covers_only_while_one_of_it_is_on_a_shift_of_any_team() -> None:
    roles = {Role.MANAGER: frozenset({RUTH})}
    by_day = staffing([], shifts(RUTH, 8, 18, team=OTHER), roles=roles)
    found = gaps(ladder((MANAGER,)), by_day)
    assert found[0] == (0, 8 * 60)
    assert reaches_anybody(ladder((MANAGER,)), by_day)
    asleep = staffing([], roles=roles, reach={RUTH: frozenset({Channel.SMS})})
    assert gaps(ladder((MANAGER,)), asleep) == [(0, 7 * DAY)]
    assert reaches_anybody(ladder((MANAGER,)), asleep)


def test_a_named_team_covers_by_its_own_people() -> None:
    teams = {"night": frozenset({BEN}), "triage": frozenset({DANA})}
    some = staffing(shifts(DANA, 7, 19), shifts(BEN, 19, 7, team=OTHER), teams=teams)
    assert gaps(ladder((FIRST,), (NIGHT,)), some) == []
    own = ByTeam(kind="team")
    assert gaps(ladder((own,)), some) == gaps(ladder((FIRST,)), some) != []


def test_whoever_cannot_be_told_by_the_steps_means_is_no_cover() -> None:
    by_mail = staffing(shifts(DANA), reach={DANA: frozenset({Channel.EMAIL})})
    assert gaps(ladder((FIRST,)), by_mail) == [(0, 7 * DAY)]
    assert not reaches_anybody(ladder((FIRST,)), by_mail)


def test_a_rotation_around_the_clock_covers_and_one_that_ends_does_not() -> None:
    turning = Rotation(UUID(int=5), (DANA, BEN), date(2023, 12, 25), 7, time(9))
    both = staffing([], reach={who: frozenset({Channel.SMS}) for who in (DANA, BEN)})
    some = replace(both, own=[Rota(rotations=(turning,))])
    assert gaps(ladder((FIRST,)), some) == []
    assert reaches_anybody(ladder((FIRST,)), some)
    ends = replace(turning, ends_on=date(2024, 1, 9))
    found = gaps(ladder((FIRST,)), replace(both, own=[Rota(rotations=(ends,))]))
    assert gap_words(found) == "Tuesday 09:00 of week 2 to Monday 00:00 of week 3"


def test_a_cycle_is_looked_at_until_it_comes_round() -> None:
    week = [CycleShift(UUID(int=n), 0, each) for n, each in enumerate(shifts(DANA))]
    cycle = Cycle(UUID(int=50), date(2024, 1, 1), 2, tuple(week))
    some = staffing([], reach={DANA: frozenset({Channel.SMS})})
    found = gaps(ladder((FIRST,)), replace(some, own=[Rota(cycles=(cycle,))]))
    assert found == [(7 * DAY, 14 * DAY)]
