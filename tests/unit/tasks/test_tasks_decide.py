"""When somebody calls again: not too often, at her hours, never after the closing."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rsm.messaging.hours import ContactTimes, SendingHours
from rsm.patients.model import CallOutcome
from rsm.tasks.decide import MOST_TRIES, TRIES_A_DAY, BestHours, NextCall, next_call

NEW_YORK = ZoneInfo("America/New_York")
DAYTIME = BestHours(ContactTimes((SendingHours(time(8), time(20)),)), NEW_YORK)
CLOSING = datetime(2026, 10, 26, 1, 0, tzinfo=UTC)  # Sunday 21:00 in New York
UNREACHED = (CallOutcome.VOICEMAIL, CallOutcome.NO_ANSWER)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of October 2026, by the clock of New York (the 22nd is a Thursday)."""
    return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def test_a_phone_that_nobody_took_is_tried_again_the_same_day() -> None:
    again = next_call(CallOutcome.NO_ANSWER, [at(22, 9)], CLOSING, DAYTIME)
    assert again == NextCall(at(22, 12), "later")


def test_a_voicemail_is_given_longer_than_a_phone_that_rang() -> None:
    again = next_call(CallOutcome.VOICEMAIL, [at(22, 9)], CLOSING, DAYTIME)
    assert again == NextCall(at(22, 13), "later")


def test_the_third_try_is_on_another_day_at_the_other_half_of_her_hours() -> None:
    late = next_call(CallOutcome.NO_ANSWER, [at(22, 9), at(22, 15)], CLOSING, DAYTIME)
    early = next_call(CallOutcome.NO_ANSWER, [at(22, 9), at(22, 11)], CLOSING, DAYTIME)
    assert late.at == at(23, 8)
    assert early.at == at(23, 14)


def test_who_is_tried_in_the_evening_is_tried_the_next_morning() -> None:
    assert next_call(CallOutcome.VOICEMAIL, [at(22, 19)], CLOSING, DAYTIME).at == at(23, 8)


def test_her_own_hours_and_zone_decide() -> None:
    phoenix = ZoneInfo("America/Phoenix")
    mornings = BestHours(ContactTimes((SendingHours(time(9), time(11)),)), phoenix)
    again = next_call(CallOutcome.NO_ANSWER, [at(22, 12, 30)], CLOSING, mornings)  # 9:30 there
    assert again.at == datetime(2026, 10, 23, 10, 0, tzinfo=phoenix)


def test_nobody_calls_on_a_day_on_which_nobody_is_there() -> None:
    weekdays = ContactTimes((SendingHours(time(8), time(20)),), frozenset({5, 6}))
    closing = at(28, 21)
    again = next_call(CallOutcome.NO_ANSWER, [at(23, 18)], closing, BestHours(weekdays, NEW_YORK))
    assert again.at == at(26, 8)


def test_the_last_chance_before_the_closing_is_taken() -> None:
    closing = at(22, 19)
    again = next_call(CallOutcome.VOICEMAIL, [at(22, 15)], closing, DAYTIME)
    assert again == NextCall(at(22, 18), "last_chance")


def test_after_the_closing_nobody_calls() -> None:
    assert next_call(CallOutcome.VOICEMAIL, [at(22, 18, 30)], at(22, 20), DAYTIME).at is None


@pytest.mark.parametrize("outcome", UNREACHED)
def test_four_tries_are_enough(outcome: CallOutcome) -> None:
    tries = [at(22, 9), at(22, 14), at(23, 9), at(23, 14)]
    assert next_call(outcome, tries, CLOSING, DAYTIME) == NextCall(None, "tried_enough")


@pytest.mark.parametrize("outcome", [each for each in CallOutcome if each not in UNREACHED])
def test_whatever_settles_it_takes_the_survey_off_the_list(outcome: CallOutcome) -> None:
    assert next_call(outcome, [at(22, 9)], CLOSING, DAYTIME) == NextCall(None, outcome.value)


@pytest.mark.parametrize("outcome", UNREACHED)
@pytest.mark.parametrize("first", [at(22, hour, 7) for hour in range(8, 20)])
def test_however_it_goes_on_the_rules_hold(outcome: CallOutcome, first: datetime) -> None:
    tries = [first]
    while (again := next_call(outcome, tries, CLOSING, DAYTIME).at) is not None:
        assert tries[-1] + timedelta(hours=1) <= again <= CLOSING - timedelta(hours=1)
        assert DAYTIME.contain(again)
        tries.append(again)
    days = [each.astimezone(NEW_YORK).date() for each in tries]
    assert len(tries) <= MOST_TRIES
    assert max(days.count(day) for day in days) <= TRIES_A_DAY
