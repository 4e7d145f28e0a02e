"""What follows when a message did not arrive: somebody is told, by another way (P2, P4, P8).

A patient's survey text becomes a task; a staff message makes the alert's next step follow at once.
The caller holds the patient and the alert, in the lock order.
"""

from uuid import UUID

from rsm.alerts import service as alerts
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.flow.envelope import Envelope
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience
from rsm.messaging import optouts
from rsm.messaging.gate import GateReason
from rsm.messaging.model import Lane, MessageView, OptAction, OptLine
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_SENTENCES = {
    SendReason.INVALID_NUMBER: "The number does not take texts.",
    SendReason.UNREACHABLE: "The phone could not be reached.",
    GateReason.NO_CONTACT: "There is no number that may be used.",
    GateReason.TOO_LATE: "The text could not be sent in time.",
    GateReason.DAILY_CAP: "More texts than a day allows were about to be sent: please look why.",
    GateReason.BROKEN: "The text could not be made: please tell whoever runs RSM.",
    "unconfirmed": "Nobody can tell whether the text arrived. It is not sent again.",
}
_OTHER = "The text did not arrive."
_OPTED_OUT = frozenset({SendReason.OPTED_OUT.value, GateReason.OPTED_OUT.value})


def follow_up(tx: Tx, envelope: Envelope, reason: str) -> None:
    """Tell a person, once for each survey, or hurry the alert on."""
    message = envelope.message
    if reason in _OPTED_OUT:
        _mirror(tx, envelope)
    if message.audience is Audience.STAFF:
        _hurry(tx, message)
    elif reason in _OPTED_OUT:
        _reach_another_way(tx, envelope)
    elif message.lane is Lane.SURVEY or message.occurrence_id is not None:
        _not_delivered(tx, message, reason)  # a link that was asked for goes in the lane of replies


def _hurry(tx: Tx, message: MessageView) -> None:
    """The alert's next step at once; a failure of a step long past takes no time from today's."""
    if message.alert_id is None:
        return
    place = escalation.standing(tx, [message.alert_id]).get(message.alert_id)
    if place is None:
        return
    epoch = alerts.get(tx, message.alert_id).epoch
    # The key that `rsm.escalation.telling` gives to messages of the step that was taken last.
    last = f"alert:{message.alert_id}:{epoch}:{place.lap}:{place.step - 1}:"
    if message.business_key.startswith(last):
        escalation.hurry(tx, message.alert_id)


def _mirror(tx: Tx, envelope: Envelope) -> None:
    """The provider knows of a STOP: our ledger follows (lesson 45)."""
    message = envelope.message
    if envelope.to is None or envelope.sender is None:
        return
    optouts.note(
        tx,
        OptLine(
            site_id=message.site_id,
            address_hash=optouts.hash_of(tx, envelope.to),
            sender=envelope.sender,
            action=OptAction.STOP,
            source="provider",
            channel=message.channel,
            patient_id=message.patient_id,
            staff_id=message.staff_id,
        ),
    )


def _reach_another_way(tx: Tx, envelope: Envelope) -> None:
    message = envelope.message
    if message.patient_id is None or envelope.to is None or envelope.sender is None:
        return
    hashed = optouts.hash_of(tx, envelope.to)
    stop = optouts.standing(tx, hashed, envelope.sender, message.channel)
    if stop is not None:
        reach_another_way(tx, message.site_id, message.patient_id, stop.id, message.is_test)


def reach_another_way(
    tx: Tx, site_id: UUID, patient_id: UUID, stop_id: UUID, is_test: bool
) -> None:
    """STOP is a clinical event: one task for each patient whom it silences (P8)."""
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"stop:{stop_id}:{patient_id}",
            kind=TaskKind.REACH_ANOTHER_WAY,
            site_id=site_id,
            patient_id=patient_id,
            reason="Wants no texts any more. Please ask how we may reach her.",
            is_test=is_test,
        ),
    )


def _not_delivered(tx: Tx, message: MessageView, reason: str) -> None:
    broken = reason in {GateReason.BROKEN, GateReason.DAILY_CAP}
    kind = TaskKind.CHECK_ROW if broken else TaskKind.NOT_DELIVERED
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
