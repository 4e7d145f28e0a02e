"""Questionnaires at a site: all there are, one version, retired for a reason, begun as a draft."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from rsm.instruments import catalogue, draft_blank, drafts, retired
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import (
    instrument_bank,
    instrument_drafts,
    instrument_editor,
    instrument_together,
    instrument_trials,
    instrument_views,
)
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.instrument_drafts import Given, Typed

router = APIRouter(prefix="/sites/{site_id}/instruments")
router.include_router(instrument_bank.router)
router.include_router(instrument_together.router)
router.include_router(instrument_drafts.router)
router.include_router(instrument_editor.router)
router.include_router(instrument_trials.router)
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Publishing = Annotated[Desk, Needs(Permission.PUBLISH_INSTRUMENTS)]
_SAID = {"discarded": "The draft is discarded.", "retired": "Retired: nobody gets it anew."}


@router.get("")
def show_instruments(desk: AtDesk, said: str = "") -> HTMLResponse:
    """Drafts, what is published here, what we ship, what was retired."""
    view = instrument_views.listed(desk, flash=_SAID.get(said, ""))
    return html("staff/instruments.html", view)


@router.post("/drafts", response_model=None)
def begin_draft(desk: AtDesk, given: Given) -> HTMLResponse | RedirectResponse:
    """A new draft: of a text, a file, another questionnaire, or from nothing."""
    try:
        draft = drafts.write(desk.tx, desk.staff.site_id, _begun(desk, given))
    except Invalid as error:
        view = instrument_views.listed(desk, given.body, error.problems)
        return html("staff/instruments.html", view, status=422)
    return see(f"{instrument_views.here(desk)}/drafts/{draft.id}")


def _begun(desk: Desk, given: Typed) -> str:
    if given.problem:
        raise Invalid(Problem("file", given.problem))
    if given.body.strip():
        return given.body
    site = sites.get(desk.tx, desk.staff.site_id)
    like = given.get("like")
    if not like:
        return draft_blank.blank(site.name, site.languages)
    key, _, version = like.partition("@")
    try:
        body = catalogue.entry(desk.tx, key, version).body
    except NotFound:
        body = ""
    if not body:
        raise Invalid(Problem("like", "is not there", "choose another"))
    return body


@router.get("/{key}/{version}")
def show_instrument(desk: AtDesk, key: str, version: str) -> HTMLResponse:
    """As patients read it, and all that stands behind it."""
    entry = catalogue.entry(desk.tx, key, version)
    return html("staff/instrument.html", instrument_views.one(desk, entry))


@router.get("/{key}/{version}/toml")
def download(desk: AtDesk, key: str, version: str) -> Response:
    """Its text as it was published."""
    entry = catalogue.entry(desk.tx, key, version)
    if not entry.body:
        raise NotFound("it has no text")
    name = f"{entry.pin.key}-{entry.pin.version}.toml"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(entry.body, headers=headers)


@router.post("/{key}/{version}/retire", response_model=None)
def retire(
    desk: Publishing, key: str, version: str, given: Given
) -> HTMLResponse | RedirectResponse:
    """Give it to nobody anew. Audited."""
    entry = catalogue.entry(desk.tx, key, version)
    try:
        with desk.tx.savepoint():
            retired.retire(desk.tx, entry.pin, given.get("reason"))
    except Invalid as error:
        view = instrument_views.one(desk, entry, given.get("reason"), error.problems)
        return html("staff/instrument.html", view, status=422)
    except Conflict:  # somebody was faster: it is what she wanted
        pass
    return see(f"{instrument_views.here(desk)}?said=retired")
