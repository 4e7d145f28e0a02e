"""Quiet on purpose: which findings are told to a nurse anew, and why the others are not. Pure.

No rule here may swallow a worse value (P15), no expected level touches an emergency or the red
set, and none mutes what the patient is told: that follows from `Judgement.level` alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts.model import Facts, Finding, InstrumentSpec, Judgement, QuietReason
from rsm.alerts.schema import Quiet
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

    `level` is that of what is told (None: nothing is), `broken` are the symptoms whose expected
    level was passed: it ends. What the patient reads still follows from `Judgement.level`.
    """

    tell: tuple[Finding, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    digest: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
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
    broken = {key for key, level in expected.items() if worst.get(key, 0) > level.grade}
    suppressed: list[Suppressed] = []
    repeats: list[Repeat] = []
    tell: list[Finding] = []
    for finding in judgement.findings:
        level = expected.get(finding.symptom)
        standing = _standing(finding, known.standing)
        if level is not None and _is_expected(finding, level, worst):
            suppressed.append(Suppressed(finding, QuietReason.EXPECTED, level.until))
        elif standing is not None:
            repeats.append(Repeat(finding, standing.alert_id, not standing.acknowledged))
            suppressed.append(Suppressed(finding, QuietReason.ALREADY_OPEN))
        else:
            tell.append(finding)
    return _with_digest(tell, repeats, suppressed, broken, rules)


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
    """Only grades can be expected, and only while nothing of the symptom is above them."""
    if finding.red or finding.own_alert or finding.level is Level.EMERGENCY:
        return False
    grade = worst.get(finding.symptom)
    return grade is not None and finding.current <= level.grade and grade <= level.grade


def _standing(finding: Finding, standing: Sequence[Standing]) -> Standing | None:
    """The open finding that holds this one: same rule and item, as high a level and value."""
    same = [each for each in standing if (each.rule, each.item) == (finding.rule, finding.item)]
    if not same:
        return None
    held = max(same, key=lambda each: (each.level.rank, each.value))
    is_worse = finding.level.rank > held.level.rank or finding.current > held.value
    return None if is_worse else held


def _with_digest(
    tell: list[Finding],
    repeats: list[Repeat],
    suppressed: list[Suppressed],
    broken: set[str],
    rules: Quiet,
) -> Quieted:
    level = max((f.level for f in tell), key=lambda level: level.rank, default=None)
    digest: list[Finding] = []
    if rules.digest and level is Level.INFO:
        digest, tell, level = tell, [], None
        suppressed = [*suppressed, *(Suppressed(each, QuietReason.DIGEST) for each in digest)]
    return Quieted(
        tell=tuple(tell),
        repeats=tuple(repeats),
        digest=tuple(digest),
        suppressed=tuple(suppressed),
        broken=tuple(sorted(broken)),
        level=level,
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
