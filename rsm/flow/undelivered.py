"""What follows when a message did not arrive: another way, or a person (P2, P4, P8).

A survey's invitation that surely did not arrive goes the next way (`fallback`); whatever else was
for a patient becomes a task; a staff message makes the alert's next step follow at once. The caller
holds the patient and the alert, in the lock order.
"""

from datetime import timedelta

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import moves, owners, storm
from rsm.escalation import service as escalation
from rsm.flow import fallback, proxy_asking
from rsm.flow.envelope import Envelope
from rsm.flow.senders import in_place_of, meant_by
from rsm.flow.stops import reach_another_way
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts, to_proxies
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateReason
from rsm.messaging.ledger import OptAction, OptLine, OptPurpose
from rsm.messaging.model import Lane, MessageView
from rsm.messaging.to_proxies import proxy_of
from rsm.patients import service as patients
from rsm.sites.model import Address
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_SENTENCES = {
    SendReason.INVALID_NUMBER: "The number does not take texts.",
    SendReason.INVALID_ADDRESS: "The e-mail address does not exist.",
    SendReason.NO_CHANNEL: "Nothing can be sent that way: please tell whoever runs RSM.",
    SendReason.UNREACHABLE: "The phone could not be reached.",
    GateReason.NO_CONTACT: "There is no number that may be used.",
    GateReason.TOO_LATE: "The text could not be sent in time.",
    GateReason.BROKEN: "The text could not be made: please tell whoever runs RSM.",
    "unconfirmed": "Nobody can tell whether the text arrived. It is not sent again.",
}
_SAME_STEP = timedelta(minutes=1)
_OTHER = "The text did not arrive."
_OPTED_OUT = frozenset({SendReason.OPTED_OUT.value, GateReason.OPTED_OUT.value})


def follow_up(tx: Tx, envelope: Envelope, reason: str) -> None:
    """Tell a person, once for each survey, or hurry the alert on.

    Whoever works at a site that is not live sees that nothing is sent: no task for each message.
    """
    if reason != GateReason.NOT_LIVE or envelope.message.audience is Audience.STAFF:
        _follow(tx, envelope, reason)


def _follow(tx: Tx, envelope: Envelope, reason: str) -> None:
    message = envelope.message
    if reason in _OPTED_OUT:
        _mirror(tx, envelope)
    if proxy_asking.not_delivered(tx, message, reason):
        return
    if reason == SendReason.INVALID_ADDRESS and message.patient_id is not None:
        patients.suspend_contact(tx, message.patient_id, message.channel, reason)
    if message.audience is Audience.STAFF:
        _hurry(tx, message)
    elif reason in _OPTED_OUT:
        _reach_another_way(tx, envelope)
    elif fallback.next_channel(tx, envelope, reason):
        return
    elif message.lane is Lane.SURVEY or message.occurrence_id is not None:
        _not_delivered(tx, message, reason)  # a link that was asked for goes in the lane of replies


def _hurry(tx: Tx, message: MessageView) -> None:
    """The alert's next step at once; a failure of a step long past takes no time from today's."""
    if message.purpose == storm.PURPOSE:
        for waiting in sorted(storm.waiting(tx, message), key=lambda alert: alert.id):
            escalation.hurry(tx, waiting.id)
    if message.alert_id is None:
        return
    place = escalation.standing(tx, [message.alert_id]).get(message.alert_id)
    if place is None:
        return
    alert = alerts.get(tx, message.alert_id)
    if message.business_key.startswith(owners.assigned_key(alert)):
        _ask_anew(tx, alert)
        return
    epoch = alert.epoch
    # The key that `rsm.escalation.telling` gives to messages of the step that was taken last.
    last = f"alert:{message.alert_id}:{epoch}:{place.lap}:{place.step - 1}:"
    if message.business_key.startswith(last) and not _told_by_text_too(tx, message):
        escalation.hurry(tx, message.alert_id)


def _ask_anew(tx: Tx, alert: AlertView) -> None:
    """It was handed to somebody who cannot be told: whoever is on its ladder is, at once."""
    if handling.awaits_taking(tx, alert.id):
        moves.end_loan(tx, alert.id)


def _told_by_text_too(tx: Tx, message: MessageView) -> bool:
    """An e-mail or a call beside a text: if that does not arrive either, it hurries the alert
    itself."""
    if message.channel is Channel.SMS:
        return False
    text = message.business_key.removesuffix(f":{message.channel}")
    return bool(messaging.written_since(tx, [text], message.created_at - _SAME_STEP))


def _mirror(tx: Tx, envelope: Envelope) -> None:
    """The provider knows of a STOP: our ledger follows (lesson 45), and nothing of hers is under
    way any more, as after a STOP to us (lesson 47)."""
    message = envelope.message
    if envelope.to is None or envelope.sender is None:
        return
    sender = in_place_of(tx, envelope.sender, _speaks_for(message))
    hashed, purpose = optouts.hash_of(tx, envelope.to), optouts.purpose_of(message.purpose)
    if optouts.is_stopped(tx, hashed, sender, message.channel, purpose):
        return  # it is our own ledger that held it back, perhaps for less than everything
    for channel in meant_by(tx, _speaks_for(message)):
        optouts.note(
            tx,
            OptLine(
                site_id=message.site_id,
                address_hash=hashed,
                sender=sender,
                action=OptAction.STOP,
                source="provider",
                channel=channel,
                patient_id=None if proxy_of(message) else message.patient_id,
                staff_id=message.staff_id,
            ),
        )
    if message.patient_id is not None and proxy_of(message) is None:
        to_proxies.cancel_others(tx, message.patient_id, "opted_out")


def _speaks_for(message: MessageView) -> Address:
    return Address(message.site_id, message.audience, message.channel)


def _reach_another_way(tx: Tx, envelope: Envelope) -> None:
    message = envelope.message
    if message.patient_id is None or envelope.to is None or envelope.sender is None:
        return
    sender = in_place_of(tx, envelope.sender, _speaks_for(message))
    hashed, purpose = optouts.hash_of(tx, envelope.to), optouts.purpose_of(message.purpose)
    stop = optouts.standing(tx, hashed, sender, message.channel, purpose)
    if stop is not None and stop.purpose is not OptPurpose.REMINDERS:
        reach_another_way(tx, message.site_id, message.patient_id, stop.id, message.is_test)


def _not_delivered(tx: Tx, message: MessageView, reason: str) -> None:
    kind = TaskKind.CHECK_ROW if reason == GateReason.BROKEN else TaskKind.NOT_DELIVERED
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"{kind}:{message.occurrence_id or message.id}",
            kind=kind,
            site_id=message.site_id,
            patient_id=message.patient_id,
            reason=_SENTENCES.get(reason, _OTHER),
            is_test=message.is_test,
        ),
    )
