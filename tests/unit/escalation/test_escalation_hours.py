"""Service hours on a ladder: held, counted in service minutes, and never for an emergency."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from rsm.escalation import decide
from rsm.escalation.hours import ServiceTime
from rsm.escalation.model import (
    AckVia,
    Contact,
    EscalationReason,
    OnDuty,
    People,
    Policy,
    Progress,
)
from rsm.escalation.policies import Crew, check, default_policy, load_policy, safe_within, unstaffed
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Channel, Level
from rsm.sites.model import WEEKDAYS

ZONE = ZoneInfo("America/New_York")
WORKDAYS = {day: (time(8), time(18)) for day in WEEKDAYS[:5]}
HOURS = ServiceTime(WORKDAYS, frozenset(), ZONE)
NURSE = Contact(UUID(int=1), frozenset({Channel.SMS}))
PEOPLE: People = {OnDuty(kind="on_duty", rank=1): [NURSE]}

HELD = """
key = "held"
version = "1.0.0"
title = "Held at night"
author = "Lakeside"
""" + "".join(
    f"""
[levels.{level}]
target_minutes = 60
first_step = "at_once"
ack_loan_minutes = 120
{extra}

[[levels.{level}.steps]]
who = [{{ kind = "on_duty", rank = 1 }}]
wait_minutes = 30
wait_in = "{wait}"

