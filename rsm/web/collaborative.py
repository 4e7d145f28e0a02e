"""The collaborative as a site sees it: its figures beside the others', and its own part in it.

Whoever sees the site's figures may read; only its manager lets it join, be named, or leave.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from rsm.collaborative import service
from rsm.collaborative.model import Collaborative, Participation
from rsm.collaborative.shared import MEASURES
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.security.model import Permission
from rsm.web.auth import Desk, Needs
from rsm.web.collaborative_figures import alone, asked, compared
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.views.collaborative import ComparedView, Part
from rsm.web.views.common import Link, PostButton

router = APIRouter(prefix="/sites/{site_id}/collaborative")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
PAGE = "staff/collaborative.html"
_DONE = ("joined", "left", "named", "coded")


@router.get("")
def show(  # noqa: PLR0913, PLR0917 - the parts of an address
    site_id: UUID,
    desk: AtDesk,
    measure: str = "",
    period: str = "",
    picture: str = "",
    table: str = "",
    said: str = "",
) -> Response:
    """The funnel of one measure; for a site that takes no part, what taking part would mean."""
    here, flash = f"/sites/{site_id}/collaborative", ""
    frame = staff_frame(desk, f"/sites/{site_id}")
    words = CollaborativeWords(frame.language)
    if said in _DONE:
        flash = words.say(f"said_{said}")
    frame, back = replace(frame, flash=flash), Link(words.w.back_site, f"/sites/{site_id}")
    agreed, part = service.find(desk.tx), service.participation(desk.tx, site_id)
    if agreed is None or part is None:
        view = ComparedView(frame, words.w.heading, _lead(words, agreed), back)
    else:
        it = asked(desk.tx, frame, here, measure=measure, period=period, site_id=site_id)
        if picture or table:
            return alone(it, as_table=bool(table))
        view = compared(it, frame, back, (Link(words.w.exchange, f"{here}/exchange"),))
    if agreed is not None:
        view = replace(view, part=_part(desk, agreed, part, words))
    return html(PAGE, view, frame.language)


def _lead(words: CollaborativeWords, agreed: Collaborative | None) -> str:
    return words.w.none_here if agreed is None else words.say("lead", name=agreed.name)


def _part(
    desk: Desk, agreed: Collaborative, part: Participation | None, words: CollaborativeWords
) -> Part:
    w, here = words.w, f"/sites/{desk.staff.site_id}/collaborative"
    lines = [w.part_out]
    buttons = [PostButton(w.join, f"{here}/part/join")]
    if part is not None:
        lines = [words.say("part_in", code=part.code), w.part_named if part.named else w.part_coded]
        other = (w.be_coded, "coded") if part.named else (w.be_named, "named")
        buttons = [
            PostButton(other[0], f"{here}/part/{other[1]}"),
            PostButton(w.leave, f"{here}/part/leave"),
        ]
    lines.append(words.say("part_what", months=words.length(agreed.months), count=len(MEASURES)))
    may = desk.staff.may(Permission.MANAGE_SITE)
    lines.append(w.part_back if may else w.part_manager)
    return Part(w.part_heading, tuple(lines), tuple(buttons) if may else ())


@router.post("/part/{step}")
def take_step(site_id: UUID, step: str, desk: Managing) -> RedirectResponse:
    """Join, leave, be named, be shown by code again: each is put on record."""
    said, act = _STEPS.get(step, ("", None))
    if act is None:
        raise NotFound("no such step")
    act(desk.tx, site_id)
    return see(f"/sites/{site_id}/collaborative?said={said}")


def _join(tx: Tx, site_id: UUID) -> None:
    service.join(tx, site_id)


_STEPS: dict[str, tuple[str, Callable[[Tx, UUID], None] | None]] = {
    "join": ("joined", _join),
    "leave": ("left", service.leave),
    "named": ("named", lambda tx, site_id: service.set_named(tx, site_id, named=True)),
    "coded": ("coded", lambda tx, site_id: service.set_named(tx, site_id, named=False)),
}


def link(desk: Desk, language: str) -> Link:
    """For the page of the site: to this one."""
    label = section("collaborative", language).heading
    return Link(label, f"/sites/{desk.staff.site_id}/collaborative")
