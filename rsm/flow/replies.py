"""Answers to texts: through the outbox like everything else, once, and never into a loop."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.keywords import normalise
from rsm.messaging import inbox
from rsm.messaging import service as messaging
from rsm.messaging.gate import SEVERE_ADVICE
from rsm.messaging.incoming import InboundView
from rsm.messaging.model import Draft, Lane
from rsm.patients import service as patients
from rsm.sites import service as sites

_ONE_IN = timedelta(hours=1)
_SHORT_CODE_DIGITS = 6
# What comes late is no answer any more.
_BEST_BEFORE = timedelta(hours=12)
# 47 CFR 64.1200(a)(12): one text, without marketing; after five minutes the sender would have to
# show that it came no later than it could.
_CONFIRM_STOP_WITHIN = timedelta(minutes=5)


def reply(
    tx: Tx,
    text: InboundView,
    purpose: str,
    language: str,
    fields: dict[str, str | int] | None = None,
) -> bool:
    """Answer a text with this purpose, once; False when nobody is to be answered there."""
    not_after = _best_before(tx, text, purpose)
    if is_machine(tx, text) or tx.now >= not_after:
        return False
    draft = Draft(
        business_key=_key(text.id, purpose, (fields or {}).get("code")),
        lane=Lane.EMERGENCY if purpose in SEVERE_ADVICE else Lane.REPLY,
        audience=text.origin.audience,
        site_id=text.origin.site_id,
        purpose=purpose,
        language=language,
        fields=fields or {},
        patient_id=text.origin.patient_id,
        staff_id=text.origin.staff_id,
        address=text.sender,
        not_after=not_after,
        is_test=_is_test(tx, text),
    )
    return messaging.enqueue(tx, draft) is not None


def _best_before(tx: Tx, text: InboundView, purpose: str) -> datetime:
    """The one confirmation of a STOP may follow within five minutes of it, and not later."""
    if purpose == "stop_confirmed":
        return text.received_at + _CONFIRM_STOP_WITHIN
    return tx.now + _BEST_BEFORE


def reply_rarely(tx: Tx, text: InboundView, purpose: str, language: str) -> bool:
    """As `reply`, once in an hour of a conversation: auto-responders talk for ever."""
    if told_within_the_hour(tx, text, purpose):
        return False
    return reply(tx, text, purpose, language)


def told_within_the_hour(tx: Tx, text: InboundView, purpose: str) -> list[UUID]:
    """The texts of this conversation that were answered with `purpose` within an hour."""
    since = tx.now - _ONE_IN
    keys = {_key(each, purpose): each for each in inbox.conversation(tx, text, since - _ONE_IN)}
    return [keys[each] for each in messaging.written_since(tx, keys, since)]


def as_often(tx: Tx, text: InboundView, earlier: Sequence[UUID]) -> int:
    """How many of the earlier texts say just the same: machines repeat themselves."""
    words = normalise(text.body)
    read = (inbox.read(tx, each) for each in earlier)
    return sum(each is not None and normalise(each.body) == words for each in read)


def is_machine(tx: Tx, text: InboundView) -> bool:
    """Our own numbers and short codes: nothing that we say there is read by a person."""
    digits = text.sender.removeprefix("+")
    is_number = digits.isdecimal() and len(digits) > _SHORT_CODE_DIGITS
    return not is_number or sites.owner_of(tx, text.sender) is not None


def _is_test(tx: Tx, text: InboundView) -> bool:
    patient_id = text.origin.patient_id
    return patient_id is not None and patients.peek(tx, patient_id).is_test


def _key(inbound_id: object, purpose: str, code: object = None) -> str:
    key = f"reply:{inbound_id}:{purpose}"
    return f"{key}:{code}" if code else key
