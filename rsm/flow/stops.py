"""STOP and START, by whatever way they came: the ledger, what is queued, and who is told (P8).

The caller holds the patients. A text, a provider's report, an e-mail's unsubscribe and a member of
staff all come through here.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts, to_proxies
from rsm.messaging.ledger import OptAction, OptLine, OptPurpose, OptReason, OptSource
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind


def stop(tx: Tx, line: OptLine, known: Sequence[PatientFacts]) -> UUID | None:
    """Obeyed at once: what was queued is cancelled in this transaction; a clinical event.

    `known` are the patients who use this address. None when it stood before.
    """
    line_id = optouts.note(tx, line)
    if line_id is None:
        return None
    for patient in known:
        optouts.follow(tx, line, patient.id)
        if line.purpose is OptPurpose.REMINDERS:
            continue  # the gate holds them back; she is asked as before
        if _is_hers(tx, patient, line):
            to_proxies.cancel_others(tx, patient.id, "opted_out")
        reach_another_way(tx, patient.site_id, patient.id, line_id, patient.is_test)
    return line_id


def start(tx: Tx, line: OptLine, known: Sequence[PatientFacts]) -> UUID | None:
    """Texts are on again, and the channels that had followed; None when nothing was stopped.

    The task that the STOP opened stays: that she stopped was news of her, whatever she did next.
    """
    line_id = optouts.note(tx, line)
    if line_id is not None:
        for patient in known:
            optouts.follow(tx, line, patient.id)
    return line_id


def addresses(tx: Tx, patient_id: UUID) -> Mapping[Channel, str]:
    """Where she is written to now, before a change of it (`follow_her`)."""
    known = ((channel, patients.address(tx, patient_id, channel)) for channel in optouts.WRITTEN)
    return {channel: address for channel, address in known if address is not None}


def follow_her(tx: Tx, facts: PatientFacts, former: Mapping[Channel, str]) -> None:
    """She has another number or address: what she has stopped stays so until she says START there,
    or somebody has asked her. A number that was not hers leaves nothing behind."""
    present = addresses(tx, facts.id)
    for channel in sorted(former.keys() & present.keys()):
        sender = sites.sender(tx, facts.site_id, Audience.PATIENT, channel)
        if sender is not None and former[channel] != present[channel]:
            moved = former[channel], present[channel]
            optouts.carry_to(tx, facts, (channel, sender), moved)


def _is_hers(tx: Tx, patient: PatientFacts, line: OptLine) -> bool:
    address = patients.address(tx, patient.id, line.channel)
    return address is not None and optouts.hash_of(tx, address) == line.address_hash


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
            reason="Wants no texts any more. Please ask for another way.",
            is_test=is_test,
        ),
    )


# --- what staff record ----------------------------------------------------------------------------


def by_staff(
    tx: Tx,
    patient_id: UUID,
    action: OptAction,
    what: tuple[Channel, OptPurpose],
    reason: OptReason,
) -> bool:
    """A STOP or START that she told a person, for one channel and purpose; False when it stands.

    Raises `Invalid` when she has no such address, or the site sends nothing by that channel.
    """
    facts = patients.locked(tx, patient_id)
    channel, purpose = what
    address = patients.address(tx, patient_id, channel)
    sender = sites.sender(tx, facts.site_id, Audience.PATIENT, channel)
    if address is None or sender is None:
        what_is_missing = (
            "there is no such address" if address is None else "the site has no sender"
        )
        raise Invalid(Problem("channel", what_is_missing, "choose another channel"))
    line = OptLine(
        site_id=facts.site_id,
        address_hash=optouts.hash_of(tx, address),
        sender=sender,
        action=action,
        source=OptSource.STAFF,
        channel=channel,
        patient_id=patient_id,
        purpose=purpose,
        reason=reason,
    )
    act = stop if action is OptAction.STOP else start
    return act(tx, line, [facts]) is not None


def meant_stop(tx: Tx, patient_id: UUID) -> None:
    """Somebody has asked what an unclear text meant: STOP. Raises as `by_staff`.

    A confirmation by text is not sent: the law gives it five minutes from the request.
    """
    everything = (Channel.SMS, OptPurpose.ALL)
    by_staff(tx, patient_id, OptAction.STOP, everything, OptReason.UNCLEAR_TEXT)
    _cleared(tx, patient_id, meant_stop=True)


def meant_something_else(tx: Tx, patient_id: UUID) -> None:
    """Somebody has asked what an unclear text meant: not STOP, and everything goes on."""
    _cleared(tx, patient_id, meant_stop=False)


def _cleared(tx: Tx, patient_id: UUID, *, meant_stop: bool) -> None:
    subject = Subject("patient", patient_id, patient_id)
    site_id = patients.peek(tx, patient_id).site_id
    record(tx, "stop.cleared", subject, site_id, meant_stop=meant_stop)
