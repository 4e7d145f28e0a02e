"""The figures of a monthly report as tables: reach, surveys, alerts, what changed, how complete."""

from collections.abc import Iterator
from datetime import timedelta

from rsm.metrics.definitions import MEASURES
from rsm.metrics.figures import Figure
from rsm.metrics.measure import Kind
from rsm.web import measure_words
from rsm.web import reports_words as words
from rsm.web.reports_facts import DIVIDED, Facts, Figures
from rsm.web.views.month_report import Section

_NOTHING = Figure("", None)
_BUCKETS = ("closed_under_48h", "closed_48_to_72h", "closed_3_to_7d", "closed_over_7d")
_OF_PATIENTS = ("approached", "declined", "reach", "never_asked")
_OF_SURVEYS = ("sent", "delivered", "started", "completed", "by_self", "assisted", "late")
_LOSSES = (("not_sent", "sent"), ("not_answered", "started"), ("partial", "completed"))
# Of which last month is put beside this one; `good` is 1 where more is better.
COMPARED = (
    *(("reach", 1), ("completed", 1), ("completed_delivered", 1), ("not_sent", -1)),
    *(("not_answered", -1), ("baseline_completed", 1), ("weekly_adherence", 1)),
    *(("alerting", 0), ("closed_under_48h", 1), ("acted", 0), ("not_actionable", -1)),
    ("texts_failed", -1),
)


def figure(figures: Figures, measure: str) -> Figure:
    """The figure, or one that knows nothing."""
    return figures.get(measure, _NOTHING)


def count(figures: Figures, measure: str) -> int:
    """How many; 0 where nothing is known."""
    return round(figure(figures, measure).part or 0)


def _title(measure: str, language: str) -> str:
    return measure_words.words(measure, language).title


def reach(facts: Facts) -> Section:
    """From eligible to enrolled, of those entered in the month."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    eligible, enrolled = count(facts.now, "eligible"), count(facts.now, "enrolled")
    rows = [_bare("eligible", facts.now, language)]
    rows += [_rate(facts.now, measure, language) for measure in _OF_PATIENTS]
    heading = said.reach_heading.format(eligible=eligible, enrolled=enrolled)
    if not eligible and not enrolled:
        heading = said.reach_nobody
    return Section("reach", heading, said.reach_counted, _head(said), tuple(rows), live=True)


def surveys(facts: Facts) -> Section:
    """From due to completed, with the reason of each loss."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    rows = [_bare("due", facts.now, language)]
    rows += [_rate(facts.now, measure, language) for measure in _OF_SURVEYS]
    losses = (_rate(facts.now, measure, language) for measure, _ in _LOSSES)
    heading = lost_most(facts) or said.surveys_none
    return Section("surveys", heading, said.surveys_counted, _head(said), (*rows, *losses))


def lost_most(facts: Facts) -> str:
    """Where most is lost; empty when nothing was due."""
    said = words.section(facts.wanted.language)
    if not count(facts.now, "due"):
        return ""
    losses = [(count(facts.now, measure), measure) for measure, _ in _LOSSES]
    lost, measure = max(losses, key=lambda each: each[0])
    return str(getattr(said, f"lost_{measure}").format(count=lost) if lost else said.lost_nothing)


def _rate(figures: Figures, measure: str, language: str) -> tuple[str, ...]:
    one = figure(figures, measure)
    return (
        _title(measure, language),
        words.of(one.part, one.whole, language),
        words.percent(one.part, one.whole),
        words.interval_of(one.part, one.whole, language),
    )


def _bare(measure: str, figures: Figures, language: str) -> tuple[str, ...]:
    """A count: no share, no interval."""
    return (_title(measure, language), str(count(figures, measure)), words.NONE, words.NONE)


def _head(said: object) -> tuple[str, ...]:
    names = ("col_measure", "col_count", "col_share", "col_interval")
    return tuple(str(getattr(said, name)) for name in names)


# --- alerts ---------------------------------------------------------------------------------------


