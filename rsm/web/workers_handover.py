"""All patients of one worker to another, in one transaction: a small form."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, NotAllowed
from rsm.patients import workers
from rsm.security.model import Permission
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import language_of, staff_frame
from rsm.web.staff_words import section
from rsm.web.views.common import Choice
from rsm.web.views.small_form import Input, SmallFormView
from rsm.web.workers_who import Who, may_hand_over, named, worker_url

router = APIRouter(prefix="/sites/{site_id}/workers/{worker}/hand-over")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def ask(worker: str, desk: AtDesk) -> HTMLResponse:
    """To whom, and how many."""
    return forms.show(_form(desk, _giver(desk, worker)))


@router.post("", response_model=None)
def hand_over(worker: str, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """Everybody who has not ended changes hands, or nobody."""
    giver = _giver(desk, worker)
    view = _form(desk, giver)
    try:
        forms.chosen(values, view.inputs)
        taker = UUID(values["taker"])
        with desk.tx.savepoint():
            workers.hand_over(desk.tx, desk.staff.site_id, giver.id, taker)
    except Invalid as error:
        return forms.show(view, values, error.problems)
    return see(worker_url(desk.staff.site_id, taker))


def _giver(desk: Desk, worker: str) -> Who:
    giver = named(desk, worker, language_of(desk))
    if not may_hand_over(desk, giver.id):
        raise NotAllowed("patients of a colleague are handed over by a manager")
    return giver


def _form(desk: Desk, giver: Who) -> SmallFormView:
    tx, site_id, language = desk.tx, desk.staff.site_id, language_of(desk)
    w, count = section("workers", language), workers.count(tx, site_id, giver.id)
    text = w.hand_over_text_one if count == 1 else w.hand_over_text_other
    others = (one for one in workers.active(tx, site_id).values() if one.id != giver.id)
    takers = tuple(Choice(str(one.id), one.name) for one in others)
    title = w.hand_over_title_nobody
    return SmallFormView(
        frame=staff_frame(desk, "/due"),
        heading=w.hand_over_title.format(name=giver.name) if giver.id is not None else title,
        text=text.format(count=count) if count else w.hand_over_none,
        action=f"{giver.url}/hand-over",
        cancel_url=giver.url,
        button=w.hand_over_button,
        inputs=(Input("taker", w.hand_over_to, kind="select", choices=takers, required=True),),
        lang=language,
    )
