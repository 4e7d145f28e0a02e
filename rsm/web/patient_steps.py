"""How far a patient has come: asked, declined, enrolled, ended, back again. Each is a POST."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.db.work import Tx
from rsm.flow import enrol
from rsm.kernel.errors import NotFound, Problem
from rsm.patients import service as patients
from rsm.patients.model import DeclineReason, EndReason, PatientFacts
from rsm.security.model import Permission
from rsm.web import patient_words as words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.views.common import Choice
from rsm.web.views.patient_actions import ReasonView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}")
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]


@router.post("/approach")
def approach(patient_id: UUID, desk: AtDesk) -> RedirectResponse:
    """She was asked."""
    enrol.approach(desk.tx, patient_id)
    return _back(desk, patient_id)


@router.post("/enrol")
def begin(patient_id: UUID, desk: AtDesk) -> RedirectResponse:
    """Begin; what is missing (consent, number) is told."""
    enrol.enrol(desk.tx, patient_id)
    return _back(desk, patient_id)


@dataclass(frozen=True)
class Step:
    """A step that needs a reason: its words, the reasons, and what does it."""

    heading: str
    text: str
    button: str
    reasons: Mapping[str, str]
    act: Callable[[Tx, UUID, str], None]


def _decline(tx: Tx, patient_id: UUID, reason: str) -> None:
    enrol.decline(tx, patient_id, DeclineReason(reason))


def _end(tx: Tx, patient_id: UUID, reason: str) -> None:
    enrol.end(tx, patient_id, EndReason(reason))


def _again(tx: Tx, patient_id: UUID, reason: str) -> None:
    enrol.again(tx, patient_id, enrol.ReturnReason(reason))


class StepName(StrEnum):
    """The steps that need a reason, as they stand in the address."""

    DECLINE = "decline"
    END = "end"
    AGAIN = "again"


_STEPS: Mapping[StepName, Step] = {
    StepName.DECLINE: Step(
        "Why did the patient decline?",
        "Whoever declines stays in the figures as such, and may think again.",
        "Declined",
        {reason.value: text for reason, text in words.DECLINED.items()},
        _decline,
    ),
    StepName.END: Step(
        "Why does it end?",
        "No survey is sent any more; what is queued is cancelled now, for good.",
        "End",
        {reason.value: text for reason, text in words.ENDED.items()},
        _end,
    ),
    StepName.AGAIN: Step(
        "Why does it begin again?",
        "Surveys go out again from the next day of the plan that the clinic has now; one that was"
        " called off stays so. Whoever answered for the patient does so again.",
        "Enrol again",
        {reason.value: text for reason, text in words.AGAIN.items()},
        _again,
    ),
}


@router.get("/{step}")
def ask_reason(patient_id: UUID, step: str, desk: AtDesk) -> HTMLResponse:
    """The page that asks for the reason."""
    return _reason_page(desk, patients.peek(desk.tx, patient_id), _named(step))


@router.post("/{step}", response_model=None)
def act(
    patient_id: UUID, step: str, desk: AtDesk, reason: Annotated[str, Form()] = ""
) -> HTMLResponse | RedirectResponse:
    """Do it, with its reason."""
    name = _named(step)
    if reason not in _STEPS[name].reasons:
        wrong = Problem("reason", "choose one from the list")
        return _reason_page(desk, patients.peek(desk.tx, patient_id), name, (wrong,))
    _STEPS[name].act(desk.tx, patient_id, reason)
    return _back(desk, patient_id)


def _named(step: str) -> StepName:
    if step not in set(StepName):
        raise NotFound("no such page")
    return StepName(step)


def _reason_page(
    desk: Desk, facts: PatientFacts, name: StepName, problems: tuple[Problem, ...] = ()
) -> HTMLResponse:
    step = _STEPS[name]
    view = ReasonView(
        frame=staff_frame(desk, "/patients"),
        heading=step.heading,
        text=step.text,
        action=patient_url(facts, name),
        cancel_url=patient_url(facts),
        button=step.button,
        choices=tuple(Choice(value, label) for value, label in step.reasons.items()),
        problems=problems,
    )
    return html("staff/patient_reason.html", view, status=422 if problems else 200)


def _back(desk: Desk, patient_id: UUID) -> RedirectResponse:
    return see(patient_url(patients.peek(desk.tx, patient_id)))
