"""Releases of a site's rules: drafts, the pack in shadow, who asked, who agreed and why.

Whoever sees the site's figures may read. Who manages the site drafts and asks; another person,
who manages it or closes its alerts, agrees (`rsm.flow.release`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from rsm.alerts import packs, releases
from rsm.alerts import service as alerts
from rsm.alerts.releases import REASON_AT_MOST, NotTaken
from rsm.alerts.releases import ReleaseView as Release
from rsm.flow import release as flow
from rsm.flow import shadow
from rsm.flow.explaining import of_pack
from rsm.kernel.errors import Invalid, NotAllowed, NotFound, Problem
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.release_actions import may_decide, url_of
from rsm.web.release_views import release_view, releases_view
from rsm.web.replay_views import replay_view
from rsm.web.rules_explained import explained_page
from rsm.web.staff_words import word
from rsm.web.texts import texts_in
from rsm.web.views.common import Choice, Link
from rsm.web.views.releases import DraftValues

router = APIRouter(prefix="/sites/{site_id}/rules/releases")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_LIVE = "live"
Answer = HTMLResponse | RedirectResponse


@dataclass(frozen=True)
class Typed:
    """The form of a new draft as it was sent, the file's name and content apart."""

    values: DraftValues
    name: str = ""
    content: bytes = field(default=b"", repr=False)


