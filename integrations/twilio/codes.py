"""What Twilio's codes and status words mean to us: one table, used for answers and callbacks.

Source: Twilio's error dictionary (https://www.twilio.com/docs/api/errors). A code that is not in
the table is judged by its HTTP status alone, since Twilio adds codes without notice.

Which failures of a create are safe to repeat (P2: a patient never gets the same message twice):

    429                                 never processed, Twilio says so: Deferred
    503 with an error body of Twilio's  turned away at the door: Deferred
    any other 5xx                       it may have been queued before the fault: OutcomeUnknown
    401, 403, 404, sender not ours      the set-up is wrong, not the message: Deferred, so that
                                        mending a credential loses nothing
    any other 4xx                       looked at and refused: Rejected
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.messaging.model import AnsweredBy, MessageState


class Kind(StrEnum):
    """What can be done about a code."""

    PERMANENT = "permanent"  # the same message to the same number will fail again
    TRANSIENT = "transient"  # later, or after somebody mended the account, it may succeed
    OPT_OUT = "opt_out"  # the person said STOP: our ledger must follow
    UNREACHABLE = "unreachable"  # this number cannot be reached by text: use another way


@dataclass(frozen=True)
class Verdict:
    """A code's kind, and the reason that is stored and counted."""

    kind: Kind
    reason: SendReason


_BAD_NUMBER = Verdict(Kind.PERMANENT, SendReason.INVALID_NUMBER)
_REFUSED = Verdict(Kind.PERMANENT, SendReason.REFUSED)
_OPTED_OUT = Verdict(Kind.OPT_OUT, SendReason.OPTED_OUT)
_UNREACHABLE = Verdict(Kind.UNREACHABLE, SendReason.UNREACHABLE)
_BUSY = Verdict(Kind.TRANSIENT, SendReason.RATE_LIMITED)
_SETUP = Verdict(Kind.TRANSIENT, SendReason.CREDENTIALS)
_FAULT = Verdict(Kind.TRANSIENT, SendReason.PROVIDER_ERROR)
_LATE = Verdict(Kind.TRANSIENT, SendReason.TIMEOUT)

VERDICTS: Mapping[int, Verdict] = {
    # --- the account, and how we ask
    20003: _SETUP,  # authentication failed
    20005: _SETUP,  # account not active
    20006: _SETUP,  # access denied
    20008: _SETUP,  # test credentials used
    20404: _SETUP,  # no such account or address
    20429: _BUSY,  # too many requests
    10004: _BUSY,  # as many calls at once as the account may
    20500: _FAULT,  # internal error
    20503: _FAULT,  # service unavailable
    10001: _SETUP,  # account not active
    10002: _SETUP,  # not with a trial account
    # --- refused at once
    13223: _BAD_NUMBER,  # a call: the number is not valid
    13224: _BAD_NUMBER,  # a call: the number is not valid
    13225: _REFUSED,  # a call: the number is blocked
    13227: _UNREACHABLE,  # a call: region not permitted
    21201: _BAD_NUMBER,  # a call: no `To`
    21203: _UNREACHABLE,  # a call: international calls are switched off
    21205: _SETUP,  # a call: an address of ours is not valid
    21210: _SETUP,  # a call: `From` is not ours
    21211: _BAD_NUMBER,  # `To` is not a number
    21212: _SETUP,  # `From` is not a number
    21213: _SETUP,  # a call: no `From`
    21214: _BAD_NUMBER,  # `To` cannot be reached
    21215: _UNREACHABLE,  # no permission for the number's region
    21216: _BAD_NUMBER,  # a call: this number may not be called
    21217: _BAD_NUMBER,  # the number does not look valid
    21219: _SETUP,  # a call: trial account, `To` not verified
    21265: _BAD_NUMBER,  # `To` is a short code
    21266: _BAD_NUMBER,  # `To` is `From`
    21267: _SETUP,  # no alphanumeric sender with a trial account
    21268: _BAD_NUMBER,  # `To` is a premium number
    21401: _BAD_NUMBER,  # not a valid text-enabled number
    21407: _BAD_NUMBER,  # a kind of number that takes no texts
    21408: _UNREACHABLE,  # region not permitted
    21421: _BAD_NUMBER,  # not a number
    21601: _SETUP,  # `From` cannot text
    21602: _REFUSED,  # no body
    21603: _SETUP,  # no `From`
    21604: _BAD_NUMBER,  # no `To`
    21605: _REFUSED,  # body too long
    21606: _SETUP,  # `From` is not a text-enabled number of this account
    21607: _SETUP,  # `From` is not ours, or cannot text
    21608: _SETUP,  # trial account, `To` not verified
    21609: _SETUP,  # the callback's address is not valid
    21610: _OPTED_OUT,  # the person replied STOP
    21611: _BUSY,  # this sender's queue is full
    21612: _UNREACHABLE,  # no route from this sender to this number
    21614: _BAD_NUMBER,  # not a mobile number
    21616: _SETUP,  # several accounts have this `From`
    21617: _REFUSED,  # body longer than 1600 characters
    21618: _REFUSED,  # the body cannot be sent
    21619: _REFUSED,  # neither body nor picture
    21624: _REFUSED,  # the validity period is out of range
    21635: _BAD_NUMBER,  # a landline
    21659: _SETUP,  # `From` is not a Twilio number
    21660: _SETUP,  # `From` is another account's
    21661: _SETUP,  # `From` cannot text
    21701: _SETUP,  # no such messaging service
    21703: _SETUP,  # messaging service without senders
    21704: _SETUP,  # messaging service without a sender of this kind
    21705: _SETUP,  # messaging service not valid
    # --- taken, and failed on the way
    30001: _BUSY,  # queue overflow
    30002: _SETUP,  # account suspended
    30003: _UNREACHABLE,  # handset off or out of reach
    30004: _UNREACHABLE,  # blocked for this handset
    30005: _UNREACHABLE,  # unknown handset
    30006: _UNREACHABLE,  # landline or carrier out of reach
    30007: _REFUSED,  # filtered by the carrier
    30008: _FAULT,  # unknown error on the way
    30009: _FAULT,  # a part got lost
    30010: _SETUP,  # dearer than the highest price that was set
    30012: _LATE,  # too little time was left
    30011: _REFUSED,  # no pictures there
    30013: _REFUSED,  # validity period too long
    30017: _BUSY,  # the carrier is congested
    30018: _SETUP,  # the destination wants a registered sender
    30019: _REFUSED,  # larger than the carrier takes
    30022: _BUSY,  # more a second than the campaign may
    30023: _BUSY,  # more a day than the brand may
    30024: _SETUP,  # the campaign's number is not provisioned yet
    30027: _BUSY,  # more a day to this carrier than the brand may
    30032: _SETUP,  # toll-free number not verified
    30033: _SETUP,  # campaign suspended
    30034: _SETUP,  # sender not registered with the carriers
    30035: _SETUP,  # sender still being configured with the carriers
    30036: _LATE,  # validity period passed in the queue
    30037: _SETUP,  # sending is switched off for the account
    30038: _REFUSED,  # a one-time code in the text
    30039: _REFUSED,  # answers itself again and again
    30044: _SETUP,  # longer than a trial account may send
    30410: _LATE,  # the carrier gave no answer in time
    30450: _REFUSED,  # filtered by Twilio's own guard
    30453: _REFUSED,  # not delivered, for the same
    63038: _BUSY,  # more a day than the account may
}

