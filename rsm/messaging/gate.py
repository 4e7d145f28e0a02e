"""May this message go out now, and what to do about one of which nobody knows: pure decisions.

Asked when a row is claimed, not only when it was planned: in between somebody may have said STOP,
finished the survey, gone into hospital, or the queue may have run late.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from rsm.kernel.words import Audience
from rsm.messaging.hours import Hours, closes_at, next_allowed
from rsm.messaging.model import Found, Lane, MessageState, MessageView

# Sent even to whoever said STOP: the one confirmation, and HELP, which carriers demand.
DESPITE_STOP = frozenset({"stop_confirmed", "help"})
# Said at once to whoever needs help: beside every limit of a day, of an hour and of a sender.
SEVERE_ADVICE = frozenset({"advice_emergency", "advice_urgent"})
# A survey by text: each of these answers a text of hers, so that she herself is their limit.
_IN_CONVERSATION = frozenset(
    {
        *("survey_ask", "survey_ask_again", "survey_who_again", "survey_words", "survey_done"),
        *("survey_late", "survey_by_link", "advice_soon"),
    }
)
# What the most of a patient's day never holds back, and does not count.
OUTSIDE_CAP = DESPITE_STOP | SEVERE_ADVICE | _IN_CONVERSATION
# As long as she has just written, an answer goes at any hour.
_JUST_WROTE = timedelta(minutes=30)
NO_SENDER_WAIT = timedelta(minutes=10)
# A person lets go what is held before; else it is looked at again, in case that went wrong.
_BREAKER_WAIT = timedelta(hours=12)
# A place in the sender's time counts for so long; whoever comes later takes another.
_PLACE_KEPT = timedelta(seconds=5)


class GateReason(StrEnum):
    """Why a message was not sent, or not yet. Stored on the row and used as a metric label."""

    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    NO_SENDER = "no_sender"  # the site has no number to send from: wait until somebody gives it one
    NOT_ACTIVE = "not_active"
    SURVEY_OVER = "survey_over"
    ANOTHER_WAY = "another_way"  # she is not asked by calls any more
    ALERT_TAKEN = "alert_taken"
    OFF_DUTY = "off_duty"  # she to whom it was written has gone off duty: another is told
    QUIET_HOURS = "quiet_hours"
    TOO_LATE = "too_late"
    BREAKER = "breaker"  # more than a day allows: held until a person has looked
    PACE = "pace"  # waits for its place: the sender may send so many a second
    SENDER_CAP = "sender_cap"  # the sender may send no more today
    BROKEN = "broken"  # cannot be made into a text: a fault of ours
    NOT_LIVE = "not_live"  # nobody has signed yet that the site may send to its patients


class Go(StrEnum):
    """What becomes of a message that was about to be claimed."""

    SEND = "send"
    HOLD = "hold"  # stays queued until `until`
    CANCEL = "cancel"  # no longer wanted
    SUPPRESS = "suppress"  # wanted, and not sent: a person is told


@dataclass(frozen=True)
class Admission:
    """The decision. `until` is set with HOLD; `best_before` with SEND, if there is a bound."""

    go: Go
    reason: GateReason | None = None
    until: datetime | None = None
    best_before: datetime | None = None


@dataclass(frozen=True)
class GateFacts:
    """What the gate looks at. `unwanted`: why nobody wants it now; no `hours`: at any time."""

    message: MessageView
    unwanted: GateReason | None
    has_contact: bool
    has_sender: bool
    stopped: bool
    over_cap: bool = False  # or stopped already, because of the same
    not_live: bool = False  # its site may not send to this recipient yet
    hours: Hours | None = None
    zone: ZoneInfo | None = None


def admit(facts: GateFacts, now: datetime) -> Admission:
    """Whether the message may be handed to the provider now."""
    if facts.unwanted is not None:
        return Admission(Go.CANCEL, facts.unwanted)
    if obstacle := _obstacle(facts, now):
        return Admission(Go.SUPPRESS, obstacle)
    if not facts.has_sender:
        return _hold(facts.message, now + NO_SENDER_WAIT, GateReason.NO_SENDER)
    admission = _by_the_clock(facts, now)
    if admission.go is Go.SEND and facts.over_cap and facts.message.purpose not in OUTSIDE_CAP:
        return _hold_for_a_person(facts.message, now)
    return admission


def _obstacle(facts: GateFacts, now: datetime) -> GateReason | None:
    message = facts.message
    if facts.not_live:
        return GateReason.NOT_LIVE
    if not facts.has_contact:
        return GateReason.NO_CONTACT
    if message.not_after is not None and now >= message.not_after:
        return GateReason.TOO_LATE
    if facts.stopped and message.purpose not in DESPITE_STOP:
        return GateReason.OPTED_OUT
    return None


def _by_the_clock(facts: GateFacts, now: datetime) -> Admission:
    """Quiet hours defer and never drop (P14), unless the message would then be too late."""
    bounds = [facts.message.not_after] if facts.message.not_after else []
    if facts.hours is not None and facts.zone is not None:
        allowed, closes = _window(facts.hours, facts.zone, now)
        if closes is None:
            return _hold(facts.message, allowed, GateReason.QUIET_HOURS)
        bounds.append(closes)
    return Admission(Go.SEND, best_before=min(bounds) if bounds else None)


@lru_cache(maxsize=256)
def _window(hours: Hours, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime | None]:
    """When a text is allowed next and, if that is now, until when: of a batch many ask the same."""
    allowed = next_allowed(now, hours, zone)
    return allowed, None if allowed > now else closes_at(now, hours, zone)


def _hold(message: MessageView, until: datetime, reason: GateReason) -> Admission:
    if message.not_after is not None and until >= message.not_after:
        return Admission(Go.SUPPRESS, GateReason.TOO_LATE)
    return Admission(Go.HOLD, reason, until=until)


def _hold_for_a_person(message: MessageView, now: datetime) -> Admission:
    """Held, and never dropped: at its own end it becomes too late, and a person hears of it."""
    until = now + _BREAKER_WAIT
    if message.not_after is not None:
        until = min(until, message.not_after)
    return Admission(Go.HOLD, GateReason.BREAKER, until=until)


def keeps_hours(message: MessageView, now: datetime) -> bool:
    """Whether it keeps to quiet hours: what was planned, and what goes on with a survey by text
    long after she wrote; other answers, alerts and severe advice go at any time."""
    if message.lane is Lane.SURVEY:
        return True
    return message.purpose in _IN_CONVERSATION and now - message.created_at > _JUST_WROTE


# --- a place in the sender's time -----------------------------------------------------------------


def overtakes(message: MessageView) -> bool:
    """Whether it goes before whatever waits for its place: all but planned messages do."""
    return message.lane is not Lane.SURVEY


def has_place(message: MessageView, now: datetime) -> bool:
    """Whether it was given a place in the sender's time, and that place is now."""
    if message.reason != GateReason.PACE or message.next_at is None:
        return False
    return now - message.next_at <= _PLACE_KEPT


