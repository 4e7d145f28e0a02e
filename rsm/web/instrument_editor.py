"""The editor of a draft: what it is, its questions one by one, its scores. Forms, no script needed.

Each form changes the draft's data, and the data is written as its text: either way can be gone on.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.instruments import draft_edits, draft_text, drafts
from rsm.instruments.bank import listed
from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.web import instrument_about, instrument_item_form, instrument_item_views
from rsm.web.auth import Desk
from rsm.web.deps import see
from rsm.web.instrument_draft_views import content_of, tags_of
from rsm.web.instrument_drafts import MOVED, Answer, AtDesk, Draft, Given, Typed, act, page_of
from rsm.web.instrument_words import KINDS, show

router = APIRouter(prefix="/drafts/{draft_id}")
_NEW = "new"
_STEPS = {"up": -1, "down": 1}


def the_content(draft: Draft) -> Data:
    """Its data; a text that is no TOML is mended as a text first."""
    content = content_of(draft)
    if content is None:
        raise NotFound("this draft cannot be edited in parts")
    return content


Content = Annotated[Data, Depends(the_content)]


# --- what it is ----------------------------------------------------------------------------------


@router.get("/about")
def show_about(desk: AtDesk, draft: Draft, content: Content) -> HTMLResponse:
    """Title, languages, licence, how far it looks back."""
    return show(desk, "staff/instrument_about.html", instrument_about.page(desk, draft, content))


@router.post("/about", response_model=None)
def keep_about(desk: AtDesk, draft: Draft, content: Content, given: Given) -> Answer:
    """Keep them."""
    changed = instrument_about.read(given.fields, given.several, content)
    if problems := _kept(desk, draft, given, changed):
        view = instrument_about.page(desk, draft, changed, problems)
        return show(desk, "staff/instrument_about.html", view, 422)
    return _back(desk, draft)


# --- one question --------------------------------------------------------------------------------


@router.get("/items/{place}")
def show_item(
    desk: AtDesk, draft: Draft, content: Content, place: str, kind: str = "graded"
) -> HTMLResponse:
    """The form of a question; `new` for one more of that type."""
    item = _item(content, place, kind)
    return _item_page(desk, draft, (content, item, place))


@router.post("/items/{place}", response_model=None)
def keep_item(desk: AtDesk, draft: Draft, content: Content, given: Given, place: str) -> Answer:
    """Keep it, with words in all languages or not yet."""
    old = _item(content, place, given.get("kind"))
    try:
        item = instrument_item_form.read(given.fields, old, tags_of(content))
    except Invalid as error:
        shown = (content, _as_typed(given, old, content), place)
        return _item_page(desk, draft, shown, error.problems)
    if not item.get("code"):
        item["code"] = draft_edits.free_code(content, _words(item))
    number = None if place == _NEW else int(place)
    try:
        changed = draft_edits.with_item(content, number, item)
    except Invalid as error:
        return _item_page(desk, draft, (content, item, place), error.problems)
    if problems := _kept(desk, draft, given, changed):
        return _item_page(desk, draft, (content, item, place), problems)
    return _back(desk, draft)


@router.post("/items", response_model=None)
def move_item(desk: AtDesk, draft: Draft, content: Content, given: Given) -> Answer:
    """Move a question up or down, or take it out."""
    place = given.get("place")
    number = int(place) if place.isdecimal() and len(place) < 5 else -1
    step = given.get("move")
    if step == "delete":
        return _change(desk, draft, given, lambda: draft_edits.without_item(content, number))
    by = _STEPS.get(step, 0)
    return _change(desk, draft, given, lambda: draft_edits.moved(content, number, by))


@router.post("/scores", response_model=None)
def change_scores(desk: AtDesk, draft: Draft, content: Content, given: Given) -> Answer:
    """Add a score, or take one out."""
    if drop := given.get("drop"):
        return _change(desk, draft, given, lambda: draft_edits.without_score(content, drop))
    kind = given.get("kind") if given.get("kind") in {"sum", "mean", "max"} else "sum"
    parts = given.several.get("scored", ())
    name = given.get("score")
    return _change(desk, draft, given, lambda: draft_edits.with_score(content, name, kind, parts))


def _item(content: Data, place: str, kind: str) -> Data:
    if place == _NEW:
        if kind not in KINDS:
            raise NotFound("no such kind of question")
        return instrument_item_form.new(kind, tags_of(content))
    items = listed(content, "items")
    if not (place.isdecimal() and len(place) < 5 and int(place) < len(items)):
        raise NotFound("no such question")
    return items[int(place)]


def _as_typed(given: Typed, old: Data, content: Data) -> Data:
    """The question with what could be read, so that nothing that was typed is lost."""
    return instrument_item_form.as_typed(given.fields, old, tags_of(content))


def _words(item: Mapping[str, object]) -> str:
    for name in ("short", "text"):
        texts = item.get(name)
        if isinstance(texts, Mapping) and texts:
            return str(texts.get("en") or next(iter(texts.values())))
    return ""


def _item_page(
    desk: Desk,
    draft: DraftView,
    shown: tuple[Data, Data, str],
    problems: tuple[Problem, ...] = (),
) -> HTMLResponse:
    view = instrument_item_views.page(desk, draft, shown, problems)
    return show(desk, "staff/instrument_item.html", view, 422 if problems else 200)


# --- keeping -------------------------------------------------------------------------------------


def _change(desk: Desk, draft: DraftView, given: Typed, edit: Callable[[], Data]) -> Answer:
    """Change the draft on its own page."""

    def keep() -> None:
        drafts.change(desk.tx, draft, draft_text.write(edit()), given.revision)

    return act(desk, draft, keep, given)


def _kept(desk: Desk, draft: DraftView, given: Typed, content: Data) -> tuple[Problem, ...]:
    """Keep the data; why it was not kept, if it was not."""
    try:
        with desk.tx.savepoint():
            drafts.change(desk.tx, draft, draft_text.write(content), given.revision)
    except Conflict:
        mend = "what you typed still stands below: open the draft again"
        return (Problem("", MOVED.what, mend),)
    except Invalid as error:
        return error.problems
    return ()


def _back(desk: Desk, draft: DraftView) -> RedirectResponse:
    return see(f"{page_of(desk, draft)}?said=kept")
