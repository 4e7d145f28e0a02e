"""The item bank on a page: every question there is, found by its words, put into a draft."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.instruments import bank, catalogue, draft_text, drafts
from rsm.instruments.bank import BankItem, Wanted
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.model import Permission
from rsm.web import instrument_views
from rsm.web import instrument_words as words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.instrument_draft_views import content_of
from rsm.web.instrument_drafts import MOVED, Given, Typed, the_draft
from rsm.web.pages import counted
from rsm.web.patient_words import language_name
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, Link, PostButton
from rsm.web.views.instruments import BankLine, BankView

router = APIRouter(prefix="/bank")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_SHOWN = 60


@router.get("")
def show_bank(desk: AtDesk, draft: UUID | None = None, said: str = "") -> HTMLResponse:
    """All of it; with a draft, to choose from."""
    begun = the_draft(desk, draft) if draft else None
    flash = "The question is added to the draft." if said == "added" else ""
    return html("staff/instrument_bank.html", _page(desk, Wanted(), begun, flash=flash))


@router.post("")
def search_bank(desk: AtDesk, given: Given) -> HTMLResponse:
    """What fits the words, the symptom, the type and the language that were given."""
    return html("staff/instrument_bank.html", _page(desk, _wanted(given), _draft(desk, given)))


@router.post("/add", response_model=None)
def add(desk: AtDesk, given: Given) -> HTMLResponse | RedirectResponse:
    """Put a question at the end of the draft."""
    draft = _draft(desk, given)
    if draft is None:
        raise NotFound("no such draft")
    try:
        with desk.tx.savepoint():
            _add(desk, draft, given)
    except Invalid as error:
        problems = error.problems
    except Conflict as error:
        what = str(error)
        known = MOVED if "meanwhile" in what else Problem("", f"{what[:1].upper()}{what[1:]}.")
        problems = (known,)
    else:
        return see(f"{instrument_views.here(desk)}/bank?draft={draft.id}&said=added")
    now = drafts.get(desk.tx, draft.site_id, draft.id)
    page = _page(desk, _wanted(given), now, problems)
    return html("staff/instrument_bank.html", page, status=422)


def _add(desk: Desk, draft: DraftView, given: Typed) -> None:
    chosen = next((each for each in _all(desk) if each.ref == given.get("ref")), None)
    content = content_of(draft)
    if chosen is None or content is None:
        raise NotFound("no such question")
    changed = bank.added(content, chosen)
    drafts.change(desk.tx, draft, draft_text.write(changed), given.revision)


def _all(desk: Desk) -> tuple[BankItem, ...]:
    """Of what may be asked, and what we ship; the newest version of each comes first."""
    current = (each for each in catalogue.entries(desk.tx) if each.retired is None)
    return bank.bank(each.instrument for each in current)


def _draft(desk: Desk, given: Typed) -> DraftView | None:
    try:
        draft_id = UUID(given.get("draft"))
    except ValueError:
        return None
    return the_draft(desk, draft_id)


def _wanted(given: Typed) -> Wanted:
    return Wanted(
        given.get("words"), given.get("symptom"), given.get("type"), given.get("language")
    )


def _page(
    desk: Desk,
    wanted: Wanted,
    draft: DraftView | None,
    problems: tuple[Problem, ...] = (),
    flash: str = "",
) -> BankView:
    here = instrument_views.here(desk)
    everything = _all(desk)
    found = bank.search(everything, wanted)
    symptoms = sorted({each.item.symptom for each in everything if each.item.symptom})
    tags = sorted({tag for each in everything for tag in each.item.text})
    back = Link("All questionnaires", here)
    if draft is not None:
        back = Link("Back to the draft", f"{here}/drafts/{draft.id}")
    more = f"; these are the first {_SHOWN}" if len(found) > _SHOWN else ""
    return BankView(
        frame=instrument_views.frame(desk, flash),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=back,
        action=f"{here}/bank",
        heading=f"{counted(len(found), 'question')} found{more}",
        fields=(Field("draft", str(draft.id)),) if draft else (),
        words=wanted.words,
        symptom=wanted.symptom,
        type=wanted.type,
        language=wanted.language,
        symptoms=tuple(Choice(key, key.replace("-", " ").capitalize()) for key in symptoms),
        types=words.KINDS,
        languages=tuple(Choice(tag, language_name(tag)) for tag in tags),
        lines=tuple(_line(here, each, wanted, draft) for each in found[:_SHOWN]),
        problems=problems,
    )


def _line(here: str, each: BankItem, wanted: Wanted, draft: DraftView | None) -> BankLine:
    item = each.item
    language = wanted.language or ("en" if "en" in item.text else next(iter(item.text)))
    others = (words.name_of(instrument) for instrument, _ in each.others)
    add = None
    if draft is not None and each.instrument.may_share:
        fields = (
            Field("draft", str(draft.id)),
            Field("revision", str(draft.revision)),
            Field("ref", each.ref),
            Field("words", wanted.words),
        )
        add = PostButton("Add", f"{here}/bank/add", fields)
    return BankLine(
        says=item.text[language],
        tag=language,
        options=", ".join(words.answers_in(item, language)),
        code=item.code,
        kind=words.KIND[item.type],
        languages=words.languages_of(item.text),
        licence=words.licence_of(each.instrument),
        where=(words.name_of(each.instrument), *others),
        add=add,
        shared=each.instrument.may_share,
    )
