"""The pictures of the site page: four rates over time, and how long patients go on reporting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from markupsafe import Markup

from rsm.db.work import Tx
from rsm.improvement import service as improvement
from rsm.improvement.model import Entry
from rsm.metrics.courses import StillThere, still_there
from rsm.metrics.figures import Figure, Together
from rsm.metrics.measures_patients import WEEKS_OF_RETENTION
from rsm.metrics.model import Days, Span
from rsm.metrics.statistics.survival import Seen, kaplan_meier
from rsm.web import run_words
from rsm.web.charts import RunPoint
from rsm.web.charts_run import Good, Mark, Run, spc_chart
from rsm.web.charts_steps import step_chart
from rsm.web.manager_period import monday_of, steps
from rsm.web.site_words import Words, percent_of
from rsm.web.views.pictures import Panel
from rsm.web.when import words_of

# Which rates are drawn, and in which direction each is good.
RUNS: Mapping[str, Good] = {
    "completed": Good.HIGHER,
    "completed_delivered": Good.HIGHER,
    "alerting": Good.NEITHER,
    "closed_under_48h": Good.HIGHER,
}
RETENTION = "retention"
_WEEKS, _MAIN_WEEK = WEEKS_OF_RETENTION, 24
_KEPT = 64  # pictures: some 50 KB each


@dataclass(frozen=True)
class Drawn:
    """Which days are drawn, how, in whose words, and where a picture is had alone."""

    days: Days
    by_month: bool
    zone: str
    words: Words
    here: str  # the page's address with its period, to which `&picture=` is added

    @property
    def span(self) -> Span:
        """What each point of a run chart is of."""
        return Span.MONTH if self.by_month else Span.WEEK

    def label(self, day: date) -> str:
        """`19 Oct`; by month `Oct 25`."""
        if not self.by_month:
            return self.words.short(day, self.zone)
        return f"{words_of(self.words.language).months_short[day.month - 1]} {day:%y}"


def journal(tx: Tx, site_id: UUID, drawn: Drawn) -> tuple[Entry, ...]:
    """What was changed at the site in the days that are drawn, the first one first."""
    found = improvement.entries(tx, site_id, drawn.days, drawn.words.language)
    return tuple(sorted(found, key=lambda entry: entry.on))


def runs(read: Together, drawn: Drawn, entries: tuple[Entry, ...]) -> dict[str, tuple[Run, Panel]]:
    """Each rate's control chart and its picture; `read` has the weeks or months that are drawn."""
    return {
        measure: _made(
            measure, _points(read.by(drawn.span, drawn.days, measure), drawn), drawn, entries
        )
        for measure in RUNS
    }


@lru_cache(maxsize=_KEPT)
def _made(
    measure: str, points: tuple[RunPoint, ...], drawn: Drawn, entries: tuple[Entry, ...]
) -> tuple[Run, Panel]:
    """Of the same figures it is the same picture, whoever looks at it."""
    run = Run.of(points, RUNS[measure], _marks(entries, drawn, len(points)))
    return run, _panel(measure, run, drawn, entries)


def _points(figures: Mapping[date, Figure], drawn: Drawn) -> tuple[RunPoint, ...]:
    """From the first that has any on; none is left out between two."""
    days = list(steps(drawn.days, drawn.by_month))
    while days and not (figures.get(days[0]) and figures[days[0]].whole):
        days = days[1:]
    return tuple(_point(drawn.label(day), figures.get(day)) for day in days)


def _point(label: str, figure: Figure | None) -> RunPoint:
    if figure is None or figure.part is None or not figure.whole:
        return RunPoint(label, 0, 0)
    return RunPoint(label, round(figure.part), figure.whole)


def _marks(entries: Sequence[Entry], drawn: Drawn, points: int) -> list[Mark]:
    """Each entry at the week or month of its day, where that is drawn."""
    days = list(steps(drawn.days, drawn.by_month))[-points:] if points else []
    starts = [each.on.replace(day=1) if drawn.by_month else monday_of(each.on) for each in entries]
    return [
        Mark(days.index(start), number)
        for number, start in enumerate(starts, start=1)
        if start in days
    ]


