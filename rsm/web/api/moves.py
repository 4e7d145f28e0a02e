"""Alerts that change hands by machine, for a member of staff whom it names by e-mail."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.escalation import people
from rsm.flow import passing
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem, Refused
from rsm.kernel.words import Channel
from rsm.security import staff
from rsm.security.model import ApiScope, Permission
from rsm.security.permissions import may
from rsm.web.api.desk import ApiDesk, Needs
from rsm.web.api.findings import AlertOut

router = APIRouter(prefix="/sites/{site_id}/alerts/{alert_id}")
Writer = Annotated[ApiDesk, Needs(ApiScope.ALERTS_WRITE)]
Email = Annotated[str, Field(max_length=254)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TakeOver(_Strict):
    """`by` has it from now on."""

    by: Email


class Assign(_Strict):
    """`by` hands it to `to`, who is told and must still take it."""

    by: Email
    to: Email


class Snooze(_Strict):
    """`by` puts it off, to the end of the next service day at the latest."""

    by: Email
    until: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Escalate(_Strict):
    """A step of its ladder is told now; the first is 1."""

    by: Email
    step: Annotated[int, Field(ge=1, le=100)]


@router.post("/take-over")
def take_over(alert_id: UUID, desk: Writer, asked: TakeOver) -> Response:
    """Give it to a member of staff who takes it; whoever had it is told. 409 when it is closed."""
    who = _person(desk, alert_id, "by", asked.by)
    return _once(desk, lambda: passing.take_over(desk.tx, alert_id, who, Channel.WEB))


@router.post("/assign")
def assign(alert_id: UUID, desk: Writer, asked: Assign) -> Response:
    """Hand it to somebody by name. 409 when another has it."""
    by, to = (_person(desk, alert_id, name, getattr(asked, name)) for name in ("by", "to"))
    return _once(desk, lambda: passing.assign(desk.tx, alert_id, by, to))


@router.post("/snooze")
def snooze(alert_id: UUID, desk: Writer, asked: Snooze) -> Response:
    """Put it off with a reason. 409 for an emergency, or when another has it."""
    by = _person(desk, alert_id, "by", asked.by)
    until, why = asked.until, asked.reason
    return _once(desk, lambda: passing.snooze(desk.tx, alert_id, by, until, why))


@router.post("/escalate")
def escalate(alert_id: UUID, desk: Writer, asked: Escalate) -> Response:
    """Tell a step of its ladder now, and climb on from there. 409 when another has it."""
    by = _person(desk, alert_id, "by", asked.by)
    return _once(desk, lambda: passing.escalate_to(desk.tx, alert_id, by, asked.step - 1))


def _once(desk: ApiDesk, move: Callable[[], AlertView]) -> Response:
    """Make the move and answer with the alert. `Refused` when it has moved on: the answer names
    who has it, or who closed it, and since when."""

    def answer() -> AlertOut:
        try:
            return _out(desk, move())
        except Conflict as error:
            raise Refused(str(error)) from error

    return desk.once(answer)


def _person(desk: ApiDesk, alert_id: UUID, where: str, email: str) -> UUID:
    """Somebody who triages at the key's site; the alert is of that site, or not found (P13)."""
    if alerts.get(desk.tx, alert_id).site_id != desk.site_id:
        raise NotFound("no such alert")
    found = people.by_email(desk.tx, desk.site_id).get(email.strip().casefold())
    roles = staff.at_site(desk.tx, desk.site_id).get(found, frozenset()) if found else frozenset()
    if found is None or not may(roles, Permission.TRIAGE):
        raise Invalid(Problem(where, "nobody who triages alerts at this site has this address"))
    return found


def _out(desk: ApiDesk, alert: AlertView) -> AlertOut:
    return AlertOut.of(alert, handling.findings(desk.tx, [alert.id]).get(alert.id, []))
