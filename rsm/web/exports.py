"""A site's exports: made and downloaded here, all of them on record, and who took part (ePRO)."""

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from threading import Lock
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from rsm.kernel.errors import Busy, Crowded, Invalid, NotAllowed, Problem
from rsm.reports import export_service
from rsm.reports import participation as took
from rsm.reports.export_decide import may_identify
from rsm.reports.export_model import Request as Wanted
from rsm.security.model import Permission
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.exports_form import Typed, days_of, problem_at, usual, wanted
from rsm.web.exports_views import exports_view, span_of
from rsm.web.frames import language_of
from rsm.web.staff_words import word

router = APIRouter(prefix="/sites/{site_id}/exports")
AtDesk = Annotated[Desk, Needs(Permission.EXPORT)]
_PIECE = 256 * 1024
_PREFIX = "rsm-export-"
_LONG = timedelta(hours=1)  # no export of a page takes so long
_one_at_a_time = Lock()
_DOWNLOAD = "attachment; filename={name}"


async def typed(request: Request) -> Typed:
    """The form as it was sent; nothing is checked yet."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    options = tuple(str(value) for value in form.getlist("options"))
    await form.close()
    return Typed.of(fields, options)


Given = Annotated[Typed, Depends(typed)]


@router.get("")
def show_exports(desk: AtDesk, count: Annotated[str, Query()] = "") -> HTMLResponse:
    """The form, what was exported, and, when it is asked for, who took part in the last weeks."""
    view = exports_view(desk, usual(desk), count=bool(count))
    return html("staff/exports.html", view, language_of(desk))


@router.post("")
def make_export(desk: AtDesk, given: Given) -> Response:
    """Make it, put it on record, and hand it over: the record is committed before the first byte.

    Names need the right to see patients besides; a refusal is audited as any other.
    """
    language = language_of(desk)
    try:
        request = wanted(given, language)
        if request.identified and not may_identify(desk.staff.roles):
            raise NotAllowed(f"needs the permission {Permission.SEE_PATIENTS}")
        file = _made(desk, request)
    except Invalid as error:
        problems = tuple(_said(problem, language) for problem in error.problems)
        view = exports_view(desk, given, problems)
        return html("staff/exports.html", view, language, status=422)
    days = f"{request.days.first}-{request.days.last}"
    headers = {"content-disposition": _DOWNLOAD.format(name=f"rsm-export-{days}.zip")}
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


@router.get("/participation.csv")
def participation_file(
    desk: AtDesk,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """The counts of ePRO use as a file; bad days are those that the page begins with."""
    plain = usual(desk)
    try:
        days = days_of(first or plain.values.first, last or plain.values.last, "en")
    except Invalid:
        days = days_of(plain.values.first, plain.values.last, "en")
    text = io.StringIO(newline="")
    counts = took.participation(desk.tx, span_of(desk, days))
    csv.writer(text, lineterminator="\r\n").writerows(took.lines(counts))
    name = f"epro-use-{days.first}-{days.last}.csv"
    headers = {"content-disposition": _DOWNLOAD.format(name=name)}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _made(desk: Desk, request: Wanted) -> BinaryIO:
    """The export as an open file that has no name any more: nothing stays on the disk.

    One at a time: each holds a thread and two connections, through which patients answer as well.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise Busy(Crowded.EXPORT, "another export is being made")
    try:
        _sweep(desk.tx.now)
        desk.tx.allow_pauses()  # it waits for the export's own
        with TemporaryDirectory(prefix=_PREFIX) as folder:
            out, who = Path(folder) / "export.zip", desk.staff
            export_service.export(desk.services.db, who.actor, who.site_id, request, out)
            return out.open("rb")
    finally:
        _one_at_a_time.release()


def _sweep(now: datetime) -> None:
    """Remove what a process that was killed has left: it may hold names."""
    for left in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is another process's, which has just ended
            if left.stat().st_mtime < (now - _LONG).timestamp():
                shutil.rmtree(left, ignore_errors=True)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _said(problem: Problem, language: str) -> Problem:
    """What the export itself finds wrong: nothing happened in these days, or the disk is full."""
    if problem.where == "from" and problem.what.startswith("nothing was"):
        return problem_at("from", "no_data", language, "no_data_mend")
    if problem.where == "size":
        most = f"{export_service.MOST_SURVEYS_ON_PAGE:,}".replace(",", "\N{NO-BREAK SPACE}")
        return Problem("to", word("exports", "too_large", language).format(most=most))
    if problem.where == "--out":
        return Problem("", word("exports", "no_room", language))
    return problem
