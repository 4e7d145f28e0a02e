"""Surveys replayed → figures: load, what is gained and lost, estimated sensitivity. Pure.

Sources of the methods: Wilson's interval (`statistics.intervals`). The sensitivity is an estimate
against the nurses' own outcomes: alerts that led to action stand for the cases, so that
what no rule ever raised is not in it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rsm.alerts.model import QuietReason
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level, Pin
from rsm.metrics.model import Period
from rsm.metrics.replay_model import (
    Kept,
    Limit,
    Load,
    Lost,
    Replay,
    RuleCount,
    Share,
    Survey,
    Told,
    Verdict,
)
from rsm.metrics.statistics.intervals import wilson

# Nobody published how long an alert takes a nurse; each site should time its own.
MINUTES_PER_ALERT = 10.0
FEW = 30  # acted-upon alerts, under which the sensitivity says little
_LISTED = 50
_WEEK = timedelta(days=7)
_HOURS = 24


@dataclass(frozen=True)
class Terms:
    """What a replay is of: the pack, the period on the site's clock, minutes for each alert.

    `blind_rules` look at what was not asked, `as_today` at facts of the patient as they stand
    today; `elsewhere`: some surveys are of another instrument; `overridden`: what was raised, was
    by rules that were changed for some.
    """

    pack: Pin
    period: Period
    zone: str
    minutes_per_alert: float = MINUTES_PER_ALERT
    blind_rules: tuple[str, ...] = ()
    as_today: tuple[str, ...] = ()
    elsewhere: bool = False
    overridden: bool = False


def share(part: int, whole: int) -> Share:
    """The share with its interval."""
    around = wilson(part, whole)
    return Share(part, whole, around.low, around.high)


def figures(surveys: Iterable[Survey], terms: Terms) -> Replay:
    """Everything that is shown of a replay."""
    found = list(surveys)
    both = [one for one in found if one.raised.level and one.replayed.level]
    raised = [one for one in found if one.raised.level]
    acted = [one for one in raised if one.verdict is Verdict.ACTED]
    kept_acted = sum(one.replayed.level is not None for one in acted)
    return Replay(
        pack=terms.pack,
        period=terms.period,
        minutes_per_alert=terms.minutes_per_alert,
        surveys=len(found),
        raised=_load([one.raised for one in found], terms),
        replayed=_load([one.replayed for one in found], terms),
        kept=len(both),
        gained=sum(one.replayed.level is not None for one in found) - len(both),
        lost=len(raised) - len(both),
        higher=sum(_rank(one.replayed) > _rank(one.raised) for one in both),
        lower=sum(_rank(one.replayed) < _rank(one.raised) for one in both),
        verdicts=_verdicts(raised),
        sensitivity=share(kept_acted, len(acted)),
        rules=_rules(found),
        lost_acted=_lost(acted),
        in_doubt=sum(one.replayed.in_doubt for one in found),
        limits=tuple(_limits(raised, len(acted), terms)),
        blind_rules=terms.blind_rules,
        as_today=terms.as_today,
        opened=sum(one.opened for one in found),
        held={why: sum(why in one.held for one in found) for why in QuietReason},
    )


def _rank(told: Told) -> int:
    return -1 if told.level is None else told.level.rank


# --- load ------------------------------------------------------------------------------------


def _load(told: Sequence[Told], terms: Terms) -> Load:
    alerting = [one for one in told if one.level is not None]
    alerts = sum(one.alerts for one in alerting)
    per_week = alerts / weeks_of(terms.period)
    hours, weeks = _times(alerting, terms)
    levels = Counter(one.level for one in alerting)
    return Load(
        alerts=alerts,
        surveys=share(len(alerting), len(told)),
        per_week=per_week,
        per_100=100 * alerts / len(told) if told else 0.0,
        hours_per_week=per_week * terms.minutes_per_alert / 60,
        levels={level: levels.get(level, 0) for level in Level},
        hours=hours,
        weeks=weeks,
    )


def weeks_of(period: Period) -> float:
    """How many weeks long it is; at least one day."""
    return max((period.until - period.since) / _WEEK, 1 / 7)


def _times(told: Iterable[Told], terms: Terms) -> tuple[tuple[int, ...], dict[date, int]]:
    """By hour of the day and by week; weeks without an alert are there too."""
    local = _clock(terms.zone)
    weeks = dict.fromkeys(_mondays(terms.period, local), 0)
    hours = [0] * _HOURS
    for one in told:
        if one.at is not None:
            wall = local(one.at)
            hours[wall.hour] += one.alerts
            monday = _monday(wall.date())
            weeks[monday] = weeks.get(monday, 0) + one.alerts
    return tuple(hours), dict(sorted(weeks.items()))


def _clock(zone: str) -> Callable[[datetime], datetime]:
    place = zone_named(zone)
    return lambda instant: local_of(instant, place)


def _mondays(period: Period, local: Callable[[datetime], datetime]) -> Iterable[date]:
    monday = _monday(local(period.since).date())
    last = local(period.until - timedelta(microseconds=1)).date()
    while monday <= last:
        yield monday
        monday += _WEEK


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# --- gained, lost, and what the nurses made of them ------------------------------------------


def _verdicts(raised: Sequence[Survey]) -> tuple[Kept, ...]:
    rows = []
    for verdict in Verdict:
        same = [one for one in raised if one.verdict is verdict]
        kept = sum(one.replayed.level is not None for one in same)
        rows.append(Kept(verdict, len(same), kept))
    return tuple(rows)


def _rules(surveys: Iterable[Survey]) -> tuple[RuleCount, ...]:
    """The rule that fires most under the pack comes first."""
    was: Counter[str] = Counter()
    would: Counter[str] = Counter()
    for one in surveys:
        was.update(one.raised.rules)
        would.update(one.replayed.rules)
    counts = [RuleCount(rule, was[rule], would[rule]) for rule in was.keys() | would.keys()]
    return tuple(sorted(counts, key=lambda one: (-one.replayed, -one.raised, one.rule)))


def _lost(acted: Iterable[Survey]) -> tuple[Lost, ...]:
    """The worst first, then the latest; the first so many."""
    lost = [
        Lost(*one.alert, one.raised.level, one.raised.at or one.at, tuple(sorted(one.raised.rules)))
        for one in acted
        if one.alert and one.raised.level is not None and one.replayed.level is None
    ]
    lost.sort(key=lambda one: one.opened_at, reverse=True)
    return tuple(sorted(lost, key=lambda one: -one.level.rank)[:_LISTED])


def _limits(raised: Sequence[Survey], acted: int, terms: Terms) -> Iterable[Limit]:
    yield from (Limit.GAINED, Limit.NEVER_RAISED, Limit.BEHAVIOUR, Limit.QUIET)
    if acted < FEW:
        yield Limit.FEW
    if any(one.verdict is Verdict.NONE for one in raised):
        yield Limit.OPEN
    if terms.blind_rules:
        yield Limit.BLIND_RULES
    if terms.as_today:
        yield Limit.AS_TODAY
    if terms.overridden:
        yield Limit.OVERRIDES
    if terms.elsewhere:
        yield Limit.OTHER_INSTRUMENT


# --- as JSON ---------------------------------------------------------------------------------


def document(found: Replay) -> dict[str, object]:
    """The replay as `rsm rules replay --json` prints it; shares with their interval."""
    return {
        "pack": found.pack.document,
        "from": found.period.since.isoformat(),
        "until": found.period.until.isoformat(),
        "minutes_per_alert": found.minutes_per_alert,
        "surveys": found.surveys,
        "raised": _load_document(found.raised),
        "replayed": _load_document(found.replayed),
        "kept": found.kept,
        "gained": found.gained,
        "lost": found.lost,
        "higher": found.higher,
        "lower": found.lower,
        "outcomes": {
            row.verdict: {"raised": row.raised, "kept": row.kept} for row in found.verdicts
        },
        "sensitivity": _share_document(found.sensitivity),
        "rules": {
            one.rule: {"raised": one.raised, "replayed": one.replayed} for one in found.rules
        },
        "lost_acted": [
            {
                "alert": str(one.alert_id),
                "code": one.code,
                "level": one.level,
                "opened_at": one.opened_at.isoformat(),
                "rules": list(one.rules),
            }
            for one in found.lost_acted
        ],
        "in_doubt": found.in_doubt,
        "alerts_opened": found.opened,
        "held_back": {why.value: count for why, count in found.held.items()},
        "blind_rules": list(found.blind_rules),
        "rules_as_today": list(found.as_today),
    }


def _load_document(load: Load) -> dict[str, object]:
    return {
        "alerts": load.alerts,
        "surveys_with_alert": _share_document(load.surveys),
        "per_week": round(load.per_week, 3),
        "per_100_surveys": round(load.per_100, 3),
        "nurse_hours_per_week": round(load.hours_per_week, 3),
        "levels": {level.value: count for level, count in load.levels.items()},
        "hours_of_day": list(load.hours),
        "weeks": {monday.isoformat(): count for monday, count in load.weeks.items()},
    }


def _share_document(one: Share) -> dict[str, object]:
    value = None if one.value is None else round(one.value, 4)
    interval_of = [round(one.low, 4), round(one.high, 4)]
    return {"part": one.part, "whole": one.whole, "share": value, "interval_95": interval_of}
