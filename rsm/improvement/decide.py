"""Pure: what the checklist before going live says, and what before and after can show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rsm.improvement.live_model import (
    Check,
    CheckKind,
    Checklist,
    Item,
    Known,
    Line,
    Training,
)
from rsm.improvement.model import Caution, Comparison, CycleStage, Entry, Share
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Channel
from rsm.metrics.model import Days
from rsm.metrics.statistics import limits
from rsm.metrics.statistics.control import FEWEST, Count, p_chart
from rsm.metrics.statistics.intervals import Interval, difference, wilson

# --- the checklist --------------------------------------------------------------------------------

TRIED_WITHIN = timedelta(days=30)  # a test that is older says little about today
PRACTISED_WITHIN = timedelta(days=90)


@dataclass(frozen=True)
class Readable:
    """Something that is read and signed as it stands: the hash of what it is now, and its name."""

    seen: str
    label: str


@dataclass(frozen=True)
class SiteFacts:
    """What the checklist looks at, as it stands now."""

    on_roster: Sequence[str]  # names of whoever is on duty within a week
    trainings: Sequence[Training]
    unready: Sequence[str]  # names of who is on duty soon and could not be told
    gap_hours: float
    problems: Sequence[str]  # rules, escalation and people that do not fit together
    read: Mapping[tuple[CheckKind, str], Readable]  # what is to be read, by kind and subject
    checks: Mapping[tuple[CheckKind, str], Check]  # what was read last
    offered: Sequence[Channel]
    tried: Collection[Channel]
    practised_on: date | None
    zone: str  # of the site's clock
    names: Mapping[object, str] = field(default_factory=dict)  # of whoever read


def checklist(facts: SiteFacts) -> Checklist:
    """Every line, each with what it rests on or what is missing."""
    return Checklist(
        (
            _trained(facts),
            _roster(facts),
            Item(Line.FIT, not facts.problems, tuple(facts.problems)),
            _read(facts, Line.THRESHOLDS, CheckKind.THRESHOLDS),
            _read(facts, Line.TEXTS, CheckKind.TEXTS),
            _read(facts, Line.SAFETY_CONTACT, CheckKind.SAFETY_CONTACT),
            _channels(facts),
            _exercise(facts),
        )
    )


def _trained(facts: SiteFacts) -> Item:
    trained = {one.name.casefold() for one in facts.trainings}
    missing = tuple(name for name in facts.on_roster if name.casefold() not in trained)
    known = tuple(Known(one.name, on=one.on) for one in facts.trainings)
    return Item(Line.TRAINED, bool(facts.trainings) and not missing, missing, known)


def _roster(facts: SiteFacts) -> Item:
    missing = [*facts.unready]
    if facts.gap_hours > 0:
        missing.append(f"{facts.gap_hours:.1f} h")
    holds = not missing and bool(facts.on_roster)
    return Item(Line.ROSTER, holds, tuple(missing), tuple(map(Known, facts.on_roster)))


def _read(facts: SiteFacts, line: Line, kind: CheckKind) -> Item:
    """It counts for exactly what was read: another version is to be read anew."""
    missing, known = [], []
    for (each, subject), now in facts.read.items():
        if each is not kind:
            continue
        check = facts.checks.get((kind, subject))
        if check is None or not is_read(check, now):
            missing.append(now.label)
        else:
            day = local_of(check.at, zone_named(facts.zone)).date()
            known.append(Known(now.label, facts.names.get(check.by, ""), day))
    return Item(line, not missing, tuple(missing), tuple(known))


def is_read(check: Check | None, now: Readable) -> bool:
    """Whether it was read exactly as it stands now."""
    return check is not None and check.seen == now.seen


def _channels(facts: SiteFacts) -> Item:
    missing = tuple(each.value for each in facts.offered if each not in facts.tried)
    known = tuple(Known(each.value) for each in facts.offered if each in facts.tried)
    return Item(Line.CHANNELS, bool(facts.offered) and not missing, missing, known)


def _exercise(facts: SiteFacts) -> Item:
    on = facts.practised_on
    return Item(Line.EXERCISE, on is not None, (), (Known(on=on),) if on else ())


# --- before and after -----------------------------------------------------------------------------

_FEW = 30  # of a side: an interval is wide, and one ward round may move it
_AROUND = 26  # weeks of the run chart whose signals are named


def windows(on: date, weeks: int) -> tuple[Days, Days]:
    """So many whole weeks before the day of a change, and as many from it on."""
    span = timedelta(weeks=weeks)
    day = timedelta(days=1)
    return Days(on - span, on - day), Days(on, on + span - day)


def around(on: date) -> Days:
    """The days whose run chart is looked at."""
    span = timedelta(weeks=_AROUND)
    return Days(on - span, on + span)


def compare(
    entry: Entry,
    measure: str,
    weeks: int,
    sides: tuple[tuple[int, int], tuple[int, int]],
    beside: "Beside",
) -> Comparison:
    """The measure before and after. `sides`: part and whole before, and after."""
    before, after = (Share(part, whole, wilson(part, whole)) for part, whole in sides)
    tells = before.value is not None and after.value is not None
    gap = (after.value or 0.0) - (before.value or 0.0)
    signals = _signals(beside.weekly)
    return Comparison(
        measure=measure,
        weeks=weeks,
        before=before,
        after=after,
        change=gap if tells else None,
        interval=difference(sides[1], sides[0]),
        cautions=tuple(_cautions(entry, weeks, (before, after), beside, signals)),
        others=tuple(beside.others),
        signals=signals,
    )


@dataclass(frozen=True)
class Beside:
    """What stands beside a comparison: the weeks around it, other changes, what day it is."""

    weekly: Mapping[date, tuple[int, int]]  # Monday → part and whole
    others: Sequence[Entry]
    today: date


def _signals(weekly: Mapping[date, tuple[int, int]]) -> dict[date, tuple[str, ...]]:
    """As the run chart on the site's page has them: none of too few weeks, and the same limits."""
    mondays = sorted(weekly)
    counts = [Count(*weekly[each]) for each in mondays]
    if sum(1 for each in counts if each.whole) < FEWEST:
        return {}
    points = p_chart(counts, limits.baseline(counts)).points
    return {
        monday: tuple(sorted(signal.value for signal in point.signals))
        for monday, point in zip(mondays, points, strict=True)
        if point.signals
    }


