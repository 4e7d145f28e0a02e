"""Quiet on purpose: what is told anew, what is only added, what waits, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.alerts.conditions import OutOfRange
from rsm.alerts.decide import alert_groups, crisis_text, judge
from rsm.alerts.model import Facts, Finding, Judgement, NumberSpec, QuietReason
from rsm.alerts.packs import answers_of, folder, read_pack
from rsm.alerts.quiet import (
    ExpectedLevel,
    Known,
    Quieted,
    Standing,
    expected_problems,
    quieten,
    worst_grades,
)
from rsm.alerts.schema import Quiet, Rule
from rsm.alerts.specs import find_shipped, with_needs
from rsm.alerts.states import Worse
from rsm.kernel.documents import parse
from rsm.kernel.words import Level

NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
PACK = read_pack(folder() / "uab-like.toml")[0]
_FOUND = find_shipped(PACK.instrument)
assert _FOUND is not None
SPEC = with_needs(_FOUND, PACK)
ALERT = UUID(int=7)
P = "pain.severity"
_NOT_SEVERE = '{ kind = "not", condition = { kind = "at_least", value = 3 } }'
Values = dict[str, int | str | None]


def report(**values: int) -> tuple[Judgement, dict[str, float]]:
    facts = Facts(answers_of({code.replace("_", "."): v for code, v in values.items()}), NOW)
    return judge(PACK, SPEC, facts), worst_grades(SPEC, facts)


def expecting(grade: int, days: int = 14, symptom: str = "pain") -> Known:
    level = ExpectedLevel(symptom, grade, NOW - timedelta(days=1), NOW + timedelta(days=days - 1))
    return Known(expected=(level,))


def standing(rule: str, level: Level, value: float, *, acknowledged: bool = True) -> Known:
    return Known((Standing(ALERT, rule, P, level, value, acknowledged),))


def quiet(known: Known, rules: Quiet | None = None, **values: int) -> Quieted:
    judgement, worst = report(**values)
    return quieten(judgement, known, worst, NOW, rules)


def told(quieted: Quieted) -> list[str]:
    return [finding.rule for finding in quieted.tell]


def why(quieted: Quieted) -> list[QuietReason]:
    return [each.reason for each in quieted.suppressed]


def test_what_nobody_knows_of_yet_is_told() -> None:
    quieted = quiet(Known(), pain_severity=3)
    assert told(quieted) == ["severe"]
    assert quieted.level is Level.URGENT
    assert quieted.suppressed == ()


# --- the edge ---


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_repeat_is_added_and_tells_the_owner_or_moves_the_ladder_on(acknowledged: bool) -> None:
    known = standing("severe", Level.URGENT, 3, acknowledged=acknowledged)
    quieted = quiet(known, pain_severity=3)
    assert told(quieted) == []
    assert why(quieted) == [QuietReason.ALREADY_OPEN]
    repeat, lesser = quieted.repeats
    assert (repeat.finding.rule, lesser.finding.rule) == ("severe", "moderate")
    for each in (repeat, lesser):  # what it covers is added with it
        assert (each.alert_id, each.advance) == (ALERT, not acknowledged)


def test_a_worse_value_of_an_open_finding_is_told() -> None:
    assert told(quiet(standing("severe", Level.URGENT, 3), pain_severity=4)) == ["severe"]


def test_a_better_value_at_the_same_rule_is_a_repeat() -> None:
    assert told(quiet(standing("severe", Level.URGENT, 4), pain_severity=3)) == []


def test_another_rule_or_a_higher_level_is_told() -> None:
    assert told(quiet(standing("moderate", Level.SOON, 2), pain_severity=3)) == ["severe"]
    assert told(quiet(standing("severe", Level.SOON, 4), pain_severity=3)) == ["severe"]


def test_after_closing_it_is_told_again() -> None:
    assert told(quiet(Known(), pain_severity=3)) == ["severe"]


def with_sense(worse: Worse, current: float) -> Judgement:
    one = replace(found(Level.SOON), current=current, worse=worse)
    return Judgement((one,), level=Level.SOON)


@pytest.mark.parametrize(
    ("worse", "held", "now", "tells"),
    [
        (Worse.HIGHER, 3, 3, False),
        (Worse.HIGHER, 3, 2, False),
        (Worse.HIGHER, 3, 4, True),
        (Worse.LOWER, 40, 40, False),  # a score of functioning, a temperature below its range
        (Worse.LOWER, 40, 50, False),
        (Worse.LOWER, 40, 30, True),
        (Worse.UNKNOWN, 1, 1, True),  # other words, another combination: nobody knows how bad
    ],
)
def test_what_is_worse_depends_on_what_was_found(
    worse: Worse, held: float, now: float, tells: bool
) -> None:
    known = Known((Standing(ALERT, "note", P, Level.SOON, held, acknowledged=True),))
    quieted = quieten(with_sense(worse, now), known, {}, NOW)
    assert bool(quieted.tell) == tells
    assert bool(quieted.repeats) == (not tells)


def test_of_several_values_that_stand_the_worst_counts() -> None:
    values = (Standing(ALERT, "note", P, Level.SOON, value, acknowledged=True) for value in (2, 4))
    known = Known(tuple(values))
    assert quieten(with_sense(Worse.HIGHER, 3), known, {}, NOW).tell == ()


def test_a_number_below_its_range_is_worse_the_lower_it_is() -> None:
    range_rule = PACK.rules[0].model_copy(
        update={
            "items": (),
            "numbers": ("temperature",),
            "when": OutOfRange(kind="out_of_range", at_least=38, below=35),
        }
    )
    pack = PACK.model_copy(update={"rules": (range_rule,)})
    senses = {
        value: judge(pack, SPEC, Facts({}, NOW, numbers={"temperature": value})).findings[0].worse
        for value in (34.0, 39.0)
    }
    assert senses == {34.0: Worse.LOWER, 39.0: Worse.HIGHER}


# --- expected levels ---


def test_within_the_expected_level_it_is_on_record_and_told_to_nobody() -> None:
    quieted = quiet(expecting(2), pain_severity=2)
    assert (told(quieted), why(quieted)) == ([], [QuietReason.EXPECTED])
    assert quieted.suppressed[0].until == NOW + timedelta(days=13)
    assert quieted.broken == ()


def test_anything_worse_of_the_symptom_breaks_it_for_all_of_the_symptom() -> None:
    quieted = quiet(expecting(2), pain_severity=2, pain_interference=3)
    assert told(quieted) == ["severe"]
    assert quieted.broken == ("pain",)
    worse = quiet(expecting(2), pain_severity=3)
    assert (told(worse), worse.broken) == (["severe"], ("pain",))


def test_an_expected_level_ends() -> None:
    assert told(quiet(expecting(2, days=1), pain_severity=2)) == ["moderate"]
    long_ago = ExpectedLevel("pain", 2, NOW - timedelta(days=31), NOW + timedelta(days=300))
    assert told(quiet(Known(expected=(long_ago,)), pain_severity=2)) == ["moderate"]


def test_of_two_expected_levels_the_more_careful_one_holds() -> None:
    both = Known(expected=(*expecting(3).expected, *expecting(1).expected))
    assert told(quiet(both, pain_severity=2)) == ["moderate"]


def test_the_red_set_and_emergencies_are_never_expected() -> None:
    known = expecting(3, symptom="shortness-of-breath")
    judgement, worst = report(**{"shortness-of-breath_severity": 3})
    quieted = quieten(judgement, known, worst, NOW)
    assert told(quieted) == ["breathless"]


@pytest.mark.parametrize(
    ("subject", "when"),
    [
        ('about = "pain"', '{ kind = "symptoms", count = 1, value = 1 }'),
        ('about = "pain"', '{ kind = "red_flag" }'),
        ('items = ["pain.severity"]', _NOT_SEVERE),
        ('numbers = ["pain-days"]', '{ kind = "out_of_range", at_least = 2 }'),
    ],
    ids=["a count", "words", "a combination", "a number"],
)
def test_only_grades_are_expected_whatever_else_is_about_the_symptom(
    subject: str, when: str
) -> None:
    text = f"""
