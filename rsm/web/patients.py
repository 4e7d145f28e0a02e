"""Patients of a site: list and search, one patient, the form, and how far she has come.

A search is a POST, since a name in an address would stand in logs and histories.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts import handling
from rsm.flow import enrol
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Level
from rsm.patients import consents, workers
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientLabel, PatientStatus, as_entered
from rsm.schedules import service as schedules
from rsm.security.model import Permission, StaffView
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.web import (
    consent_texts,
    expected_pages,
    patient_course,
    patient_import,
    patient_pauses,
    patient_plan,
    patient_rules,
    patient_steps,
    patient_summary,
)
from rsm.web import patient_forms as forms
from rsm.web import patient_words as words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url, patient_view
from rsm.web.views.common import FilterLink
from rsm.web.views.patients import PatientFormView, PatientRow, PatientsView, PatientValues

router = APIRouter()
Reader = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Enroller = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[PatientValues, Depends(forms.typed)]
_PAGE = 50
_ORDER = {
    status: place
    for place, status in enumerate(
        (
            PatientStatus.ENROLLED,
            PatientStatus.PAUSED,
            PatientStatus.APPROACHED,
            PatientStatus.ELIGIBLE,
            PatientStatus.DECLINED,
            PatientStatus.ENDED,
        )
    )
}
Named = tuple[PatientFacts, PatientLabel]


@router.get("/patients")
def go_to_list(desk: Reader) -> RedirectResponse:
    """The list of the site at which she is at work."""
    return see(f"/sites/{desk.staff.site_id}/patients")


@router.post("/patients/find")
def find_anywhere(desk: Reader, q: Annotated[str, Form()] = "") -> HTMLResponse:
    """The search of the bar, at the site at which she is at work."""
    return _list_page(desk, "", 0, q)


@router.get("/sites/{site_id}/patients")
def list_patients(desk: Reader, status: str = "", skip: int = 0) -> HTMLResponse:
    """The site's patients, the active first."""
    return _list_page(desk, status, max(0, skip))


@router.post("/sites/{site_id}/patients/find")
def find_patients(desk: Reader, q: Annotated[str, Form()] = "") -> HTMLResponse:
    """By part of the name or record number."""
    return _list_page(desk, "", 0, q)


def _list_page(desk: Desk, status: str, skip: int, query: str = "") -> HTMLResponse:
    here = f"/sites/{desk.staff.site_id}/patients"
    everybody = patients.find(desk.tx, desk.staff.site_id, query)
    chosen = [one for one in everybody if status in {"", one[0].status}]
    chosen.sort(key=lambda one: (_ORDER[one[0].status], one[1].name.casefold()))
    may_enrol = desk.staff.may(Permission.ENROL)
    view = PatientsView(
        frame=staff_frame(desk, "/patients"),
        rows=tuple(_rows(desk, chosen[skip : skip + _PAGE])),
        filters=tuple(_filters(here, everybody, status)) if not query else (),
        search_action=f"{here}/find",
        query=query,
        total=len(chosen),
        add_url=f"{here}/new" if may_enrol else "",
        import_url=f"{here}/import" if may_enrol else "",
        next_url=f"{here}?status={status}&skip={skip + _PAGE}"
        if len(chosen) > skip + _PAGE and not query
        else "",
    )
    return html("staff/patients.html", view)


def _filters(here: str, everybody: list[Named], status: str) -> Iterator[FilterLink]:
    yield FilterLink("All", here, len(everybody), current=not status)
    for one in _ORDER:
        count = sum(1 for facts, _ in everybody if facts.status is one)
        url = f"{here}?status={one}"
        yield FilterLink(words.STATUS[one], url, count, current=one.value == status)


def _rows(desk: Desk, shown: list[Named]) -> Iterator[PatientRow]:
    worst: dict[UUID, Level] = {}
    for alert in handling.worklist(desk.tx, desk.staff.site_id):
        if alert.patient_id is not None:
            known = worst.get(alert.patient_id, alert.level)
            worst[alert.patient_id] = max(known, alert.level, key=lambda level: level.rank)
    notes = {
        task.patient_id: words.TASK_NOTES[task.kind]
        for task in tasks.open_tasks(desk.tx, desk.staff.site_id)
        if task.kind in words.TASK_NOTES
    }
    for facts, label in shown:
        reports = (each.completed_at for each in schedules.recent(desk.tx, facts.id))
        yield PatientRow(
            url=patient_url(facts),
            name=label.name,
            record_number=label.record_number,
            status=words.STATUS[facts.status],
            plan=words.slot_text(facts) if facts.is_active else "",
            last_report_at=max((at for at in reports if at), default=None),
            worst_open=worst.get(facts.id),
            note=notes.get(facts.id, ""),
            test_patient=facts.is_test,
        )