def wait_for_place(message: MessageView, until: datetime, reason: GateReason) -> Admission:
    """Held until its place comes, unless that is too late for it."""
    return _hold(message, until, reason)


# --- what to do about a failure for now ---------------------------------------------------------

LONGEST_STAFF_WAIT = timedelta(minutes=1)
MOST_ATTEMPTS = 12


def next_try(message: MessageView, wait: timedelta, now: datetime) -> datetime | None:
    """When a message that was surely not taken is tried again; None when it is given up.

    With a `not_after` that is the only end, so that mending a credential loses nothing; without
    one a patient's message is given up after some hours. Staff are tried at least every minute.
    """
    if message.audience is Audience.STAFF:
        return now + min(wait, LONGEST_STAFF_WAIT)
    at = now + wait
    if message.not_after is not None:
        return at if at < message.not_after else None
    return at if message.attempts < MOST_ATTEMPTS else None


# --- what to do about a message of which nobody knows -------------------------------------------

LOOK_AGAIN = timedelta(minutes=1)
# A callback would have come by then, and the provider's list would show it.
SURELY_LISTED = timedelta(minutes=10)
UNREADABLE_FOR = timedelta(hours=1)


class Unsure(StrEnum):
    """What becomes of a row that was left `sending`."""

    LOOK_AGAIN = "look_again"
    SEND_AGAIN = "send_again"  # staff only
    GIVE_UP = "give_up"


def not_found(message: MessageView, listed: bool, now: datetime) -> Unsure:
    """After the provider's list did not show it (`listed`), or could not be read.

    Staff are told at least once, so theirs is sent again; a patient's is never (P2, P5).
    """
    if message.audience is Audience.STAFF:
        return Unsure.SEND_AGAIN
    waited = now - (message.claimed_at or message.created_at)
    enough = SURELY_LISTED if listed else UNREADABLE_FOR
    return Unsure.GIVE_UP if waited >= enough else Unsure.LOOK_AGAIN


def body_hash(body: str) -> bytes:
    """What is kept of a body: enough to find it in the provider's list."""
    return hashlib.sha256(body.encode()).digest()


def matching(
    message: MessageView, found: Sequence[Found], strangers: Collection[str]
) -> Found | None:
    """The entry of the provider's list that is this message: same text, and nobody else's yet."""
    same = [
        entry
        for entry in found
        if entry.provider_id in strangers and body_hash(entry.body) == message.body_hash
    ]
    return min(same, key=lambda entry: entry.created_at, default=None)


# States of a message that the provider took and that did not arrive.
LOST = frozenset({MessageState.UNDELIVERED, MessageState.FAILED, MessageState.CANCELLED})
