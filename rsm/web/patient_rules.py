"""One patient's own change of a rule: a nurse's decision, which holds at once, for her alone."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts.states import Tier
from rsm.flow import overrides
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import rule_change_form as form
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import patient_url
from rsm.web.rule_change_form import ChangeForm
from rsm.web.rule_change_words import keyed
from rsm.web.staff_words import section
from rsm.web.views.small_form import SmallFormView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/rules")
AtDesk = Annotated[Desk, Needs(Permission.TRIAGE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def ask_rule(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """Which rule."""
    return forms.show(_pick(desk, patients.peek(desk.tx, patient_id)))


@router.post("", response_model=None)
def choose_rule(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """On to the form of that rule."""
    facts = patients.peek(desk.tx, patient_id)
    view = _pick(desk, facts)
    try:
        forms.chosen(values, view.inputs)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(patient_url(facts, "rules", values["rule"]))


@router.get("/{key}")
def ask_change(patient_id: UUID, key: str, desk: AtDesk) -> HTMLResponse:
    """What is to become of it, why, until when."""
    facts = patients.peek(desk.tx, patient_id)
    return forms.show(_view(desk, facts, _form(desk, facts, key), key))


@router.post("/{key}", response_model=None)
def change(
    patient_id: UUID, key: str, desk: AtDesk, values: Typed
) -> HTMLResponse | RedirectResponse:
    """It holds from now on."""
    facts = patients.peek(desk.tx, patient_id)
    asked = _form(desk, facts, key)
    view = _view(desk, facts, asked, key)
    try:
        with desk.tx.savepoint():
            site = sites.get(desk.tx, facts.site_id)
            overrides.propose(desk.tx, site, form.read(asked, values, view))
    except Invalid as error:
        return forms.show(view, values, form.in_form(error.problems, view))
    return see(patient_url(facts))


@router.post("/{override_id}/end")
def end(patient_id: UUID, override_id: UUID, desk: AtDesk) -> RedirectResponse:
    """It ends now; one that had ended meanwhile stays as it is."""
    facts = patients.peek(desk.tx, patient_id)
    try:
        with desk.tx.savepoint():
            overrides.end_own(desk.tx, facts.id, override_id)
    except Conflict:  # it had ended meanwhile: her page says how
        pass
    return see(patient_url(facts))


def _pick(desk: Desk, facts: PatientFacts) -> SmallFormView:
    shown = form.pick(staff_frame(desk, "/patients"), _rules(desk, facts), "en")
    words = section("changes")
    return replace(
        shown,
        text=words.own_text,
        action=patient_url(facts, "rules"),
        cancel_url=patient_url(facts),
    )


def _rules(desk: Desk, facts: PatientFacts) -> form.Rules:
    site = sites.get(desk.tx, facts.site_id)
    whose = overrides.target(desk.tx, site, Tier.PATIENT, facts.id)
    return keyed(overrides.as_left(desk.tx, site, whose).pack)


def _form(desk: Desk, facts: PatientFacts, key: str) -> ChangeForm:
    rule = _rules(desk, facts).get(key)
    if rule is None:
        raise NotFound("no such rule")
    site = sites.get(desk.tx, facts.site_id)
    whose = overrides.target(desk.tx, site, Tier.PATIENT, facts.id)
    return ChangeForm(rule, whose, facts.zone, desk.tx.now)


def _view(desk: Desk, facts: PatientFacts, asked: ChangeForm, key: str) -> SmallFormView:
    frame = staff_frame(desk, "/patients")
    return form.view(asked, frame, patient_url(facts, "rules", key), patient_url(facts))
