"""Which team a site's alerts go to: read by whoever works there, changed by who manages the site.

The tree with which the organisation's new sites begin is changed by an administrator of all of
its sites.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rsm.flow import routes
from rsm.flow.ladders import Decided
from rsm.kernel.errors import Invalid, NotFound
from rsm.routing.trees import single
from rsm.routing.writing import edition, to_toml
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import changing
from rsm.web.auth import Desk, Needs
from rsm.web.changing import Found
from rsm.web.deps import html, see
from rsm.web.route_views import may_change, routing_view, where_to
from rsm.web.route_words import differing
from rsm.web.rule_rights import require
from rsm.web.settings_links import settings_links
from rsm.web.site_escalation import attachment, language_of
from rsm.web.staff_words import section
from rsm.web.views.changing import Asked
from rsm.web.views.common import Link
from rsm.web.views.routing import AlertValues

router = APIRouter(prefix="/sites/{site_id}/routing")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Given = Annotated[Asked, Depends(changing.typed)]
Whose = Literal["site", "organisation"]
PAGE = "staff/site_routing.html"


async def alert_typed(request: Request) -> AlertValues:
    """The made-up alert as the form posts it; nothing is checked yet."""
    form = await request.form()
    names = AlertValues.__dataclass_fields__
    given = {name: value for name in names if isinstance(value := form.get(name, ""), str)}
    return AlertValues(**{name: value.strip() for name, value in given.items()})


@router.get("")
def show_routing(desk: AtDesk) -> HTMLResponse:
    """The site's tree and its organisation's in words, and which branch answers by itself."""
    language = language_of(desk)
    return html(PAGE, routing_view(desk, language), language)


@router.post("/where")
def ask_where(desk: AtDesk, values: Annotated[AlertValues, Depends(alert_typed)]) -> HTMLResponse:
    """Where a made-up alert would go, and why; nothing is kept."""
    language = language_of(desk)
    try:
        where = where_to(desk, values, language)
    except Invalid as error:
        view = routing_view(desk, language, values, error.problems)
        return html(PAGE, view, language, status=422)
    return html(PAGE, routing_view(desk, language, values, where=where), language)


@router.get("/{whose}/file")
def download(whose: Whose, desk: AtDesk, former: str = "") -> Response:
    """A tree as a file, as it can be uploaded again: the one in use, or one that was replaced."""
    if former:
        tree = routes.former(desk.tx, desk.staff.site_id, whose, former)
        return attachment(to_toml(tree), f"routing-{whose}-{former}.toml")
    present = routes.readable(routes.present(desk.tx, desk.staff.site_id, whose))
    if present is None:
        raise NotFound("no such tree")
    return attachment(to_toml(present), f"routing-{whose}.toml")


@router.get("/{whose}/change")
def show_change(whose: Whose, desk: Managing, former: str = "") -> HTMLResponse:
    """The form with the tree as it is, or with one that was replaced, and what it would change."""
    require(may_change(desk, whose))
    frame = _frame(desk, whose)
    if former:
        chosen = Asked(to_toml(routes.former(desk.tx, desk.staff.site_id, whose, former)))
        return changing.looked(desk, frame, chosen, lambda text: _look(desk, whose, text))
    return changing.begun(desk, frame, Asked(_begin(desk, whose)))


@router.post("/{whose}/change/check")
def check_change(whose: Whose, desk: Managing, asked: Given) -> HTMLResponse:
    """What becomes different, and every problem; nothing is kept."""
    require(may_change(desk, whose))
    return changing.looked(desk, _frame(desk, whose), asked, lambda text: _look(desk, whose, text))


@router.post("/{whose}/change", response_model=None)
def change(whose: Whose, desk: Managing, asked: Given) -> HTMLResponse | RedirectResponse:
    """Route by it from the next alert on: with a reason, audited."""
    require(may_change(desk, whose))
    site_id = desk.staff.site_id
    decided = Decided(asked.reason, asked.seen)
    refused = changing.confirmed(
        desk,
        _frame(desk, whose),
        asked,
        lambda text: _look(desk, whose, text),
        lambda: routes.use(desk.tx, site_id, whose, asked.body, decided),
    )
    return refused or see(f"/sites/{site_id}/routing")


def _begin(desk: Desk, whose: str) -> str:
    """The text to begin with; without a tree, the smallest that there can be."""
    tree = routes.readable(routes.present(desk.tx, desk.staff.site_id, whose))
    if tree is None:
        teams = sites.teams(desk.tx, desk.staff.site_id)
        tree = single(teams[0].name if teams else "triage")
    return to_toml(tree)


def _look(desk: Desk, whose: str, text: str) -> Found:
    proposal = routes.propose(desk.tx, desk.staff.site_id, whose, text)
    stored = routes.readable(routes.present(desk.tx, desk.staff.site_id, whose))
    differs = differing(stored, proposal.tree, language_of(desk))
    return Found(differs, proposal.problems, proposal.notes)


def _frame(desk: Desk, whose: str) -> changing.Frame:
    language, site_id = language_of(desk), desk.staff.site_id
    words, here = section("routing", language), f"/sites/{site_id}/routing"
    return changing.Frame(
        language=language,
        links=settings_links(site_id, "routing"),
        back=Link(words.change_back, here),
        heading=getattr(words, f"change_{whose}"),
        lead=getattr(words, f"change_lead_{whose}"),
        action=f"{here}/{whose}/change",
        file=Link(words.download, f"{here}/{whose}/file"),
        label=words.change_label,
        hint=words.change_hint,
        confirm=words.change_confirm,
        seen=edition(routes.present(desk.tx, site_id, whose)),
    )