def _panel(measure: str, run: Run, drawn: Drawn, entries: Sequence[Entry]) -> Panel:
    words = drawn.words
    name = words(f"run_{measure}")
    marks = tuple((each.number, _entry(entries[each.number - 1], drawn)) for each in run.marks)
    return Panel(
        name=measure,
        caption=run_words.finding(run, words, name),
        counted=words(
            f"counted_{measure}", unit=words("by_month" if drawn.by_month else "by_week")
        ),
        svg=_svg(run, measure, words) if run.known else Markup(),
        head=tuple(
            words(key)
            for key in (
                "head_from",
                "head_part",
                "head_whole",
                "head_rate",
                "head_limits",
                "head_rules",
            )
        ),
        rows=tuple(_rows(run, words)),
        notes=run_words.sentences(run, words, drawn.by_month) if run.known else (),
        marks=marks,
        picture_url=f"{drawn.here}&picture={measure}",
        table_url=f"{drawn.here}&table={measure}",
    )


def _svg(run: Run, measure: str, words: Words) -> Markup:
    centre = words("centre", share=round(100 * (run.chart.centre or 0)))
    return spc_chart(run, f"c-{measure}", centre)


def _entry(entry: Entry, drawn: Drawn) -> str:
    return f"{drawn.words.dated(entry.on, drawn.zone)}: {entry.title}"


def _rows(run: Run, words: Words) -> list[tuple[str, ...]]:
    """The newest first."""
    rows: list[tuple[str, ...]] = []
    for place in range(len(run.points) - 1, -1, -1):
        point, at = run.points[place], run.chart.points[place]
        limits = "\N{EN DASH}"
        if run.has_limits and at.share is not None:
            limits = words("between", low=round(100 * at.low), high=round(100 * at.high))
        rows.append(
            (
                point.label,
                str(point.part),
                str(point.whole),
                percent_of(point.share),
                limits,
                run_words.marked(run, place, words),
            )
        )
    return rows


def retention(people: Sequence[Seen], drawn: Drawn) -> Panel:
    """How many still report, by week since enrolment, of those enrolled in the last year: drawn for
    as long as anybody was seen, and told at the weeks of the measures, by their definition."""
    words, count = drawn.words, len(people)
    until = max((one.time for one in people), default=0.0)
    told = [(week, one) for week, one in still_there(people, _WEEKS).items() if one is not None]
    return Panel(
        name=RETENTION,
        caption=_retained(told, count, words),
        counted=words("retention_counted", count=count),
        svg=step_chart(kaplan_meier(people), f"c-{RETENTION}", words("retention_axis"), until)
        if people
        else Markup(),
        head=tuple(words(key) for key in ("head_week", "head_rate", "head_limits", "head_at_risk")),
        rows=tuple(
            _still(week, one, sum(each.time >= week for each in people), words)
            for week, one in told
        ),
        notes=(words("retention_note"),) if people else (),
        picture_url=f"{drawn.here}&picture={RETENTION}",
        table_url=f"{drawn.here}&table={RETENTION}",
    )


def _retained(told: Sequence[tuple[int, StillThere]], count: int, words: Words) -> str:
    """Of week 24, or the last before it that can be told."""
    by_week = {week: one.share for week, one in told if week <= _MAIN_WEEK}
    if not by_week:
        return words("retention_early", enrolled=count) if count else words("retention_none")
    week = max(by_week)
    return words("retention_caption", share=percent_of(by_week[week]), week=week)


def _still(week: int, one: StillThere, seen: int, words: Words) -> tuple[str, ...]:
    low, high = round(100 * one.interval.low), round(100 * one.interval.high)
    return str(week), percent_of(one.share), words("between", low=low, high=high), str(seen)
