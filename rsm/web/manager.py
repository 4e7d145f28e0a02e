"""The manager's page of a site: does it work, and whom does it not reach."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from rsm.kernel.errors import NotFound
from rsm.metrics import courses, forecast_store
from rsm.metrics.lost import Loss
from rsm.metrics.sums import Asked as Enrolled
from rsm.security.model import Permission
from rsm.web import (
    measure_words,
    site_adherence,
    site_alerts,
    site_changes,
    site_equity,
    site_forecast,
    site_funnel,
    site_lost,
    site_pictures,
    site_tables,
)
from rsm.web import site_findings as findings
from rsm.web.auth import Desk, Needs
from rsm.web.charts_run import Run
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.manager_asked import Asked, Beside
from rsm.web.manager_period import (
    LONG_PERIODS,
    MONTH,
    PERIODS,
    last_weeks,
    weeks_until_now,
)
from rsm.web.picture_file import svg_file
from rsm.web.picture_table import csv_file
from rsm.web.roster_days import findings as findings_of_roster
from rsm.web.run_words import holding
from rsm.web.site_words import Words
from rsm.web.staff_words import word
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel
from rsm.web.views.site import Listed, SiteView
from rsm.web.workers_who import left_behind

_YEAR = 52  # weeks: of whom the retention curve tells

router = APIRouter()


@router.get("/sites/{site_id}")
def show_site(
    site_id: UUID,
    desk: Annotated[Desk, Needs(Permission.SEE_FIGURES)],
    weeks: Annotated[int, Query()] = PERIODS[0],
    picture: Annotated[str, Query(max_length=40)] = "",
    table: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The figures of the last weeks, each picture with its table; one `picture`, or the `table` of
    one, is had alone."""
    frame = staff_frame(desk, f"/sites/{site_id}")
    weeks = weeks if weeks in LONG_PERIODS else PERIODS[0]
    asked = Asked(desk.tx, site_id, frame.zone, weeks, Words("site", frame.language))
    if table in site_tables.NAMES:
        one = _table(asked, table)
        return csv_file(one.head, one.rows, table)
    if picture or table:
        return _alone(asked, picture or table, as_table=not picture)
    return html("staff/site.html", _view(desk, frame, asked), frame.language)


def _alone(asked: Asked, name: str, *, as_table: bool) -> Response:
    panel = next((one for one in _panels(asked).values() if one.name == name), None)
    if panel is None or not (as_table or panel.svg):
        raise NotFound("no such picture")
    if as_table:
        return csv_file(panel.head, panel.rows, name)
    return svg_file(panel.svg, name, panel.caption)


def _table(asked: Asked, name: str) -> site_tables.Table:
    now, words, address = asked.read(asked.days), asked.words, _lost_at(asked)
    if name == site_tables.REACH:
        return site_tables.of_funnel(site_funnel.of_patients(now, words, address), words)
    if name == site_tables.SURVEYS:
        return site_tables.of_funnel(site_funnel.of_surveys(now, words, address), words)
    shown = site_alerts.panel(_load(asked), words, None)
    return site_tables.of_alerts(shown, words)[name]


def _load(asked: Asked) -> site_alerts.Load:
    return site_alerts.load(asked.tx, asked.site_id, asked.days, asked.together)


def _panels(asked: Asked) -> dict[str, Panel]:
    shown = {name: panel for name, (_, panel) in _runs(asked).items()}
    return {**shown, site_pictures.RETENTION: _retention(asked)}


def _runs(asked: Asked) -> dict[str, tuple[Run, Panel]]:
    entries = site_pictures.journal(asked.tx, asked.site_id, asked.drawn)
    return site_pictures.runs(asked.together, asked.drawn, entries)


def _retention(asked: Asked) -> Panel:
    """Of those enrolled in the last year."""
    days = last_weeks(asked.tx.now, asked.zone, _YEAR)
    people = courses.seen(asked.tx, Enrolled(asked.site_id, (days,)))
    return site_pictures.retention(people.get(("", 0), ()), asked.drawn)


