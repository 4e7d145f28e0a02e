"""May a message go out now, and what to do about one of which nobody knows."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from rsm.kernel.words import Audience, Channel
from rsm.messaging.gate import (
    LOOK_AGAIN,
    MOST_ATTEMPTS,
    OUTSIDE_CAP,
    SURELY_LISTED,
    UNREADABLE_FOR,
    GateFacts,
    GateReason,
    Go,
    Unsure,
    admit,
    body_hash,
    has_place,
    matching,
    next_try,
    not_found,
    overtakes,
    wait_for_place,
)
from rsm.messaging.hours import SendingHours
from rsm.messaging.model import Found, Lane, MessageState, MessageView

NOON = datetime(2026, 10, 19, 16, 0, tzinfo=UTC)  # 12:00 in New York
NEW_YORK = ZoneInfo("America/New_York")
HOURS = SendingHours(time(8), time(20))


def message(**others: object) -> MessageView:
    values: dict[str, object] = {
        "id": UUID(int=1),
        "site_id": UUID(int=2),
        "business_key": "survey:1:invite",
        "lane": Lane.SURVEY,
        "channel": Channel.SMS,
        "audience": Audience.PATIENT,
        "patient_id": UUID(int=3),
        "staff_id": None,
        "occurrence_id": None,
        "alert_id": None,
        "purpose": "survey_invite",
        "language": "en",
        "fields": {},
        "state": MessageState.QUEUED,
        "attempts": 1,
        "not_after": None,
        "created_at": NOON,
        "claim": None,
        "claimed_at": NOON,
        "provider_id": None,
        "body_hash": body_hash("hello"),
        "is_test": False,
        "address": None,
    }
    return MessageView(**values | others)  # type: ignore[arg-type]  # a table of defaults


def facts(about: MessageView | None = None, **others: object) -> GateFacts:
    values: dict[str, object] = {
        "message": about or message(),
        "unwanted": None,
        "has_contact": True,
        "has_sender": True,
        "stopped": False,
        "hours": HOURS,
        "zone": NEW_YORK,
    }
    return GateFacts(**values | others)  # type: ignore[arg-type]  # a table of defaults


@pytest.mark.parametrize(
    ("others", "go", "reason"),
    [
        ({}, Go.SEND, None),
        ({"unwanted": GateReason.SURVEY_OVER}, Go.CANCEL, GateReason.SURVEY_OVER),
        ({"has_contact": False}, Go.SUPPRESS, GateReason.NO_CONTACT),
        ({"stopped": True}, Go.SUPPRESS, GateReason.OPTED_OUT),
        ({"over_cap": True}, Go.HOLD, GateReason.BREAKER),
        ({"has_sender": False}, Go.HOLD, GateReason.NO_SENDER),
        ({"stopped": True, "unwanted": GateReason.NOT_ACTIVE}, Go.CANCEL, GateReason.NOT_ACTIVE),
    ],
)
def test_each_obstacle_has_its_reason(
    others: dict[str, object], go: Go, reason: GateReason | None
) -> None:
    admission = admit(facts(None, **others), NOON)
    assert (admission.go, admission.reason) == (go, reason)


@pytest.mark.parametrize("purpose", ["stop_confirmed", "help"])
def test_the_answers_that_carriers_demand_pass_a_stop(purpose: str) -> None:
    assert admit(facts(message(purpose=purpose), stopped=True), NOON).go is Go.SEND


def test_quiet_hours_hold_until_they_end() -> None:
    night = NOON + timedelta(hours=10)
    admission = admit(facts(), night)
    assert (admission.go, admission.until) == (Go.HOLD, NOON + timedelta(hours=20))


def test_what_quiet_hours_would_make_too_late_is_told_to_a_person() -> None:
    late = message(not_after=NOON + timedelta(hours=15))
    admission = admit(facts(late), NOON + timedelta(hours=10))
    assert (admission.go, admission.reason) == (Go.SUPPRESS, GateReason.TOO_LATE)


def test_the_end_of_the_window_itself_is_too_late() -> None:
    assert admit(facts(message(not_after=NOON)), NOON).reason is GateReason.TOO_LATE


def test_the_provider_is_bound_by_whichever_ends_first() -> None:
    window = NOON + timedelta(hours=2)
    assert admit(facts(message(not_after=window)), NOON).best_before == window
    assert admit(facts(), NOON).best_before == NOON + timedelta(hours=8)
    assert admit(facts(hours=None), NOON).best_before is None


def test_a_credential_that_is_mended_in_time_loses_nothing() -> None:
    window = NOON + timedelta(hours=48)
    tried_often = message(attempts=200, not_after=window)
    assert next_try(tried_often, timedelta(minutes=30), NOON) == NOON + timedelta(minutes=30)
    assert next_try(tried_often, timedelta(minutes=30), window - timedelta(minutes=1)) is None


def test_without_an_end_a_patients_message_is_given_up_after_some_tries() -> None:
    assert next_try(message(attempts=MOST_ATTEMPTS), timedelta(minutes=1), NOON) is None


def test_staff_are_tried_at_least_every_minute_and_never_given_up() -> None:
    told = message(audience=Audience.STAFF, attempts=500)
    assert next_try(told, timedelta(minutes=30), NOON) == NOON + timedelta(minutes=1)


def test_what_the_list_does_not_show_is_looked_for_and_then_given_up_and_never_resent() -> None:
    assert not_found(message(), True, NOON + LOOK_AGAIN) is Unsure.LOOK_AGAIN
    assert not_found(message(), True, NOON + SURELY_LISTED) is Unsure.GIVE_UP


def test_a_list_that_cannot_be_read_is_no_proof() -> None:
    assert not_found(message(), False, NOON + SURELY_LISTED) is Unsure.LOOK_AGAIN
    assert not_found(message(), False, NOON + UNREADABLE_FOR) is Unsure.GIVE_UP


@pytest.mark.parametrize("listed", [True, False])
def test_staff_are_told_again_at_once(listed: bool) -> None:
    assert not_found(message(audience=Audience.STAFF), listed, NOON) is Unsure.SEND_AGAIN


def entry(provider_id: str, body: str, minutes: int = 0) -> Found:
    at = NOON + timedelta(minutes=minutes)
    return Found(provider_id, "+12025550131", "+12025550100", body, MessageState.SENT, at)


def test_only_the_same_text_that_is_nobody_elses_is_this_message() -> None:
    listed = [entry("SM3", "hello", 3), entry("SM2", "hello", 2), entry("SM1", "other", 1)]
    assert matching(message(), listed, {"SM1", "SM2", "SM3"}) == listed[1]
    assert matching(message(), listed, {"SM1", "SM3"}) == listed[0]
    assert matching(message(), listed, {"SM1"}) is None


# --- more than a day allows -----------------------------------------------------------------------


def test_too_much_for_a_day_is_held_for_a_person_and_never_beyond_its_own_end() -> None:
    assert admit(facts(None, over_cap=True), NOON).until == NOON + timedelta(hours=12)
    soon = message(not_after=NOON + timedelta(hours=1))
    admission = admit(facts(soon, over_cap=True), NOON)
    assert (admission.go, admission.until) == (Go.HOLD, NOON + timedelta(hours=1))


@pytest.mark.parametrize("purpose", sorted(OUTSIDE_CAP))
def test_severe_advice_and_what_carriers_demand_are_outside_the_most_of_a_day(
    purpose: str,
) -> None:
    assert admit(facts(message(purpose=purpose), over_cap=True), NOON).go is Go.SEND


def test_what_waits_for_the_morning_is_not_taken_for_too_much() -> None:
    night = NOON + timedelta(hours=10)
    assert admit(facts(None, over_cap=True), night).reason is GateReason.QUIET_HOURS


# --- places in a sender's time --------------------------------------------------------------------


@pytest.mark.parametrize(("lane", "first"), [(lane, lane is not Lane.SURVEY) for lane in Lane])
def test_only_planned_messages_wait_for_a_place(lane: Lane, first: bool) -> None:
    assert overtakes(message(lane=lane)) is first


@pytest.mark.parametrize(
    ("reason", "late", "kept"),
    [
        ("pace", timedelta(), True),
        ("pace", timedelta(seconds=5), True),
        ("pace", timedelta(seconds=6), False),
        ("quiet_hours", timedelta(), False),
        (None, timedelta(), False),
    ],
)
def test_a_place_is_kept_for_some_seconds(reason: str | None, late: timedelta, kept: bool) -> None:
    assert has_place(message(reason=reason, next_at=NOON - late), NOON) is kept


def test_a_place_after_its_own_end_is_too_late() -> None:
    late = message(not_after=NOON + timedelta(seconds=30))
    waits = wait_for_place(late, NOON + timedelta(seconds=30), GateReason.PACE)
    assert (waits.go, waits.reason) == (Go.SUPPRESS, GateReason.TOO_LATE)
    waits = wait_for_place(late, NOON + timedelta(seconds=29), GateReason.PACE)
    assert (waits.go, waits.until) == (Go.HOLD, NOON + timedelta(seconds=29))
