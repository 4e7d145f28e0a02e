"""The lead of a collaborative: who takes part, how far they are, files in and out.

She sees what is shared and nothing else: her pages are read in no site's scope, so that no row of
a site is in sight whatever is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from rsm.collaborative import files, service
from rsm.collaborative.reading import LARGEST
from rsm.db.work import NOWHERE, Tx
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.security.model import Permission
from rsm.web import small_forms
from rsm.web.auth import Desk, Needs
from rsm.web.collaborative_exchange import PAGE as EXCHANGE
from rsm.web.collaborative_exchange import Reader, exchange_view
from rsm.web.collaborative_figures import alone, asked, compared
from rsm.web.collaborative_lead_views import LeadReader, lead_view
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.views.collaborative import LeadValues
from rsm.web.views.common import Link
from rsm.web.views.frame import StaffFrame

router = APIRouter(prefix="/collaborative")
HERE = "/collaborative"
_DONE = ("agreed", "key", "member", "ended", "taken", "replaced", "known")


@dataclass(frozen=True)
class Lead:
    """The lead at work: her frame, and a transaction that sees no site."""

    tx: Tx
    frame: StaffFrame

    @property
    def words(self) -> CollaborativeWords:
        return CollaborativeWords(self.frame.language)


def lead(desk: Annotated[Desk, Needs(Permission.LEAD_COLLABORATIVE)]) -> Lead:
    """Her desk, out of her own site's scope as well."""
    frame = staff_frame(desk, HERE)
    desk.tx.narrow(NOWHERE)
    return Lead(desk.tx, frame)


TheLead = Annotated[Lead, Depends(lead, scope="function")]


async def typed(request: Request) -> LeadValues:
    """The form as it was sent; nothing is checked yet."""
    given = await small_forms.typed(request)
    return LeadValues(*(given.get(name, "") for name in LeadValues.__dataclass_fields__))


Typed = Annotated[LeadValues, Depends(typed)]


async def file_sent(request: Request) -> bytes:
    """The file of the form, as far as one can be that large."""
    form = await request.form()
    file = form.get("file")
    content = await file.read(LARGEST + 1) if isinstance(file, UploadFile) else b""
    await form.close()
    return content


@router.get("")
def show(her: TheLead, said: str = "") -> HTMLResponse:
    """Onboarding, files, members, our key; or the form that sets the collaborative up."""
    if said in _DONE:
        her = replace(her, frame=replace(her.frame, flash=her.words.say(f"said_{said}")))
    return _page(her)


def _page(
    her: Lead,
    values: LeadValues | None = None,
    problems: Sequence[Problem] = (),
    refused: Sequence[Problem] = (),
) -> HTMLResponse:
    view = lead_view(LeadReader(her.tx, her.frame, her.words, HERE))
    view = replace(
        view,
        values=values or LeadValues(),
        problems=tuple(problems),
        refused=tuple(refused),
    )
    status = 422 if problems or refused else 200
    return html("staff/collaborative_lead.html", view, her.frame.language, status)


@router.get("/figures")
def show_figures(
    her: TheLead, measure: str = "", period: str = "", picture: str = "", table: str = ""
) -> Response:
    """The funnels, every site by its code but for those that agreed to be named."""
    words, here = her.words, f"{HERE}/figures"
    it = asked(her.tx, her.frame, here, measure=measure, period=period, site_id=None)
    if picture or table:
        return alone(it, as_table=bool(table))
    view = compared(it, her.frame, Link(words.w.back_lead, HERE), _links(words))
    return html("staff/collaborative.html", view, her.frame.language)


@router.get("/exchange")
def show_exchange(her: TheLead) -> HTMLResponse:
    """What sites learned and offer; she takes nothing, since she has no site."""
    back = Link(her.words.w.back_lead, HERE)
    return html(EXCHANGE, exchange_view(Reader(her.tx, her.frame), back), her.frame.language)


def _links(words: CollaborativeWords) -> tuple[Link, ...]:
    return (Link(words.w.exchange, f"{HERE}/exchange"),)


# --- what she does -------------------------------------------------------------------------------

Answer = HTMLResponse | RedirectResponse


@router.post("", response_model=None)
def agree(her: TheLead, values: Typed) -> Answer:
    """Set the collaborative up."""
    months = int(values.months) if values.months.isdecimal() else 0

    def set_up() -> None:
        service.agree(her.tx, values.key, values.name, months)

    return _done(her, values, "agreed", set_up)


@router.post("/members", response_model=None)
def add_member(her: TheLead, values: Typed) -> Answer:
    """Believe an installation's files from now on."""
    names = {"name": "member"}

    def add() -> None:
        try:
            service.add_member(her.tx, values.member, values.public, values.heard)
        except Invalid as error:
            found = [replace(one, where=names.get(one.where, one.where)) for one in error.problems]
            raise Invalid(found) from None

    return _done(her, values, "member", add)


@router.post("/members/{member_id}/end")
def end_member(her: TheLead, member_id: UUID) -> RedirectResponse:
    """Its files are believed no more."""
    service.end_member(her.tx, member_id)
    return see(f"{HERE}?said=ended")


@router.post("/key")
def new_key(her: TheLead) -> RedirectResponse:
    """Draw a key; a former one signs no more."""
    service.new_key(her.tx)
    return see(f"{HERE}?said=key")


def _done(her: Lead, values: LeadValues, said: str, act: Callable[[], object]) -> Answer:
    try:
        with her.tx.savepoint():
            act()
    except Invalid as error:
        return _page(her, values, error.problems)
    except Conflict as error:
        return _page(her, values, (Problem("", str(error)),))
    return see(f"{HERE}?said={said}")


# --- files ---------------------------------------------------------------------------------------


@router.post("/files", response_model=None)
def take_file(her: TheLead, content: Annotated[bytes, Depends(file_sent)]) -> Answer:
    """Take a member's file in, whole or not at all; a refusal is put on record as well."""
    try:
        with her.tx.savepoint():
            taken = files.take(her.tx, content)
    except Invalid as error:
        files.refused(her.tx, content, error)
        return _page(her, refused=error.problems)
    said = "known" if not taken.is_new else "replaced" if taken.replaced else "taken"
    return see(f"{HERE}?said={said}")


@router.post("/files/own", response_model=None)
def make_file(her: TheLead, period: Annotated[str, Form()] = "") -> Response:
    """Our own file of a period, signed, to be sent to the other members."""
    try:
        with her.tx.savepoint():
            name, content = files.export(her.tx, _period(period))
    except Invalid as error:
        return _page(her, problems=[replace(one, where="period") for one in error.problems])
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def _period(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid(Problem("period", "choose one from the list")) from None
