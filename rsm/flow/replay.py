"""Before a pack goes live: what it would have raised on stored answers, beside what was raised.

Each report of a site and period is judged anew, in memory, with the history that was known then
(`rsm.flow.course`); nothing is written but to the audit trail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.alerts import checks, decide
from rsm.alerts.conditions import named_codes
from rsm.alerts.model import InstrumentSpec, Judgement
from rsm.alerts.packs import parse_pack
from rsm.alerts.plan import EVERY_LEVEL, is_for, plan_of, unknown_targets
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.flow.course import Judging, judgings
from rsm.flow.stored import Asked, Shelf, asked, shelf
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Level
from rsm.metrics import replay_store as store
from rsm.metrics.model import Period
from rsm.metrics.replay_figures import MINUTES_PER_ALERT, Terms, figures
from rsm.metrics.replay_model import NOTHING, FindingKey, Replay, Survey, Told, Version
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

_EMERGENCY = frozenset({Level.EMERGENCY})
_WHERE = "period"


def period_of(first: date, last: date, zone: str) -> Period:
    """From the beginning of the first day to the end of the last, on the site's clock."""
    if last < first:
        raise Invalid(Problem(_WHERE, f"{last} is before {first}", "from the earlier to the later"))
    place = zone_named(zone)
    begin, end = (datetime.combine(day, time()) for day in (first, last + timedelta(days=1)))
    return Period(start_instant(begin, place), start_instant(end, place))


def read_for(tx: Tx, site_id: UUID, period: Period, text: str, name: str) -> RulePack:
    """A pack from its TOML, fit for the reports of the period. Raises `Invalid` with file, line
    and mend for what is wrong with it, and when the period is empty."""
    pack, source = parse_pack(text, name)
    fitting = _fitting(tx, site_id, pack, period)
    newest = max(fitting, key=lambda spec: tuple(int(part) for part in spec.version.split(".")))
    if problems := checks.check(pack, newest, source):
        raise Invalid(problems)
    return pack


def replay(
    tx: Tx, site_id: UUID, pack: RulePack, period: Period, minutes: float = MINUTES_PER_ALERT
) -> Replay:
    """What the pack would have raised, beside what was raised. The transaction sees the site.

    Audited. Raises `Invalid` for a period without a report, and for a pack that fits none of them.
    """
    if not 0 < minutes <= 24 * 60:
        raise Invalid(Problem("minutes-per-alert", f"{minutes:g} cannot be", "such as 10"))
    fitting = _fitting(tx, site_id, pack, period)
    terms = Terms(
        pack=pack.pin,
        period=period,
        zone=sites.get(tx, site_id).zone,
        minutes_per_alert=minutes,
        blind_rules=blind_rules(pack, fitting),
        as_today=rules_on_people(pack),
        elsewhere=len(fitting) < sum(store.instruments(tx, site_id, period).values()),
        overridden=store.overridden(tx, site_id, period),
    )
    found = figures(surveys(tx, site_id, pack, period), terms)
    facts = {**pack.pin.document, "surveys": found.surveys}
    record(tx, "rules.replayed", Subject("site", site_id), site_id, **facts)
    return found


def surveys(tx: Tx, site_id: UUID, pack: RulePack, period: Period) -> Iterator[Survey]:
    """Every survey of the period: what it raised, and what the pack makes of it."""
    pins = store.instruments(tx, site_id, period)
    every = {pin.hash: asked(pack, instruments.load(tx, pin)) for pin in pins}
    within = [every[pin.hash] for pin, is_within in pins.items() if is_within]
    items = _emergency_items(pack, within)
    saved = {} if items == () else store.saved(tx, site_id, period, items)
    raised = store.raised(tx, site_id, period)
    for courses in store.courses(tx, site_id, period, saved):
        beside = shelf(tx, site_id, period, every, courses)
        for course in courses:
            would = retell(pack, beside, course)
            for survey, at in _counted(course).items():
                was = raised.get(survey)
                told = would.get(survey, NOTHING)
                if was is None:
                    yield Survey(survey, at, replayed=told)
                else:
                    told_then = (was.told, was.verdict, was.alert)
                    yield Survey(survey, at, *told_then, told, was.held, was.opened)


def _counted(course: Sequence[Version]) -> dict[UUID, datetime]:
    """The surveys of the period, and when they were answered."""
    return {one.occurrence_id: one.at for one in course if one.counted}