def _view(desk: Desk, frame: StaffFrame, asked: Asked) -> SiteView:
    words = asked.words
    load = _load(asked)  # first: it takes the minutes of alerts by one statement
    now, runs, beside = load.now, _runs(asked), Beside.of(asked, asked.weeks)
    signals, quick = tuple(_signals(runs)), site_alerts.quick(beside.days, asked.together)
    found = findings.Found(now, beside.now, beside.before, load.levels, signals, quick)
    first, *others = findings.sentences(found, words)
    quiet = _kept_quiet(asked, frame.language)
    address = _lost_at(asked)
    return SiteView(
        frame=frame,
        heading=first,
        period=words(
            "period_shown",
            days=words.days(asked.days, asked.zone),
            known=words.days(beside.days, asked.zone),
        ),
        here=asked.drawn.here,
        periods=_periods(asked),
        facts=findings.facts(found, words),
        findings=tuple(others),
        changed=_changed(asked, beside if asked.weeks == MONTH else Beside.of(asked, MONTH)),
        forecast=_forecast(asked),
        reach=site_funnel.of_patients(now, words, address),
        surveys=site_funnel.of_surveys(now, words, address),
        never_asked=site_funnel.never_asked(now, words),
        runs=tuple(panel for _, panel in runs.values()),
        alerts=site_alerts.panel(load, words, quiet),
        retention=_retention(asked),
        adherence=site_adherence.listed(now, words),
        equity=tuple(_equity(asked)),
        amiss=tuple(_amiss(desk, asked)),
        lists=tuple(_lists(desk, asked, frame.language)),
        settings_url=f"{asked.here}/settings" if desk.staff.may(Permission.MANAGE_SITE) else "",
    )


def _signals(runs: dict[str, tuple[Run, Panel]]) -> Iterator[findings.Signalled]:
    """What the pictures found that still holds, the worse first."""
    told = []
    for run, panel in runs.values():
        newest = holding(run)
        if newest is not None:
            worse = (1 if newest.up else -1) * run.good < 0
            told.append(findings.Signalled(panel.caption, worse))
    yield from sorted(told, key=lambda one: not one.worse)


def _lost_at(asked: Asked) -> site_funnel.Address:
    def address(loss: Loss) -> str:
        return f"{asked.here}/lost/{loss}?weeks={asked.weeks}"

    return address


def _changed(asked: Asked, month: Beside) -> Listed:
    now, before = month.now, month.before
    names = {
        measure: measure_words.words(measure, asked.words.language).title
        for measure, _ in site_changes.COMPARED
    }
    alerts = now.count("opened"), before.count("opened")
    days = asked.words.days(month.days, asked.zone)
    return site_changes.listed(site_changes.changes(now, before), alerts, asked.words, names, days)


def _forecast(asked: Asked) -> Listed:
    found = forecast_store.of_site(
        asked.tx, asked.site_id, asked.forecast_before, asked.zone, asked.together
    )
    return site_forecast.listed(found, asked.words)


def _equity(asked: Asked) -> Iterator[Link]:
    words = Words("equity", asked.words.language)
    weeks = max(asked.weeks, PERIODS[-1])
    for group in site_equity.GROUPS:
        address = site_equity.Asked(group, "completed", weeks).at(asked.site_id)
        yield Link(words(f"by_{group}"), address)


def _lists(desk: Desk, asked: Asked, language: str) -> Iterator[Link]:
    """Where to look next."""
    yield from left_behind(desk, language)
    if desk.staff.may(Permission.SEE_TASKS):
        yield Link(asked.words("list_tasks"), "/tasks")
    yield Link(word("workers", "table", language), f"{asked.here}/workers")
    yield Link(asked.words("list_rules"), f"{asked.here}/rules")
    yield Link(word("ladders", "link", language), f"{asked.here}/escalation")
    yield Link(word("routing", "link", language), f"{asked.here}/routing")
    yield Link(word("improvement", "title", language), f"{asked.here}/journal")
    yield Link(word("collaborative", "heading", language), f"{asked.here}/collaborative")
    yield Link(word("site_reports", "heading", language), f"{asked.here}/reports")
    if desk.staff.may(Permission.EXPORT):
        yield Link(word("exports", "link", language), f"{asked.here}/exports")


def _amiss(desk: Desk, asked: Asked) -> Iterator[Link]:
    """What is wrong with the roster, for whoever mends it; in English, as the roster's page is."""
    if desk.staff.may(Permission.MANAGE_SITE):
        for words in findings_of_roster(asked.tx, asked.site_id):
            yield Link(words, f"{asked.here}/roster")


def _kept_quiet(asked: Asked, language: str) -> tuple[tuple[str, int], ...] | None:
    """They are read one by one: for a long period it is not said."""
    if asked.weeks > PERIODS[-1]:
        return None
    period = weeks_until_now(asked.tx.now, asked.zone, asked.weeks)
    return site_alerts.kept_quiet(asked.tx, asked.site_id, period, language)


def _periods(asked: Asked) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(
            asked.words.weeks(weeks),
            f"{asked.here}?weeks={weeks}",
            current=weeks == asked.weeks,
        )
        for weeks in LONG_PERIODS
    )


router.include_router(site_equity.router)
router.include_router(site_lost.router)
