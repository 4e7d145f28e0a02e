"""Another plan for one patient: seen with her own dates first, then given to her."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import plans
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientRecord
from rsm.schedules import catalogue
from rsm.schedules import service as schedules
from rsm.schedules.catalogue import Entry
from rsm.schedules.planning import planned
from rsm.security.model import Permission
from rsm.web import plan_views
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.plan_names import titles_of
from rsm.web.views.common import Choice
from rsm.web.views.plans import PatientPlanView, WindowTable

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/plan")
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def ask_plan(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """The plan that she follows and what comes of it; the others to choose from."""
    record = patients.read(desk.tx, patient_id)
    active = schedules.assignment(desk.tx, patient_id)
    values: dict[str, str] = {}
    if active is not None:
        ends_on = active.ends_on.isoformat() if active.ends_on else ""
        values = {"plan": f"{active.plan.key}@{active.plan.version}", "ends_on": ends_on}
    return _page(desk, record, values, tried=bool(values))


@router.post("/check")
def try_plan(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse:
    """What she would be asked, and when; nothing is changed."""
    return _page(desk, patients.read(desk.tx, patient_id), values, tried=True)


@router.post("", response_model=None)
def give_plan(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """It holds from now on; what was opened or sent is left alone."""
    record = patients.read(desk.tx, patient_id)
    try:
        with desk.tx.savepoint():
            entry, ends_on = _read(desk, record.facts, values)
            plans.choose(desk.tx, patient_id, entry.pin, ends_on)
    except Invalid as error:
        return _page(desk, record, values, error.problems)
    return see(patient_url(record.facts))


def _read(desk: Desk, facts: PatientFacts, values: Mapping[str, str]) -> tuple[Entry, date | None]:
    """What was typed. Raises `Invalid` with the form's field names."""
    chosen = values.get("plan", "")
    entries = {_name(each): each for each in catalogue.entries(desk.tx)}
    if chosen not in entries:
        raise Invalid(Problem("plan", "is missing", "choose one from the list"))
    ends_on = forms.day(values, "ends_on")
    if ends_on is not None and ends_on < _today(desk, facts):
        raise Invalid(Problem("ends_on", "has passed", "today or later, or leave it empty"))
    return entries[chosen], ends_on


def _windows(desk: Desk, facts: PatientFacts, values: Mapping[str, str]) -> WindowTable:
    entry, ends_on = _read(desk, facts, values)
    found = planned(desk.tx, plans.intended(desk.tx, facts, entry.pin, ends_on))
    today = _today(desk, facts)
    goes = "if it began today" if found.anchors.starts_on == today else "as it goes on"
    whose = f"this patient, {goes}"
    titles = titles_of(desk.tx, [found.plan])
    return plan_views.table(found.plan, found.anchors, whose, titles, today)


def _page(
    desk: Desk,
    record: PatientRecord,
    values: Mapping[str, str],
    problems: tuple[Problem, ...] = (),
    *,
    tried: bool = False,
) -> HTMLResponse:
    facts, windows = record.facts, None
    if tried:
        try:
            windows = _windows(desk, facts, values)
        except Invalid as error:
            problems = error.problems
    here = patient_url(facts, "plan")
    view = PatientPlanView(
        frame=staff_frame(desk, "/patients"),
        heading="Another plan",
        action=here,
        cancel_url=patient_url(facts),
        plans=tuple(
            Choice(_name(each), f"{each.plan.title or each.plan.key} ({_name(each)})")
            for each in catalogue.entries(desk.tx)
        ),
        chosen=values.get("plan", ""),
        ends_on=values.get("ends_on", ""),
        windows=windows,
        problems=problems,
    )
    return html("staff/patient_plan.html", view, status=422 if problems else 200)


def _name(entry: Entry) -> str:
    return f"{entry.plan.key}@{entry.plan.version}"


def _today(desk: Desk, facts: PatientFacts) -> date:
    return local_of(desk.tx.now, zone_named(facts.zone)).date()
