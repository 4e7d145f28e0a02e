"""A phone is not hers: whoever holds it gets nothing more, and no link that lies there opens."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.invitations import service as invitations
from rsm.kernel.words import Channel
from rsm.messaging import to_proxies
from rsm.patients import service as patients


def leave_number(tx: Tx, patient_id: UUID, why: str) -> bool:
    """Nothing more goes to her number; False when that was said before, and nobody has put a number
    back since. The caller holds her row, and has somebody ask for the right number."""
    if not patients.suspend_contact(tx, patient_id, Channel.SMS, why):
        return False
    to_proxies.cancel_others(tx, patient_id, why)
    invitations.revoke_all(tx, patient_id)
    return True
