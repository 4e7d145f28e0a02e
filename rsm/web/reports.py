"""The page of a site's monthly reports: to read them, to keep them, to get them by e-mail."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.localtime import local_of, zone_named
from rsm.reports import decide
from rsm.reports import service as reports
from rsm.reports.model import PDF, Month, Wanted, Wish
from rsm.security.audit import Subject, record
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import pdf, reports_list, reports_month
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.pages import render_alone
from rsm.web.reports_facts import Facts
from rsm.web.staff_words import section
from rsm.web.views.common import Link

router = APIRouter(prefix="/sites/{site_id}/reports")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
_DAYS = {str(day): day for day in range(1, decide.LAST_DAY + 1)}
_ENDINGS = {"html": "text/html; charset=utf-8", "pdf": PDF}


@router.get("")
def show(site_id: UUID, desk: AtDesk, said: Annotated[str, Query()] = "") -> HTMLResponse:
    """The months that are over, and how she gets them."""
    return reports_list.page(desk, site_id, said=said)


@router.post("/mine")
def subscribe(
    site_id: UUID,
    desk: AtDesk,
    day: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    funders: Annotated[str, Form()] = "",
) -> Response:
    """She gets it from now on, or as she wants it now."""
    try:
        wish = Wish(_DAYS.get(day, 0), language, bool(funders))
        reports.subscribe(desk.tx, site_id, desk.staff.staff_id, wish)
    except Invalid as error:
        return reports_list.page(desk, site_id, problems=error.problems)
    return _back(site_id, "saved")


@router.post("/mine/stop")
def unsubscribe(site_id: UUID, desk: AtDesk) -> RedirectResponse:
    """She gets no more of them."""
    reports.unsubscribe(desk.tx, site_id, desk.staff.staff_id)
    return _back(site_id, "stopped")


def _back(site_id: UUID, said: str) -> RedirectResponse:
    return see(f"/sites/{site_id}/reports?said={said}")


@router.get("/sent/{run_id}")
def show_sent(site_id: UUID, run_id: UUID, desk: AtDesk) -> Response:
    """A report as it was sent, byte by byte."""
    run = reports.run(desk.tx, run_id)
    if run.site_id != site_id:
        raise NotFound("no such report")
    held = reports.file(desk.tx, run_id)
    _note(desk, site_id, run.month, "as_sent")
    ending = "pdf" if held.media_type == PDF else "html"
    return _file(held.content, f"report-{run.month}-sent", ending)


def wanted_report(
    site_id: UUID,
    month: str,
    desk: AtDesk,
    language: Annotated[str, Query()] = "",
    funders: Annotated[bool, Query()] = False,
) -> Wanted:
    """Which report the address names; `NotFound` for a month that is not over."""
    site = sites.get(desk.tx, site_id)
    try:
        named = Month.named(month)
    except ValueError as error:
        raise NotFound("no such month") from error
    if named > decide.last_over(desk.tx.now, site.zone):
        raise NotFound("this month is not over")
    known = language if language in decide.LANGUAGES else decide.language_for(site.languages)
    return Wanted(site_id, named, known, funders)


TheReport = Annotated[Wanted, Depends(wanted_report)]


@router.get("/{month}")
def show_month(wanted: TheReport, desk: AtDesk) -> HTMLResponse:
    """The report as a page; it says where it is no longer as it was sent."""
    _note(desk, wanted.site_id, wanted.month, "page")
    facts = reports_month.facts_of(desk.tx, wanted)
    words = section("site_reports", wanted.language)
    view = reports_month.view_of(facts)
    view = replace(
        view,
        sheets=reports_month.STYLES,
        back=Link(words.heading, f"/sites/{wanted.site_id}/reports"),
        cautions=(*_changed(desk, facts), *view.cautions),
    )
    return HTMLResponse(render_alone(reports_month.TEMPLATE, view))


@router.get("/{month}/file")
def download(
    wanted: TheReport, desk: AtDesk, ending: Annotated[str, Query(alias="as")] = "pdf"
) -> Response:
    """The report as a file of its own; with the part for funders it is made to leave the house.

    Raises `Refused` where no PDF can be made, and `Busy` while others are.
    """
    if ending not in _ENDINGS:
        raise NotFound("no such file")
    _note(desk, wanted.site_id, wanted.month, ending)
    leaving = replace(wanted, leaves=wanted.funders)
    text = reports_month.file_of(reports_month.month_report(desk.tx, leaving))
    content = pdf.pdf_of(text) if ending == "pdf" else text.encode()
    return _file(content, f"report-{wanted.month}", ending)


def _file(content: bytes, name: str, ending: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, media_type=_ENDINGS[ending], headers=headers)


def _note(desk: Desk, site_id: UUID, month: Month, form: str) -> None:
    facts = {"month": str(month), "form": form}
    record(desk.tx, "report.read", Subject("report"), site_id, **facts)


def _changed(desk: Desk, facts: Facts) -> tuple[str, ...]:
    """What to know where this report was sent and its figures are others now."""
    wanted = facts.wanted
    run = reports.run_of(desk.tx, wanted)
    if run is None:
        return ()
    leaving = replace(wanted, leaves=True)
    as_sent = reports_month.view_of(replace(facts, wanted=leaving))
    if decide.digest_of(as_sent.figures) == run.digest:
        return ()
    zone = sites.get(desk.tx, wanted.site_id).zone
    words = section("site_reports", wanted.language)
    day = local_of(run.made_at, zone_named(zone)).date()
    return (f"{words.changed} ({day.isoformat()}).",)
