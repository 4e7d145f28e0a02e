"""The pages of the call list: `/calls`, and what came of each call. Every change is a POST."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel

from rsm.flow import calls as flow
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.patients import service as patients
from rsm.patients.model import CallOutcome
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.web import corrections, downtime, entry_pages, paper, proxy_pages, tablet, when
from rsm.web.auth import Desk, Needs
from rsm.web.call_list import NOTHING, Typed, calls_view, version
from rsm.web.deps import html, see
from rsm.web.own_site import AtTask
from rsm.web.patient_page import patient_url
from rsm.web.staff_words import section, word
from rsm.web.views.calls import Noted
from rsm.web.views.common import Link

router = APIRouter()
Caller = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]
Poller = Annotated[Desk, Needs(Permission.ENTER_ANSWERS, poll=True)]
AtCall = Annotated[Desk, AtTask(Permission.ENTER_ANSWERS)]


_SAYS_NOTHING_OF_THE_LIST = {CallOutcome.VOICEMAIL, CallOutcome.NO_ANSWER, CallOutcome.REACHED}


class Called(BaseModel):
    """What the form of a row sends; `outcome` is the button that was pressed."""

    outcome: str = ""
    note: str = ""
    next_try: str = ""
    seen: int = 0


@router.get("/calls")
def own_calls(desk: Caller) -> RedirectResponse:
    """The list of the site where she is at work."""
    return see(f"/sites/{desk.staff.site_id}/calls")


@router.get("/sites/{site_id}/calls")
def show_calls(desk: Caller, noted: UUID | None = None) -> HTMLResponse:
    """Whom to call; `noted` is the task of the call that was noted just now."""
    return _page(desk, noted=_noted(desk, noted) if noted else None)


@router.get("/sites/{site_id}/calls/list")
def calls_part(desk: Poller) -> HTMLResponse:
    """The part of the page that is loaded anew when the version changed."""
    return html("staff/calls_fragment.html", calls_view(desk))


@router.get("/sites/{site_id}/calls/version")
def calls_version(desk: Poller) -> PlainTextResponse:
    """A number that changes when the list does; nobody's name is read."""
    return PlainTextResponse(str(version(desk.tx, desk.staff.site_id)))


@router.post("/calls/{task_id}")
def note_call(task_id: UUID, desk: AtCall, called: Annotated[Called, Form()]) -> Response:
    """What came of a call. Who comes second is told, and nothing is noted."""
    try:
        flow.record_call(desk.tx, task_id, _read(called))
    except Conflict:
        return _page(desk, 409, Typed(task_id, called.note, (_late(desk, task_id),)))
    except Invalid as error:
        return _page(desk, 422, Typed(task_id, called.note, error.problems))
    return see(f"/sites/{desk.staff.site_id}/calls?noted={task_id}")


def _read(called: Called) -> flow.CallMade:
    if called.outcome not in set(CallOutcome):
        raise Invalid(Problem("outcome", "choose what came of the call"))
    try:
        next_try = datetime.fromisoformat(called.next_try) if called.next_try else None
    except ValueError:
        raise Invalid(Problem("next_try", "is no time", "choose one from the list")) from None
    if next_try is not None and next_try.tzinfo is None:
        raise Invalid(Problem("next_try", "is no time", "choose one from the list"))
    return flow.CallMade(CallOutcome(called.outcome), called.note, next_try, called.seen)


def _late(desk: Desk, task_id: UUID) -> Problem:
    is_open = tasks.get(desk.tx, task_id).done_at is None
    words = section("calls")
    return Problem("", words.changed if is_open else words.gone)


def _noted(desk: Desk, task_id: UUID) -> Noted | None:
    """What the last call of this task came to, and what it asks of whoever noted it."""
    call = flow.last_call(desk.tx, task_id)
    if call is None:
        return None
    words, site = section("calls"), sites.get(desk.tx, desk.staff.site_id)
    text = word("calls", f"noted_{call.outcome}").format(number=site.emergency_number)
    if call.next_try_at is not None:
        at = when.day_time(call.next_try_at, desk.tx.now, site.zone).removesuffix(" today")
        return Noted(f"{text} {words.noted_next.format(when=at)}")
    if call.outcome in _SAYS_NOTHING_OF_THE_LIST:
        return Noted(f"{text} {words.noted_off}")
    if call.outcome is CallOutcome.REFUSED and desk.staff.may(Permission.ENROL):
        whose = tasks.get(desk.tx, task_id).patient_id
        if whose is not None:
            pause = patient_url(patients.peek(desk.tx, whose), "pause")
            return Noted(text, words.pause_question, Link(words.pause, pause))
    return Noted(text)


def _page(
    desk: Desk, status: int = 200, typed: Typed = NOTHING, noted: Noted | None = None
) -> HTMLResponse:
    return html("staff/calls.html", calls_view(desk, noted, typed), status=status)


router.include_router(entry_pages.router)
router.include_router(corrections.router)
router.include_router(downtime.router)
router.include_router(paper.router)
router.include_router(proxy_pages.router)
router.include_router(tablet.router)
