"""Patients as JSON: enter, list, read, pause, resume, end, import."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query
from fastapi.responses import Response
from pydantic import ValidationError

from rsm.flow import enrol
from rsm.flow.import_patients import import_csv
from rsm.kernel.errors import Invalid, Problem
from rsm.patients import service as patients
from rsm.patients.decide import PauseDetails
from rsm.patients.entering import invalid
from rsm.patients.importing import ImportReport, decode
from rsm.patients.model import ConsentView, NewPatient
from rsm.security.model import ApiScope
from rsm.web.api.desk import ApiDesk, Needs, body_of
from rsm.web.api.models import (
    EndIn,
    EnrolIn,
    Imported,
    PatientIn,
    PatientOut,
    PatientPage,
    PatientState,
    PatientSummary,
    PauseIn,
)

router = APIRouter(prefix="/sites/{site_id}/patients")
Reader = Annotated[ApiDesk, Needs(ApiScope.PATIENTS_READ)]
Writer = Annotated[ApiDesk, Needs(ApiScope.PATIENTS_WRITE)]


@router.post("", status_code=201, response_model=PatientState)
def enter_patient(desk: Writer, patient: PatientIn) -> Response:
    """Enter a patient and, if that is her status, enrol her. 409 for a known record number."""

    def act() -> PatientState:
        return _state(desk, enrol.enter(desk.tx, desk.site_id, _new(patient)))

    return desk.once(act, 201)


def _new(patient: PatientIn) -> NewPatient:
    try:
        return patient.new_patient
    except ValidationError as error:
        raise invalid(error) from None


def _state(desk: ApiDesk, patient_id: UUID) -> PatientState:
    return PatientState.of(patients.peek(desk.tx, patient_id))


@router.get("")
def list_patients(
    desk: Reader,
    cursor: Annotated[str, Query(description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PatientPage:
    """The site's patients in the order in which they were entered, page by page."""
    found, last = patients.page(desk.tx, desk.site_id, _after(cursor), limit)
    items = [PatientSummary.named(facts, label) for facts, label in found]
    return PatientPage(items=items, next=_cursor(last) if last else None)


def _cursor(patient_id: UUID) -> str:
    return base64.urlsafe_b64encode(patient_id.bytes).decode().rstrip("=")


def _after(cursor: str) -> UUID | None:
    if not cursor:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(f"{cursor}=="))
    except (binascii.Error, ValueError):
        raise Invalid(Problem("cursor", "is not one of ours", "take `next` as it is")) from None


@router.post(
    "/import",
    response_model=Imported,
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {}}}},
)
def import_file(
    desk: Writer, content: Annotated[bytes, Depends(body_of)], dry_run: bool = True
) -> Response:
    """Import a CSV file (UTF-8, a head line): a dry run unless `dry_run=false`; all or nothing."""

    def act() -> Imported:
        report = import_csv(desk.tx, desk.site_id, decode(content), dry_run=dry_run)
        if report.is_refused and not dry_run:
            raise Invalid(_refusals(report))
        return Imported.of(report)

    return desk.once(act)


def _refusals(report: ImportReport) -> list[Problem]:
    return [
        Problem(f"line {row.line}: {one.where}".removesuffix(": "), one.what, one.mend)
        for row in report.rows
        for one in row.problems
    ]


@router.get("/{patient_id}")
def read_patient(patient_id: UUID, desk: Reader) -> PatientOut:
    """Everything on record of one patient."""
    return PatientOut.of_record(patients.read(desk.tx, patient_id))


@router.post("/{patient_id}/enrol", response_model=PatientState)
def enrol_patient(
    patient_id: UUID, desk: Writer, given: Annotated[EnrolIn | None, Body()] = None
) -> Response:
    """Begin: she has consented and can be reached."""

    def act() -> PatientState:
        enrol.enrol(desk.tx, patient_id, _consent(given))
        return _state(desk, patient_id)

    return desk.once(act)


def _consent(given: EnrolIn | None) -> ConsentView | None:
    one = given.consent if given else None
    if one is None:
        return None
    version = one.text_version or ""
    return ConsentView(True, one.on, one.by, version, form=one.form, evidence=one.evidence)


@router.post("/{patient_id}/pause", response_model=PatientState)
def pause_patient(patient_id: UUID, desk: Writer, given: PauseIn) -> Response:
    """No surveys until she is resumed; what is queued is cancelled now."""

    def act() -> PatientState:
        details = PauseDetails(until=given.until, note=given.note)
        enrol.pause(desk.tx, patient_id, given.reason, details)
        return _state(desk, patient_id)

    return desk.once(act)


@router.post("/{patient_id}/resume", response_model=PatientState)
def resume_patient(patient_id: UUID, desk: Writer) -> Response:
    """Go on with the next survey that is still to come."""

    def act() -> PatientState:
        enrol.resume(desk.tx, patient_id)
        return _state(desk, patient_id)

    return desk.once(act)


@router.post("/{patient_id}/end", response_model=PatientState)
def end_patient(patient_id: UUID, desk: Writer, given: EndIn) -> Response:
    """No more surveys; what is queued is cancelled now."""

    def act() -> PatientState:
        enrol.end(desk.tx, patient_id, given.reason)
        return _state(desk, patient_id)

    return desk.once(act)
