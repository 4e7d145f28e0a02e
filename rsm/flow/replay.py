"""Before a pack goes live: what it would have raised on stored answers, beside what was raised.

Each report of a site and period is judged anew, in memory, with the history that was known then
(`rsm.flow.course`); nothing is written but to the audit trail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.alerts import checks, decide
from rsm.alerts.conditions import ImportantChange, NotReported, RedFlag, named_codes, parts
from rsm.alerts.model import InstrumentSpec, Judgement
from rsm.alerts.packs import parse_pack
from rsm.alerts.plan import is_for, plan_of
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.flow.course import Judging, judgings
from rsm.flow.facts import facts_of
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
Specs = Mapping[str, InstrumentSpec]  # by the content hash of the instrument


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
    specs = _specs(tx, site_id, period)
    fitting = [spec for spec in specs.values() if is_for(pack, spec)]
    if not fitting:
        _refuse(pack, specs)
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
    specs = _specs(tx, site_id, period)
    fitting = [spec for spec in specs.values() if is_for(pack, spec)]
    if not fitting:
        _refuse(pack, specs)
    terms = Terms(
        pack=pack.pin,
        period=period,
        zone=sites.get(tx, site_id).zone,
        minutes_per_alert=minutes,
        blind_rules=blind_rules(pack, fitting[0]),
        elsewhere=len(fitting) < len(specs),
    )
    found = figures(surveys(tx, site_id, pack, period, specs), terms)
    facts = {**pack.pin.document, "surveys": found.surveys}
    record(tx, "rules.replayed", Subject("site", site_id), site_id, **facts)
    return found


def surveys(
    tx: Tx, site_id: UUID, pack: RulePack, period: Period, specs: Specs | None = None
) -> Iterator[Survey]:
    """Every survey of the period: what it raised, and what the pack makes of it."""
    specs = specs or _specs(tx, site_id, period)
    items = _emergency_items(pack, specs)
    saved = {} if items == () else store.saved(tx, site_id, period, items)
    raised = store.raised(tx, site_id, period)
    for course in store.courses(tx, site_id, period, saved):
        would = retell(pack, specs, course)
        for survey, at in _counted(course).items():
            was = raised.get(survey)
            told = would.get(survey, NOTHING)
            if was is None:
                yield Survey(survey, at, replayed=told)
            else:
                yield Survey(survey, at, was.told, was.verdict, was.alert, told)


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


def retell(pack: RulePack, specs: Specs, course: Sequence[Version]) -> dict[UUID, Told]:
    """What the pack makes of one patient's reports, by survey; one that raises nothing is left
    out. `specs` holds the instrument of every report that counts."""
    tallies: dict[UUID, _Tally] = {}
    for judging in judgings(course):
        version = judging.version
        ask = decide.emergency_only if judging.drafted else decide.judge
        judgement = ask(pack, specs[version.instrument], facts_of(version, judging.history))
        if judgement.findings or judgement.review:
            tallies.setdefault(version.occurrence_id, _Tally()).add(judging, judgement)
    return {survey: tally.told for survey, tally in tallies.items()}


# --- the pack and the instruments --------------------------------------------------------------


def _specs(tx: Tx, site_id: UUID, period: Period) -> dict[str, InstrumentSpec]:
    """The instruments of the period, by content hash; `Invalid` when there was no report."""
    pins = store.instruments(tx, site_id, period)
    if not pins:
        zone = zone_named(sites.get(tx, site_id).zone)
        first = period.since.astimezone(zone).date()
        last = (period.until - timedelta(microseconds=1)).astimezone(zone).date()
        what = f"no report was answered from {first} to {last}"
        raise Invalid(Problem(_WHERE, what, "choose a period with reports"))
    return {pin.hash: spec_of(instruments.load(tx, pin)) for pin in pins}


def _refuse(pack: RulePack, specs: Specs) -> None:
    wanted = f"{pack.instrument.key} {pack.instrument.at_least} to {pack.instrument.below}"
    there = ", ".join(sorted({f"{spec.key} {spec.version}" for spec in specs.values()}))
    what = f"{pack.key} {pack.version} is for {wanted}, the reports of the period are of {there}"
    raise Invalid(Problem("pack", what, "choose a pack for this instrument"))


def _emergency_items(pack: RulePack, specs: Specs) -> tuple[str, ...] | None:
    """The items that decide emergencies, which are judged with each answer; None: all of them."""
    plans = [plan_of(pack, spec, _EMERGENCY) for spec in specs.values()]
    if any(plan.whole for plan in plans):
        return None
    return tuple({code for plan in plans for code, checks in plan.every.items() if checks})


def blind_rules(pack: RulePack, instrument: InstrumentSpec) -> tuple[str, ...]:
    """The rules that look at what is not stored with the answers, or not asked: free text,
    numbers, scores, windows without a report, facts of the patient."""
    items = {item.code for item in instrument.items}
    return tuple(rule.id for rule in pack.rules if _is_blind(rule, items))


def _is_blind(rule: Rule, items: set[str]) -> bool:
    if rule.scores or rule.numbers:
        return True
    if any(isinstance(leaf, RedFlag | NotReported | ImportantChange) for leaf in parts(rule.when)):
        return True
    if any(code not in items for code in named_codes(rule.when)):
        return True
    group = rule.subgroup
    return group is not None and bool(
        group.regimens or group.days_since_treatment or group.days_since_cycle or group.age
    )
