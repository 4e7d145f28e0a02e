"""What the rules say of one survey."""

from datetime import UTC, datetime, timedelta

import pytest

from rsm.alerts.conditions import AtLeast, WorseBy
from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, InstrumentSpec, Judgement, Report, ReviewKind
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.specs import find_shipped
from rsm.kernel.answers import REFUSED, SKIPPED, STRUCTURAL_ZERO, Answer, Answers, answered
from rsm.kernel.words import Level, Reporter

NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
EMERGENCY_ALONE = frozenset({Level.EMERGENCY})
WEEK = timedelta(days=7)
PACK = read_pack(folder() / "first.toml")[0]


def instrument() -> InstrumentSpec:
    found = find_shipped(PACK.instrument)
    assert found is not None
    return found


def said(value: int | Answer) -> Answer:
    return answered(value) if isinstance(value, int) else value


def answers(**values: int | Answer) -> Answers:
    """`pain_severity=3` for `pain.severity`."""
    return {code.replace("_", "."): said(value) for code, value in values.items()}


def report(days: float, now: Answers, reporter: Reporter = Reporter.SELF) -> Report:
    return Report(NOW - timedelta(days=days), now, reporter)


def judged(now: Answers, *history: Report, reporter: Reporter = Reporter.SELF) -> Judgement:
    return judge(PACK, instrument(), Facts(now, NOW, history, reporter))


def with_rules(*rules: Rule) -> RulePack:
    return PACK.model_copy(update={"rules": rules})


def rule(**changes: object) -> Rule:
    fields: dict[str, object] = {
        "id": "test",
        "title": "test",
        "level": Level.SOON,
        "items": ("pain.severity",),
        "when": AtLeast(kind="at_least", value=2),
        "reason": "{now}",
        "sure": "our_choice",
        "source": "this test",
    }
    return Rule.model_construct(**(fields | changes))  # type: ignore[arg-type]  # odd on purpose


def test_a_severe_answer_is_urgent_and_says_why() -> None:
    (finding,) = judged(
        answers(pain_severity=3),
        report(14, answers(pain_severity=1)),
        report(7, answers(pain_severity=2)),
    ).findings
    assert (finding.rule, finding.symptom, finding.level) == ("severe", "pain", Level.URGENT)
    assert (finding.first, finding.previous, finding.current) == (1, 2, 3)
    assert finding.reason == "Pain: severity is 3 of 4, previous 2; the rule asks at 3 or more."


def test_a_rise_by_two_below_severe_is_soon_and_says_from_where() -> None:
    (finding,) = judged(answers(pain_severity=2), report(7, answers(pain_severity=0))).findings
    assert finding.level is Level.SOON
    assert finding.reason == (
        "Pain: severity rose from 0 to 2 of 4, worse by 2 than in the previous report."
    )


def test_a_missing_previous_value_is_no_rise() -> None:
    judgement = judged(answers(pain_severity=2), report(7, answers(pain_severity=SKIPPED)))
    assert judgement == Judgement()


def test_a_refused_item_raises_nothing_and_is_not_zero_for_the_next_report() -> None:
    assert judged(answers(pain_severity=REFUSED)).findings == ()
    later = judged(answers(pain_severity=2), report(7, answers(pain_severity=REFUSED)))
    assert later.findings == ()


def test_a_structural_zero_counts_as_zero() -> None:
    judgement = judged(
        answers(nausea_severity=2), report(7, answers(nausea_severity=STRUCTURAL_ZERO))
    )
    assert [finding.previous for finding in judgement.findings] == [0]


@pytest.mark.parametrize(("days", "level"), [(28, Level.SOON), (28.0001, None)])
def test_a_previous_report_counts_for_28_days(days: float, level: Level | None) -> None:
    assert judged(answers(pain_severity=2), report(days, answers(pain_severity=0))).level is level


def test_the_first_value_is_the_earliest_however_old() -> None:
    history = (report(400, answers(pain_severity=1)), report(7, answers(pain_severity=3)))
    assert judged(answers(pain_severity=3), *history).findings[0].first == 1


def test_what_comes_later_is_no_history_of_a_late_report() -> None:
    later = Report(NOW + WEEK, answers(pain_severity=0))
    same = Report(NOW, answers(pain_severity=0))
    assert judged(answers(pain_severity=2), later, same).findings == ()


def test_of_two_reports_at_one_instant_the_larger_rise_counts() -> None:
    two = (report(7, answers(pain_severity=2)), report(7, answers(pain_severity=0)))
    assert judged(answers(pain_severity=2), *two).level is Level.SOON
    assert judged(answers(pain_severity=2), *reversed(two)).level is Level.SOON