[[levels.{level}.steps]]
who = [{{ kind = "safety_contact" }}]
wait_minutes = 15
wait_in = "{wait}"
"""
    for level, extra, wait in (
        ("emergency", "", "clock"),
        ("urgent", 'out_of_hours = "held"', "service"),
        ("soon", 'out_of_hours = "held"\nheld_at_most_minutes = 10080', "service"),
        ("info", "", "clock"),
    )
)


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def held_policy() -> Policy:
    return load_policy(HELD, "held.toml")


def after(policy: Policy, progress: Progress, hours: ServiceTime = HOURS) -> Progress:
    """The step that is due, taken when it is due."""
    assert progress.next_at is not None
    return decide.advance(policy, progress, PEOPLE, progress.next_at, hours).progress


# --- the hours themselves ------------------------------------------------------------------


def test_open_and_closed_follow_the_wall_and_the_closed_days() -> None:
    thanksgiving = ServiceTime(WORKDAYS, frozenset({date(2026, 11, 26)}), ZONE)
    assert HOURS.is_open(local(26, 8))
    assert not HOURS.is_open(local(26, 18))
    assert not thanksgiving.is_open(local(26, 12))
    assert thanksgiving.opens_next(local(26, 12)) == local(27, 8)
    assert HOURS.opens_next(local(20, 19)) == local(23, 8)
    assert HOURS.opens_next(local(20, 9)) == local(20, 9)


def test_service_minutes_stop_at_closing_and_go_on_in_the_morning() -> None:
    assert HOURS.add(local(19, 17, 50), timedelta(minutes=30)) == local(20, 8, 20)
    assert HOURS.add(local(20, 17, 50), timedelta(minutes=30)) == local(23, 8, 20)
    assert HOURS.add(local(21, 12), timedelta(minutes=30)) == local(23, 8, 30)


def test_hours_past_midnight_are_one_span() -> None:
    night = ServiceTime(dict.fromkeys(WEEKDAYS, (time(20), time(8))), frozenset(), ZONE)
    assert night.is_open(local(20, 2))
    assert not night.is_open(local(20, 12))
    assert night.add(local(20, 7, 50), timedelta(minutes=20)) == local(20, 20, 10)


def test_where_days_of_service_meet_the_next_day_still_ends_on_that_day() -> None:
    whole = ServiceTime({day: (time(8), time(8)) for day in WEEKDAYS[:5]}, frozenset(), ZONE)
    assert whole.end_of_next_day(local(3, 12)) == local(5, 8)  # Tuesday: Wednesday's, on Thursday
    always = ServiceTime({day: (time(0), time(0)) for day in WEEKDAYS}, frozenset(), ZONE)
    assert always.end_of_next_day(local(3, 12)) == local(5, 0)


def test_a_night_on_which_the_clock_changes_counts_the_minutes_that_pass() -> None:
    night = ServiceTime({"saturday": (time(22), time(6))}, frozenset(), ZONE)
    back, forward = local(31, 22, month=10), local(7, 22, month=3)
    assert night.closes_after(back) - back == timedelta(hours=9)
    assert night.closes_after(forward) - forward == timedelta(hours=7)
    assert night.add(back, timedelta(hours=9)) == night.closes_after(back)
    assert night.is_open(back + timedelta(hours=8, minutes=59))


def test_a_site_without_hours_has_nothing_to_wait_for() -> None:
    assert ServiceTime().is_open(local(21, 3))
    assert ServiceTime().add(local(21, 3), timedelta(hours=1)) == local(21, 4)


def test_a_site_that_is_closed_for_long_waits_by_the_clock() -> None:
    shut = ServiceTime({"monday": (time(8), time(9))}, frozenset(), ZONE)
    never = ServiceTime(
        shut.hours, frozenset(date(2026, 11, 1) + timedelta(days=n) for n in range(90)), ZONE
    )
    assert never.add(local(21, 3), timedelta(hours=1)) == local(21, 4)
    held = decide.begin(held_policy(), Level.URGENT, local(21, 3), never)
    assert held.next_at == local(21, 19)


# --- held ----------------------------------------------------------------------------------


def test_an_urgent_alert_of_the_night_is_told_when_the_site_opens_and_its_target_counts_then() -> (
    None
):
    begun = decide.begin(held_policy(), Level.URGENT, local(19, 22), HOURS)
    assert (begun.next_at, begun.reason) == (local(20, 8), EscalationReason.HELD)
    assert begun.target_at == local(20, 9)


def test_over_a_holiday_friday_an_urgent_alert_waits_sixteen_hours_at_most() -> None:
    holiday = ServiceTime(WORKDAYS, frozenset({date(2026, 11, 27)}), ZONE)
    policy = held_policy()
    begun = decide.begin(policy, Level.URGENT, local(26, 18), holiday)
    assert begun.next_at == local(27, 10)
    told = after(policy, begun, holiday)
    assert told.next_at == local(27, 10, 30)  # told outside of hours: the clock counts from then on


def test_an_emergency_is_never_held_whatever_a_policy_says() -> None:
    policy = held_policy()
    urgent = policy.levels.urgent
    forged = policy.model_copy(
        update={"levels": policy.levels.model_copy(update={"emergency": urgent})}
    )
    begun = decide.begin(forged, Level.EMERGENCY, local(21, 3), HOURS)
    assert begun.next_at == local(21, 3)


def test_what_is_told_before_closing_waits_for_the_morning() -> None:
    policy = held_policy()
    told = after(policy, decide.begin(policy, Level.URGENT, local(19, 17, 50), HOURS))
    assert told.next_at == local(20, 8, 20)


def test_a_service_wait_adds_no_more_than_the_cap() -> None:
    policy = held_policy()
    told = after(policy, decide.begin(policy, Level.URGENT, local(20, 17, 50), HOURS))
    assert told.next_at == local(20, 17, 50) + timedelta(hours=16, minutes=30)


def test_a_loan_that_ends_at_night_is_held_like_a_new_alert() -> None:
    policy = held_policy()
    begun = decide.begin(policy, Level.URGENT, local(19, 17), HOURS)
    taken = decide.acknowledge(policy, begun, AckVia.PAGE, local(19, 17))
    ended = decide.expire(policy, taken, local(19, 19), HOURS)
    assert (ended.next_at, ended.reason) == (local(20, 8), EscalationReason.HELD)


def test_a_worse_report_of_the_night_that_is_an_emergency_is_told_at_once() -> None:
    policy = held_policy()
    begun = decide.begin(policy, Level.URGENT, local(19, 22), HOURS)
    worse = decide.worse(policy, begun, Level.EMERGENCY, local(19, 23), HOURS)
    assert (worse.next_at, worse.reason) == (local(19, 23), EscalationReason.WORSE)


# --- what people do ------------------------------------------------------------------------


def test_snoozing_is_a_loan_that_a_worse_report_breaks_and_never_for_an_emergency() -> None:
    policy = held_policy()
    begun = decide.begin(policy, Level.URGENT, local(20, 9), HOURS)
    asleep = decide.snooze(begun, local(20, 15))
    assert asleep.next_at == local(20, 15)
    worse = decide.worse(policy, asleep, Level.URGENT, local(20, 10), HOURS)
    assert (worse.next_at, worse.epoch) == (local(20, 10), 2)
    emergency = decide.begin(policy, Level.EMERGENCY, local(20, 9), HOURS)
    with pytest.raises(Conflict, match="emergency"):
        decide.snooze(emergency, local(20, 15))


def test_a_chosen_step_is_due_at_once_and_told_anew() -> None:
    policy = held_policy()
    begun = decide.begin(policy, Level.URGENT, local(20, 9), HOURS)
    jumped = decide.jump(policy, begun, 1, local(20, 9, 5))
    assert (jumped.step, jumped.epoch, jumped.next_at) == (1, 2, local(20, 9, 5))
    with pytest.raises(Conflict, match="no such step"):
        decide.jump(policy, begun, 2, local(20, 9, 5))
    with pytest.raises(Conflict, match="closed"):
        decide.jump(policy, decide.close(begun), 1, local(20, 9, 5))


# --- policies ------------------------------------------------------------------------------


def test_the_shipped_policy_has_the_hash_that_it_always_had() -> None:
    assert default_policy().pin.hash == (
        "2c6f133b733208fbe40686fe62fb921072de3e95a9f2d06b3390773fd2e94d46"
    )


@pytest.mark.parametrize(
    ("was", "now", "what"),
    [
        ("[levels.emergency]", '[levels.emergency]\nout_of_hours = "held"', "never held"),
        ('wait_in = "clock"', 'wait_in = "service"', "an emergency waits in clock minutes"),
        ('wait_in = "service"', 'wait_in = "clock"', "would climb outside of service hours"),
        ('out_of_hours = "held"\n\n', "\n", "would wait alone until morning"),
        (
            'out_of_hours = "held"\n\n',
            'out_of_hours = "held"\nheld_at_most_minutes = 961\n\n',
            "held 16 hours at most",
        ),
    ],
)
def test_hours_that_do_not_fit_a_level_are_refused_with_their_line(
    was: str, now: str, what: str
) -> None:
    with pytest.raises(Invalid) as refused:
        load_policy(HELD.replace(was, now, 1), "held.toml")
    assert any(what in each.what for each in refused.value.problems)
    assert all("held.toml:" in each.where for each in refused.value.problems)


def test_a_person_who_does_not_work_there_is_refused_with_the_nearest() -> None:
    body = HELD.replace('kind = "on_duty", rank = 1', 'kind = "person", email = "dan@example.org"')
    policy = load_policy(body, "held.toml")
    (first, *_) = unstaffed(policy, Crew([], [], ["dana@example.org"]))
    assert "dan@example.org" in first.what
    assert "dana@example.org" in first.mend
    assert unstaffed(policy, Crew([], [], ["dan@example.org"])) == []
    assert check(policy) == []


def test_the_bound_counts_what_hours_may_add() -> None:
    policy = held_policy()
    assert safe_within(policy.levels.emergency) == timedelta(minutes=30)
    assert safe_within(policy.levels.urgent) == timedelta(hours=32, minutes=30)
