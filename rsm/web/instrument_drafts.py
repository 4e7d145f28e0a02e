"""A draft of a questionnaire: its text, what is wrong with it, published with who has read it.

Every form hands back the revision that its page was made of: who comes second is told, and what
she typed stands beside what the other has kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.instruments import draft_text, drafts
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.model import Permission
from rsm.web import instrument_draft_views as views
from rsm.web import instrument_views
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.instrument_words import show
from rsm.web.uploads import LARGEST, Unread, text_of

router = APIRouter(prefix="/drafts/{draft_id}")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Publishing = Annotated[Desk, Needs(Permission.PUBLISH_INSTRUMENTS)]
Answer = HTMLResponse | RedirectResponse
MOVED = Problem("", "somebody else changed the draft meanwhile", "this is how it stands now")
_UNREAD = {
    Unread.NOT_TEXT: "the file is no text (UTF-8)",
    Unread.TOO_LONG: f"is longer than {LARGEST} characters",
}
SAID = frozenset(("kept", "moved"))


@dataclass(frozen=True)
class Typed:
    """A form of a draft's pages. `several`: what was ticked, by name."""

    fields: Mapping[str, str]
    body: str = ""
    problem: str = ""
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """What the page was made of; 0, which no draft has, where the form is not ours."""
        given = self.fields.get("revision", "")
        return int(given) if given.isdecimal() and len(given) < 10 else 0

    def get(self, name: str) -> str:
        return self.fields.get(name, "").strip()


async def typed(request: Request) -> Typed:
    """What the form posts; a file that was chosen counts before what was typed."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    several: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            several[name] = (*several.get(name, ()), value)
    sent = await text_of(form)
    await form.close()
    problem = _UNREAD[sent.problem] if sent.problem else ""
    return Typed(given, sent.body, problem, several)


Given = Annotated[Typed, Depends(typed)]


def the_draft(desk: AtDesk, draft_id: UUID) -> DraftView:
    """The one of the address; one that was published or discarded is not found any more."""
    draft = drafts.get(desk.tx, desk.staff.site_id, draft_id)
    if not draft.is_open:
        raise NotFound("no such draft")
    return draft


Draft = Annotated[DraftView, Depends(the_draft)]


def page_of(desk: Desk, draft: DraftView) -> str:
    return f"{instrument_views.here(desk)}/drafts/{draft.id}"


@router.get("")
def show_draft(desk: AtDesk, draft: Draft, said: str = "") -> HTMLResponse:
    """The draft: its questions, its text, what is wrong, what it differs in from the former one."""
    view = views.page(desk, draft, views.Shown(flash=said if said in SAID else ""))
    return show(desk, "staff/instrument_draft.html", view)


@router.post("/text", response_model=None)
def keep_text(desk: AtDesk, draft: Draft, given: Given) -> Answer:
    """Keep the text, right or wrong."""

    def keep() -> None:
        if given.problem:
            raise Invalid(Problem("file", given.problem))
        drafts.change(desk.tx, draft, given.body, given.revision)

    return act(desk, draft, keep, given)


@router.post("/value", response_model=None)
def set_value(desk: AtDesk, draft: Draft, given: Given) -> Answer:
    """Give it a key of its own, or a higher version."""
    name = "key" if given.get("key") else "version"

    def keep() -> None:
        body = draft_text.with_value(draft.body, name, given.get(name))
        drafts.change(desk.tx, draft, body, given.revision)

    return act(desk, draft, keep, given)


@router.post("/discard", response_model=None)
def discard(desk: AtDesk, draft: Draft, given: Given) -> Answer:
    """Put it away."""
    done = act(desk, draft, lambda: drafts.discard(desk.tx, draft, given.revision), given)
    here = instrument_views.here(desk)
    return see(f"{here}?said=discarded") if isinstance(done, RedirectResponse) else done


@router.post("/publish", response_model=None)
def publish(desk: Publishing, draft: Draft, given: Given) -> Answer:
    """Put it on the shelf, for every site, under a key that is this site's."""
    names = {
        name.removeprefix("reviewer:"): value
        for name, value in given.fields.items()
        if name.startswith("reviewer:")
    }
    try:
        with desk.tx.savepoint():
            by = instrument_views.publisher(desk)
            pin = drafts.publish(desk.tx, draft, given.revision, names, by)
    except Invalid as error:
        shown = views.Shown(problems=_in_form(error.problems), reviewers=names)
        return _again(desk, draft, shown)
    except Conflict as error:
        return _again(desk, draft, views.Shown(problems=(_conflict(error),), reviewers=names))
    return see(f"{instrument_views.here(desk)}/{pin.key}/{pin.version}")


def act(desk: Desk, draft: DraftView, change: Callable[[], object], given: Typed) -> Answer:
    """Do it and show the draft; what is refused comes back with why, and with what was typed."""
    try:
        with desk.tx.savepoint():
            change()
    except Invalid as error:
        return _again(desk, draft, views.Shown(problems=error.problems, typed=given.body))
    except Conflict as error:
        shown = views.Shown(problems=(_conflict(error),), typed=given.body)
        return _again(desk, draft, shown)
    return see(f"{page_of(desk, draft)}?said=kept")


def _conflict(error: Conflict) -> Problem:
    what = str(error)
    return MOVED if "meanwhile" in what else Problem("", what)


def again(desk: Desk, draft: DraftView, problems: tuple[Problem, ...]) -> HTMLResponse:
    """The page of the draft, with why something was refused."""
    return _again(desk, draft, views.Shown(problems=problems))


def _again(desk: Desk, draft: DraftView, shown: views.Shown) -> HTMLResponse:
    now = drafts.get(desk.tx, draft.site_id, draft.id)
    if not now.is_open:
        raise NotFound("no such draft")
    return show(desk, "staff/instrument_draft.html", views.page(desk, now, shown), 422)


def _in_form(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """A reviewer's problem is at her field; all else is about the text, with its line."""
    return tuple(
        problem if problem.where.startswith("reviewer:") else views.in_text(problem)
        for problem in problems
    )
