"""The list of a site's monthly reports: what there is, what was sent, and who gets it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from fastapi.responses import HTMLResponse

from rsm.flow import email_check
from rsm.kernel.errors import Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics import figures as measures
from rsm.metrics.model import Days
from rsm.reports import decide
from rsm.reports import service as reports
from rsm.reports.model import FEWEST_PATIENTS, Month, Run, Wish
from rsm.security import staff
from rsm.sites import service as sites
from rsm.web import pdf
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.views.common import Choice, Link
from rsm.web.views.site_reports import MonthRow, SiteReportsView, SubscribeForm

_MONTHS_SHOWN = 24


def page(
    desk: Desk, site_id: UUID, problems: Sequence[Problem] = (), said: str = ""
) -> HTMLResponse:
    """The page; `said` is what was just done."""
    address = f"/sites/{site_id}"
    frame = staff_frame(desk, address)
    words = section("site_reports", frame.language)
    if said in {"saved", "stopped"}:
        frame = replace(frame, flash=str(getattr(words, said)))
    view = SiteReportsView(
        frame=frame,
        back=Link(frame.site_name, address),
        rows=tuple(_rows(desk, site_id, frame.language)),
        form=_form(desk, site_id, frame.language, problems),
        fewest=FEWEST_PATIENTS,
        readers=_readers(desk, site_id),
        notes=tuple(_notes(desk, site_id, frame.language)),
    )
    return html("staff/site_reports.html", view, frame.language, 422 if problems else 200)


def _notes(desk: Desk, site_id: UUID, language: str) -> Iterator[str]:
    words = section("site_reports", language)
    if not email_check.can_ask(desk.tx, site_id):
        yield words.no_address
    if pdf.missing():
        yield words.no_pdf


def _readers(desk: Desk, site_id: UUID) -> tuple[str, ...]:
    """Colleagues by name: whoever may see figures may know who else gets them."""
    known = staff.many(desk.tx, {one.staff_id for one in reports.subscriptions(desk.tx, site_id)})
    return tuple(sorted(one.name for one in known.values() if not one.disabled))


def _rows(desk: Desk, site_id: UUID, language: str) -> Iterator[MonthRow]:
    """From the last month that is over back to the first with anything due."""
    words, site = section("site_reports", language), sites.get(desk.tx, site_id)
    last = first = decide.last_over(desk.tx.now, site.zone)
    for _ in range(_MONTHS_SHOWN - 1):
        first = first.before
    days = Days(first.first, last.days.last)
    due = measures.by_month(desk.tx, site_id, days, "due").get("", {})
    sent: dict[date, list[Run]] = {}
    for run in reports.runs(desk.tx, site_id, first):
        sent.setdefault(run.month.first, []).append(run)
    month, begins = last, min([*due, *sent], default=None)
    while begins is not None and month.first >= begins:
        count = round(due[month.first].part or 0) if month.first in due else 0
        yield MonthRow(
            month=decide.month_name(month, language).capitalize(),
            due=str(count) if count else words.no_data,
            links=tuple(_links(site_id, month, language)),
            sent=tuple(_sent(site_id, sent.get(month.first, []), site.zone, language)),
        )
        month = month.before


def _links(site_id: UUID, month: Month, language: str) -> Iterator[Link]:
    words, address = section("site_reports", language), f"/sites/{site_id}/reports/{month}"
    yield Link(words.open_html, address)
    yield Link(words.open_pdf, f"{address}/file?as=pdf")
    yield Link(words.funders_html, f"{address}?funders=yes")
    yield Link(words.funders_pdf, f"{address}/file?as=pdf&funders=yes")


def _sent(site_id: UUID, runs: Sequence[Run], zone: str, language: str) -> Iterator[Link]:
    words = section("site_reports", language)
    for run in runs:
        day = local_of(run.made_at, zone_named(zone)).date().isoformat()
        which = str(getattr(words, f"language_{run.language}"))
        part = f", {words.with_funders}" if run.funders else ""
        yield Link(f"{day}, {which}{part}", f"/sites/{site_id}/reports/sent/{run.id}")


def _form(desk: Desk, site_id: UUID, language: str, problems: Sequence[Problem]) -> SubscribeForm:
    words, site = section("site_reports", language), sites.get(desk.tx, site_id)
    hers = reports.of_reader(desk.tx, site_id, desk.staff.staff_id)
    wish = hers.wish if hers else Wish(2, decide.language_for(site.languages))
    named = {code: str(getattr(words, f"language_{code}")) for code in decide.LANGUAGES}
    standing = words.subscribed.format(day=wish.day, language=named[wish.language]) if hers else ""
    return SubscribeForm(
        action=f"/sites/{site_id}/reports/mine",
        days=tuple(Choice(str(day), str(day)) for day in range(1, decide.LAST_DAY + 1)),
        languages=tuple(Choice(code, name) for code, name in named.items()),
        day=str(wish.day),
        language=wish.language,
        funders=wish.funders,
        standing=standing,
        problems=tuple(problems),
    )
