"""How an alert climbs its ladder."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.escalation.decide import (
    acknowledge,
    advance,
    begin,
    close,
    expire,
    references,
    reopen,
    worse,
)
from rsm.escalation.model import (
    SAFETY_CONTACT,
    AckVia,
    ByRole,
    Contact,
    Decision,
    EscalationReason,
    OnDuty,
    People,
    Progress,
    Who,
)
from rsm.escalation.policies import default_policy
from rsm.escalation.states import EscalationState
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Channel, Level, Role

POLICY = default_policy()
T0 = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)

FIRST, SECOND = OnDuty(kind="on_duty", rank=1), OnDuty(kind="on_duty", rank=2)
MANAGER = ByRole(kind="role", role=Role.MANAGER)
NURSE_A, NURSE_B, CHARGE, SAFETY = (UUID(int=n) for n in range(1, 5))


def by_sms(person: UUID) -> list[Contact]:
    return [Contact(person, frozenset({Channel.SMS}))]


ALL: dict[Who, list[Contact]] = {
    FIRST: by_sms(NURSE_A),
    SECOND: by_sms(NURSE_B),
    MANAGER: by_sms(CHARGE),
    SAFETY_CONTACT: by_sms(SAFETY),
}


def after(**minutes: float) -> datetime:
    return T0 + timedelta(**minutes)


def told(decision: Decision) -> list[UUID]:
    return [tell.person for tell in decision.tell]


def climbed(level: Level, people: People, minutes: list[int]) -> tuple[Progress, list[list[UUID]]]:
    progress, heard = begin(POLICY, level, T0), []
    for minute in minutes:
        decision = advance(POLICY, progress, people, after(minutes=minute))
        progress = decision.progress
        heard.append(told(decision))
    return progress, heard


def test_urgent_rings_the_first_on_duty_then_the_second_then_the_manager_then_the_safety() -> None:
    _, heard = climbed(Level.URGENT, ALL, [0, 14, 15, 30, 45, 60])
    assert heard == [[NURSE_A], [], [NURSE_B], [CHARGE], [SAFETY, NURSE_A], [SAFETY, NURSE_A]]


def test_emergency_rings_both_on_duty_and_in_ten_minutes_the_safety_contact() -> None:
    _, heard = climbed(Level.EMERGENCY, ALL, [0, 5, 10])
    assert heard == [[NURSE_A, NURSE_B], [CHARGE], [SAFETY, NURSE_A]]


def test_soon_climbs_only_when_its_target_has_passed() -> None:
    _, heard = climbed(Level.SOON, ALL, [0, 24 * 60 - 1, 24 * 60])
    assert heard == [[], [], [NURSE_A]]


def test_info_stays_on_the_worklist_for_two_days() -> None:
    progress = begin(POLICY, Level.INFO, T0)
    assert progress.next_at == progress.target_at == after(days=2)
    assert told(advance(POLICY, progress, ALL, after(days=2))) == [CHARGE]


def test_the_next_step_is_counted_from_when_this_one_was_taken() -> None:
    """A worker that was dead for 40 minutes takes one step, not three at once."""
    late = advance(POLICY, begin(POLICY, Level.URGENT, T0), ALL, after(minutes=40))
    assert told(late) == [NURSE_A]
    assert late.progress.next_at == after(minutes=55)


def test_an_empty_step_costs_no_time() -> None:
    people = {**ALL, FIRST: []}
    decision = advance(POLICY, begin(POLICY, Level.URGENT, T0), people, T0)
    assert told(decision) == [NURSE_B]
    assert (decision.reason, decision.passed) == (EscalationReason.EMPTY_PASSED, (0,))
    assert decision.progress.next_at == after(minutes=15)


def test_somebody_on_duty_without_a_number_is_an_empty_step() -> None:
    people = {**ALL, FIRST: [Contact(NURSE_A, frozenset({Channel.EMAIL}))]}
    assert told(advance(POLICY, begin(POLICY, Level.URGENT, T0), people, T0)) == [NURSE_B]


def test_nobody_on_duty_tells_the_safety_contact_at_once_and_says_so() -> None:
    people: People = {SAFETY_CONTACT: by_sms(SAFETY)}
    decision = advance(POLICY, begin(POLICY, Level.URGENT, T0), people, T0)
    assert told(decision) == [SAFETY]
    assert (decision.reason, decision.passed) == (EscalationReason.NOBODY_ON_DUTY, (0, 1, 2))


def test_the_safety_contact_is_told_by_any_means() -> None:
    people: People = {SAFETY_CONTACT: [Contact(SAFETY, frozenset({Channel.EMAIL}))]}
    (tell,) = advance(POLICY, begin(POLICY, Level.URGENT, T0), people, T0).tell
    assert tell.channels == (Channel.EMAIL,)


def test_when_nobody_at_all_can_be_reached_the_whole_ladder_is_tried_again() -> None:
    lost = advance(POLICY, begin(POLICY, Level.URGENT, T0), {}, T0)
    assert (lost.reason, lost.tell) == (EscalationReason.NOBODY_AT_ALL, ())
    assert lost.progress.next_at == after(minutes=15)
    assert told(advance(POLICY, lost.progress, ALL, after(minutes=15))) == [NURSE_A]


def test_steps_told_before_are_told_again_when_the_rest_of_the_ladder_is_empty() -> None:
    people: People = {FIRST: by_sms(NURSE_A)}
    progress, heard = climbed(Level.EMERGENCY, people, [0, 5, 10])
    assert heard == [[NURSE_A], [NURSE_A], [NURSE_A]]
    assert progress.lap == 2


def test_who_is_told_in_a_step_by_two_references_is_told_once() -> None:
    people = {**ALL, SECOND: by_sms(NURSE_A)}
    assert told(advance(POLICY, begin(POLICY, Level.EMERGENCY, T0), people, T0)) == [NURSE_A]


def test_the_people_of_a_level_can_be_looked_up_beforehand() -> None:
    assert references(POLICY, Level.URGENT) == {FIRST, SECOND, MANAGER, SAFETY_CONTACT}


# --- acknowledgement ---


def test_an_acknowledgement_is_a_loan_and_nobody_is_told_during_it() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0])
    loaned = acknowledge(POLICY, progress, AckVia.PAGE, after(minutes=5))
    assert (loaned.state, loaned.next_at) == (EscalationState.LOANED, after(minutes=125))
    quiet = advance(POLICY, loaned, ALL, after(minutes=124))
    assert (quiet.tell, quiet.reason) == ((), EscalationReason.ON_LOAN)
    assert quiet.progress == loaned


def test_one_by_text_lasts_15_minutes_until_the_alert_is_opened() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0])
    by_text = acknowledge(POLICY, progress, AckVia.TEXT, after(minutes=5))
    assert by_text.next_at == after(minutes=20)
    opened = acknowledge(POLICY, by_text, AckVia.PAGE, after(minutes=10))
    assert opened.next_at == after(minutes=130)
    assert acknowledge(POLICY, opened, AckVia.TEXT, after(minutes=11)).next_at == opened.next_at


def test_a_loan_that_ends_reopens_the_alert_from_the_first_step() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0, 15])
    loaned = acknowledge(POLICY, progress, AckVia.TEXT, after(minutes=16))
    assert expire(POLICY, loaned, after(minutes=30)) == loaned
    again = expire(POLICY, loaned, after(minutes=31))
    assert (again.state, again.epoch, again.step) == (EscalationState.CLIMBING, 2, 0)
    assert again.reason is EscalationReason.LOAN_EXPIRED
    assert told(advance(POLICY, loaned, ALL, after(minutes=31))) == [NURSE_A]


def test_a_loan_that_ends_before_the_target_puts_soon_back_on_the_worklist() -> None:
    loaned = acknowledge(POLICY, begin(POLICY, Level.SOON, T0), AckVia.TEXT, after(hours=1))
    back = advance(POLICY, loaned, ALL, after(hours=2))
    assert (back.reason, back.tell) == (EscalationReason.LOAN_EXPIRED, ())
    assert (back.progress.state, back.progress.next_at) == (
        EscalationState.CLIMBING,
        after(hours=24),
    )


def test_a_closed_alert_tells_nobody_and_cannot_be_acknowledged() -> None:
    closed = close(climbed(Level.URGENT, ALL, [0])[0])
    assert closed.next_at is None
    decision = advance(POLICY, closed, ALL, after(days=1))
    assert (decision.tell, decision.reason) == ((), EscalationReason.CLOSED)
    with pytest.raises(Conflict):
        acknowledge(POLICY, closed, AckVia.PAGE, T0)


def test_a_reopened_alert_climbs_again_from_the_first_step() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0, 15])
    again = reopen(POLICY, close(progress), after(hours=3))
    assert (again.epoch, again.target_at) == (2, after(hours=4))
    assert told(advance(POLICY, again, ALL, after(hours=3))) == [NURSE_A]
    with pytest.raises(Conflict):
        reopen(POLICY, again, after(hours=3))


# --- a worse report (P15) ---


def test_a_worse_report_ends_the_loan_and_tells_again_at_once() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0])
    loaned = acknowledge(POLICY, progress, AckVia.PAGE, after(minutes=5))
    again = worse(POLICY, loaned, Level.URGENT, after(minutes=30))
    assert (again.state, again.epoch, again.reason) == (
        EscalationState.CLIMBING,
        2,
        EscalationReason.WORSE,
    )
    assert told(advance(POLICY, again, ALL, after(minutes=30))) == [NURSE_A]


def test_a_worse_report_while_nobody_has_taken_it_brings_the_next_step_forward() -> None:
    progress, _ = climbed(Level.URGENT, ALL, [0, 15])
    again = worse(POLICY, progress, Level.URGENT, after(minutes=20))
    assert told(advance(POLICY, again, ALL, after(minutes=20))) == [CHARGE]


def test_a_higher_level_starts_its_own_ladder_at_once() -> None:
    progress = begin(POLICY, Level.SOON, T0)
    again = worse(POLICY, progress, Level.EMERGENCY, after(hours=2))
    assert (again.level, again.epoch) == (Level.EMERGENCY, 2)
    assert again.target_at == after(hours=2, minutes=15)
    assert told(advance(POLICY, again, ALL, after(hours=2))) == [NURSE_A, NURSE_B]


def test_a_report_never_lowers_the_level_nor_postpones_the_target() -> None:
    progress = begin(POLICY, Level.SOON, T0)
    again = worse(POLICY, progress, Level.INFO, after(hours=20))
    assert (again.level, again.next_at) == (Level.SOON, after(hours=24))
    loaned = acknowledge(POLICY, again, AckVia.PAGE, after(hours=21))
    reported = worse(POLICY, loaned, Level.SOON, after(hours=22))
    assert (reported.state, reported.next_at) == (EscalationState.CLIMBING, after(hours=24))