def _cautions(
    entry: Entry,
    weeks: int,
    sides: tuple[Share, Share],
    beside: Beside,
    signals: Mapping[date, tuple[str, ...]],
) -> list[Caution]:
    """Those that always hold first, then what this comparison suffers from besides."""
    found = [Caution.NO_CONTROL, Caution.SAME_PATIENTS, Caution.REGRESSION]
    if beside.others:
        found.append(Caution.OTHER_CHANGES)
    if any(side.whole == 0 for side in sides):
        found.append(Caution.NOTHING)
    elif any(side.whole < _FEW for side in sides):
        found.append(Caution.FEW)
    if beside.today <= windows(entry.on, weeks)[1].last:
        found.append(Caution.UNFINISHED)
    first = windows(entry.on, weeks)[0].first
    if any(first - timedelta(days=6) <= monday < entry.on for monday in signals):
        found.append(Caution.MOVING_BEFORE)
    return found


def no_difference(interval: Interval) -> bool:
    """Whether the interval leaves room for no difference at all."""
    return 0.0 in interval


# --- cycles ---------------------------------------------------------------------------------------

# What may follow: on in the circle, back to do once more, or over.
_NEXT: Mapping[CycleStage, frozenset[CycleStage]] = {
    CycleStage.PLAN: frozenset({CycleStage.PLAN, CycleStage.DO, CycleStage.ABANDONED}),
    CycleStage.DO: frozenset({CycleStage.DO, CycleStage.STUDY, CycleStage.ABANDONED}),
    CycleStage.STUDY: frozenset(
        {CycleStage.STUDY, CycleStage.DO, CycleStage.ACT, CycleStage.ABANDONED}
    ),
    CycleStage.ACT: frozenset(
        {CycleStage.ACT, CycleStage.ADOPTED, CycleStage.ADAPTED, CycleStage.ABANDONED}
    ),
}


def may_follow(now: CycleStage) -> frozenset[CycleStage]:
    """The stages that may follow; none when it is over."""
    return _NEXT.get(now, frozenset())


def needs_words(stage: CycleStage) -> bool:
    """What was learnt is written down before it goes on: from studying on."""
    return stage is CycleStage.STUDY or stage is CycleStage.ACT or stage.is_over
