"""A survey's invitation or reminder did not arrive: it goes the next way that reaches her.

Text → e-mail → the call list. A call by machine that did not reach her is followed by the next that
was planned, and the last of them by the call list (`rsm.flow.voice_calls`). Only when it is sure
that a message did not arrive: of what nobody can tell, nothing is sent twice (P2). Whoever said
STOP is written to by no other channel either: a person asks her (P8).
"""

from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls, voice_calls
from rsm.flow.envelope import Envelope
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Channel
from rsm.messaging import conversations, optouts, survey_calls
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateReason
from rsm.messaging.incoming import ConversationEnd
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.patients import service as patients
from rsm.schedules import service as schedules
from rsm.sites import service as sites

# Kinds of message that ask for a survey's answers, whichever way they come.
# A survey by text goes on by its link: an e-mail is not replied to with answers.
_ASKING = {
    "survey_invite": "survey_invite",
    "survey_ask_first": "survey_invite",
    "survey_who": "survey_invite",
    "survey_reminder": "survey_reminder",
    "survey_ask_remind": "survey_reminder",
}
# Not a failure of a channel, or not known to be one: each has a way of its own.
_NOT_A_FAILURE = frozenset(
    {
        "unconfirmed",  # it may have arrived
        GateReason.TOO_LATE.value,
        GateReason.BROKEN.value,
        GateReason.OPTED_OUT.value,
        SendReason.OPTED_OUT.value,
    }
)
_IN_WRITING = (Channel.SMS, Channel.EMAIL)


def is_definite(reason: str) -> bool:
    """Whether a message that ended for this reason surely did not arrive by its channel."""
    return reason not in _NOT_A_FAILURE


def next_channel(tx: Tx, envelope: Envelope, reason: str) -> bool:
    """Send it another way, or put her on the call list; False when neither is to be done.

    The caller holds the patient. The substitute has a business key of its own, so that however
    often a failure is told, each way is gone once.
    """
    message, patient = envelope.message, envelope.patient
    if survey_calls.is_one(message):
        return voice_calls.after_call(tx, message, reason)
    if not is_definite(reason) or message.purpose not in _ASKING or patient is None:
        return False
    if message.occurrence_id is None or not patient.is_active:
        return False
    survey = schedules.occurrence(tx, message.occurrence_id)
    if survey.state.is_over or tx.now >= survey.closes_at:
        return False
    standing = conversations.open_about(tx, survey.id)
    if standing is not None:
        conversations.end(tx, standing, ConversationEnd.LINK)
    other = _other_channel(tx, message, patient.id)
    if other is None:
        calls.put_on_list(tx, survey, patient)
    else:
        messaging.enqueue(tx, _substitute(message, other))
    return True


def _other_channel(tx: Tx, message: MessageView, patient_id: UUID) -> Channel | None:
    """The channel that was not tried yet, if she may be written to by it."""
    if message.fallback_of is not None:
        return None  # both were
    consent = patients.consent(tx, patient_id)
    if consent is None or not consent.given:
        return None
    untried = (channel for channel in _IN_WRITING if channel is not message.channel)
    return next((each for each in untried if _may_write(tx, message, patient_id, each)), None)


def _may_write(tx: Tx, message: MessageView, patient_id: UUID, channel: Channel) -> bool:
    address = patients.address(tx, patient_id, channel)
    sender = sites.sender(tx, message.site_id, message.audience, channel)
    if address is None or sender is None:
        return False
    hashed = optouts.hash_of(tx, address)
    purpose = optouts.purpose_of(message.purpose)
    return not optouts.is_stopped(tx, hashed, sender, channel, purpose)


def _substitute(message: MessageView, channel: Channel) -> Draft:
    """The same message by another channel: the same link, until the same end."""
    return Draft(
        business_key=f"{message.business_key}:{channel}",
        lane=Lane.SURVEY,
        audience=message.audience,
        site_id=message.site_id,
        purpose=_ASKING[message.purpose],
        language=message.language,
        channel=channel,
        fields={
            name: value for name, value in message.fields.items() if isinstance(value, str | int)
        },
        patient_id=message.patient_id,
        occurrence_id=message.occurrence_id,
        not_after=message.not_after,
        fallback_of=message.id,
        is_test=message.is_test,
    )
