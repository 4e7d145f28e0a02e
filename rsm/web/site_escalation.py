"""A site's escalation policy: read by whoever works there, changed by who manages the site."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from rsm.escalation import catalogue, policies, published, safety
from rsm.escalation.catalogue import Entry
from rsm.escalation.model import Policy
from rsm.flow import ladders
from rsm.kernel.errors import NotFound, RsmError
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import changing
from rsm.web.auth import Desk, Needs
from rsm.web.changing import Found
from rsm.web.deps import html, see
from rsm.web.ladder_views import ladders_view
from rsm.web.ladder_words import differing
from rsm.web.settings_links import settings_links
from rsm.web.staff_words import section
from rsm.web.texts import texts_in
from rsm.web.views.changing import Asked
from rsm.web.views.common import Link

router = APIRouter(prefix="/sites/{site_id}/escalation")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Given = Annotated[Asked, Depends(changing.typed)]
TOML = "application/toml; charset=utf-8"


@router.get("")
def show_ladders(desk: AtDesk) -> HTMLResponse:
    """Who is told of an alert of each level, when, and who that is right now."""
    language = language_of(desk)
    return html("staff/site_escalation.html", ladders_view(desk, language), language)


@router.get("/file")
def download(desk: AtDesk, key: str = "", version: str = "") -> Response:
    """A policy as a file: the one in force, or another that the site may choose."""
    one = _entry(desk, key, version)
    return attachment(one.body, f"{one.pin.key}-{one.pin.version}.toml")


@router.get("/change")
def show_change(desk: Managing, key: str = "", version: str = "") -> HTMLResponse:
    """The form with the text in force, or with another version, and what it would change."""
    asked = Asked(_begin(desk, key, version))
    frame = _frame(desk)
    if key:
        return changing.looked(desk, frame, asked, lambda body: _look(desk, body))
    return changing.begun(desk, frame, asked)


@router.post("/change/check")
def check_change(desk: Managing, asked: Given) -> HTMLResponse:
    """What becomes different, and every problem; nothing is kept."""
    return changing.looked(desk, _frame(desk), asked, lambda body: _look(desk, body))


@router.post("/change", response_model=None)
def change(desk: Managing, asked: Given) -> HTMLResponse | RedirectResponse:
    """Publish it, unless it is, and tell the next alerts by it: with a reason, audited."""
    site_id = desk.staff.site_id
    decided = ladders.Decided(asked.reason, asked.seen)
    refused = changing.confirmed(
        desk,
        _frame(desk),
        asked,
        lambda body: _look(desk, body),
        lambda: ladders.use(desk.tx, site_id, asked.body, decided),
    )
    return refused or see(f"/sites/{site_id}/escalation")


def attachment(text: str, name: str) -> Response:
    """A text to be kept as a file."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(text, headers=headers, media_type=TOML)


def language_of(desk: Desk) -> str:
    """The language of whoever reads, as far as we have its words."""
    return texts_in(staff.get(desk.tx, desk.staff.staff_id).language).language


def _entry(desk: Desk, key: str, version: str) -> Entry:
    site_id = desk.staff.site_id
    if key:
        return catalogue.entry(desk.tx, site_id, key, version)
    return catalogue.current(desk.tx, site_id)


def _begin(desk: Desk, key: str, version: str) -> str:
    """The text to begin with; where the one in force cannot be read, the one that we ship."""
    try:
        return _entry(desk, key, version).body
    except NotFound:
        if key:
            raise
        return policies.default_text()


def _look(desk: Desk, body: str) -> Found:
    proposal = ladders.propose(desk.tx, desk.staff.site_id, body)
    differs = differing(_present(desk), proposal.policy, language_of(desk))
    return Found(differs, proposal.problems, proposal.notes)


def _present(desk: Desk) -> Policy:
    """The policy in force; the built-in one where it cannot be read, as for an alert."""
    try:
        return published.load(desk.tx, sites.get(desk.tx, desk.staff.site_id).policy)
    except RsmError:
        return safety.policy()


def _frame(desk: Desk) -> changing.Frame:
    language, site = language_of(desk), sites.get(desk.tx, desk.staff.site_id)
    words, here = section("ladders", language), f"/sites/{site.id}/escalation"
    return changing.Frame(
        language=language,
        links=settings_links(site.id, "escalation"),
        back=Link(words.change_back, here),
        heading=words.change_heading,
        lead=words.change_lead,
        action=f"{here}/change",
        file=Link(words.download, f"{here}/file"),
        label=words.change_label,
        hint=words.change_hint,
        confirm=words.change_confirm,
        seen=site.policy.hash,
    )
