"""Changes of a site's rules: every one that stands, a form for a new one, a second person's word.

Whoever sees the site's figures may read. Rights to write and decide: `rsm.web.rule_rights`. The
addresses name a rule by a sign of its own, so that none tells a symptom (P10).
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts import overrides as stored
from rsm.alerts.override_words import Stored, Target
from rsm.alerts.states import Tier
from rsm.flow import overrides
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web import rule_change_form as form
from rsm.web import rule_rights as rights
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.rule_change_form import ChangeForm
from rsm.web.rule_change_views import changes_view
from rsm.web.rule_change_words import keyed
from rsm.web.staff_words import section
from rsm.web.texts import texts_in
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.small_form import Input, SmallFormView

router = APIRouter(prefix="/sites/{site_id}/rules/changes")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def show_changes(desk: AtDesk) -> HTMLResponse:
    """What waits, what holds, what is over."""
    return _list(desk)


@router.post("/{override_id}/agree", response_model=None)
def agree(desk: AtDesk, override_id: UUID) -> HTMLResponse | RedirectResponse:
    """A second person agrees: it holds from now on."""
    rights.require(rights.may_decide(desk, _row(desk, override_id).target.tier))
    site = sites.get(desk.tx, desk.staff.site_id)
    return _done(desk, lambda: overrides.agree(desk.tx, site, override_id))


@router.post("/{override_id}/end", response_model=None)
def end(desk: AtDesk, override_id: UUID) -> HTMLResponse | RedirectResponse:
    """Ended, refused, or withdrawn by its author."""
    row = _row(desk, override_id)
    rights.require(rights.may_end(desk, row) or rights.may_decide(desk, row.target.tier))
    return _done(desk, lambda: overrides.end(desk.tx, override_id))


def _row(desk: Desk, override_id: UUID) -> Stored:
    """A patient's own is not decided here: to this page it is not there."""
    row = stored.locked(desk.tx, override_id)
    if row.target.tier is Tier.PATIENT or row.target.site_id not in {None, desk.staff.site_id}:
        raise NotFound("no such change of the rules")
    return row


def _done(desk: Desk, act: Callable[[], object]) -> HTMLResponse | RedirectResponse:
    try:
        with desk.tx.savepoint():
            act()
    except Invalid as error:
        return _list(desk, tuple(map(form.sentence, error.problems)))
    except Conflict as error:
        return _list(desk, (Problem("", f"{str(error).capitalize()}."),))
    return see(_here(desk))


def _list(desk: Desk, problems: tuple[Problem, ...] = ()) -> HTMLResponse:
    language = language_of(desk)
    view = changes_view(desk, language, problems)
    return html("staff/rule_changes.html", view, language, status=422 if problems else 200)


# --- a new one ------------------------------------------------------------------------------------


@router.get("/new")
def ask_rule(desk: Managing) -> HTMLResponse:
    """Which rule, for whom."""
    return forms.show(_pick(desk, _site(desk)))


@router.post("/new", response_model=None)
def choose_rule(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """On to the form of that rule."""
    view = _pick(desk, _site(desk))
    try:
        forms.chosen(values, view.inputs)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(f"{_here(desk)}/new/{values['whose']}/{values['rule']}")


@router.get("/new/{whose}/{rule_key}")
def ask_change(desk: Managing, whose: str, rule_key: str) -> HTMLResponse:
    """What is to become of it, why, until when."""
    asked = _form(desk, whose, rule_key)
    return forms.show(_view(desk, asked, whose, rule_key))


@router.post("/new/{whose}/{rule_key}", response_model=None)
def propose(
    desk: Managing, whose: str, rule_key: str, values: Typed
) -> HTMLResponse | RedirectResponse:
    """It waits for a second person."""
    asked = _form(desk, whose, rule_key)
    view = _view(desk, asked, whose, rule_key)
    try:
        with desk.tx.savepoint():
            overrides.propose(desk.tx, _site(desk), form.read(asked, values, view))
    except Invalid as error:
        return forms.show(view, values, form.in_form(error.problems, view))
    return see(_here(desk))


def _pick(desk: Desk, site: SiteView) -> SmallFormView:
    language = language_of(desk)
    whole = overrides.as_left(desk.tx, site, overrides.target(desk.tx, site, Tier.SITE))
    words = section("changes", language)
    tiers = (Tier.SITE, *((Tier.ORGANISATION,) if _may_all(desk) else ()))
    people = [Choice(tier.value, getattr(words, f"whose_{tier}")) for tier in tiers]
    people += [
        Choice(str(team.id), words.whose_team.format(name=team.name))
        for team in sites.teams(desk.tx, site.id)
    ]
    whose = Input("whose", words.whose, kind="select", choices=tuple(people), required=True)
    shown = form.pick(_frame(desk), keyed(whole.pack), language)
    return SmallFormView(
        frame=shown.frame,
        heading=shown.heading,
        text=shown.text,
        action=f"{_here(desk)}/new",
        cancel_url=_here(desk),
        button=shown.button,
        inputs=(*shown.inputs, whose),
        lang=language,
    )


def _form(desk: Desk, whose: str, key: str) -> ChangeForm:
    """Raises `NotFound` for a rule or a team that is not there."""
    site = _site(desk)
    target = _target(desk, site, whose)
    rule = keyed(overrides.as_left(desk.tx, site, target).pack).get(key)
    if rule is None:
        raise NotFound("no such rule")
    return ChangeForm(rule, target, site.zone, desk.tx.now, language_of(desk))


def _target(desk: Desk, site: SiteView, whose: str) -> Target:
    if whose == Tier.ORGANISATION:
        rights.require(_may_all(desk))
        return overrides.target(desk.tx, site, Tier.ORGANISATION)
    if whose == Tier.SITE:
        return overrides.target(desk.tx, site, Tier.SITE)
    try:
        return overrides.target(desk.tx, site, Tier.TEAM, UUID(whose))
    except (ValueError, Invalid):
        raise NotFound("no such team") from None


def _view(desk: Desk, asked: ChangeForm, whose: str, key: str) -> SmallFormView:
    here = _here(desk)
    return form.view(asked, _frame(desk), f"{here}/new/{whose}/{key}", here)


def _may_all(desk: Desk) -> bool:
    return rights.may_write(desk, Tier.ORGANISATION)


def _frame(desk: Desk) -> StaffFrame:
    return staff_frame(desk, f"/sites/{desk.staff.site_id}")


def _site(desk: Desk) -> SiteView:
    return sites.get(desk.tx, desk.staff.site_id)


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/rules/changes"


def language_of(desk: Desk) -> str:
    """The language of whoever reads, as far as we have its words."""
    return texts_in(staff.get(desk.tx, desk.staff.staff_id).language).language
