"""Alerts that change hands by text: `take CODE`, `escalate CODE`; each answered with what it did.

A code is valid for the alert's life: what cannot be done is answered with why (lesson 31).
"""

from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import passing, triage
from rsm.flow.triage import AckReply
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Channel


def take(
    tx: Tx, staff_id: UUID | None, code: str | None, channel: Channel = Channel.SMS
) -> AckReply:
    """Hers, even where a colleague has it, who is told. `staff_id` None: the safety contact."""
    known = triage.meant(tx, staff_id, code)
    if isinstance(known, AckReply):
        return known
    return triage.yours(tx, passing.take_over(tx, known.id, staff_id, channel))


def escalate(tx: Tx, staff_id: UUID | None, code: str | None) -> AckReply:
    """The next one on the ladder is told; whoever had the alert has it no more with that.

    The safety contact (`staff_id` None) is the last there is: nobody comes after.
    """
    known = triage.meant(tx, staff_id, code)
    if isinstance(known, AckReply):
        return known
    if staff_id is None:
        return AckReply("staff_escalate_last", {"code": known.code}, known.id)
    if known.is_held(tx.now) and known.owner_id != staff_id:
        return triage.late(tx, known)
    try:
        passing.escalate_on(tx, known.id, staff_id)
    except Conflict:
        return AckReply("staff_escalate_last", {"code": known.code}, known.id)
    return AckReply("staff_escalated", {"code": known.code}, known.id)