id = "beside"
title = "Beside"
level = "soon"
{subject}
when = {when}
sure = "our_choice"
source = "A test"
"""
    pack = PACK.model_copy(update={"rules": (parse(Rule, text, "rule.toml")[0],)})
    spec = replace(SPEC, numbers=(NumberSpec("pain-days", "pain", 0, 7),))
    facts = Facts(answers_of({P: 2}), NOW, numbers={"pain-days": 2}, text="I can't breathe")
    judgement = judge(pack, spec, facts)
    assert [each.symptom for each in judgement.findings] == ["pain"]
    quieted = quieten(judgement, expecting(3), worst_grades(spec, facts), NOW)
    assert told(quieted) == ["beside"]


def test_what_the_patient_is_told_does_not_change() -> None:
    judgement, worst = report(pain_severity=2)
    quieted = quieten(judgement, expecting(2), worst, NOW)
    assert quieted.level is None
    assert judgement.level is Level.SOON  # the advice follows from this one


@pytest.mark.parametrize(
    ("grade", "days", "symptom", "where"),
    [
        (4, 14, "pain", ["grade"]),
        (0, 14, "pain", ["grade"]),
        (2, 32, "pain", ["until"]),
        (2, 0, "pain", ["until"]),
        (2, 14, "temperature", ["symptom"]),
        (2, 14, "pain", []),
    ],
)
def test_an_expected_level_is_at_most_3_for_at_most_30_days(
    grade: int, days: int, symptom: str, where: list[str]
) -> None:
    level = ExpectedLevel(symptom, grade, NOW, NOW + timedelta(days=days))
    assert [problem.where for problem in expected_problems(level, SPEC)] == where


def test_a_pack_may_forbid_expected_levels() -> None:
    rules = Quiet(expected_up_to=0)
    assert told(quiet(expecting(2), rules, pain_severity=2)) == ["moderate"]


# --- the digest ---


def found(level: Level) -> Finding:
    return Finding("note", "pain", P, level, None, None, 1, "A note.")


def test_the_lowest_level_waits_for_the_digest_unless_something_else_is_told() -> None:
    alone = Judgement((found(Level.INFO),), level=Level.INFO)
    quieted = quieten(alone, Known(), {}, NOW, Quiet(digest=True))
    assert (told(quieted), why(quieted)) == ([], [QuietReason.DIGEST])
    assert [finding.rule for finding in quieted.digest] == ["note"]
    both = Judgement((found(Level.SOON), found(Level.INFO)), level=Level.SOON)
    assert len(quieten(both, Known(), {}, NOW, Quiet(digest=True)).tell) == 2
    assert len(quieten(alone, Known(), {}, NOW).tell) == 1


# --- PHQ-9, item 9 ---


def test_thoughts_of_self_harm_are_an_alert_of_their_own_with_the_crisis_line() -> None:
    facts = Facts(answers_of({"phq-9.9": 1, P: 3}), NOW)
    judgement = judge(PACK, SPEC, facts)
    own, survey = alert_groups(judgement.findings)
    assert (own.own, own.level) == ("self-harm", Level.EMERGENCY)
    assert [finding.rule for finding in own.findings] == ["self-harm"]
    assert (survey.own, survey.level) == (None, Level.URGENT)
    assert "988" in (crisis_text(PACK, judgement, "en") or "")
    assert "988" in (crisis_text(PACK, judgement, "es") or "")
    assert crisis_text(PACK, judge(PACK, SPEC, Facts(answers_of({P: 3}), NOW)), "en") is None
