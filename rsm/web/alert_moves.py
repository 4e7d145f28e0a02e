"""An alert changes hands on its page: taken over, handed on, put off, sent to a step.

What is refused leaves nothing behind: the page that says why is committed all the same.
"""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response

from rsm.flow import passing
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Channel
from rsm.security.model import Permission
from rsm.web.alert_clock import Typed
from rsm.web.alert_page import refused, shown
from rsm.web.alert_times import moment_of
from rsm.web.auth import Desk
from rsm.web.deps import see
from rsm.web.own_site import AtAlert

router = APIRouter(prefix="/alerts/{alert_id}")
Triage = Annotated[Desk, AtAlert(Permission.TRIAGE)]


@router.post("/take-over")
def take_over(alert_id: UUID, desk: Triage, seen: Annotated[str, Form()] = "") -> Response:
    """Hers, although a colleague has it; `seen` is the owner's id that stood on the page."""
    try:
        owner = _id("seen", seen) if seen else None
        with desk.tx.savepoint():
            passing.take_over(desk.tx, alert_id, desk.staff.staff_id, Channel.WEB, owner)
    except (Conflict, Invalid) as error:
        return _not_done(desk, alert_id, error)
    return see(f"/alerts/{alert_id}")


@router.post("/assign")
def assign(alert_id: UUID, desk: Triage, to: Annotated[str, Form()] = "") -> Response:
    """Hand it to a colleague, who is told."""
    try:
        whom = _id("to", to)
        with desk.tx.savepoint():
            passing.assign(desk.tx, alert_id, desk.staff.staff_id, whom)
    except (Conflict, Invalid) as error:
        return _not_done(desk, alert_id, error)
    return see(f"/alerts/{alert_id}")


@router.post("/snooze")
def snooze(
    alert_id: UUID,
    desk: Triage,
    after: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Put it off, with a reason: for some minutes, to tomorrow morning, or to a time of hers."""
    try:
        when = moment_of(desk, after, until, "until")
        with desk.tx.savepoint():
            passing.snooze(desk.tx, alert_id, desk.staff.staff_id, when, reason)
    except (Conflict, Invalid) as error:
        return _not_done(desk, alert_id, error, reason)
    return see(f"/alerts/{alert_id}")


@router.post("/escalate-to")
def escalate_to(alert_id: UUID, desk: Triage, step: Annotated[str, Form()] = "") -> Response:
    """Tell a step of its ladder now; the first is 1."""
    try:
        number = int(step) if step.isdecimal() and len(step) < 4 else 0
        with desk.tx.savepoint():
            passing.escalate_to(desk.tx, alert_id, desk.staff.staff_id, number - 1)
    except (Conflict, Invalid) as error:
        return _not_done(desk, alert_id, error)
    return see(f"/alerts/{alert_id}")


def _not_done(desk: Desk, alert_id: UUID, error: Conflict | Invalid, reason: str = "") -> Response:
    if isinstance(error, Conflict):
        return shown(desk, alert_id, replace(refused(error), reason=reason), 409)
    return shown(desk, alert_id, Typed(problems=error.problems, reason=reason), 422)


def _id(where: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(Problem(where, "choose somebody from the list")) from None
