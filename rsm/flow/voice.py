"""Keys that are pressed in a call about an alert: taken, taken over, passed on; answered in words.

Whoever presses acts as the member of staff whom the message was for, or as the site's safety
contact: only while that one still works there and has the phone that was called. A key does what
it does once, however often its hook is handed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.db.work import Database, Scope, Tx
from rsm.escalation import service as escalation
from rsm.flow import call_words, passing_texts, triage
from rsm.flow import envelope as envelopes
from rsm.flow.call_words import AGAIN, PASS_ON, TAKE, TAKE_OVER
from rsm.flow.envelope import Envelope
from rsm.flow.triage import AckReply
from rsm.kernel import faults
from rsm.kernel.words import Actor, ActorKind, AlertState, Audience, Channel
from rsm.messaging import keys, spoken
from rsm.messaging import service as messaging
from rsm.messaging.model import KeyPress, MessageView, Spoken
from rsm.messaging.texts import FALLBACK
from rsm.security import staff
from rsm.sites import service as sites


@dataclass(frozen=True)
class _Call:
    """One call of ours, held with its alert; `public_url` is the base of its keys' address."""

    envelope: Envelope
    alert_id: UUID
    provider_id: str
    public_url: str

    @property
    def message(self) -> MessageView:
        return self.envelope.message

    @property
    def who(self) -> UUID | None:
        """Who acts; None is the safety contact, who has no account."""
        return self.message.staff_id


def press(db: Database, pressed: KeyPress, message: tuple[UUID, UUID], public_url: str) -> Spoken:
    """Do what the key asks for, once, and say what became of it. `message`: its site, its id."""
    site_id, message_id = message
    with db.begin(Scope.site(site_id)) as tx:
        call = _held(tx, message_id, pressed, public_url)
        said = _answer(tx, call, pressed) if call is not None else _not_yours()
    faults.point("voice.pressed")
    return said


# --- whose call it is -----------------------------------------------------------------------------


def _held(tx: Tx, message_id: UUID, pressed: KeyPress, public_url: str) -> _Call | None:
    """The call, and before it its alert; None unless this phone may still act for it."""
    due = messaging.whereabouts(tx, message_id)
    if due is None or due.alert_id is None:
        return None
    envelopes.lock_roots(tx, due, skip_locked=False)
    message = messaging.lock(tx, message_id)
    if message is None or (message.channel, message.audience) != (Channel.VOICE, Audience.STAFF):
        return None
    envelope = envelopes.address(tx, message)
    if envelope.to != pressed.to or not _still_in_charge(tx, message):
        return None
    return _Call(envelope, due.alert_id, pressed.provider_id, public_url)


def _still_in_charge(tx: Tx, message: MessageView) -> bool:
    if message.staff_id is not None:
        return staff.works_at(tx, message.staff_id, message.site_id)
    return message.address == sites.get(tx, message.site_id).safety_contact_phone


# --- what the key does ----------------------------------------------------------------------------


def _take(tx: Tx, who: UUID | None, code: str) -> AckReply:
    return triage.acknowledge_by_text(tx, who, code, Channel.VOICE)


def _take_over(tx: Tx, who: UUID | None, code: str) -> AckReply:
    return passing_texts.take(tx, who, code, Channel.VOICE)


_ACTS: Mapping[str, Callable[[Tx, UUID | None, str], AckReply]] = MappingProxyType(
    {TAKE: _take, TAKE_OVER: _take_over, PASS_ON: passing_texts.escalate}
)


def _answer(tx: Tx, call: _Call, pressed: KeyPress) -> Spoken:
    message = call.message
    if pressed.key not in call_words.keys_of(message):
        return _once_more(tx, call, pressed)
    if not keys.first_press(tx, message, pressed):
        return _said(tx, call, _as_it_stands(tx, call, pressed))
    if call.who is not None:
        tx.actor = Actor(ActorKind.STAFF, call.who)
    code = alerts.get(tx, call.alert_id).code
    return _said(tx, call, _ACTS[pressed.key](tx, call.who, code))


def _once_more(tx: Tx, call: _Call, pressed: KeyPress) -> Spoken:
    """What the call said, or which keys there are; how it stands once some of them would do
    nothing."""
    message, alert = call.message, alerts.get(tx, call.alert_id)
    if alert.state is AlertState.CLOSED or keys.pressed_before(tx, call.provider_id):
        return _said(tx, call, _as_it_stands(tx, call, pressed))
    if pressed.key == AGAIN:
        return _and_a_key(call, envelopes.render(tx, call.envelope, call.public_url))
    unknown = spoken.say("key_unknown", message.language, {})
    return _and_a_key(call, f"{unknown} {call_words.menu(message)}")


def _as_it_stands(tx: Tx, call: _Call, pressed: KeyPress) -> AckReply:
    """Nothing is done, and she hears how it is now: for a key that comes again."""
    alert = alerts.get(tx, call.alert_id)
    if alert.state is AlertState.CLOSED:
        return triage.over(tx, alert)
    if alert.is_held(tx.now):
        return (triage.yours if alert.owner_id == call.who else triage.late)(tx, alert)
    said = _NOBODY_HAS_IT if pressed.key != PASS_ON else _passed(tx, call.alert_id)
    return AckReply(said, {"code": alert.code}, alert.id)


def _passed(tx: Tx, alert_id: UUID) -> str:
    """Passed on: to the next, or were all told before?"""
    place = escalation.standing(tx, [alert_id]).get(alert_id)
    return "staff_escalate_last" if place is not None and place.lap else "staff_escalated"


# --- what she hears -------------------------------------------------------------------------------

_NOBODY_HAS_IT = "nobody_has_it"
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "staff_ack_ok": "key_yours",
        "staff_ack_late": "key_late_or_take",
        "staff_ack_closed": "key_closed",
        "staff_escalated": "key_passed",
        "staff_escalate_last": "key_passed_all",
        _NOBODY_HAS_IT: "key_not_taken",
    }
)
_TO_CONTACT: Mapping[str, str] = MappingProxyType({**_SAID, "staff_ack_ok": "key_contact_has_it"})
# The key that these words offer, and what is said where it would do nothing.
_OFFERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "key_late_or_take": (TAKE_OVER, "key_late"),
        "key_passed_all": (TAKE, "key_told_all"),
        "key_not_taken": (TAKE_OVER, "key_nobody"),
    }
)


def _said(tx: Tx, call: _Call, reply: AckReply) -> Spoken:
    """The answer to a text, spoken."""
    name = (_SAID if call.who else _TO_CONTACT).get(reply.purpose, "key_not_yours")
    fields = {field: str(value) for field, value in reply.fields.items()}
    key, instead = _OFFERS.get(name, ("", name))
    if key and _does_something(tx, call, key):
        return _and_a_key(call, spoken.say(name, call.message.language, fields))
    words = spoken.say(instead, call.message.language, fields)
    return Spoken(spoken.locale(call.message.language), words)


def _does_something(tx: Tx, call: _Call, key: str) -> bool:
    before = keys.pressed_before(tx, call.provider_id)
    return key in call_words.keys_of(call.message) - before


def _and_a_key(call: _Call, words: str) -> Spoken:
    return call_words.with_keys(call.message, words, call.public_url)


def _not_yours() -> Spoken:
    return Spoken(spoken.locale(FALLBACK), spoken.say("key_not_yours", FALLBACK, {}))