# --- one patient -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What judging one survey came to, one time after the other: a level never falls."""

    level: Level | None = None
    at: datetime | None = None
    alerts: set[str | None] = field(default_factory=set)
    findings: dict[FindingKey, Level] = field(default_factory=dict)
    in_doubt: bool = False

    def add(self, judging: Judging, judgement: Judgement) -> None:
        self.in_doubt = self.in_doubt or (bool(judgement.review) and not judging.drafted)
        if judgement.level is None:
            return
        if self.level is None or judgement.level.rank > self.level.rank:
            self.level = judgement.level
        self.at = self.at or judging.at
        self.alerts |= {each.own for each in decide.alert_groups(judgement.findings)}
        for found in (*judgement.findings, *judgement.covered):
            self.findings.setdefault((judging.version.id, found.rule, found.item), found.level)

    @property
    def told(self) -> Told:
        return Told(self.level, len(self.alerts), self.at, self.findings, self.in_doubt)


def retell(pack: RulePack, beside: Shelf, course: Sequence[Version]) -> dict[UUID, Told]:
    """What the pack makes of one patient's reports, by survey; one that raises nothing is left
    out."""
    tallies: dict[UUID, _Tally] = {}
    for each in judgings(course, beside.report):
        judging, pending = beside.so_far(each)
        version = judging.version
        facts, spec = beside.facts(judging, pending), beside.asked[version.instrument].spec
        levels = _EMERGENCY if judging.drafted else EVERY_LEVEL
        judgement = decide.judge(pack, spec, facts, levels, pending)
        if judgement.findings or judgement.review:
            tallies.setdefault(version.occurrence_id, _Tally()).add(judging, judgement)
    return {survey: tally.told for survey, tally in tallies.items()}


# --- the pack and the instruments --------------------------------------------------------------


def _fitting(tx: Tx, site_id: UUID, pack: RulePack, period: Period) -> list[InstrumentSpec]:
    """The instruments of the period that the pack is for; `Invalid` when there is none."""
    pins = [pin for pin, within in store.instruments(tx, site_id, period).items() if within]
    if not pins:
        raise Invalid(_no_report(sites.get(tx, site_id).zone, period))
    specs = [spec_of(instruments.load(tx, pin)) for pin in pins]
    fitting = [spec for spec in specs if is_for(pack, spec)]
    if not fitting:
        wanted = f"{pack.instrument.key} {pack.instrument.at_least} to {pack.instrument.below}"
        there = ", ".join(sorted({f"{spec.key} {spec.version}" for spec in specs}))
        what = (
            f"{pack.key} {pack.version} is for {wanted}, the reports of the period are of {there}"
        )
        raise Invalid(Problem("pack", what, "choose a pack for this instrument"))
    return fitting


def _no_report(zone: str, period: Period) -> Problem:
    place = zone_named(zone)
    first = period.since.astimezone(place).date()
    last = (period.until - timedelta(microseconds=1)).astimezone(place).date()
    what = f"no report was answered from {first} to {last}"
    return Problem(_WHERE, what, "choose a period with reports")


def _emergency_items(pack: RulePack, asked_in: Sequence[Asked]) -> tuple[str, ...] | None:
    """The items that decide emergencies, which are judged with each answer; None: all of them.

    One that is asked as another is saved as that one.
    """
    plans = [plan_of(pack, one.spec, _EMERGENCY) for one in asked_in]
    scores = {score.name for one in asked_in for score in one.spec.scores}
    found: set[str] = set()
    for plan in plans:
        looking = [*plan.every.items(), *plan.loose]
        found |= {code for code, checks in looking if checks}
        found |= {
            code
            for _, checks in looking
            for check in checks
            for code in named_codes(check.rule.when)
        }
    if any(plan.whole for plan in plans) or found & scores:
        return None
    items = [item for one in asked_in for item in one.instrument.items]
    return tuple(found | {item.same_as for item in items if item.same_as and item.code in found})


def blind_rules(pack: RulePack, instruments: Sequence[InstrumentSpec]) -> tuple[str, ...]:
    """The rules that look at what none of these instruments asks: a replay cannot know them."""
    return tuple(
        rule.id for rule in pack.rules if all(unknown_targets(rule, each) for each in instruments)
    )


def rules_on_people(pack: RulePack) -> tuple[str, ...]:
    """The rules that look at facts of the patient, which a replay takes as they stand today."""
    return tuple(rule.id for rule in pack.rules if _is_on_people(rule))


def _is_on_people(rule: Rule) -> bool:
    group = rule.subgroup
    return group is not None and bool(
        group.regimens or group.days_since_treatment or group.days_since_cycle
    )
