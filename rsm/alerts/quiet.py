"""Quiet on purpose: which findings are told to a nurse anew, and why the others are not. Pure.

No rule here may swallow a worse value (P15), no expected level touches an emergency or the red
set, and none mutes what the patient is told: that follows from `Judgement.level` alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts.model import Facts, Finding, InstrumentSpec, Judgement, QuietReason
from rsm.alerts.schema import Quiet
from rsm.alerts.states import Worse
from rsm.kernel.errors import Problem
from rsm.kernel.words import Level

SIMILAR_FOR = timedelta(days=14)  # similar alerts of so long are shown beside a new one


@dataclass(frozen=True)
class Standing:
    """A finding of an alert that is not closed. `value`: the highest that the alert has seen."""

    alert_id: UUID
    rule: str
    item: str
    level: Level
    value: float
    acknowledged: bool


@dataclass(frozen=True)
class ExpectedLevel:
    """A symptom that a nurse expects up to this grade, until then (UAB's snooze)."""

    symptom: str
    grade: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Suppressed:
    """A finding that is not told anew: to be stored with its reason, and counted."""

    finding: Finding
    reason: QuietReason
    until: datetime | None = None  # of an expected level


@dataclass(frozen=True)
class Repeat:
    """A finding that an open alert holds already: it is added there.

    `advance`: nobody has acknowledged, so that the escalation takes its next step at once; else
    the owner is told.
    """

    finding: Finding
    alert_id: UUID
    advance: bool


@dataclass(frozen=True)
class Quieted:
    """What becomes of the findings of one survey. Each is in `tell`, or in `suppressed`.

    Lesser findings of a symptom (`Judgement.covered`) go `along` where the symptom is told, are
    added with it to the alert that holds it, and else are looked at for themselves: they are told,
    or in `covered`. `level` is that of what is told (None: nothing is), `broken` are the symptoms
    whose expected level was passed: it ends. What the patient reads still follows from
    `Judgement.level`.
    """

    tell: tuple[Finding, ...] = ()
    along: tuple[Finding, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    digest: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    covered: tuple[Suppressed, ...] = ()
    broken: tuple[str, ...] = ()
    level: Level | None = None


@dataclass(frozen=True)
class Known:
    """What is known of the patient: alerts that stand, levels that are expected."""

    standing: Sequence[Standing] = ()
    expected: Sequence[ExpectedLevel] = ()


def quieten(
    judgement: Judgement,
    known: Known,
    worst: Mapping[str, float],
    at: datetime,
    rules: Quiet | None = None,
) -> Quieted:
    """Which findings are told, which only added, which wait; `worst` is `worst_grades` of the
    report, `at` the time of its answers, `rules` the pack's own bounds.

    1. A symptom within its expected level is not told, unless anything of it is worse.
    2. What an open alert holds at the same rule, item, level and value or a worse one is a
       repeat: added to it. Any worse value, and everything after it was closed, is told.
    3. With `digest`, findings for information wait for it, if nothing else is told.
    """
    rules = rules or Quiet()
    expected = _in_force(known.expected, rules, at)
    sieve = _Sieve(known.standing, expected, worst)
    suppressed = [each for each in judgement.findings if not sieve.takes(each)]
    told = {each.symptom for each in sieve.tell}
    along = [each for each in judgement.covered if each.symptom in told]
    lesser = [each for each in judgement.covered if each not in along]
    covered = [each for each in lesser if sieve.adds(each) or not sieve.takes(each)]
    return _with_digest(
        Quieted(
            tell=tuple(sieve.tell),
            along=tuple(along),
            repeats=tuple(sieve.repeats),
            suppressed=tuple(sieve.kept[each] for each in suppressed),
            covered=tuple(sieve.kept[each] for each in covered),
            broken=tuple(sorted(passed(expected.values(), worst))),
        ),
        rules,
    )


class _Sieve:
    """Lets through what must be told; holds the rest back, each with its reason."""

    def __init__(
        self,
        standing: Sequence[Standing],
        expected: Mapping[str, ExpectedLevel],
        worst: Mapping[str, float],
    ) -> None:
        self._standing, self._expected, self._worst = standing, expected, worst
        self.tell: list[Finding] = []
        self.repeats: list[Repeat] = []
        self.kept: dict[Finding, Suppressed] = {}

    def takes(self, finding: Finding) -> bool:
        """Whether it is told."""
        level = self._expected.get(finding.symptom)
        standing = _standing(finding, self._standing)
        if level is not None and _is_expected(finding, level, self._worst):
            self.kept[finding] = Suppressed(finding, QuietReason.EXPECTED, level.until)
        elif standing is not None:
            self._repeat(finding, standing.alert_id, advance=not standing.acknowledged)
        else:
            self.tell.append(finding)
        return finding not in self.kept

    def adds(self, finding: Finding) -> bool:
        """Whether its symptom is a repeat of an open alert: then it is added there as well."""
        for each in self.repeats:
            if each.finding.symptom == finding.symptom:
                self._repeat(finding, each.alert_id, advance=each.advance)
                return True
        return False

    def _repeat(self, finding: Finding, alert_id: UUID, *, advance: bool) -> None:
        self.repeats.append(Repeat(finding, alert_id, advance))
        self.kept[finding] = Suppressed(finding, QuietReason.ALREADY_OPEN)


def passed(levels: Iterable[ExpectedLevel], worst: Mapping[str, float]) -> set[str]:
    """The symptoms of which a report with these grades was worse than expected."""
    return {each.symptom for each in levels if worst.get(each.symptom, 0) > each.grade}


def _in_force(
    levels: Iterable[ExpectedLevel], rules: Quiet, at: datetime
) -> dict[str, ExpectedLevel]:
    """By symptom the lowest that holds: of two, the more careful one. A wrong one never holds."""
    found: dict[str, ExpectedLevel] = {}
    for level in levels:
        longest = level.since + timedelta(days=rules.expected_days)
        holds = level.since <= at < min(level.until, longest)
        if not holds or not 1 <= level.grade <= rules.expected_up_to:
            continue
        if level.symptom not in found or level.grade < found[level.symptom].grade:
            found[level.symptom] = level
    return found


def _is_expected(finding: Finding, level: ExpectedLevel, worst: Mapping[str, float]) -> bool:
    """Only grades can be expected, and only while nothing of the symptom is above them.

    Never a count, a number or words that are about the same symptom.
    """
    if finding.red or finding.own_alert or finding.level is Level.EMERGENCY:
        return False
    if finding.counted or finding.worse is not Worse.HIGHER:
        return False
    grade = worst.get(finding.symptom)
    return grade is not None and finding.current <= level.grade and grade <= level.grade


def is_worse(finding: Finding, level: Level, value: float) -> bool:
    """Whether it is worse than what was found before at that level and value (P15)."""
    if finding.level.rank > level.rank or finding.worse is Worse.UNKNOWN:
        return True
    return finding.current < value if finding.worse is Worse.LOWER else finding.current > value


def _standing(finding: Finding, standing: Sequence[Standing]) -> Standing | None:
    """The open finding that holds this one: same rule and item, as high a level, as bad a value."""
    for each in standing:
        same = (each.rule, each.item) == (finding.rule, finding.item)
        if same and not is_worse(finding, each.level, each.value):
            return each
    return None


def _with_digest(quieted: Quieted, rules: Quiet) -> Quieted:
    """What is told and its level; information alone waits for the digest."""
    level = max((f.level for f in quieted.tell), key=lambda level: level.rank, default=None)
    red = any(each.red for each in quieted.tell)
    if not rules.digest or level is not Level.INFO or red:
        return replace(quieted, level=level)
    waits = [Suppressed(each, QuietReason.DIGEST) for each in quieted.tell]
    lesser = [Suppressed(each, QuietReason.DIGEST) for each in quieted.along]
    return replace(
        quieted,
        tell=(),
        along=(),
        digest=quieted.tell,
        suppressed=(*quieted.suppressed, *waits),
        covered=(*quieted.covered, *lesser),
    )


def worst_grades(instrument: InstrumentSpec, facts: Facts) -> dict[str, float]:
    """The highest grade that each symptom has in this report; missing is left out (P7)."""
    found: dict[str, float] = {}
    for item in instrument.items:
        answer = facts.now.get(item.code)
        if item.is_graded and answer is not None and answer.value is not None:
            found[item.symptom] = max(found.get(item.symptom, 0), answer.value)
    return found


def expected_problems(
    level: ExpectedLevel, instrument: InstrumentSpec, rules: Quiet | None = None
) -> list[Problem]:
    """Why a nurse may not set this expected level; none means that she may."""
    rules = rules or Quiet()
    problems = []
    graded = {item.symptom for item in instrument.items if item.is_graded}
    if level.symptom not in graded:
        problems.append(Problem("symptom", f"no graded question asks about `{level.symptom}`"))
    if not 1 <= level.grade <= rules.expected_up_to:
        what = f"expected from 1 to {rules.expected_up_to}, got {level.grade}"
        problems.append(Problem("grade", what, "a worse grade is always told"))
    if not level.since < level.until <= level.since + timedelta(days=rules.expected_days):
        what = f"must end within {rules.expected_days} days"
        problems.append(Problem("until", what, "it can be set anew then"))
    return problems