def alerts(facts: Facts) -> Section:
    """How many, how fast they were closed, what came of them."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    rates = ("pressing", "alerting", *_BUCKETS, "acted", "no_action", "repeats")
    times = ("acknowledge_time", "acknowledge_time_p90", "close_time", "close_time_p90")
    rows = [_bare("opened", facts.now, language)]
    rows += [_rate(facts.now, measure, language) for measure in rates]
    rows += [_time(facts, measure) for measure in times]
    rows += [_bare("nobody", facts.now, language)]
    return Section("alerts", closed_heading(facts), said.alerts_counted, _head(said), tuple(rows))


def closed_heading(facts: Facts) -> str:
    """How many were closed in time."""
    said, one = words.section(facts.wanted.language), figure(facts.now, "closed_under_48h")
    if not one.whole:
        return str(said.alerts_none)
    return str(said.alerts_heading.format(part=round(one.part or 0), whole=one.whole))


def _time(facts: Facts, measure: str) -> tuple[str, ...]:
    minutes = figure(facts.now, measure).part
    took = None if minutes is None else timedelta(minutes=minutes)
    language = facts.wanted.language
    return (_title(measure, language), words.took(took, language), words.NONE, words.NONE)


# --- what changed ---------------------------------------------------------------------------------


def changes(facts: Facts) -> Section:
    """Each rate beside that of the month before; what is more than chance is said."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    rows, better, worse = [], 0, 0
    for measure, good in COMPARED:
        now, before = figure(facts.now, measure), figure(facts.before, measure)
        turn = words.change(now, before)
        better += turn * good > 0
        worse += turn * good < 0
        rows.append(_changed(measure, now, before, language))
    heading = said.changes_heading.format(better=better, worse=worse)
    if not better and not worse:
        heading = said.changes_none
    head = (said.col_measure, said.col_before, said.col_now, said.col_points, said.col_verdict)
    return Section("changes", heading, said.changes_counted, head, tuple(rows), live=True)


def _changed(measure: str, now: Figure, before: Figure, language: str) -> tuple[str, ...]:
    said, gap = words.section(language), words.gap_of(now, before)
    verdict = {1: said.rose, -1: said.fell, 0: said.same}[words.change(now, before)]
    return (
        _title(measure, language),
        _share_of(before, language),
        _share_of(now, language),
        words.NONE if gap is None else words.between(gap, language),
        verdict if gap is not None else said.cannot_tell,
    )


def _share_of(one: Figure, language: str) -> str:
    if not one.whole:
        return words.NONE
    return f"{words.percent(one.part, one.whole)} ({words.of(one.part, one.whole, language)})"


def forecast(facts: Facts) -> Section:
    """What the next four weeks bring if all goes on as it is."""
    language, said, found = (
        facts.wanted.language,
        words.section(facts.wanted.language),
        facts.forecast,
    )
    head = (said.col_forecast, said.col_expected, said.col_bounds)
    if found is None:
        return Section("forecast", said.forecast_none, said.forecast_counted, head, (), live=True)
    rows = (
        (
            said.forecast_alerts,
            words.number(found.alerts, language),
            words.between(found.between, language, scale=1),
        ),
        (
            said.forecast_hours,
            words.number(found.hours, language),
            words.between(found.hours_between, language, scale=1),
        ),
    )
    heading = said.forecast_heading.format(
        alerts=words.number(found.alerts, language), hours=words.number(found.hours, language)
    )
    return Section("forecast", heading, said.forecast_counted, head, rows, live=True)


# --- how complete ---------------------------------------------------------------------------------


def completeness(facts: Facts) -> Section:
    """Of how many of the surveys' patients what they are divided by is on record."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    due, gaps = count(facts.now, "due"), 0
    rows: list[tuple[str, ...]] = []
    for dimension in DIVIDED:
        known = sum(each.whole or 0 for value, each in facts.groups[dimension].items() if value)
        gaps += known < due
        name = getattr(said, f"by_{dimension}")
        rows.append(
            (
                str(name),
                words.of(known, due, language),
                words.percent(known, due),
                words.interval_of(known, due, language),
            )
        )
    rows.append(_rate(facts.now, "baseline_completed", language))
    heading = said.complete_heading.format(gaps=gaps) if gaps else said.complete_all
    if not due:
        heading = said.complete_none
    return Section("completeness", heading, said.complete_counted, _head(said), tuple(rows))


def definitions(facts: Facts, shown: frozenset[str]) -> Section:
    """What each measure of this report means."""
    language, said = facts.wanted.language, words.section(facts.wanted.language)
    head = (said.col_measure, said.col_numerator, said.col_denominator)
    return Section(
        "definitions",
        said.definitions_heading,
        said.definitions_counted,
        head,
        tuple(_defined(shown, language)),
        closed=True,
        live=True,  # words, and no figures
    )


def _defined(shown: frozenset[str], language: str) -> Iterator[tuple[str, ...]]:
    for measure in MEASURES:
        if measure.id in shown:
            said = measure_words.words(measure.id, language)
            whole = said.denominator if measure.kind is Kind.RATE else ""
            yield (said.title, said.numerator, whole or words.NONE)


SHOWN = frozenset(
    {
        *("eligible", "due", "opened", "pressing", "alerting", "acted", "no_action", "repeats"),
        *("acknowledge_time", "close_time", "acknowledge_time_p90", "close_time_p90", "nobody"),
        *(*_OF_PATIENTS, *_OF_SURVEYS, *_BUCKETS, *(lost for lost, _ in _LOSSES)),
        *(measure for measure, _ in COMPARED),
    }
)
