"""The manager's page of a site: does it work, and whom does it not reach."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rsm.alerts import suppressed
from rsm.alerts.model import QuietReason
from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.metrics import service as metrics
from rsm.metrics.decide import ACKNOWLEDGE_LABELS, CLOSE_LABELS
from rsm.metrics.model import Days, LevelFigures, Period, SiteFigures, SurveyCounts
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import site_findings as findings
from rsm.web.auth import Desk, Needs
from rsm.web.charts import RunPoint
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.roster_days import findings as findings_of_roster
from rsm.web.staff_words import word
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site import BucketRow, BucketTable, LevelCounts, SiteView
from rsm.web.when import local_date, short_date

PERIODS = (4, 12, 26)  # weeks, the present one included

router = APIRouter()


@router.get("/sites/{site_id}")
def show_site(
    site_id: UUID,
    desk: Annotated[Desk, Needs(Permission.SEE_FIGURES)],
    weeks: Annotated[int, Query()] = PERIODS[0],
) -> HTMLResponse:
    """The figures of the last weeks, each picture with its table."""
    weeks = weeks if weeks in PERIODS else PERIODS[0]
    zone = sites.get(desk.tx, site_id).zone
    days = last_weeks(desk.tx.now, zone, weeks)
    figures = metrics.site_figures(desk.tx, site_id, days)
    before = metrics.site_figures(desk.tx, site_id, as_many_before(days)).surveys
    address = f"/sites/{site_id}"
    frame = staff_frame(desk, address)
    view = _view(frame, figures, before, _periods(address, weeks))
    if desk.staff.may(Permission.SEE_TASKS):
        view = replace(view, lists=(Link("Tasks that are open", "/tasks"),))
    view = replace(view, lists=(*view.lists, Link("What came of each rule", f"{address}/rules")))
    view = replace(view, lists=(*view.lists, *_who_is_told(address)))
    view = replace(
        view, kept_quiet=_kept_quiet(desk.tx, site_id, weeks_until_now(desk.tx.now, zone, weeks))
    )
    if desk.staff.may(Permission.MANAGE_SITE):
        amiss = (Link(words, f"{address}/roster") for words in findings_of_roster(desk.tx, site_id))
        view = replace(view, settings_url=f"{address}/settings", lists=(*amiss, *view.lists))
    return html("staff/site.html", view)


def _who_is_told(address: str) -> Iterator[Link]:
    yield Link(word("ladders", "link"), f"{address}/escalation")
    yield Link(word("routing", "link"), f"{address}/routing")


def _kept_quiet(tx: Tx, site_id: UUID, period: Period) -> tuple[tuple[str, int], ...]:
    """Findings that nobody was told anew, by reason; test patients are left out."""
    found = suppressed.of_site(tx, site_id, period.since, period.until)
    counts = Counter(one.reason for one in found if not one.is_test)
    reasons = [reason for reason in QuietReason if counts[reason]]
    return tuple((word("quiet", f"week_{reason}"), counts[reason]) for reason in reasons)


def last_weeks(now: datetime, zone: str, weeks: int) -> Days:
    """So many weeks on the site's wall clock, from a Monday on, the present one included."""
    today = local_of(now, zone_named(zone)).date()
    return Days(today - timedelta(days=today.weekday(), weeks=weeks - 1), today)


def weeks_until_now(now: datetime, zone: str, weeks: int) -> Period:
    """The same as instants."""
    first = last_weeks(now, zone, weeks).first
    return Period(start_instant(datetime.combine(first, time()), zone_named(zone)), now)


def as_many_before(days: Days) -> Days:
    """The same number of days, up to the day before."""
    last = days.first - timedelta(days=1)
    return Days(last - (days.last - days.first), last)


def _periods(address: str, current: int) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(f"{weeks} weeks", f"{address}?weeks={weeks}", current=weeks == current)
        for weeks in PERIODS
    )


def _view(
    frame: StaffFrame,
    figures: SiteFigures,
    before: SurveyCounts,
    periods: tuple[FilterLink, ...],
) -> SiteView:
    points = tuple(
        RunPoint(short_date(monday, frame.zone), counts.completed, counts.due)
        for monday, counts in figures.weeks.items()
    )
    return SiteView(
        frame=frame,
        heading=findings.heading(figures, before),
        period=_words(figures.days, frame.zone),
        periods=periods,
        facts=findings.facts(figures, before),
        completion=points,
        completion_caption=findings.completion_caption(points),
        funnel=findings.funnel(figures.surveys),
        funnel_caption=findings.funnel_caption(figures.surveys),
        levels=tuple(_level(level) for level in figures.levels),
        levels_caption=findings.levels_caption(figures.levels),
        acknowledge=BucketTable(
            findings.acknowledge_caption(figures.levels),
            ACKNOWLEDGE_LABELS,
            tuple(BucketRow(level.level, level.acknowledge.buckets) for level in figures.levels),
        ),
        close=BucketTable(
            findings.close_caption(figures.levels),
            CLOSE_LABELS,
            tuple(BucketRow(level.level, level.close.buckets) for level in figures.levels),
        ),
    )


def _level(level: LevelFigures) -> LevelCounts:
    return LevelCounts(level.level, level.opened, level.acknowledged, level.closed, level.open_now)


def _words(days: Days, zone: str) -> str:
    first = local_date(days.first, zone, year=True)
    return f"{first} to {local_date(days.last, zone, year=True)}"
