"""What sites learned and what they offer: read by every member, offered and taken by managers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts import releases
from rsm.collaborative import exchange, funnels, service
from rsm.collaborative.model import Lesson, Offer, OfferKind
from rsm.db.work import Tx
from rsm.flow import exchange as flow
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.messaging import site_texts
from rsm.messaging.model import TextState
from rsm.security.model import Permission
from rsm.web import small_forms
from rsm.web.auth import Desk, Needs
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.views.collaborative import ExchangeView, LessonRow, OfferRow, OfferValues
from rsm.web.views.common import Choice, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.when import local_date

router = APIRouter(prefix="/sites/{site_id}/collaborative/exchange")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
PAGE = "staff/collaborative_exchange.html"
_DONE = ("offered", "withdrawn")


async def typed(request: Request) -> OfferValues:
    """The form as it was sent; nothing is checked yet."""
    given = await small_forms.typed(request)
    return OfferValues(*(given.get(name, "") for name in ("what", "author", "evidence")))


Typed = Annotated[OfferValues, Depends(typed)]


@dataclass(frozen=True)
class Reader:
    """Who reads: `here` is where her forms go, `own` her site's code; both empty for the lead."""

    tx: Tx
    frame: StaffFrame
    here: str = ""
    own: str = ""

    @property
    def words(self) -> CollaborativeWords:
        return CollaborativeWords(self.frame.language)


def exchange_view(reader: Reader, back: Link) -> ExchangeView:
    """What is shared and offered, without a form."""
    lessons = tuple(_lesson(reader, one) for one in funnels.lessons(reader.tx))
    offers = tuple(_offer(reader, one) for one in exchange.offers(reader.tx))
    return ExchangeView(reader.frame, back, lessons, offers)


def _lesson(reader: Reader, one: Lesson) -> LessonRow:
    on = local_date(one.on, reader.frame.zone, reader.frame.language, year=True)
    who = one.name or one.code
    return LessonRow(on, who, one.title, one.words, one.barrier, one.strategy)


def _offer(reader: Reader, one: Offer) -> OfferRow:
    w, button = reader.words.w, None
    kind = w.offer_pack if one.kind is OfferKind.PACK else w.offer_text
    if reader.here:
        own = one.code == reader.own
        label, step = (w.withdraw, "withdraw") if own else (w.take, "take")
        button = PostButton(label, f"{reader.here}/{one.id}/{step}")
    return OfferRow(
        title=one.title,
        kind=kind,
        who=one.name or one.code,
        author=one.author,
        evidence=one.evidence,
        hash=one.hash[:16],
        offered=local_date(one.offered_at, reader.frame.zone, reader.frame.language, year=True),
        body=one.body,
        button=button,
    )


# --- at a site -----------------------------------------------------------------------------------


@router.get("")
def show(desk: AtDesk, said: str = "") -> HTMLResponse:
    """What others learned and offer; `NotFound` for a site that takes no part."""
    return _page(desk, OfferValues(), (), said)


@router.post("", response_model=None)
def offer(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """Offer a pack that was in force, or a text that was published."""
    try:
        with desk.tx.savepoint():
            _put_on_offer(desk, values)
    except (Invalid, Conflict) as error:
        return _page(desk, values, _problems(error))
    return see(f"{_here(desk)}?said=offered")


def _put_on_offer(desk: Desk, values: OfferValues) -> None:
    site_id = desk.staff.site_id
    if values.what not in {choice.value for choice in _choices(desk)}:
        raise Invalid(Problem("what", "choose one from the list"))
    kind, _, id_ = values.what.partition(":")
    put = flow.offer_pack if kind == OfferKind.PACK else flow.offer_text
    put(desk.tx, site_id, UUID(id_), author=values.author, evidence=values.evidence)


def _problems(error: Invalid | Conflict) -> tuple[Problem, ...]:
    return error.problems if isinstance(error, Invalid) else (Problem("what", str(error)),)


@router.post("/{offer_id}/withdraw")
def withdraw(offer_id: UUID, desk: Managing) -> RedirectResponse:
    """Offer it no more."""
    exchange.withdraw(desk.tx, desk.staff.site_id, offer_id)
    return see(f"{_here(desk)}?said=withdrawn")


@router.post("/{offer_id}/take", response_model=None)
def take(offer_id: UUID, desk: Managing) -> HTMLResponse | RedirectResponse:
    """Make a draft of it here, and go on to the draft: nothing is put into use."""
    site_id = desk.staff.site_id
    try:
        with desk.tx.savepoint():
            kind, made = flow.take(desk.tx, site_id, offer_id)
    except (Invalid, Conflict) as error:
        found = error.problems if isinstance(error, Invalid) else (Problem("", str(error)),)
        return _page(desk, OfferValues(), tuple(replace(one, where="") for one in found))
    if kind is OfferKind.PACK:
        return see(f"/sites/{site_id}/rules/releases/{made}")
    key = site_texts.get(desk.tx, site_id, made).key
    return see(f"/sites/{site_id}/texts/{key.purpose}/{key.language}/{key.channel}")


def _page(
    desk: Desk, values: OfferValues, problems: tuple[Problem, ...], said: str = ""
) -> HTMLResponse:
    site_id = desk.staff.site_id
    frame, part = staff_frame(desk, f"/sites/{site_id}"), service.taking_part(desk.tx, site_id)
    words = CollaborativeWords(frame.language)
    if said in _DONE:
        frame = replace(frame, flash=words.say(f"said_{said}"))
    may = desk.staff.may(Permission.MANAGE_SITE)
    reader = Reader(desk.tx, frame, _here(desk) if may else "", part.code)
    back = Link(words.w.heading, f"/sites/{site_id}/collaborative")
    view = replace(exchange_view(reader, back), values=values, problems=problems)
    if may:
        view = replace(view, action=_here(desk), choices=tuple(_choices(desk)))
    return html(PAGE, view, frame.language, 422 if problems else 200)


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/collaborative/exchange"


def _choices(desk: Desk) -> Iterator[Choice]:
    """Packs that were in force here, and wordings that are published here."""
    site_id = desk.staff.site_id
    for release in releases.of_site(desk.tx, site_id):
        if release.was_live:
            yield Choice(f"pack:{release.id}", f"{release.title} {release.pin.version}")
    for key, text in site_texts.all_published(desk.tx, site_id).items():
        if text.state is TextState.PUBLISHED:
            yield Choice(f"text:{text.id}", f"{key.purpose}, {key.language}, {key.channel}")
