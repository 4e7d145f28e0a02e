"""The sandbox's pure parts: faults, keywords, statuses, the clock, the bound on memory, TwiML."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.twilio.checks import keyword
from integrations.twilio.faults import (
    CallbackFault,
    CreateFault,
    FaultBook,
    PlannedFault,
    distorted,
)
from integrations.twilio.hooks import OptOutType
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.handsets import twiml_messages
from integrations.twilio.sandbox.model import INBOUND, Message, SandboxClock, from_json
from integrations.twilio.sandbox.wire import segments
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds

NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
CLINIC, PATIENT, OTHER = "+12025550140", "+12025550112", "+12025550117"


def message(sid: str, phone: str = PATIENT, status: str = "queued") -> Message:
    return Message(sid, "outbound-api", CLINIC, phone, "Hello", NOW, status)


def test_faults_strike_in_the_order_in_which_they_were_planned() -> None:
    book = FaultBook()
    book.plan(PlannedFault(CreateFault.TOO_MANY, times=2))
    book.plan(PlannedFault(CreateFault.SERVER_ERROR, times=None, to=PATIENT))
    assert [book.strike(OTHER) for _ in range(3)] == [CreateFault.TOO_MANY] * 2 + [None]
    assert [book.strike(PATIENT) for _ in range(3)] == [CreateFault.SERVER_ERROR] * 3
    book.clear()
    assert book.strike(PATIENT) is None


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        (CallbackFault.NONE, [1, 2]),
        (CallbackFault.LATE, [1, 2]),
        (CallbackFault.DOUBLE, [1, 1, 2, 2]),
        (CallbackFault.REORDER, [2, 1]),
        (CallbackFault.LOST, []),
    ],
)
def test_calls_are_distorted(fault: CallbackFault, arrives: list[int]) -> None:
    assert distorted([1, 2], fault) == arrives


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("STOP", OptOutType.STOP),
        (" unsubscribe\n", OptOutType.STOP),
        ("Start", OptOutType.START),
        ("yes", OptOutType.START),
        ("info", OptOutType.HELP),
        ("stop please", None),
        ("0", None),
    ],
)
def test_only_the_whole_text_is_a_keyword(body: str, expected: OptOutType | None) -> None:
    assert keyword(body) is expected


def test_a_status_never_goes_back() -> None:
    delivered = message("SM1").advanced("delivered", None, NOW)
    assert delivered.sent_at == NOW
    assert delivered.advanced("sent", None, NOW + timedelta(1)) is delivered
    assert delivered.advanced("undelivered", 30003, NOW + timedelta(1)) is delivered


def test_a_message_is_read_back_as_it_was_written() -> None:
    for kept in (message("SM1"), message("SM2").advanced("undelivered", 30003, NOW)):
        assert from_json(kept.to_json()) == kept


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown direction or status"):
        from_json(message("SM1").to_json() | {"status": "teleported"})
    with pytest.raises(ValueError, match="naive"):
        from_json(message("SM1").to_json() | {"at": "2026-10-19T13:00:00"})


def test_a_seed_with_one_bad_entry_changes_nothing() -> None:
    exchange = Exchange(VirtualClock(NOW), SeededIds("test"))
    good = message("SM1").to_json()
    with pytest.raises(KeyError):
        exchange.seed([good, {"from": CLINIC}])
    assert exchange.phones() == []


def test_the_oldest_messages_are_forgotten_beyond_the_bound() -> None:
    exchange = Exchange(VirtualClock(NOW), SeededIds("test"), limit=2)
    exchange.add(message("SM1", OTHER))
    exchange.add(message("SM2"))
    exchange.add(message("SM3"))
    assert exchange.get("SM1") is None
    assert exchange.phones() == [PATIENT]
    assert [kept.sid for kept in exchange.thread(PATIENT)] == ["SM2", "SM3"]


def test_the_phone_of_a_text_is_its_sender() -> None:
    assert Message("SM1", INBOUND, PATIENT, CLINIC, "2", NOW, "received").phone == PATIENT


def test_the_clock_stands_still_runs_on_or_follows_the_machine() -> None:
    machine = VirtualClock(NOW)
    clock = SandboxClock(machine.now)
    later = NOW + timedelta(days=3)
    clock.set(later.astimezone(timezone(timedelta(hours=-4))), runs=False)
    machine.advance(timedelta(minutes=1))
    assert clock.now() == later
    clock.set(later, runs=True)
    machine.advance(timedelta(minutes=1))
    assert clock.now() == later + timedelta(minutes=1)
    clock.reset()
    assert clock.now() == machine.now()


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ("<Response><Message>One</Message><Message>Two</Message></Response>", ["One", "Two"]),
        ("<Response><Message><Body>One</Body></Message></Response>", ["One"]),
        ("<Response/>", []),
        ("", []),
        ("<html><Message>no</Message></html>", []),
        ("not XML", []),
    ],
)
def test_replies_are_read_from_twiml(text: str, bodies: list[str]) -> None:
    assert twiml_messages(text) == bodies


def test_a_long_or_accented_text_has_more_parts() -> None:
    assert [segments(text) for text in ("x" * 160, "x" * 161, "é" * 70, "é" * 71)] == [1, 2, 1, 2]
