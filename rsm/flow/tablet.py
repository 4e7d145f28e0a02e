"""The clinic's tablet, handed to one patient: a link that ends by use and by time."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import entry
from rsm.invitations import service as invitations
from rsm.invitations.model import TABLET_STAYS, Door, Hand
from rsm.security.audit import Subject, record


def hand_over(tx: Tx, patient_id: UUID) -> tuple[UUID, int]:
    """Survey and serial of the link that the tablet opens: the survey that is open, else a report
    of today. A tablet that she was handed before opens nothing any more.

    Raises `NotAllowed` when she takes no part (any more).
    """
    survey = entry.begin(tx, patient_id)
    invitations.revoke_all(tx, patient_id, Door.TABLET)
    hand = Hand(Door.TABLET, expires_at=tx.now + TABLET_STAYS)
    serial = invitations.issue(tx, survey, hand)
    record(tx, "tablet.given", Subject("occurrence", survey.id, patient_id), survey.site_id)
    return survey.id, serial
