"""Below a tablet's link: giving it back, with or without the answers being finished."""

from fastapi import APIRouter
from starlette.responses import Response

from rsm.invitations.model import Door
from rsm.web import door_pages
from rsm.web.patient_faults import PatientRoute
from rsm.web.patient_visit import AtLink

router = APIRouter(prefix="/s/{token}", route_class=PatientRoute)


@router.get("/give-back")
def left(visit: AtLink) -> Response:
    """Where a page without a script goes by itself after some minutes. It changes nothing (P9)."""
    return door_pages.closed(visit) if visit.link.door is Door.TABLET else visit.go()


@router.post("/give-back")
def give_back(visit: AtLink) -> Response:
    """It is over: the link opens nothing any more."""
    return door_pages.give_back(visit) if visit.link.door is Door.TABLET else visit.go()
