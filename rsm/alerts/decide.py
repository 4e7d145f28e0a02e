"""What the rules of a pack say of one survey: `judge`. Pure.

How reports are read stands in `sheet`, how conditions are decided in `evaluate`, what a pack is
made into beforehand in `plan`, how a finding is said in `reasons`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rsm.alerts.conditions import Symptoms, named_codes, parts
from rsm.alerts.model import (
    Facts,
    Finding,
    InstrumentSpec,
    Judgement,
    ReviewKind,
    ReviewReason,
)
from rsm.alerts.plan import EVERY_LEVEL, Check, Plan, plan_of
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.sheet import Sheet
from rsm.kernel.answers import value_of
from rsm.kernel.words import Level, Reporter


def judge(
    pack: RulePack,
    instrument: InstrumentSpec,
    facts: Facts,
    levels: frozenset[Level] = EVERY_LEVEL,
    pending: Collection[str] = (),
) -> Judgement:
    """The findings of one survey, grouped by symptom, and every reason for a person to look.

    A rule that fails, and a gap, is a reason for review; the other rules are still applied (P6,
    P15). The order of items and rules is irrelevant. `pending` are items and scores of a survey
    that is still being answered: what they are not yet is not missing, so a rule that cannot be
    decided without them waits, whatever its `if_missing` says.
    """
    plan = plan_of(pack, instrument, levels)
    tables = plan.tables
    bench = _Bench(plan, Sheet(facts), frozenset(pending))
    for code, answer in facts.now.items():
        table = tables.get(code)
        checks = None if table is None else table.get(answer.value)
        if checks:
            bench.apply(checks, code, answer.value)
        elif checks is None:
            bench.odd(code, answer.value)
    bench.apply_rest()
    bench.look_for_gaps()
    return _grouped(bench.findings, bench.review)


def advice_for(pack: RulePack, level: Level, language: str) -> str | None:
    """What the patient reads for this level, with its placeholders, or None.

    In the patient's language if somebody reviewed it, else in any reviewed one (English first).
    """
    tongue = _reviewed({key: advice.reviewed_by for key, advice in pack.advice.items()}, language)
    return pack.advice[tongue].text(level) if tongue else None


def crisis_text(pack: RulePack, judgement: Judgement, language: str) -> str | None:
    """The crisis line that stands above all else on the screen, when a crisis rule was met."""
    return crisis_for(pack, {finding.rule for finding in judgement.findings}, language)


def crisis_for(pack: RulePack, rules: Collection[str], language: str) -> str | None:
    """The same, of the rules that were met."""
    if not any(rule.crisis for rule in pack.rules if rule.id in rules):
        return None
    tongue = _reviewed({key: each.reviewed_by for key, each in pack.crisis.items()}, language)
    return pack.crisis[tongue].text if tongue else None


def _reviewed(reviewers: dict[str, str], language: str) -> str | None:
    read = [tongue for tongue, reviewer in reviewers.items() if reviewer]
    ranked = sorted(read, key=lambda tongue: (tongue != language, tongue != "en", tongue))
    return ranked[0] if ranked else None


@dataclass(frozen=True)
class AlertGroup:
    """The findings of one alert. `own` names the rule that has an alert of its own."""

    own: str | None
    level: Level
    findings: tuple[Finding, ...]


def alert_groups(findings: Sequence[Finding]) -> list[AlertGroup]:
    """One alert for the survey, and one more for each rule that must not be grouped (PHQ-9's
    item on suicide); the highest level first."""
    groups: dict[str | None, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule if finding.own_alert else None, []).append(finding)
    made = [
        AlertGroup(own, max(same, key=lambda f: f.level.rank).level, tuple(same))
        for own, same in groups.items()
    ]
    return sorted(made, key=lambda group: (-group.level.rank, group.own is None))


# --- applying rules ------------------------------------------------------------------------


class _Bench:
    """Where one survey is judged: what was found so far, and why a person must look."""

    __slots__ = ("findings", "pending", "plan", "review", "sheet")

    def __init__(self, plan: Plan, sheet: Sheet, pending: frozenset[str] = frozenset()) -> None:
        self.plan, self.sheet, self.pending = plan, sheet, pending
        self.findings: list[Finding] = []
        self.review: list[ReviewReason] = list(plan.gaps)

    def apply(self, checks: Sequence[Check], code: str, value: float | None) -> None:
        """Every check of one item, score or number."""
        for check in checks:
            rule = check.rule
            try:
                if value is None:
                    if rule.if_missing != "false" and code not in self.pending:
                        self._undecided(check, code)
                    continue
                verdict = True if check.test is None else check.test(self.sheet, code, value)
                if verdict is None and self._waits(rule, code):
                    continue
                if verdict or (verdict is None and rule.if_missing == "true"):
                    found = self.plan.narrator.of_value(rule, code, value, self.sheet)
                    self.findings.append(found)
                elif verdict is None and rule.if_missing == "review":
                    self._undecided(check, code)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, a person looks
                self._failed(check, error)

    def odd(self, code: str, value: int | None) -> None:
        """A value off its scale, which the rules see all the same (P15), or one not asked."""
        if code in self.plan.tables:
            self._off_scale(code, "current", value)
            self.apply(self.plan.every[code], code, value)
        elif value is not None:
            what = "has a value, but the instrument does not ask it"
            self.review.append(ReviewReason(ReviewKind.UNKNOWN_ITEM, code, what))

    def apply_rest(self) -> None:
        """What no answer calls for: missing ones, scores, numbers, the report as a whole."""
        plan, now = self.plan, self.sheet.facts.now
        for code in plan.if_absent:
            if code not in now:
                self.apply(plan.tables[code][None], code, None)
        for code, checks in plan.loose:
            if checks:
                self.apply(checks, code, self.sheet.now(code))
        for check in plan.whole:
            self._apply_whole(check)

    def _apply_whole(self, check: Check) -> None:
        """A rule about the report as a whole."""
        rule = check.rule
        try:
            verdict = check.test is None or check.test(self.sheet, "", 0)
            if verdict is None and self._waits(rule):
                return
            if verdict or (verdict is None and rule.if_missing == "true"):
                self.findings.append(self.plan.narrator.of_whole(rule, self.sheet))
            elif verdict is None and rule.if_missing == "review":
                self._undecided(check, rule.about or rule.id)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, a person looks
            self._failed(check, error)

    def _waits(self, rule: Rule, code: str = "") -> bool:
        """Whether the rule looks at something that is still to be answered."""
        if not self.pending:
            return False
        if any(isinstance(leaf, Symptoms) for leaf in parts(rule.when)):
            return True
        return not self.pending.isdisjoint((code, *named_codes(rule.when)))

    def _undecided(self, check: Check, where: str) -> None:
        """A rule cannot fire on a value that nobody gave: a person looks instead."""
        what = f"rule {check.rule.id} could not be decided: something that it needs is missing"
        self.review.append(ReviewReason(ReviewKind.MISSING, where, what))

    def _failed(self, check: Check, error: Exception) -> None:
        self.review.append(ReviewReason(ReviewKind.ERROR, check.rule.id, type(error).__name__))

    # --- gaps --------------------------------------------------------------------------------

    def look_for_gaps(self) -> None:
        """What was asked wrongly, cannot be believed, or could have hidden a rise."""
        facts = self.sheet.facts
        if facts.numbers or facts.scores:
            self._loose_spans()
        if facts.reporter is Reporter.PROXY:
            self._asked_of_proxy()
        for code, when, value in self.sheet.seen:
            self._off_scale(code, when, value)

    def _loose_spans(self) -> None:
        facts = self.sheet.facts
        for code, value in (*facts.numbers.items(), *facts.scores.items()):
            if code in self.plan.spans:
                self._off_scale(code, "current", value)
            elif code in facts.numbers:
                what = "has a value, but the instrument does not ask it"
                self.review.append(ReviewReason(ReviewKind.UNKNOWN_ITEM, code, what))

    def _asked_of_proxy(self) -> None:
        for code in self.plan.crisis_codes:
            if value_of(self.sheet.facts.now, code) is not None:
                what = "was answered by a relative, of whom it must never be asked"
                self.review.append(ReviewReason(ReviewKind.ASKED_WRONGLY, code, what))

    def _off_scale(self, code: str, when: str, value: float | None) -> None:
        low, high = self.plan.spans.get(code, (float("-inf"), None))
        if value is None or (low <= value and (high is None or value <= high)):
            return
        scale = f"{low:g} and up" if high is None else f"{low:g} to {high:g}"
        what = f"the {when} value {value:g} is off the scale, {scale}"
        self.review.append(ReviewReason(ReviewKind.OFF_SCALE, code, what))


def _grouped(findings: Sequence[Finding], review: Sequence[ReviewReason]) -> Judgement:
    """For each symptom its findings of the highest level; the lesser ones are covered by them."""
    if not findings and not review:
        return _NOTHING
    highest: dict[str, int] = {}
    for finding in findings:
        highest[finding.symptom] = max(highest.get(finding.symptom, 0), finding.level.rank)
    ordered = sorted(findings, key=lambda f: (-f.level.rank, f.symptom, f.item, f.rule))
    kept = tuple(f for f in ordered if f.level.rank == highest[f.symptom])
    return Judgement(
        findings=kept,
        covered=tuple(f for f in ordered if f.level.rank < highest[f.symptom]),
        level=kept[0].level if kept else None,
        review=tuple(sorted(set(review), key=lambda r: (r.kind, r.where, r.what))),
    )


_NOTHING = Judgement()