_STATES: Mapping[str, MessageState] = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    # One part's success must not hide the other's failure.
    "partially_delivered": MessageState.UNDELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.CANCELLED,
}

# A call that was taken and ended has arrived, by whoever or whatever it was taken.
_CALL_STATES: Mapping[str, MessageState] = {
    "queued": MessageState.ACCEPTED,
    "initiated": MessageState.ACCEPTED,
    "ringing": MessageState.SENT,
    "in-progress": MessageState.SENT,
    "completed": MessageState.DELIVERED,
    "busy": MessageState.UNDELIVERED,
    "no-answer": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.CANCELLED,
}
_CALL_VERDICTS: Mapping[str, Verdict] = {
    "busy": Verdict(Kind.UNREACHABLE, SendReason.BUSY),
    "no-answer": Verdict(Kind.UNREACHABLE, SendReason.NO_ANSWER),
    "failed": _UNREACHABLE,
}

_SETUP_STATUSES = frozenset({401, 403, 404})


def state_of(word: str) -> MessageState | None:
    """Our state for Twilio's status word; None for an inbound or unknown word."""
    return _STATES.get(word)


def call_state(word: str) -> MessageState | None:
    """Our state for Twilio's word for a call; None for an inbound or unknown word."""
    return _CALL_STATES.get(word)


def call_verdict(word: str, code: str | int | None) -> Verdict | None:
    """Why a call did not come about: its error code if it has one we know, else how it ended."""
    known = VERDICTS.get(int(code)) if code is not None and str(code).isdecimal() else None
    return known or _CALL_VERDICTS.get(word)


def answered_by(word: str) -> AnsweredBy:
    """Who took a call, by Twilio's word; `unknown`, and what is new to us, may be a person."""
    if word == "human":
        return AnsweredBy.PERSON
    is_machine = word == "fax" or word.startswith("machine")
    return AnsweredBy.MACHINE if is_machine else AnsweredBy.UNKNOWN


def verdict_of(code: str | int | None) -> Verdict | None:
    """What a code means, or None when there is no code.

    An unknown code of a message that failed after it was accepted is permanent: blind retries of
    failed texts cost much and gain little, and staff see the failure.
    """
    if code is None or code == "":
        return None
    text = str(code)
    return VERDICTS.get(int(text), _REFUSED) if text.isdecimal() else _REFUSED


def refusal(status: int, code: int | None, retry_at: datetime | None = None) -> SendError:
    """The error to raise for an HTTP answer to a create; its detail holds codes only (P10)."""
    detail = f"HTTP {status}" if code is None else f"HTTP {status}, Twilio {code}"
    if status == 429:
        return Deferred(SendReason.RATE_LIMITED, detail, retry_at)
    if status >= 500:
        if status == 503 and code is not None:
            return Deferred(SendReason.PROVIDER_ERROR, detail, retry_at)
        return OutcomeUnknown(SendReason.PROVIDER_ERROR, detail)
    verdict = VERDICTS.get(code) if code is not None else None
    if verdict is None:
        verdict = _verdict_by_status(status)
    if verdict.kind is Kind.TRANSIENT:
        return Deferred(verdict.reason, detail, retry_at)
    return Rejected(verdict.reason, detail)


def _verdict_by_status(status: int) -> Verdict:
    if status in _SETUP_STATUSES:
        return _SETUP
    # A redirect or the like: something answers there, but it is not Twilio's API.
    return _REFUSED if 400 <= status < 500 else _SETUP