async def typed(request: Request) -> Typed:
    """What the form posts; nothing is checked yet."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    values = DraftValues(given.get("begin", "").strip(), given.get("text", "").strip())
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = (file.filename or "") if isinstance(file, UploadFile) else ""
    await form.close()
    return Typed(values, name, content)


Given = Annotated[Typed, Depends(typed)]


# --- all of them ---------------------------------------------------------------------------------


@router.get("")
def show_releases(desk: AtDesk) -> HTMLResponse:
    """Every pack of the site: on its way, in force, retired."""
    return _list(desk)


@router.post("", response_model=None)
def begin_draft(desk: Managing, given: Given) -> Answer:
    """A new draft: from a pack that we ship, the one in force, a file or a text."""
    try:
        with desk.tx.savepoint():
            text = _chosen(desk, given)
            release = releases.draft(desk.tx, desk.staff.site_id, text)
    except Invalid as error:
        where = "file" if given.name else "text" if given.values.text else "begin"
        return _list(desk, given.values, tuple(_at(where, one) for one in error.problems))
    return see(url_of(desk, release.id))


def _chosen(desk: Desk, given: Typed) -> str:
    """The text of the pack; `Invalid` unless it was given in one of the three ways."""
    values, language = given.values, _language(desk)
    ways = [bool(values.begin), bool(given.name), bool(values.text)]
    if sum(ways) != 1:
        key = "choose_one" if any(ways) else "choose"
        raise Invalid(Problem("begin", word("releases", key, language)))
    if values.text:
        return values.text.replace("\r\n", "\n") + "\n"
    if values.begin == _LIVE:
        return flow.live_text(desk.tx, desk.staff.site_id)
    if values.begin:
        if values.begin not in packs.shipped_titles():
            raise Invalid(Problem("begin", word("releases", "choose", language)))
        return (packs.folder() / f"{values.begin}.toml").read_text(encoding="utf-8")
    try:
        return given.content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(Problem("file", word("releases", "not_text", language))) from None


def _at(where: str, problem: Problem) -> Problem:
    """A problem of the pack stands at its field, with the line in its words."""
    if problem.where in {"begin", "file", "text"}:
        return problem
    return Problem(where, f"{problem.where}: {problem.what}", problem.mend)


def _list(
    desk: Desk, values: DraftValues | None = None, problems: tuple[Problem, ...] = ()
) -> HTMLResponse:
    language = _language(desk)
    view = releases_view(desk, flow.of_site(desk.tx, desk.staff.site_id), language)
    if desk.staff.may(Permission.MANAGE_SITE):
        view = replace(
            view,
            action=url_of(desk),
            values=values or DraftValues(),
            begins=_begins(desk, language),
            problems=problems,
        )
    return html("staff/site_releases.html", view, language, status=422 if problems else 200)


def _begins(desk: Desk, language: str) -> tuple[Choice, ...]:
    live = alerts.load(desk.tx, sites.get(desk.tx, desk.staff.site_id).rule_pack)
    label = word("releases", "begin_live", language).format(pack=live.title)
    shipped = (Choice(name, title) for name, title in packs.shipped_titles().items())
    return (Choice(_LIVE, label), *shipped)


# --- one of them ---------------------------------------------------------------------------------


@router.get("/{release_id}")
def show_release(release_id: UUID, desk: AtDesk) -> HTMLResponse:
    """What it is, what stands in its way, what it found in shadow, and the next step."""
    return _one(desk, _release(desk, release_id))


@router.get("/{release_id}/explain")
def explain_release(release_id: UUID, desk: AtDesk) -> HTMLResponse:
    """The pack in plain words, as it would be signed."""
    release = _release(desk, release_id)
    pack, _ = releases.pack_of(release)
    live = sites.get(desk.tx, release.site_id).rule_pack == pack.pin
    found = of_pack(desk.tx, release.site_id, pack, in_force=live)
    return explained_page(desk, found, url_of(desk, release.id))


@router.get("/{release_id}/shadow")
def show_shadow(release_id: UUID, desk: AtDesk) -> HTMLResponse:
    """All figures of its shadow, beside what was raised."""
    release, language = _release(desk, release_id), _language(desk)
    if release.shadow_since is None:
        raise NotFound("never in shadow")
    found = shadow.compared(desk.tx, release)
    view = replay_view(desk, found, release.title, language, url_of(desk, release.id))
    back = Link(word("releases", "back_one", language), url_of(desk, release.id))
    return html("staff/site_replay.html", replace(view, back=back), language)


@router.post("/{release_id}/change", response_model=None)
def change_draft(
    release_id: UUID,
    desk: Managing,
    text: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Answer:
    """Another text for a draft; what was typed stays on the screen when it is no pack."""
    body = text.replace("\r\n", "\n")
    try:
        with desk.tx.savepoint():
            releases.change(desk.tx, _release(desk, release_id).id, body, seen)
    except Invalid as error:
        problems = tuple(_at("text", one) for one in error.problems)
        return _one(desk, _release(desk, release_id), problems, body=body)
    except NotTaken as error:
        return _refused(desk, release_id, error, body=body)
    return see(url_of(desk, release_id))


@router.post("/{release_id}/begin-shadow", response_model=None)
def begin_shadow(release_id: UUID, desk: Managing) -> Answer:
    """Judge silently from now on."""
    return _step(desk, release_id, lambda one: flow.start_shadow(desk.tx, one.id))


@router.post("/{release_id}/ask", response_model=None)
def ask_second(release_id: UUID, desk: Managing, reason: Annotated[str, Form()] = "") -> Answer:
    """Ask a second person, with the reason."""
    language = _language(desk)
    wrong = ""
    if not reason.strip():
        wrong = word("releases", "reason_missing", language)
    elif len(reason.strip()) > REASON_AT_MOST:
        wrong = word("releases", "reason_long", language).format(count=REASON_AT_MOST)
    if wrong:
        problem = Problem("reason", wrong)
        return _one(desk, _release(desk, release_id), (problem,), reason=reason)
    return _step(desk, release_id, lambda one: flow.ask(desk.tx, one.id, reason))


@router.post("/{release_id}/agree", response_model=None)
def agree(release_id: UUID, desk: AtDesk, seen: Annotated[str, Form()] = "") -> Answer:
    """The second person agrees: it is in force with the commit."""
    _decider(desk)
    return _step(desk, release_id, lambda one: flow.agree(desk.tx, one.id, seen))


@router.post("/{release_id}/take-back", response_model=None)
def take_back(release_id: UUID, desk: AtDesk) -> Answer:
    """The request ends: whoever asked takes it back, or somebody else does not agree."""
    _decider(desk)
    return _step(desk, release_id, lambda one: releases.take_back(desk.tx, one.id))


@router.post("/{release_id}/withdraw", response_model=None)
def withdraw(release_id: UUID, desk: Managing) -> Answer:
    """It will not go live."""
    return _step(desk, release_id, lambda one: releases.withdraw(desk.tx, one.id))


@router.post("/{release_id}/copy")
def copy(release_id: UUID, desk: Managing) -> RedirectResponse:
    """A new draft with the same text, to be changed."""
    body = _release(desk, release_id).body
    return see(url_of(desk, releases.draft(desk.tx, desk.staff.site_id, body).id))


def _decider(desk: Desk) -> None:
    if not may_decide(desk):
        raise NotAllowed("decides on no release")


def _release(desk: Desk, release_id: UUID) -> Release:
    release = releases.get(desk.tx, release_id)
    if release.site_id != desk.staff.site_id:
        raise NotFound("no such release")
    return release


def _step(desk: Desk, release_id: UUID, act: Callable[[Release], object]) -> Answer:
    """One step; when it is not taken, the page as it stands now, and why."""
    release = _release(desk, release_id)
    try:
        with desk.tx.savepoint():
            act(release)
    except NotTaken as error:
        return _refused(desk, release_id, error)
    except Invalid:  # the page names what stands in its way
        return _one(desk, _release(desk, release_id), status=422)
    return see(url_of(desk, release_id))


def _refused(desk: Desk, release_id: UUID, error: NotTaken, body: str = "") -> HTMLResponse:
    why = Problem("", word("releases", f"why_{error.why}", _language(desk)))
    return _one(desk, _release(desk, release_id), (why,), body=body, status=409)


def _one(  # noqa: PLR0913  # the page, and what was typed into its two forms
    desk: Desk,
    release: Release,
    problems: tuple[Problem, ...] = (),
    *,
    reason: str = "",
    body: str = "",
    status: int = 200,
) -> HTMLResponse:
    language = _language(desk)
    found = shadow.compared(desk.tx, release) if release.shadow_since else None
    view = release_view(desk, release, found, language)
    view = replace(view, problems=problems, typed_reason=reason, body=body or view.body)
    status = 422 if problems and status == 200 else status
    return html("staff/site_release.html", view, language, status=status)


def _language(desk: Desk) -> str:
    """The language of whoever reads, as far as we have its words."""
    return texts_in(staff.get(desk.tx, desk.staff.staff_id).language).language
