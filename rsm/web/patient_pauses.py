"""A patient's pause: begin it, and answer whether it is over, so, or never was."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import enrol, pauses
from rsm.kernel.errors import Invalid
from rsm.patients import service as patients
from rsm.patients.decide import REPORTED, PauseDetails
from rsm.patients.model import PatientFacts, PauseReason
from rsm.security.model import Permission
from rsm.web import course_words as words
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.views.common import Choice
from rsm.web.views.small_form import Input, SmallFormView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}")
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
# What a text says is no reason that staff would choose.
_REASONS = tuple(
    Choice(reason.value, text) for reason, text in words.PAUSED.items() if reason not in REPORTED
)


def _view(desk: Desk, facts: PatientFacts, *, goes_on: bool) -> SmallFormView:
    inputs = (
        Input("reason", "Reason", kind="select", choices=_REASONS, required=True),
        Input(
            "until",
            "Until",
            hint="The first day of texts again, year-month-day. After travel or a rest the surveys"
            " go on by themselves; else somebody is asked on that day",
        ),
    )
    note = Input("note", "Note", kind="area", hint="Where, who said so")
    return SmallFormView(
        frame=staff_frame(desk, "/patients"),
        heading="Why does the pause go on?" if goes_on else "Why pause?",
        text="Nothing is sent until the surveys are resumed. A pause without a day asks to be ended"
        if goes_on
        else "No survey and no reminder is sent until you resume; what is queued is cancelled now."
        " A pause without a day asks to be ended.",
        action=patient_url(facts, "still-away" if goes_on else "pause"),
        cancel_url=patient_url(facts),
        button="Save" if goes_on else "Pause",
        inputs=inputs if goes_on else (*inputs, note),
    )


def _read(values: dict[str, str], view: SmallFormView) -> tuple[PauseReason, date | None]:
    forms.chosen(values, view.inputs)
    return PauseReason(values["reason"]), forms.day(values, "until")


@router.get("/pause")
def ask_pause(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """Why, until when, and what else is known."""
    return forms.show(_view(desk, patients.peek(desk.tx, patient_id), goes_on=False))


@router.post("/pause", response_model=None)
def pause(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """Nothing goes out from now on."""
    facts = patients.peek(desk.tx, patient_id)
    view = _view(desk, facts, goes_on=False)
    try:
        with desk.tx.savepoint():
            reason, until = _read(values, view)
            details = PauseDetails(until=until, note=values.get("note", "")[:500])
            enrol.pause(desk.tx, patient_id, reason, details)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(patient_url(facts))


@router.get("/still-away")
def ask_still(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """For which reason, and until when."""
    return forms.show(_view(desk, patients.peek(desk.tx, patient_id), goes_on=True))


@router.post("/still-away", response_model=None)
def still(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """The pause goes on: asked again later."""
    facts = patients.peek(desk.tx, patient_id)
    view = _view(desk, facts, goes_on=True)
    try:
        with desk.tx.savepoint():
            pauses.still_away(desk.tx, patient_id, *_read(values, view))
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(patient_url(facts))


@router.post("/resume")
def resume(patient_id: UUID, desk: AtDesk) -> RedirectResponse:
    """The pause is over."""
    pauses.home_again(desk.tx, patient_id)
    return _back(desk, patient_id)


@router.post("/confirm-pause")
def confirm(
    patient_id: UUID, desk: AtDesk, pause: Annotated[UUID | None, Form()] = None
) -> RedirectResponse:
    """What the text says is so. `Conflict` when another one has come since the page was read."""
    pauses.confirm(desk.tx, patient_id, pause)
    return _back(desk, patient_id)


@router.post("/undo-pause")
def undo(patient_id: UUID, desk: AtDesk) -> RedirectResponse:
    """What the text says is not so, or not about her: as if it had never been said."""
    pauses.undo(desk.tx, patient_id)
    return _back(desk, patient_id)


def _back(desk: Desk, patient_id: UUID) -> RedirectResponse:
    return see(patient_url(patients.peek(desk.tx, patient_id)))
