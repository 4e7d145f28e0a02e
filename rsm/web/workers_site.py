"""All workers of a site, by name: completion with its intervals, enrolment, alerts closed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics import workers as figures
from rsm.metrics.workers import Measured, WorkerFigures
from rsm.patients import workers
from rsm.security import staff
from rsm.security.model import Permission, StaffView
from rsm.web import when
from rsm.web import workers_figures as told
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.views.common import FilterLink
from rsm.web.views.workers import Astray, LoadLine, WorkerLine, WorkersView
from rsm.web.workers_who import worker_url

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
PERIODS = (6, 12, 24)  # months, the present one included
Found = Mapping[UUID | None, WorkerFigures]


@dataclass(frozen=True)
class _Page:
    """What the lines are made of."""

    desk: Desk
    w: SimpleNamespace
    found: Found
    people: Mapping[UUID, StaffView]
    here: Collection[UUID]

    @property
    def manages(self) -> bool:
        return self.desk.staff.may(Permission.MANAGE_SITE)

    @property
    def site(self) -> Measured:
        return figures.total(self.found)

    def name(self, who: UUID) -> str:
        """Her name, and that she has left."""
        name = self.people[who].name
        return name if who in self.here else f"{name} ({self.w.left})"

    def by_name(self) -> list[UUID]:
        """Whom one may see here, by name: never by rate."""
        own = self.desk.staff.staff_id
        shown = [who for who in self.people if self.manages or who == own]
        return sorted(shown, key=lambda who: (self.people[who].name.casefold(), who))


@router.get("/sites/{site_id}/workers")
def show_workers(desk: AtDesk, months: Annotated[int, Query()] = PERIODS[0]) -> HTMLResponse:
    """Managers see everybody; others see themselves, and the site."""
    months = months if months in PERIODS else PERIODS[0]
    manages = desk.staff.may(Permission.MANAGE_SITE)
    frame = staff_frame(desk, f"/sites/{desk.staff.site_id}" if manages else "/due")
    w = section("workers", frame.language)
    today = local_of(frame.now, zone_named(frame.zone)).date()
    days = figures.last_months(today, months)
    found = figures.by_worker(desk.tx, desk.staff.site_id, days, frame.zone)
    people, here = _people(desk, found), workers.active(desk.tx, desk.staff.site_id)
    page = _Page(desk, w, found, people, here)
    whole = told.together(found)
    view = WorkersView(
        frame=frame,
        heading=told.heading(page.site.follow_up, frame.site_name, w),
        about=w.about if manages else w.about_own,
        periods=tuple(_periods(desk, months, w)),
        lines=tuple(_lines(page)),
        total=_line(page, w.site_total.format(site=frame.site_name), "", whole),
        load=tuple(_load(page, frame.language)),
        months=told.month_table(
            w.site_months.format(site=frame.site_name), whole, days, frame.language
        ),
        astray=tuple(_astray(page)) if manages else (),
    )
    return html("staff/workers.html", view, frame.language)


def _people(desk: Desk, found: Found) -> Mapping[UUID, StaffView]:
    """Whoever has a figure here, and whoever is at the desk."""
    return staff.many(desk.tx, {*(who for who in found if who is not None), desk.staff.staff_id})


def _periods(desk: Desk, months: int, w: SimpleNamespace) -> Iterator[FilterLink]:
    here = f"/sites/{desk.staff.site_id}/workers"
    for each in PERIODS:
        words = w.months_span.format(count=each)
        yield FilterLink(words, f"{here}?months={each}", current=each == months)


def _lines(page: _Page) -> Iterator[WorkerLine]:
    """Whoever looks after somebody, or did; nobody's patients at the end."""
    site_id, own = page.desk.staff.site_id, page.desk.staff.staff_id
    for who in page.by_name():
        one = page.found.get(who, told.NO_FIGURES)
        if one.patients or one.months or one.enrolled or (who == own and not page.manages):
            yield _line(page, page.name(who), worker_url(site_id, who), one)
    if page.manages and (rest := page.found.get(None)) is not None:
        yield _line(page, page.w.nobody_short, worker_url(site_id, None), rest)


def _line(page: _Page, name: str, url: str, one: WorkerFigures) -> WorkerLine:
    site = page.site if url else Measured()  # the site's own rate is not drawn beside itself
    return WorkerLine(
        name=name,
        url=url,
        patients=one.patients,
        enrolled=sum(one.enrolled.values()),
        baseline=told.cell(one.measured.baseline, page.w, site.baseline),
        follow_up=told.cell(one.measured.follow_up, page.w, site.follow_up),
    )


def _load(page: _Page, language: str) -> Iterator[LoadLine]:
    for who in page.by_name():
        closed = page.found.get(who, told.NO_FIGURES).closed
        if closed.alerts:
            median = when.span(closed.median, language) if closed.median is not None else ""
            yield LoadLine(page.name(who), closed.alerts, median, closed.minutes)


def _astray(page: _Page) -> Iterator[Astray]:
    """Patients of those who have left, and of nobody: somebody has to take them."""
    site_id, w = page.desk.staff.site_id, page.w
    for who in page.by_name():
        count = page.found.get(who, told.NO_FIGURES).patients
        if count and who not in page.here:
            words = w.left_one if count == 1 else w.left_other
            said = words.format(name=page.people[who].name, count=count)
            yield Astray(said, worker_url(site_id, who, "hand-over"))
    if count := page.found.get(None, told.NO_FIGURES).patients:
        words = w.nobodys_one if count == 1 else w.nobodys_other
        yield Astray(words.format(count=count), worker_url(site_id, None, "hand-over"))
