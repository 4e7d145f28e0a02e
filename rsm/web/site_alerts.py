"""Alert load and closing, in words and tables: how many, how fast by either clock, what came of it.

What is read, is read by `load`, `quick` and `kept_quiet`; all else is pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from rsm.alerts import suppressed
from rsm.alerts.model import QuietReason
from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import service
from rsm.metrics.decide import ACKNOWLEDGE_BOUNDS, CLOSE_BOUNDS, buckets, times
from rsm.metrics.durations import Waits, of_levels
from rsm.metrics.figures import Together
from rsm.metrics.model import PRESSING, Days, LevelFigures, Period
from rsm.metrics.model import Times as Measured
from rsm.web.site_reading import Read
from rsm.web.site_words import Words, percent
from rsm.web.staff_words import word
from rsm.web.views.site import Alerts, BucketRow, BucketTable, LevelCounts, Times

_STAGES = ("view", "acknowledge", "close")
_CLOCKS = ("", "_service")
# What is shown of each alert: the times of its stages, by the clock and by service hours.
TIMES = tuple(
    f"{stage}{clock}"
    for stage in _STAGES
    for clock in _CLOCKS
    if f"{stage}{clock}" != "view_service"
)
_OUTCOMES = ("acted", "no_action", "repeats", "unanswered")


@dataclass(frozen=True)
class Load:
    """Figures of a period's alerts: by level, by measure, and each time by level."""

    levels: tuple[LevelFigures, ...]
    now: Read
    waits: Mapping[str, Waits]

    @cached_property
    def halves(self) -> Mapping[tuple[str, bool], Measured]:
        """Each time of the urgent and emergency alerts (True), and of all others."""
        return {
            (name, graver): times(of_levels(waits, levels), _bounds(name))
            for name, waits in self.waits.items()
            for graver, levels in ((True, PRESSING), (False, set(Level) - PRESSING))
        }


def load(tx: Tx, site_id: UUID, days: Days, read: Together) -> Load:
    """All that the section shows of one of the periods."""
    waits = read.took(days, TIMES)
    levels = service.levels(tx, site_id, read.alerts(days), waits)
    return Load(levels, Read(read.of(days)), waits)


def quick(days: Days, read: Together) -> tuple[int, int]:
    """Urgent alerts of these days that were closed within 48 hours, of all of them."""
    pressing = of_levels(read.took(days, ("close",))["close"], PRESSING)
    first, *others = buckets(pressing, CLOSE_BOUNDS)
    return first, first + sum(others)


def kept_quiet(tx: Tx, site_id: UUID, period: Period, language: str) -> tuple[tuple[str, int], ...]:
    """Findings that nobody was told anew, by reason; test patients are left out."""
    found = suppressed.of_site(tx, site_id, period.since, period.until)
    counts = Counter(one.reason for one in found if not one.is_test)
    reasons = [reason for reason in QuietReason if counts[reason]]
    return tuple((word("quiet", f"week_{reason}", language), counts[reason]) for reason in reasons)


def panel(load: Load, words: Words, kept_quiet: tuple[tuple[str, int], ...] | None) -> Alerts:
    """The whole section."""
    return Alerts(
        caption=_caption(load, words),
        levels=tuple(
            LevelCounts(one.level, one.opened, one.acknowledged, one.closed, one.open_now)
            for one in load.levels
        ),
        outcomes=_outcomes(load, words),
        kept_quiet=kept_quiet,
        times=_times(load, words),
        buckets=tuple(_buckets(load, words)),
    )


def _caption(load: Load, words: Words) -> str:
    count = sum(level.open_now for level in load.levels if level.level in PRESSING)
    return words.counted("open_urgent", count) if count else words("open_none")


def _outcomes(load: Load, words: Words) -> tuple[str, ...]:
    if not sum(level.opened for level in load.levels):
        return (words("alerts_none"),)
    rates = {measure: load.now.rate(measure) for measure in _OUTCOMES}
    return tuple(
        words(f"outcome_{measure}", share=percent(part, whole), part=part, whole=whole)
        for measure, (part, whole) in rates.items()
        if whole
    )


# --- medians ----------------------------------------------------------------------------------


def _times(load: Load, words: Words) -> Times:
    rows = []
    for name in load.waits:
        graver, others = load.halves[name, True], load.halves[name, False]
        rows.append((words(f"time_{name}"), *_both(graver, words), *_both(others, words)))
    head = (
        *("time_stage", "time_urgent_median", "time_urgent_p90"),
        *("time_other_median", "time_other_p90"),
    )
    notes = (gradient(load, words), words("time_note"))
    return Times(_times_heading(load, words), tuple(words(key) for key in head), tuple(rows), notes)


def _bounds(name: str) -> Sequence[timedelta]:
    return CLOSE_BOUNDS if name.startswith("close") else ACKNOWLEDGE_BOUNDS


def _both(measured: Measured, words: Words) -> tuple[str, str]:
    nobody = not sum(measured.buckets)
    return _span(measured.median, words, nobody), _span(measured.p90, words, nobody)


def _span(length: timedelta | None, words: Words, nobody: bool) -> str:
    if length is None:
        return "\N{EN DASH}" if nobody else words("time_not_over")
    return words.span(length)


def _times_heading(load: Load, words: Words) -> str:
    urgent = load.halves["acknowledge", True]
    if not sum(urgent.buckets):
        return words("ack_none")
    if urgent.median is None:
        return words("ack_waiting")
    return words("ack_median", span=words.span(urgent.median))


def gradient(load: Load, words: Words) -> str:
    """Whether the graver are closed first, in words."""
    graver, others = (load.halves["close", half].median for half in (True, False))
    if graver is None or others is None:
        return words("gradient_unknown")
    if graver < others:
        return words("gradient_good", span=words.span(others - graver))
    return words("gradient_bad" if graver > others else "gradient_same")


# --- buckets ----------------------------------------------------------------------------------


def _buckets(load: Load, words: Words) -> list[BucketTable]:
    return [
        _table(load, words, "acknowledge"),
        _table(load, words, "close"),
        _table(load, words, "close_service"),
    ]


def _table(load: Load, words: Words, name: str) -> BucketTable:
    bounds = ACKNOWLEDGE_BOUNDS if name == "acknowledge" else CLOSE_BOUNDS
    labels = "acknowledge" if name == "acknowledge" else "close"
    rows = tuple(
        BucketRow(level.level, buckets(load.waits[name][level.level], bounds))
        for level in load.levels
    )
    quick, opened = sum(row.counts[0] for row in rows), sum(row.total for row in rows)
    heading = words(f"bucket_{name}", part=quick, whole=opened) if opened else words("alerts_none")
    return BucketTable(
        name,
        heading,
        tuple(words(f"{labels}_{place}") for place in range(4)),
        rows,
        words("bucket_service" if name == "close_service" else "bucket_clock"),
    )
