"""An alert's page asks how it stands; what she may do with it besides taking and closing."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from rsm.alerts import service as alerts
from rsm.flow import call_back, triage
from rsm.kernel.errors import Conflict, Invalid
from rsm.security.model import Permission
from rsm.web.alert_choices import with_choices
from rsm.web.alert_clock import Typed, alert_clock, moment
from rsm.web.alert_page import refused, shown
from rsm.web.alert_times import moment_of
from rsm.web.auth import Desk
from rsm.web.deps import html, see
from rsm.web.own_site import AtAlert

router = APIRouter(prefix="/alerts/{alert_id}")
Watcher = Annotated[Desk, AtAlert(Permission.SEE_PATIENTS, poll=True)]
Triage = Annotated[Desk, AtAlert(Permission.TRIAGE)]
Caller = Annotated[Desk, AtAlert(Permission.WORK_TASKS)]


@router.get("/version")
def alert_version(alert_id: UUID, desk: Watcher) -> PlainTextResponse:
    """A number that changes when the alert does: nobody's name is read."""
    return PlainTextResponse(moment(desk.tx, alerts.get(desk.tx, alert_id)))


@router.get("/live")
def alert_live(alert_id: UUID, desk: Watcher, seen: str = "", show: str = "") -> HTMLResponse:
    """The parts of the page that change; read, and so audited, but not marked as opened."""
    alert = alerts.get(desk.tx, alert_id)
    alerts.audit(desk.tx, "alert.viewed", alert)
    view = alert_clock(desk, alert, Typed(show=show), seen)
    offered = with_choices(desk, alert, view.actions)
    return html("staff/alert_live.html", replace(view, actions=offered))


@router.post("/give-back")
def give_back(alert_id: UUID, desk: Triage) -> Response:
    """She cannot keep it: everybody is told again."""
    try:
        triage.give_back(desk.tx, alert_id, desk.staff.staff_id)
    except Conflict as error:
        return shown(desk, alert_id, refused(error), 409)
    return see(f"/alerts/{alert_id}")


@router.post("/call-back")
def promise(
    alert_id: UUID,
    desk: Caller,
    after: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> Response:
    """She promises to call back: after some minutes, tomorrow morning, or at a time of hers."""
    try:
        due = moment_of(desk, after, at, "at")
        call_back.promise(desk.tx, alert_id, desk.staff.staff_id, due)
    except Conflict as error:
        return shown(desk, alert_id, refused(error), 409)
    except Invalid as error:
        return shown(desk, alert_id, Typed(problems=error.problems), 422)
    return see(f"/alerts/{alert_id}")