# --- the form --------------------------------------------------------------------------------


@router.get("/sites/{site_id}/patients/new")
def show_new(desk: Enroller) -> HTMLResponse:
    """The empty form."""
    return _form(desk, forms.blank(sites.get(desk.tx, desk.staff.site_id)))


@router.post("/sites/{site_id}/patients/new", response_model=None)
def add(desk: Enroller, values: Typed) -> HTMLResponse | RedirectResponse:
    """Enter a patient; if that is her status, enrol her."""
    try:
        with desk.tx.savepoint():
            patient_id = enrol.enter(desk.tx, desk.staff.site_id, forms.read_form(values))
    except Invalid as error:
        return _form(desk, values, error.problems)
    except Conflict:
        return _form(desk, values, (_known_number(),))
    return see(f"/sites/{desk.staff.site_id}/patients/{patient_id}")


def _known_number() -> Problem:
    return Problem("record_number", "is another patient's at this site", "search for it")


router.include_router(patient_import.router)


@router.get("/sites/{site_id}/patients/{patient_id}")
def show(
    patient_id: UUID, desk: Reader, before: int | None = None, story: str = ""
) -> HTMLResponse:
    """One patient: the record, symptoms by week, what happened; of that, one kind with `story`."""
    return html("staff/patient.html", patient_view(desk, patient_id, before, story))


@router.get("/sites/{site_id}/patients/{patient_id}/change")
def show_change(patient_id: UUID, desk: Enroller) -> HTMLResponse:
    """The form with what is on record."""
    record = patients.read(desk.tx, patient_id)
    return _form(desk, forms.fill(as_entered(record)), facts=record.facts)


@router.post("/sites/{site_id}/patients/{patient_id}/change", response_model=None)
def change(
    patient_id: UUID,
    desk: Enroller,
    values: Typed,
    version: Annotated[int, Form()] = -1,
) -> HTMLResponse | RedirectResponse:
    """Change the record, but for the status; `version` is the one that she had before her."""
    facts = patients.locked(desk.tx, patient_id)
    if facts.changes != version:
        what = "Somebody else changed this patient meanwhile."
        return _form(desk, values, (Problem("", what, "Cancel, and look again."),), facts)
    try:
        with desk.tx.savepoint():
            enrol.change(desk.tx, patient_id, forms.read_form(values), version)
    except Invalid as error:
        return _form(desk, values, error.problems, facts)
    except Conflict:
        return _form(desk, values, (_known_number(),), facts)
    return see(patient_url(facts))


def _form(
    desk: Desk,
    values: PatientValues,
    problems: tuple[Problem, ...] = (),
    facts: PatientFacts | None = None,
) -> HTMLResponse:
    here = f"/sites/{desk.staff.site_id}/patients"
    back = patient_url(facts) if facts else here
    site = sites.get(desk.tx, desk.staff.site_id)
    status = facts.status if facts else None
    view = PatientFormView(
        frame=staff_frame(desk, "/patients"),
        action=f"{back}/change" if facts else f"{here}/new",
        cancel_url=back,
        choices=forms.choices(site, values, status, _consent_versions(desk), _workers(desk)),
        values=values,
        problems=forms.form_problems(problems),
        new=facts is None,
        version=str(facts.changes) if facts else "",
    )
    return html("staff/patient_form.html", view, status=422 if problems else 200)


def _workers(desk: Desk) -> Iterable[StaffView]:
    return workers.active(desk.tx, desk.staff.site_id).values()


def _consent_versions(desk: Desk) -> Iterator[str]:
    known = consents.texts(desk.tx, desk.staff.site_id)
    yield from dict.fromkeys(text.version for text in known)


router.include_router(patient_summary.router)
router.include_router(consent_texts.router)
router.include_router(patient_pauses.router)
router.include_router(patient_course.router)
router.include_router(patient_plan.router)
router.include_router(expected_pages.router)
router.include_router(patient_rules.router)
router.include_router(patient_steps.router)  # its addresses are the most general
