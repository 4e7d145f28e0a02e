"""The worked cases of a pack: facts made from them, and whether they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, InstrumentSpec, Judgement, Report
from rsm.alerts.packs import answers_of
from rsm.alerts.schema import Case, CaseReport, RulePack
from rsm.kernel.words import Level

# A case says "days ago", so that any instant will do.
_CASES_AT = datetime(2026, 10, 19, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class CaseResult:
    """What a case expects and what the rules gave: triples (rule, symptom, level), and reviews."""

    name: str
    expected: tuple[str, ...]
    given: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.expected == self.given


def facts_of(case: Case) -> Facts:
    history = tuple(_report(report) for report in case.history)
    baseline = None if case.baseline is None else answers_of(case.baseline)
    return Facts(answers_of(case.now), _CASES_AT, history, case.reporter, baseline)


def run_case(pack: RulePack, instrument: InstrumentSpec, case: Case) -> CaseResult:
    judgement = judge(pack, instrument, facts_of(case))
    expected = {_raised(e.rule, e.symptom, e.level) for e in case.expect}
    reviews = {f"review: {kind}" for kind in case.review}
    return CaseResult(case.name, tuple(sorted(expected | reviews)), _given(judgement))


def run_cases(pack: RulePack, instrument: InstrumentSpec) -> list[CaseResult]:
    return [run_case(pack, instrument, case) for case in pack.cases]


def never_triggered(pack: RulePack, instrument: InstrumentSpec) -> Sequence[int]:
    """The places of the rules that no case triggers: nobody has looked at what they do."""
    seen: set[str] = set()
    for case in pack.cases:
        seen |= {finding.rule for finding in judge(pack, instrument, facts_of(case)).findings}
    return [place for place, rule in enumerate(pack.rules) if rule.id not in seen]


def _report(report: CaseReport) -> Report:
    at = _CASES_AT - timedelta(days=report.days_ago)
    return Report(at, answers_of(report.answers), report.reporter)


def _given(judgement: Judgement) -> tuple[str, ...]:
    findings = {_raised(f.rule, f.symptom, f.level) for f in judgement.findings}
    return tuple(sorted(findings | {f"review: {reason.kind}" for reason in judgement.review}))


def _raised(rule: str, symptom: str, level: Level) -> str:
    return f"{rule} for {symptom}, {level}"
