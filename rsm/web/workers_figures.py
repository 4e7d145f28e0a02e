"""Figures by worker in words and cells: counts, rates with their interval, what chance explains."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import SimpleNamespace
from uuid import UUID

from rsm.metrics.model import Days
from rsm.metrics.workers import Measured, Share, WorkerFigures
from rsm.web import when
from rsm.web.staff_words import section
from rsm.web.views.workers import MonthLine, MonthTable, ShareCell

NO_FIGURES = WorkerFigures()


def cell(share: Share, w: SimpleNamespace, site: Share | None = None) -> ShareCell:
    """The share as it is shown; beside the site's, where that can be told."""
    if not share.whole:
        return ShareCell("", w.none_due, spoken=w.none_due_said)
    counts = w.of.format(part=share.part, whole=share.whole)
    if share.is_too_few:
        return ShareCell(counts, w.too_few)
    at, found = 100 * share.part / share.whole, share.interval
    low, high = 100 * found.low, 100 * found.high
    rate = w.rate.format(share=round(at), low=round(low), high=round(high))
    beside = site if site is not None and not site.is_too_few else None
    of_site = 100 * beside.part / beside.whole if beside is not None else None
    return ShareCell(counts, rate, low=low, high=high, at=at, site=of_site)


def month_table(
    heading: str,
    figures: WorkerFigures,
    days: Days,
    language: str,
    finding: tuple[str, ...] = (),
) -> MonthTable:
    """Month by month, those without any survey left in, and all together at the end."""
    w = section("workers", language)
    lines = [
        _line(month_name(month, language), figures, figures.months.get(month, Measured()), month, w)
        for month in months_of(days)
    ]
    every = MonthLine(
        w.all_months,
        sum(figures.enrolled.values()),
        cell(figures.measured.baseline, w),
        cell(figures.measured.follow_up, w),
    )
    return MonthTable(heading, (*lines, every), finding)


def _line(
    label: str, figures: WorkerFigures, measured: Measured, month: date, w: SimpleNamespace
) -> MonthLine:
    enrolled = figures.enrolled.get(month, 0)
    return MonthLine(label, enrolled, cell(measured.baseline, w), cell(measured.follow_up, w))


def months_of(days: Days) -> Iterator[date]:
    """The first day of each month."""
    first = days.first.replace(day=1)
    while first <= days.last:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)


def month_name(month: date, language: str) -> str:
    """`Oct 2026`."""
    return f"{when.words_of(language).months_short[month.month - 1]} {month.year}"


def compared(own: Measured, site: Measured, w: SimpleNamespace) -> tuple[str, ...]:
    """One sentence on whether chance explains how she differs from the others; none for a few."""
    others = site - own
    told = [
        (one, other)
        for one, other in ((own.baseline, others.baseline), (own.follow_up, others.follow_up))
        if not one.is_too_few and not other.is_too_few
    ]
    if not told:
        return ()
    differs = any(one.differs(other) for one, other in told)
    return (w.differs, w.differs_many) if differs else (w.within,)


def heading(site: Share, name: str, w: SimpleNamespace) -> str:
    """What the site's follow-up comes to."""
    if not site.whole:
        return str(w.title_none.format(site=name))
    if site.is_too_few:
        return str(w.title_few.format(site=name, part=site.part, whole=site.whole))
    return str(w.title.format(site=name, share=round(100 * site.part / site.whole)))


def together(figures: Mapping[UUID | None, WorkerFigures]) -> WorkerFigures:
    """All workers as one: the site."""
    months: dict[date, Measured] = {}
    enrolled: dict[date, int] = {}
    for each in figures.values():
        for month, measured in each.months.items():
            months[month] = months.get(month, Measured()) + measured
        for month, count in each.enrolled.items():
            enrolled[month] = enrolled.get(month, 0) + count
    patients = sum(each.patients for each in figures.values())
    return WorkerFigures(months, enrolled, patients)
