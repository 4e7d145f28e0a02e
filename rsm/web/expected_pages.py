"""Expected levels: the form, from a patient's page or an alert's, and the end of one.

No address holds a symptom or a grade (P10): an alert's page names itself and one of its lines.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts import handling, suppressed
from rsm.alerts import service as alerts
from rsm.flow import expected as flow
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security.model import Permission
from rsm.web import small_forms as forms
from rsm.web.alert_findings import as_raised, by_worst
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.expected_panel import Wording, standing_lines
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.staff_words import section, word
from rsm.web.views.common import Choice
from rsm.web.views.small_form import Input, Published, SmallFormView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/expected")
AtDesk = Annotated[Desk, Needs(Permission.TRIAGE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def ask(patient_id: UUID, desk: AtDesk, alert: UUID | None = None, line: int = 0) -> HTMLResponse:
    """What is expected, until when and why; from an alert its symptom and grade stand there."""
    facts = patients.read(desk.tx, patient_id).facts  # what is expected of her stands there
    values = _of_alert(desk, facts, alert, line) if alert else {}
    return forms.show(_view(desk, facts, alert), values or None)


@router.post("", response_model=None)
def set_one(
    patient_id: UUID, desk: AtDesk, values: Typed, alert: UUID | None = None
) -> HTMLResponse | RedirectResponse:
    """From now on it is expected."""
    facts = patients.read(desk.tx, patient_id).facts
    view = _view(desk, facts, alert)
    try:
        with desk.tx.savepoint():
            forms.chosen(values, view.inputs)
            flow.expect(desk.tx, patient_id, _wish(values), desk.staff.staff_id)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    except Conflict as error:
        return forms.show(view, values, (Problem("", f"{str(error).capitalize()}."),))
    return see(_back(facts, alert))


@router.post("/{level_id}/end")
def end_one(patient_id: UUID, level_id: UUID, desk: AtDesk) -> RedirectResponse:
    """It is not expected any more; one that had ended meanwhile stays as it is."""
    facts = patients.peek(desk.tx, patient_id)
    try:
        with desk.tx.savepoint():
            flow.end(desk.tx, facts.id, level_id, desk.staff.staff_id)
    except Conflict:  # it had ended meanwhile: her page says how
        pass
    return see(_back(facts, None))


def _wish(values: dict[str, str]) -> flow.Wish:
    return flow.Wish(
        symptom=values["symptom"],
        grade=int(values["grade"]),
        days=int(values["until"]),
        reason=values.get("reason", ""),
    )


def _back(facts: PatientFacts, alert: UUID | None) -> str:
    return f"/alerts/{alert}" if alert else patient_url(facts)


def _of_alert(desk: Desk, facts: PatientFacts, alert: UUID, line: int) -> dict[str, str]:
    """Symptom and grade of that line of the alert; nothing, if it is another patient's."""
    try:
        found = alerts.get(desk.tx, alert)
    except NotFound:
        return {}
    listed = handling.findings(desk.tx, [alert]).get(alert, [])
    lines = by_worst(as_raised(listed, suppressed.of_alert(desk.tx, alert)))
    if found.patient_id != facts.id or not 0 <= line < len(lines):
        return {}
    worst = lines[line]
    grade = max(one.current for one in worst)
    return {"symptom": worst[0].symptom, "grade": f"{grade:g}"}


def _view(desk: Desk, facts: PatientFacts, alert: UUID | None) -> SmallFormView:
    text, allowed = section("expected"), flow.bounds(desk.tx, facts)
    back = _back(facts, alert)
    lines = standing_lines(desk.tx, facts.id, facts.zone)
    return SmallFormView(
        frame=staff_frame(desk, "/patients"),
        heading=text.heading,
        text=text.text if allowed.grades and allowed.symptoms else text.nothing,
        action=patient_url(facts, "expected") + (f"?alert={alert}" if alert else ""),
        cancel_url=back,
        button=text.save,
        inputs=_inputs(allowed, facts.zone),
        published=(Published(text.standing, "\n".join(lines)),) if lines else (),
    )


def _inputs(allowed: flow.Bounds, zone: str) -> tuple[Input, ...]:
    text, words = section("expected"), Wording(zone, {}, {})
    symptoms = tuple(Choice(key, name) for key, name in allowed.symptoms.items())
    grades = tuple(Choice(str(one), word("expected", f"grade_{one}")) for one in allowed.grades)
    lasts = tuple(
        Choice(str(days), text.days_choice.format(days=days, until=words.until(until)))
        for days, until in allowed.lasts.items()
    )
    return (
        Input("symptom", text.symptom, kind="select", choices=symptoms, required=True),
        Input("grade", text.grade, kind="select", choices=grades, required=True),
        Input("until", text.days, kind="select", choices=lasts, required=True),
        Input("reason", text.reason, kind="area", hint=text.reason_hint, required=True),
    )
