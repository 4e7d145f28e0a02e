"""Each kind of condition: when it is true, when false, and when it is unknown."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from rsm.alerts.decide import judge
from rsm.alerts.model import (
    Facts,
    InstrumentSpec,
    ItemSpec,
    Judgement,
    NumberSpec,
    Report,
    ReviewKind,
    ScoreSpec,
    Subject,
)
from rsm.alerts.packs import answers_of, folder, read_pack
from rsm.alerts.schema import Rule, RulePack
from rsm.kernel.words import Level, Reporter

NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
SPEC = InstrumentSpec(
    "weekly-symptoms",
    "1.0.0",
    (
        ItemSpec("pain.severity", "pain", 4),
        ItemSpec("pain.interference", "pain", 4),
        ItemSpec("nausea.severity", "nausea", 4),
        ItemSpec("vomiting.frequency", "vomiting", 4),
        ItemSpec("urgency.presence", "urgency", 1),
    ),
    (NumberSpec("temperature", "temperature", 30, 45, "°C"),),
    (
        ScoreSpec("pain.composite", "pain", ("pain.severity",), maximum=3, important=1),
        ScoreSpec("function", "function", (), maximum=100, important=10, falling_is_worse=True),
    ),
)
FIRST = read_pack(folder() / "first.toml")[0]
Values = dict[str, int | str | None]
PAIN: dict[str, object] = {"items": ("pain.severity",)}
WHOLE: dict[str, object] = {"about": "whole"}


def rule(when: dict[str, object], **more: object) -> Rule:
    fields = {
        "id": "rule",
        "title": "The rule",
        "level": "soon",
        "sure": "our_choice",
        "source": "This test.",
        "when": when,
        **(more or PAIN),
    }
    if not set(fields) & {"items", "symptoms", "scores", "numbers", "about"}:
        fields |= PAIN
    return Rule.model_validate_json(json.dumps(fields))


def pack(*rules: Rule) -> RulePack:
    return FIRST.model_copy(update={"rules": rules})


def facts(now: Values, *history: tuple[float, Values], **more: object) -> Facts:
    past = tuple(Report(NOW - timedelta(days=days), answers_of(values)) for days, values in history)
    return Facts(answers_of(now), NOW, past, **more)  # type: ignore[arg-type]  # as each test needs


def judged(
    when: dict[str, object], given: Facts, levels: dict[str, object] | None = None
) -> Judgement:
    return judge(pack(rule(when, **(levels or {}))), SPEC, given)


def fires(when: dict[str, object], given: Facts, **more: object) -> bool:
    judgement = judged(when, given, more)
    assert judgement.review == ()
    return judgement.level is not None


def verdict(when: dict[str, object], given: Facts, **more: object) -> bool | None:
    """True, false, or None for unknown: what makes the difference between two `if_missing`."""
    if_false = judged(when, given, {**more, "if_missing": "false"}).level is not None
    asks = judged(when, given, {**more, "if_missing": "review"})
    unknown = [reason for reason in asks.review if reason.kind is ReviewKind.MISSING]
    return None if unknown else if_false


P = "pain.severity"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([(7, {P: 1})], True),
        ([(7, {P: 2})], False),
        ([(7, {P: "skipped"})], None),
        ([(14, {P: 1}), (7, {P: "refused"})], True),
        ([(7, {P: "structural_zero"})], True),
        ([(29, {P: 0})], None),
    ],
)
def test_worse_than_the_previous_report(
    history: list[tuple[float, Values]], expected: bool | None
) -> None:
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "previous"}
    assert verdict(when, facts({P: 3}, *history)) is expected


def test_a_grade_from_nowhere_cannot_be_a_rise_of_more_than_itself() -> None:
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "previous"}
    assert verdict(when, facts({P: 1})) is False


@pytest.mark.parametrize(
    ("since", "weeks", "expected"),
    [("best", 4, True), ("median", 4, False), ("best", 1, False), ("median", 8, True)],
)
def test_worse_than_the_best_or_the_median_of_the_last_weeks(
    since: str, weeks: int, expected: bool
) -> None:
    history: list[tuple[float, Values]] = [
        (56, {P: 0}),
        (49, {P: 0}),
        (42, {P: 0}),
        (35, {P: 0}),
        (21, {P: 0}),
        (14, {P: 2}),
        (7, {P: 2}),
    ]
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": since, "weeks": weeks}
    assert verdict(when, facts({P: 3}, *history)) is expected
    assert verdict(when, facts({P: 3})) is None


def test_worse_than_the_baseline() -> None:
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "baseline"}
    assert verdict(when, facts({P: 3}, baseline=answers_of({P: 1}))) is True
    assert verdict(when, facts({P: 3}, baseline=answers_of({P: 2}))) is False
    assert verdict(when, facts({P: 3}, baseline=answers_of({P: "skipped"}))) is None
    assert verdict(when, facts({P: 3})) is None


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([(14, {P: 2}), (7, {P: 3})], True),
        ([(14, {P: 1}), (7, {P: 3})], False),
        ([(7, {P: 3})], None),
        ([(21, {P: 2}), (14, {P: "skipped"}), (7, {P: 2})], True),
        ([(40, {P: 2}), (7, {P: 2})], None),
        ([(7, {P: 0})], False),
    ],
)
def test_so_high_in_three_reports_in_a_row(
    history: list[tuple[float, Values]], expected: bool | None
) -> None:
    when: dict[str, object] = {"kind": "in_a_row", "value": 2, "reports": 3}
    assert verdict(when, facts({P: 2}, *history)) is expected
    assert verdict(when, facts({P: 1}, *history)) is False


def test_newly_present() -> None:
    when: dict[str, object] = {"kind": "newly_present"}
    assert verdict(when, facts({P: 1}, (7, {P: 0}))) is True
    assert verdict(when, facts({P: 2}, (7, {P: 1}))) is False
    assert verdict(when, facts({P: 0}, (7, {P: 0}))) is False
    assert verdict(when, facts({P: 1})) is None


def test_a_number_out_of_range() -> None:
    when: dict[str, object] = {"kind": "out_of_range", "at_least": 38.0, "below": 35}
    fever = facts({}, numbers={"temperature": 38.0})
    (finding,) = judged(when, fever, {"numbers": ["temperature"]}).findings
    assert finding.current == 38.0
    assert finding.reason.startswith("Temperature: 38 °C, ")
    for value, expected in ((37.9, False), (35, False), (34.9, True)):
        given = facts({}, numbers={"temperature": value})
        assert fires(when, given, numbers=["temperature"]) is expected
    assert verdict(when, facts({}), numbers=["temperature"]) is None


def test_a_number_that_cannot_be_believed_fires_and_a_person_looks() -> None:
    when: dict[str, object] = {"kind": "out_of_range", "at_least": 38.0}
    given = facts({}, numbers={"temperature": 101})
    judgement = judged(when, given, {"numbers": ["temperature"]})
    assert judgement.level is Level.SOON
    assert [reason.kind for reason in judgement.review] == [ReviewKind.OFF_SCALE]


def test_a_score_at_least_and_a_change_beyond_the_important_one() -> None:
    on_score = {"scores": ["pain.composite"]}
    high: dict[str, object] = {"kind": "at_least", "value": 2}
    assert fires(high, facts({}, scores={"pain.composite": 2}), **on_score)
    assert verdict(high, facts({}), **on_score) is None
    change: dict[str, object] = {"kind": "important_change", "since": "previous"}
    before = Report(NOW - timedelta(days=7), {}, Reporter.SELF, {}, {"function": 80})
    for value, expected in ((70, True), (71, False), (95, False)):
        given = Facts({}, NOW, (before,), scores={"function": value})
        assert verdict(change, given, scores=["function"]) is expected
    assert verdict(change, Facts({}, NOW, scores={"function": 10}), scores=["function"]) is None


def test_the_number_of_symptoms_that_are_so_high() -> None:
    when: dict[str, object] = {"kind": "symptoms", "value": 3, "count": 2}
    two: Values = {P: 1, "pain.interference": 3, "nausea.severity": 4}
    (finding,) = judged(when, facts(two), WHOLE).findings
    assert (finding.symptom, finding.current) == ("whole", 2)
    some: Values = {P: 3, "nausea.severity": 0}
    assert verdict(when, facts(some), **WHOLE) is None
    none: Values = {P: 3, "pain.interference": 0, "nausea.severity": 0, "vomiting.frequency": 0}
    assert verdict(when, facts(none), **WHOLE) is False


def test_a_total_adds_nothing_for_what_is_missing() -> None:
    when: dict[str, object] = {"kind": "total", "items": [P, "nausea.severity"], "value": 5}
    assert verdict(when, facts({P: 3, "nausea.severity": 2}), **WHOLE) is True
    assert verdict(when, facts({P: 2, "nausea.severity": 2}), **WHOLE) is False
    assert verdict(when, facts({P: 3}), **WHOLE) is None
    assert verdict(when, facts({P: 0}), **WHOLE) is False  # the other could add 4 at most


def test_words_that_alarm_the_own_urgency_and_silence() -> None:
    flag: dict[str, object] = {"kind": "red_flag"}
    assert fires(flag, facts({}, text="I have chest pain"), **WHOLE)
    assert not fires(flag, facts({}, text="all well"), **WHOLE)
    urgent: dict[str, object] = {"kind": "own_urgency", "item": "urgency.presence"}
    assert fires(urgent, facts({"urgency.presence": 1}), **WHOLE)
    assert verdict(urgent, facts({"urgency.presence": "refused"}), **WHOLE) is None
    silent: dict[str, object] = {"kind": "not_reported", "windows": 2}
    assert fires(silent, facts({}, windows_missed=2), **WHOLE)
    assert not fires(silent, facts({}, windows_missed=1), **WHOLE)
    assert verdict(silent, facts({}), **WHOLE) is None


# --- combinations: true, false, unknown ---

HIGH: dict[str, object] = {"kind": "at_least", "value": 3}
OTHER: dict[str, object] = {"kind": "at_least", "value": 3, "item": "nausea.severity"}


@pytest.mark.parametrize(
    ("nausea", "both", "either", "neither"),
    [(4, True, True, False), (0, False, True, True), ("skipped", None, True, None)],
)
def test_all_any_and_not_of_something_unknown(
    nausea: int | str, both: bool | None, either: bool, neither: bool | None
) -> None:
    given = facts({P: 4, "nausea.severity": nausea})
    assert verdict({"kind": "all", "conditions": [HIGH, OTHER]}, given) is both
    assert verdict({"kind": "any", "conditions": [HIGH, OTHER]}, given) is either
    assert verdict({"kind": "not", "condition": OTHER}, given) is neither


def test_not_of_a_missing_value_never_fires_by_itself() -> None:
    when: dict[str, object] = {"kind": "not", "condition": OTHER}
    assert not fires(when, facts({P: 1}))


def test_what_is_missing_fires_or_is_reviewed_as_the_rule_says() -> None:
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "previous"}
    given = facts({P: 3})
    assert judged(when, given).level is None
    (finding,) = judged(when, given, {"if_missing": "true"}).findings
    assert finding.previous is None
    review = judged(when, given, {"if_missing": "review"})
    assert [reason.kind for reason in review.review] == [ReviewKind.MISSING]
    assert review.findings == ()


@pytest.mark.parametrize("choice", ["true", "review"])
@pytest.mark.parametrize("now", [{}, {P: "skipped"}])
def test_a_rule_never_fires_on_a_value_that_nobody_gave(choice: str, now: Values) -> None:
    judgement = judged(HIGH, facts(now), {"if_missing": choice})
    assert judgement.findings == ()
    assert [reason.kind for reason in judgement.review] == [ReviewKind.MISSING]


# --- subgroups ---


@pytest.mark.parametrize(
    ("group", "subject", "expected"),
    [
        ({"regimens": ["FOLFOX"]}, Subject(regimen="folfox"), True),
        ({"regimens": ["FOLFOX"]}, Subject(regimen="CAPOX"), False),
        ({"regimens": ["FOLFOX"]}, Subject(), None),
        ({"age": {"at_least": 70}}, Subject(age=70), True),
        ({"age": {"at_least": 70}}, Subject(age=69), False),
        ({"days_since_cycle": {"at_least": 0, "below": 14}}, Subject(days_since_cycle=14), False),
        ({"days_since_treatment": {"below": 14}}, Subject(), None),
        ({"age": {"below": 70}, "regimens": ["X"]}, Subject(age=80), False),
    ],
)
def test_a_rule_for_some_patients(
    group: dict[str, object], subject: Subject, expected: bool | None
) -> None:
    assert verdict(HIGH, facts({P: 3}, subject=subject), subgroup=group) is expected
    assert verdict(HIGH, facts({P: 1}, subject=subject), subgroup=group) is False


def test_a_rule_for_those_whose_baseline_was_low() -> None:
    group = {"baseline": {"below": 2}}
    low = facts({P: 3}, baseline=answers_of({P: 1}))
    high = facts({P: 3}, baseline=answers_of({P: 2}))
    assert verdict(HIGH, low, subgroup=group) is True
    assert verdict(HIGH, high, subgroup=group) is False
    assert verdict(HIGH, facts({P: 3}), subgroup=group) is None


# --- plain words ---


def test_a_finding_says_first_previous_and_current_in_words() -> None:
    (finding,) = judged(HIGH, facts({P: 3}, (21, {P: 0}), (7, {P: 1}))).findings
    assert finding.reason == (
        "Pain: severe (3), was mild (1) a week ago: worse by 2; first none (0) 3 weeks ago; "
        "rule rule of pack first-pack 1.1.0"
    )


def test_every_item_of_one_kind_is_looked_at_by_a_star_and_its_name() -> None:
    given = facts({P: 3, "pain.interference": 4, "nausea.severity": 3})
    found = judged(HIGH, given, {"items": "*.severity"}).findings
    assert {finding.item for finding in found} == {P, "nausea.severity"}


def test_a_change_since_the_best_report_says_which_value_that_was() -> None:
    when: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "best", "weeks": 4}
    (finding,) = judged(when, facts({P: 3}, (21, {P: 1}), (7, {P: 2}))).findings
    assert "; the best report of the last 4 weeks mild (1): worse by 2; " in finding.reason
