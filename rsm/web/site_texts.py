"""A site's own wordings: every text that it sends, and the editor of one.

Nothing that was typed is lost: what is refused comes back in the form. The draft is kept first;
publishing and trying are done with what was kept.
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import text_trial
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import SiteTextView, TextKey
from rsm.messaging.wording import channels_of, library_wording
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import advice_texts, text_views
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.views.site_texts import CheckedView, TextValues

router = APIRouter(prefix="/sites/{site_id}/texts")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_ONE = "/{purpose}/{language}/{channel}"
_SAID = {
    "kept": "The draft is kept. Nobody gets it yet.",
    "published": "Published. It is sent from now on.",
    "retired": "Retired. Our own wording is sent from now on.",
    "discarded": "The draft is discarded.",
    "tried": "It is on its way to that phone.",
}
Answer = HTMLResponse | RedirectResponse
Step = Callable[[SiteTextView], str]


async def typed(request: Request) -> TextValues:
    """The form as it was sent; nothing is checked yet."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    names = TextValues.__dataclass_fields__
    return TextValues(**{name: given.get(name, "") for name in names})


Typed = Annotated[TextValues, Depends(typed)]


def text_key(desk: AtDesk, purpose: str, language: str, channel: str) -> TextKey:
    """Which text the address names; `NotFound` for one that the site does not send."""
    site = sites.get(desk.tx, desk.staff.site_id)
    if not advice_texts.is_known(desk.tx, site, purpose) or channel not in channels_of(purpose):
        raise NotFound("no such text")
    if language not in advice_texts.languages_of(site, Channel(channel)):
        raise NotFound("no such text")
    return TextKey(purpose, language, Channel(channel))


Key = Annotated[TextKey, Depends(text_key)]


@router.get("")
def show_texts(desk: AtDesk) -> HTMLResponse:
    """Every text, by channel and language: whose wording is sent, what it costs."""
    return html("staff/texts.html", text_views.texts_view(desk))


@router.get(_ONE)
def show_text(desk: AtDesk, key: Key, said: str = "") -> HTMLResponse:
    """The editor: with the draft, else with what is sent now."""
    draft = site_texts.draft_of(desk.tx, desk.staff.site_id, key)
    begun = draft or site_texts.published(desk.tx, desk.staff.site_id, key)
    subject, body = library_wording(key.purpose, key.language, key.channel)
    if begun is not None:
        subject, body = begun.subject, begun.body
    values = TextValues(body, subject, site_texts.edition(draft))
    view = text_views.editor_view(desk, key, values, flash=_SAID.get(said, ""))
    return html("staff/text.html", view)


@router.post(f"{_ONE}/check")
def check_text(desk: AtDesk, key: Key, given: Typed, part: bool = False) -> HTMLResponse:
    """What is wrong with what is typed, and how it looks; nothing is kept. `part`: that alone."""
    if part:
        frame = staff_frame(desk, "")
        view = CheckedView(frame, text_views.checked(desk, key, given), key.language)
        return html("staff/text_checked.html", view)
    return html("staff/text.html", text_views.editor_view(desk, key, given))


@router.post(_ONE, response_model=None)
def keep_draft(desk: AtDesk, key: Key, given: Typed) -> Answer:
    """Keep it as the draft, right or wrong."""
    return _do(desk, key, given, lambda _: "kept")


@router.post(f"{_ONE}/publish", response_model=None)
def publish_text(desk: AtDesk, key: Key, given: Typed) -> Answer:
    """Keep it and send it from now on; somebody else has read it."""

    def publish(draft: SiteTextView) -> str:
        site_texts.publish(desk.tx, desk.staff.site_id, draft.id, given.reviewer)
        return "published"

    return _do(desk, key, given, publish)


@router.post(f"{_ONE}/try", response_model=None)
def try_text(desk: AtDesk, key: Key, given: Typed) -> Answer:
    """Keep it and send it to one of the staff."""

    def send(draft: SiteTextView) -> str:
        try:
            who = UUID(given.to)
        except ValueError:
            raise Invalid(Problem("to", "is missing", "choose whose phone gets it")) from None
        link = text_views.example_link(key.purpose, desk.services.public_url)
        text_trial.try_out(desk.tx, draft, who, link)
        return "tried"

    return _do(desk, key, given, send)


@router.post(f"{_ONE}/{{text_id}}/retire", response_model=None)
def retire_text(desk: AtDesk, key: Key, text_id: UUID) -> RedirectResponse:
    """Send ours again, or discard a draft."""
    site_id = desk.staff.site_id
    if site_texts.get(desk.tx, site_id, text_id).key != key:
        raise NotFound("no such text")
    was = site_texts.retire(desk.tx, site_id, text_id)
    return _back(desk, key, "discarded" if was.published_at is None else "retired")


def _do(desk: Desk, key: TextKey, given: TextValues, step: Step) -> Answer:
    """Keep the draft, then take the step; what is refused undoes both and comes back as typed."""
    site_id = desk.staff.site_id
    try:
        with desk.tx.savepoint():
            kept = site_texts.draft(desk.tx, site_id, key, given.body, given.subject, given.seen)
            said = step(kept)
    except Invalid as error:
        problems = error.problems
    except Conflict as error:
        what = f"{str(error)[:1].upper()}{str(error)[1:]}."
        problems = (Problem("", what, "Your words still stand below."),)
    else:
        return _back(desk, key, said)
    view = text_views.editor_view(desk, key, given, problems)
    return html("staff/text.html", view, status=422)


def _back(desk: Desk, key: TextKey, said: str) -> RedirectResponse:
    return see(f"{text_views.text_url(desk.staff.site_id, key)}?said={said}")
