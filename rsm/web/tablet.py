"""Staff hand the tablet over: the survey opens on it, and their own pages are locked at once.

From then on only the survey opens in this browser: going back shows the lock page.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from rsm.db.work import NOWHERE
from rsm.flow import tablet as flow
from rsm.invitations import service as invitations
from rsm.security import sessions
from rsm.security.model import Permission
from rsm.web.auth import Desk, Needs, SignedIn
from rsm.web.deps import see

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/tablet")
Taker = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]


@router.post("")
def hand_over(patient_id: UUID, desk: Taker, who: SignedIn) -> RedirectResponse:
    """Lock first: whatever goes wrong afterwards, nobody's pages stay open in a patient's hands."""
    with desk.services.db.begin(NOWHERE) as tx:
        sessions.lock(tx, who.token)
    survey_id, serial = flow.hand_over(desk.tx, patient_id)
    return see(invitations.url(desk.tx, survey_id, serial, ""))
