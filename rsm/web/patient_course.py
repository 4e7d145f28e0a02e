"""What a patient's plan and texts hang on: dates of treatment, stops and starts, consent."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import consent as consent_flow
from rsm.flow import stops, treatment
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Channel
from rsm.messaging.ledger import OptAction, OptPurpose, OptReason
from rsm.patients import consents
from rsm.patients import service as patients
from rsm.patients.entering import read_value
from rsm.patients.model import ConsentForm, ConsentView, PatientRecord, TreatmentEventKind
from rsm.security.model import Permission
from rsm.web import course_words as words
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.patient_words import CHANNELS
from rsm.web.views.common import Choice
from rsm.web.views.small_form import Input, SmallFormView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}")
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
Kind = TypeVar("Kind", bound=str)
_DAY = "Year-month-day, as 2026-11-30"


def _page(
    desk: Desk, record: PatientRecord, where: str, said: tuple[str, str, str], *inputs: Input
) -> SmallFormView:
    heading, text, button = said
    return SmallFormView(
        frame=staff_frame(desk, "/patients"),
        heading=heading,
        text=text,
        action=patient_url(record.facts, where),
        cancel_url=patient_url(record.facts),
        button=button,
        inputs=inputs,
    )


# --- dates of treatment ---------------------------------------------------------------------------


def _treatment(desk: Desk, record: PatientRecord) -> SmallFormView:
    known = dict(record.events)
    cycles = "\n".join(start.isoformat() for start in record.cycles)
    events = (
        Input(kind.value, label, known[kind].isoformat() if kind in known else "")
        for kind, label in words.EVENTS.items()
    )
    text = (
        "Surveys that count from these days move with them; what was sent stays. Empty a field to"
        " remove its day."
    )
    return _page(
        desk,
        record,
        "treatment",
        ("Dates of treatment", text, "Save"),
        Input("cycles", "Cycle start dates", cycles, "area", hint="One date in a line", rows=6),
        *events,
    )


@router.get("/treatment")
def ask_treatment(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """Cycles and events as they stand."""
    return forms.show(_treatment(desk, patients.read(desk.tx, patient_id)))


@router.post("/treatment", response_model=None)
def change_treatment(
    patient_id: UUID, desk: AtDesk, values: Typed
) -> HTMLResponse | RedirectResponse:
    """All of it at once; the plan follows in the same transaction."""
    record = patients.read(desk.tx, patient_id)
    try:
        with desk.tx.savepoint():
            _save_treatment(desk, record, values)
    except Invalid as error:
        return forms.show(_treatment(desk, record), values, error.problems)
    return see(patient_url(record.facts))


def _save_treatment(desk: Desk, record: PatientRecord, values: dict[str, str]) -> None:
    known = dict(record.events)
    for kind in TreatmentEventKind:
        on = forms.day(values, kind.value)
        if on != known.get(kind):
            treatment.put_event(desk.tx, record.facts.id, kind, on)
    try:
        starts = read_value("cycle_starts", values.get("cycles", ""))
    except Invalid as error:
        raise Invalid([type(one)("cycles", one.what, one.mend) for one in error.problems]) from None
    if isinstance(starts, tuple) and tuple(sorted(starts)) != record.cycles:
        treatment.set_cycles(desk.tx, record.facts.id, starts)


# --- stops and starts -----------------------------------------------------------------------------


def _stops(desk: Desk, record: PatientRecord) -> SmallFormView:
    channels = (Channel.SMS, Channel.EMAIL)
    offered = [one for one in channels if record.address(one)]
    text = "What the patient told you, or somebody who may speak for the patient. It holds at once."
    return _page(
        desk,
        record,
        "stops",
        ("Record a stop or a start", text, "Record"),
        _choice("action", "What", words.ACTIONS),
        _choice("channel", "Which way", {one: CHANNELS[one] for one in offered}),
        _choice("purpose", "Of what", words.PURPOSES),
        _choice("reason", "How you know", words.REASONS),
    )


def _choice(name: str, label: str, offered: Mapping[Kind, str]) -> Input:
    choices = tuple(Choice(value, text) for value, text in offered.items())
    return Input(name, label, kind="select", choices=choices, required=True)


@router.get("/stops")
def ask_stops(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """The form for a STOP or START that was said to a person."""
    return forms.show(_stops(desk, patients.read(desk.tx, patient_id)))


@router.post("/stops", response_model=None)
def record_stop(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """A line in the ledger, and what follows from it."""
    record = patients.read(desk.tx, patient_id)
    view = _stops(desk, record)
    try:
        with desk.tx.savepoint():
            forms.chosen(values, view.inputs)
            which = Channel(values["channel"]), OptPurpose(values["purpose"])
            action, reason = OptAction(values["action"]), OptReason(values["reason"])
            stops.by_staff(desk.tx, patient_id, action, which, reason)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(patient_url(record.facts))


# --- consent --------------------------------------------------------------------------------------


def _consent(desk: Desk, record: PatientRecord) -> SmallFormView:
    known = consents.texts(desk.tx, record.facts.site_id)
    versions = dict.fromkeys(text.version for text in known)
    text = "A withdrawal ends everything that is sent, at once. What was recorded stays."
    return _page(
        desk,
        record,
        "consent",
        ("Record a consent or its withdrawal", text, "Record"),
        _choice("what", "What", {"given": "Consent given", "withdrawn": "Consent withdrawn"}),
        Input("on", "On", hint=_DAY, required=True),
        Input("by", "By", record.label.name, hint="The patient, or who may consent", required=True),
        Input(
            "version",
            "Version of the text",
            next(iter(versions), ""),
            "select",
            tuple(Choice(one, one) for one in versions),
        ),
        Input(
            "form", "How", kind="select", choices=tuple(Choice(*one) for one in words.FORMS.items())
        ),
        Input("evidence", "Evidence", hint="Where the signed form lies, or who was there"),
    )


@router.get("/consent")
def ask_consent(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """The form."""
    return forms.show(_consent(desk, patients.read(desk.tx, patient_id)))


@router.post("/consent", response_model=None)
def record_consent(
    patient_id: UUID, desk: AtDesk, values: Typed
) -> HTMLResponse | RedirectResponse:
    """A further line; a withdrawal ends her participation in the same transaction."""
    record = patients.read(desk.tx, patient_id)
    view = _consent(desk, record)
    try:
        with desk.tx.savepoint():
            forms.chosen(values, view.inputs)
            _save_consent(desk, patient_id, values)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(patient_url(record.facts))


def _save_consent(desk: Desk, patient_id: UUID, values: dict[str, str]) -> None:
    on, by, evidence = forms.day(values, "on"), values.get("by", ""), values.get("evidence", "")
    forms.must(by, "by")
    forms.must(on, "on")
    if on is None:
        return
    if values["what"] == "withdrawn":
        consent_flow.withdraw(desk.tx, patient_id, on, by, evidence)
        return
    form = ConsentForm(values["form"]) if values.get("form") else None
    given = ConsentView(True, on, by, values.get("version", ""), form=form, evidence=evidence)
    consent_flow.give(desk.tx, patient_id, given)
