"""The pictures of a monthly report, each with its figures: runs by week, groups, retention."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from rsm.improvement.model import Entry
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure
from rsm.metrics.statistics.control import FEWEST, Signal
from rsm.metrics.statistics.intervals import difference, wilson
from rsm.metrics.statistics.survival import share_before
from rsm.reports.model import FEWEST_PATIENTS
from rsm.web import measure_words
from rsm.web import reports_words as words
from rsm.web.charts import RunPoint
from rsm.web.charts_run import Good, Mark, Run, spc_chart
from rsm.web.charts_steps import step_chart
from rsm.web.charts_whisker import Whisker, whisker_chart
from rsm.web.reports_facts import RUNS, Facts
from rsm.web.reports_leaving import groups_of
from rsm.web.reports_sections import figure
from rsm.web.run_words import stretches
from rsm.web.views.month_report import Section

_GOOD = {"completed": Good.HIGHER, "not_sent": Good.LOWER, "alerting": Good.NEITHER}
_AT_WEEKS = (4, 12, 24, 52)
_RECENT = 4  # weeks: a signal that ends before them is history
_FEWEST_GROUPS = 2


def runs(facts: Facts) -> Iterator[Section]:
    """A run chart for each measure that is looked at by week."""
    for measure in RUNS:
        if facts.weeks[measure]:
            yield _run(facts, measure)


def _run(facts: Facts, measure: str) -> Section:
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    weeks = _every_week(facts, measure)
    points = [_point(monday, facts, measure) for monday in weeks]
    marks = list(_marks(facts.entries, weeks))
    run = Run.of(points, _GOOD[measure], marks)
    name, title = f"run_{measure}", measure_words.words(measure, language).title
    centre = run.chart.centre
    middle = said.centre.format(share="" if centre is None else f"{round(100 * centre)} %")
    rows = tuple(
        (
            words.long_day(monday, language),
            words.of(point.part, point.whole, language) if point.whole else words.NONE,
            words.percent(point.part, point.whole),
            signals,
        )
        for monday, point, signals in zip(weeks, points, _signals(run, language), strict=True)
    )
    return Section(
        name,
        f"{title}: {_finding(run, language)}",
        said.run_counted.format(measure=measure_words.words(measure, language).numerator),
        (said.col_week, said.col_count, said.col_share, said.col_signal),
        rows,
        spc_chart(run, name, middle),
        notes=tuple(_journal(facts.entries, weeks, language)),
    )


def _signals(run: Run, language: str) -> list[str]:
    """What each week signals; a stretch of weeks says it once, at its end."""
    ends: dict[int, set[Signal]] = {place: set() for place in range(len(run.chart.points))}
    for each in stretches(run):
        ends[each.last].add(each.signal)
    return [_named(frozenset(signals), language) for signals in ends.values()]


def _named(signals: frozenset[Signal], language: str) -> str:
    said = words.section(language)
    return ", ".join(str(getattr(said, f"signal_{each}")) for each in Signal if each in signals)


def _every_week(facts: Facts, measure: str) -> list[date]:
    """From the first week with anything to the last, none left out."""
    known = facts.weeks[measure]
    first, last = min(known), max(known)
    return [first + timedelta(days=7 * week) for week in range((last - first).days // 7 + 1)]


def _point(monday: date, facts: Facts, measure: str) -> RunPoint:
    one = facts.weeks[measure].get(monday)
    label = words.short_day(monday, facts.wanted.language)
    return RunPoint(label, *(_counted(one) if one else (0, 0)))


def _finding(run: Run, language: str) -> str:
    """What the rules say of the last weeks, in words."""
    said = words.section(language)
    if not run.has_limits:
        return str(said.run_too_short.format(weeks=run.known, fewest=FEWEST))
    recent = [point for point in run.chart.points[-_RECENT:] if point.signals]
    if recent:
        named = _named(frozenset[Signal]().union(*(each.signals for each in recent)), language)
        share, centre = recent[-1].share or 0.0, run.chart.centre or 0.0
        side = said.run_above if share > centre else said.run_below
        return str((said.run_level if share == centre else side).format(signals=named))
    if any(point.signals for point in run.chart.points):
        return str(said.run_earlier)
    return str(said.run_chance)


def _marks(entries: Sequence[Entry], weeks: Sequence[date]) -> Iterator[Mark]:
    for number, entry in enumerate(_within(entries, weeks), 1):
        yield Mark((entry.on - weeks[0]).days // 7, number)


def _within(entries: Sequence[Entry], weeks: Sequence[date]) -> list[Entry]:
    end = weeks[-1] + timedelta(days=6)
    return [entry for entry in entries if weeks[0] <= entry.on <= end]


def _journal(entries: Sequence[Entry], weeks: Sequence[date], language: str) -> Iterator[str]:
    for number, entry in enumerate(_within(entries, weeks), 1):
        yield f"{number}: {words.long_day(entry.on, language)}, {entry.title}"


# --- whom it reaches ------------------------------------------------------------------------------


def equity(facts: Facts) -> Iterator[Section]:
    """Completion by group, for each division of which two groups or more had surveys due."""
    for dimension in facts.groups:
        shown = groups_of(facts, dimension)
        if sum(1 for value in shown if value) >= _FEWEST_GROUPS:
            yield _groups(facts, dimension, shown)


def _groups(facts: Facts, dimension: Dimension, groups: Mapping[str, Figure]) -> Section:
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    everybody = figure(facts.now, "completed")
    rows, whiskers, apart = [], [], []
    for value in sorted(groups, key=lambda each: (not each, each)):
        part, whole = _counted(groups[value])
        name = group_name(dimension, value, language)
        differs = _differs((part, whole), _counted(everybody))
        apart += [name] if differs and value else []
        whiskers.append(Whisker(name, part / whole, wilson(part, whole), differs))
        rows.append(
            (
                name,
                words.of(part, whole, language),
                words.percent(part, whole),
                words.interval_of(part, whole, language),
            )
        )
    by = getattr(said, f"by_{dimension}")
    heading = said.equity_same.format(by=by)
    if apart:
        heading = said.equity_differ.format(by=by, groups=", ".join(apart))
    name, counted = f"equity_{dimension}", said.equity_counted
    if facts.wanted.leaves:
        counted = f"{counted}; {said.equity_few.format(fewest=FEWEST_PATIENTS)}"
    return Section(
        name,
        heading,
        counted,
        (said.col_group, said.col_count, said.col_share, said.col_interval),
        tuple(rows),
        whisker_chart(whiskers, everybody.share, name),
    )


def _counted(rate: Figure) -> tuple[int, int]:
    """How many, of how many."""
    return round(rate.part or 0), rate.whole or 0


def _differs(one: tuple[int, int], everybody: tuple[int, int]) -> bool:
    """Whether the group differs from all others by more than chance."""
    others = (everybody[0] - one[0], everybody[1] - one[1])
    if others[1] <= 0 or not 0 <= others[0] <= others[1]:
        return False
    return 0.0 not in difference(one, others)


def group_name(dimension: Dimension, value: str, language: str) -> str:
    """A group as people read it: `1950s` of the decade of birth, else as the site records it."""
    said = words.section(language)
    if not value:
        return str(said.not_recorded)
    if dimension is Dimension.AGE:
        return str(said.decade.format(decade=value))
    known = getattr(said, f"group_{dimension}_{value}", None)
    return str(known) if known else value


# --- who stays ------------------------------------------------------------------------------------


def retention(facts: Facts) -> Iterator[Section]:
    """How many still report, by weeks since enrolment; nothing where nobody was lost."""
    steps, language = facts.retention, facts.wanted.language
    if not steps:
        return
    said = words.section(language)
    until = steps[-1].time
    rows = tuple(
        (
            words.number(step.time, language),
            str(step.at_risk),
            str(step.ended),
            f"{round(100 * step.share)} %",
            words.between(step.interval, language),
        )
        for step in steps
    )
    marked = [week for week in _AT_WEEKS if week <= until] or [round(until)]
    shares = (
        said.retention_at.format(week=week, share=f"{round(100 * share_before(steps, week))} %")
        for week in marked
    )
    yield Section(
        "retention",
        said.retention_heading.format(shares=", ".join(shares)),
        said.retention_counted,
        (said.col_weeks, said.col_at_risk, said.col_lost, said.col_share, said.col_interval),
        rows,
        step_chart(steps, "retention", said.retention_axis, until),
        live=True,
    )
