"""Questionnaires at a site: all there are, one version, retired for a reason, begun as a draft."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from rsm.instruments import catalogue, draft_blank, draft_text, drafts, owners, retired
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import (
    instrument_bank,
    instrument_drafts,
    instrument_editor,
    instrument_pilots,
    instrument_together,
    instrument_trials,
    instrument_views,
)
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.instrument_drafts import Given, Typed
from rsm.web.instrument_words import show

router = APIRouter(prefix="/sites/{site_id}/instruments")
router.include_router(instrument_bank.router)
router.include_router(instrument_together.router)
router.include_router(instrument_drafts.router)
router.include_router(instrument_editor.router)
router.include_router(instrument_trials.router)
router.include_router(instrument_pilots.router)
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Publishing = Annotated[Desk, Needs(Permission.PUBLISH_INSTRUMENTS)]


@router.get("")
def show_instruments(desk: AtDesk, said: str = "") -> HTMLResponse:
    """Drafts, what is published here, what we ship, what was retired."""
    return show(desk, "staff/instruments.html", instrument_views.listed(desk, flash=said))


@router.post("/drafts", response_model=None)
def begin_draft(desk: AtDesk, given: Given) -> HTMLResponse | RedirectResponse:
    """A new draft: of a text, a file, another questionnaire, or from nothing."""
    try:
        draft = drafts.write(desk.tx, desk.staff.site_id, _begun(desk, given))
    except Invalid as error:
        view = instrument_views.listed(desk, given.body, error.problems)
        return show(desk, "staff/instruments.html", view, 422)
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
    return _under_own_key(desk, body, key)


def _under_own_key(desk: Desk, body: str, key: str) -> str:
    """What is another's, or ours, is copied under a key of the site's own."""
    if owners.whose(desk.tx, key).lets(instrument_views.publisher(desk)):
        return body
    return draft_text.with_value(body, "key", owners.free_key(desk.tx, key, desk.staff.site_id))


@router.get("/{key}/{version}")
def show_instrument(desk: AtDesk, key: str, version: str) -> HTMLResponse:
    """As patients read it, and all that stands behind it."""
    entry = catalogue.entry(desk.tx, key, version)
    return show(desk, "staff/instrument.html", instrument_views.one(desk, entry))


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
    """Give it to nobody anew, by whose it is. Audited."""
    entry = catalogue.entry(desk.tx, key, version)
    try:
        with desk.tx.savepoint():
            by = instrument_views.publisher(desk)
            retired.retire(desk.tx, entry.pin, given.get("reason"), by)
    except Invalid as error:
        view = instrument_views.one(desk, entry, given.get("reason"), error.problems)
        return show(desk, "staff/instrument.html", view, 422)
    except NotAllowed as error:  # the page says whose it is, and offers a copy
        view = instrument_views.one(desk, entry, wrong=(Problem("", str(error)),))
        return show(desk, "staff/instrument.html", view, 403)
    except Conflict:  # somebody was faster: it is what she wanted
        pass
    return see(f"{instrument_views.here(desk)}?said=retired")