def test_self_and_proxy_are_kept_apart_and_staff_speak_for_the_patient() -> None:
    now, before = answers(pain_severity=2), answers(pain_severity=0)
    assert judged(now, report(7, before, Reporter.PROXY)).findings == ()
    assert judged(now, report(7, before, Reporter.STAFF)).level is Level.SOON
    by_proxy = judged(now, report(7, before, Reporter.PROXY), reporter=Reporter.PROXY)
    assert by_proxy.level is Level.SOON


def test_each_symptom_keeps_its_highest_findings_and_the_record_keeps_the_rest() -> None:
    judgement = judged(
        answers(pain_severity=3, pain_frequency=2, nausea_severity=2),
        report(7, answers(pain_severity=1, pain_frequency=0, nausea_severity=0)),
    )
    assert [(f.symptom, f.rule) for f in judgement.findings] == [
        ("pain", "severe"),
        ("nausea", "worse"),
    ]
    assert [(f.item, f.rule) for f in judgement.covered] == [("pain.frequency", "worse")]
    assert judgement.level is Level.URGENT


def test_severe_breathlessness_is_an_emergency_already_while_answering() -> None:
    so_far = Facts({"shortness-of-breath.severity": answered(3), "pain.severity": answered(4)}, NOW)
    judgement = judge(PACK, instrument(), so_far, EMERGENCY_ALONE)
    assert [f.rule for f in judgement.findings] == ["breathless"]
    assert judgement.level is Level.EMERGENCY


def test_answers_without_an_emergency_wait_for_the_submit() -> None:
    so_far = Facts({"shortness-of-breath.severity": answered(2)}, NOW)
    assert judge(PACK, instrument(), so_far, EMERGENCY_ALONE) == Judgement()


def test_a_rise_since_the_baseline_needs_a_baseline() -> None:
    when = WorseBy(kind="worse_by", by=2, since="baseline")
    pack, now = with_rules(rule(when=when)), answers(pain_severity=3)
    assert judge(pack, instrument(), Facts(now, NOW)).findings == ()
    facts = Facts(now, NOW, baseline=answers(pain_severity=1))
    assert judge(pack, instrument(), facts).level is Level.SOON


def test_a_rule_by_symptom_looks_at_each_of_its_items() -> None:
    pack = with_rules(rule(items=(), symptoms=("pain",)))
    judgement = judge(pack, instrument(), Facts(answers(pain_severity=2, pain_frequency=2), NOW))
    assert [f.item for f in judgement.findings] == ["pain.frequency", "pain.severity"]


# --- P6: when in doubt, a person looks ---


def kinds(judgement: Judgement) -> list[ReviewKind]:
    return [reason.kind for reason in judgement.review]


def test_a_rule_for_an_item_that_is_not_asked_opens_a_review() -> None:
    pack = with_rules(rule(items=("chest-pain.severity",)), *PACK.rules)
    judgement = judge(pack, instrument(), Facts(answers(pain_severity=0), NOW))
    assert kinds(judgement) == [ReviewKind.RULE_WITHOUT_ITEM]


def test_a_value_off_the_scale_opens_a_review_and_is_not_swallowed() -> None:
    judgement = judged(answers(pain_severity=9))
    assert kinds(judgement) == [ReviewKind.OFF_SCALE]
    assert judgement.level is Level.URGENT


def test_an_earlier_value_off_the_scale_could_hide_a_rise_and_opens_a_review() -> None:
    judgement = judged(answers(pain_severity=2), report(7, answers(pain_severity=7)))
    assert kinds(judgement) == [ReviewKind.OFF_SCALE]


def test_an_answer_that_the_instrument_does_not_ask_opens_a_review() -> None:
    assert kinds(judged(answers(temperature=39))) == [ReviewKind.UNKNOWN_ITEM]


def test_a_pack_for_another_version_of_the_instrument_opens_a_review_and_still_judges() -> None:
    newer = InstrumentSpec("weekly-symptoms", "2.0.0", instrument().items)
    judgement = judge(PACK, newer, Facts(answers(pain_severity=3), NOW))
    assert kinds(judgement) == [ReviewKind.WRONG_INSTRUMENT]
    assert judgement.level is Level.URGENT


def test_a_bug_in_one_rule_opens_a_review_and_the_others_still_judge() -> None:
    pack = with_rules(rule(reason="{nobody_fills_this_in}"), *PACK.rules)
    judgement = judge(pack, instrument(), Facts(answers(pain_severity=3), NOW))
    assert kinds(judgement) == [ReviewKind.ERROR]
    assert judgement.review[0].where == "test"
    assert judgement.level is Level.URGENT
