"""The worked cases of a pack: facts made from them, and whether they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, Finding, InstrumentSpec, Judgement, Report, Subject
from rsm.alerts.packs import answers_of
from rsm.alerts.quiet import ExpectedLevel, Known, Suppressed, quieten, worst_grades
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import with_needs
from rsm.alerts.worked import Case, CaseReport
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
    return Facts(
        now=answers_of(case.now),
        at=_CASES_AT,
        history=tuple(_report(report) for report in case.history),
        reporter=case.reporter,
        baseline=None if case.baseline is None else answers_of(case.baseline),
        numbers=case.numbers,
        scores=case.scores,
        text=case.text,
        windows_missed=case.windows_missed,
        subject=Subject(**case.patient.model_dump()),
    )


def run_case(pack: RulePack, instrument: InstrumentSpec, case: Case) -> CaseResult:
    """One case, judged with everything that the pack can look at (`specs.with_needs`)."""
    judgement = judge(pack, with_needs(instrument, pack), facts_of(case))
    expected = {_raised(e.rule, e.symptom, e.level) for e in case.expect}
    expected |= {f"review: {kind}" for kind in case.review}
    expected |= {f"hushed ({e.why}): {e.rule} for {e.symptom}" for e in case.hushed}
    told, hushed = _told(pack, instrument, case, judgement)
    given = {_raised(f.rule, f.symptom, f.level) for f in told}
    given |= {f"review: {reason.kind}" for reason in judgement.review}
    given |= {f"hushed ({s.reason}): {s.finding.rule} for {s.finding.symptom}" for s in hushed}
    return CaseResult(case.name, tuple(sorted(expected)), tuple(sorted(given)))


def run_cases(pack: RulePack, instrument: InstrumentSpec) -> list[CaseResult]:
    return [run_case(pack, instrument, case) for case in pack.cases]


def never_triggered(pack: RulePack, instrument: InstrumentSpec) -> Sequence[int]:
    """The places of the rules that no case triggers: nobody has looked at what they do."""
    seen: set[str] = set()
    whole = with_needs(instrument, pack)
    for case in pack.cases:
        seen |= {finding.rule for finding in judge(pack, whole, facts_of(case)).findings}
    return [place for place, rule in enumerate(pack.rules) if rule.id not in seen]


def _told(
    pack: RulePack, instrument: InstrumentSpec, case: Case, judgement: Judgement
) -> tuple[Sequence[Finding], Sequence[Suppressed]]:
    """What is told and what is hushed; without expected levels in the case, all is told."""
    if not case.expected_levels and not case.hushed:
        return judgement.findings, ()
    levels = [
        ExpectedLevel(e.symptom, e.grade, _CASES_AT, _CASES_AT + timedelta(days=e.days_left))
        for e in case.expected_levels
    ]
    worst = worst_grades(instrument, facts_of(case))
    quieted = quieten(judgement, Known(expected=levels), worst, _CASES_AT, pack.quiet)
    return quieted.tell, quieted.suppressed


def _report(report: CaseReport) -> Report:
    at = _CASES_AT - timedelta(days=report.days_ago)
    answers = answers_of(report.answers)
    return Report(at, answers, report.reporter, report.numbers, report.scores)


def _raised(rule: str, symptom: str, level: Level) -> str:
    return f"{rule} for {symptom}, {level}"
