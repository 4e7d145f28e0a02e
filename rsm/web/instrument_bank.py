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
from rsm.web import instrument_faults, instrument_views
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.instrument_draft_views import content_of
from rsm.web.instrument_drafts import MOVED, Given, Typed, the_draft
from rsm.web.instrument_words import InstrumentWords, name_of, show, words_for
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
    flash = words_for(desk).w.added if said == "added" else ""
    return show(desk, "staff/instrument_bank.html", _page(desk, Wanted(), begun, flash=flash))


@router.post("")
def search_bank(desk: AtDesk, given: Given) -> HTMLResponse:
    """What fits the words, the symptom, the type and the language that were given."""
    page = _page(desk, _wanted(given), _draft(desk, given))
    return show(desk, "staff/instrument_bank.html", page)


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
        problems = (MOVED if "meanwhile" in what else Problem("", what),)
    else:
        return see(f"{instrument_views.here(desk)}/bank?draft={draft.id}&said=added")
    now = drafts.get(desk.tx, draft.site_id, draft.id)
    page = _page(desk, _wanted(given), now, problems)
    return show(desk, "staff/instrument_bank.html", page, 422)


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
    here, words = instrument_views.here(desk), words_for(desk)
    everything = _all(desk)
    found = bank.search(everything, wanted)
    symptoms = sorted({each.item.symptom for each in everything if each.item.symptom})
    tags = sorted({tag for each in everything for tag in each.item.text})
    back = Link(words.w.back, here)
    if draft is not None:
        back = Link(words.w.back_draft, f"{here}/drafts/{draft.id}")
    heading = words.count("found", len(found))
    if len(found) > _SHOWN:
        heading = words.w.found_first.format(found=heading, count=_SHOWN)
    return BankView(
        frame=instrument_views.frame(desk, flash),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=back,
        action=f"{here}/bank",
        heading=heading,
        fields=(Field("draft", str(draft.id)),) if draft else (),
        words=wanted.words,
        symptom=wanted.symptom,
        type=wanted.type,
        language=wanted.language,
        symptoms=tuple(Choice(key, key.replace("-", " ").capitalize()) for key in symptoms),
        types=words.kinds,
        languages=tuple(Choice(tag, words.tongue(tag)) for tag in tags),
        lines=tuple(
            _line(words, each, wanted, _add_to(words, here, each, wanted, draft))
            for each in found[:_SHOWN]
        ),
        problems=instrument_faults.said(problems, words.language),
    )


def _add_to(
    words: InstrumentWords, here: str, each: BankItem, wanted: Wanted, draft: DraftView | None
) -> PostButton | None:
    """Put it into the draft; None without one, and where its licence does not permit it."""
    if draft is None or not each.instrument.may_share:
        return None
    fields = (
        Field("draft", str(draft.id)),
        Field("revision", str(draft.revision)),
        Field("ref", each.ref),
        Field("words", wanted.words),
    )
    return PostButton(words.w.add, f"{here}/bank/add", fields)


def _line(
    words: InstrumentWords, each: BankItem, wanted: Wanted, add: PostButton | None
) -> BankLine:
    item = each.item
    spoken = (tag for tag in (words.language, "en", *item.text) if tag in item.text)
    language = wanted.language or next(spoken)
    others = (name_of(instrument) for instrument, _ in each.others)
    return BankLine(
        says=item.text[language],
        tag=language,
        options=", ".join(words.answers(item, language)),
        code=item.code,
        kind=words.kind(item.type),
        languages=words.tongues(item.text),
        licence=words.licence(each.instrument),
        where=(name_of(each.instrument), *others),
        add=add,
        shared=each.instrument.may_share,
    )
