"""One worker's page: whose measure is due, her own months, and the sheet for supervision."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow.ask_now import ask_now
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics import due_lists
from rsm.metrics import workers as figures
from rsm.metrics.due_lists import DueList
from rsm.metrics.model import Days
from rsm.patients import service as patients
from rsm.security.model import Permission
from rsm.web import when, workers_due, workers_handover, workers_site
from rsm.web import workers_figures as told
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import language_of, staff_frame
from rsm.web.staff_words import section, word
from rsm.web.views.common import Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.workers import MonthTable, SheetView, WorkerView
from rsm.web.workers_who import (
    Who,
    may_hand_over,
    may_see_figures,
    named,
    require_figures,
    worker_url,
)

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Carer = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Taker = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]
MONTHS = 6  # on her own page and on the sheet
_ONE = "/sites/{site_id}/workers/{worker}"
_FLASHES = ("was_sent", "not_sent")

router.include_router(workers_site.router)
router.include_router(workers_handover.router)


@router.get("/due")
def go_to_own(desk: Carer) -> RedirectResponse:
    """The list of whoever is at the desk."""
    return see(worker_url(desk.staff.site_id, desk.staff.staff_id))


@router.get(_ONE)
def show_worker(worker: str, desk: AtDesk, said: str = "") -> HTMLResponse:
    """Whose measure is due; with names for whoever may see patients."""
    language = language_of(desk)
    who, w = named(desk, worker, language), section("workers", language)
    sees = desk.staff.may(Permission.SEE_PATIENTS)
    if not sees:
        require_figures(desk, who.id)
    flash = getattr(w, said) if said in _FLASHES else ""
    frame = staff_frame(desk, "/due", flash=flash)
    found = _due(desk, who)
    view = WorkerView(
        frame=frame,
        heading=workers_due.heading(found, w),
        who=_who_words(desk, who, found, frame),
        groups=workers_due.groups(desk, found, who.url, frame) if sees else (),
        counts=workers_due.counts(found, w),
        links=tuple(_links(desk, who, language)),
        months=_months(desk, who, frame) if may_see_figures(desk, who.id) else None,
        names=sees,
        more=_more(found, w),
    )
    return html("staff/worker.html", view, language)


@router.post(f"{_ONE}/send/{{patient_id}}")
def send_link(worker: str, patient_id: UUID, desk: Taker) -> RedirectResponse:
    """Her link goes out now, to the survey that is open or to one of today."""
    who = named(desk, worker, language_of(desk))
    if patients.peek(desk.tx, patient_id).site_id != desk.staff.site_id:
        raise NotFound("no such patient")
    try:
        with desk.tx.savepoint():
            ask_now(desk.tx, patient_id)
    except Conflict:
        return see(f"{who.url}?said=not_sent")
    return see(f"{who.url}?said=was_sent")


@router.get(f"{_ONE}/sheet")
def show_sheet(worker: str, desk: AtDesk) -> HTMLResponse:
    """One page of paper for a talk: counts and months, no patient's name."""
    language = language_of(desk)
    who, w = named(desk, worker, language), section("workers", language)
    require_figures(desk, who.id)
    if who.id is None:
        raise NotFound("nobody has no supervision")
    frame = staff_frame(desk, "/due")
    day = when.local_date(frame.now, frame.zone, language, year=True)
    view = SheetView(
        frame=frame,
        heading=w.sheet_title.format(name=who.name),
        made=w.sheet_made.format(site=frame.site_name, day=day),
        back_url=who.url,
        counts=workers_due.counts(_due(desk, who), w),
        months=_months(desk, who, frame),
    )
    return html("staff/worker_sheet.html", view, language)


def _due(desk: Desk, who: Who) -> DueList:
    if who.id is None:
        return due_lists.of_nobody(desk.tx, desk.staff.site_id)
    return due_lists.of_worker(desk.tx, desk.staff.site_id, who.id)


def _more(found: DueList, w: SimpleNamespace) -> str:
    """How many lines the list leaves out; nothing where it is whole."""
    form = w.more_one if found.more == 1 else w.more_other
    return str(form.format(count=found.more, shown=len(found.rows))) if found.more else ""


def _who_words(desk: Desk, who: Who, found: DueList, frame: StaffFrame) -> str:
    w = section("workers", frame.language)
    form = w.patients_one if found.patients == 1 else w.patients_other
    whose = who.name if who.id is not None else w.nobody
    own = w.own if who.id == desk.staff.staff_id else whose
    return f"{own}: {form.format(count=found.patients)}"


def _months(desk: Desk, who: Who, frame: StaffFrame) -> MonthTable:
    """Her last months, and what may be said of them beside the others'."""
    w, days = section("workers", frame.language), last_months(frame, MONTHS)
    found = figures.by_worker(desk.tx, desk.staff.site_id, days, frame.zone)
    own = found.get(who.id, told.NO_FIGURES)
    is_own = who.id == desk.staff.staff_id
    heading = w.figures_own if is_own else w.figures_of.format(name=who.name)
    finding = told.compared(own.measured, figures.total(found), w) if who.id is not None else ()
    return told.month_table(heading, own, days, frame.language, finding)


def last_months(frame: StaffFrame, months: int) -> Days:
    """So many months on the site's clock."""
    return figures.last_months(local_of(frame.now, zone_named(frame.zone)).date(), months)


def _links(desk: Desk, who: Who, language: str) -> Iterator[Link]:
    if who.id is not None and may_see_figures(desk, who.id):
        yield Link(word("workers", "sheet_link", language), f"{who.url}/sheet")
    if may_hand_over(desk, who.id):
        yield Link(word("workers", "hand_over_link", language), f"{who.url}/hand-over")
    if who.id == desk.staff.staff_id:
        nobodys = worker_url(desk.staff.site_id, None)
        yield Link(word("workers", "nobodys_link", language), nobodys)
    all_of = f"/sites/{desk.staff.site_id}/workers"
    yield Link(word("workers", "all_link", language), all_of)
