"""What must hold of judging whatever the answers are."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, InstrumentSpec, Judgement, Report
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.specs import find_shipped
from rsm.kernel.answers import (
    REFUSED,
    SKIPPED,
    STRUCTURAL_ZERO,
    Answer,
    Answers,
    answered,
    value_of,
)
from rsm.kernel.words import Level, Reporter

PACK = read_pack(folder() / "first.toml")[0]
FOUND = find_shipped(PACK.instrument)
INSTRUMENT = FOUND or InstrumentSpec("", "0.0.0", ())
ITEMS = [item.code for item in INSTRUMENT.items]
NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
EMERGENCY_ALONE = frozenset({Level.EMERGENCY})

some_answer = st.one_of(
    st.integers(0, 4).map(answered), st.sampled_from([SKIPPED, REFUSED, STRUCTURAL_ZERO])
)
some_answers = st.dictionaries(st.sampled_from(ITEMS), some_answer)
some_report = st.builds(
    Report,
    at=st.integers(-3, 60).map(lambda days: NOW - timedelta(days=days)),
    answers=some_answers,
    reporter=st.sampled_from(Reporter),
)
some_facts = st.builds(
    Facts,
    now=some_answers,
    at=st.just(NOW),
    history=st.lists(some_report, max_size=6).map(tuple),
    reporter=st.sampled_from(Reporter),
)


def judged(facts: Facts) -> Judgement:
    return judge(PACK, INSTRUMENT, facts)


def rank(judgement: Judgement) -> int:
    return -1 if judgement.level is None else judgement.level.rank


@given(some_facts, st.data())
def test_raising_any_grade_never_lowers_the_level(facts: Facts, data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(ITEMS))
    before = value_of(facts.now, item) or 0
    higher = answered(data.draw(st.integers(before, 4)))
    raised = replace(facts, now={**facts.now, item: higher})
    assert rank(judged(raised)) >= rank(judged(facts))


@given(some_facts, st.randoms(use_true_random=False))
def test_the_order_of_items_reports_and_rules_is_irrelevant(
    facts: Facts, chance: random.Random
) -> None:
    history, now = list(facts.history), list(facts.now.items())
    items, rules = list(INSTRUMENT.items), list(PACK.rules)
    for order in (history, now, items, rules):
        chance.shuffle(order)
    mixed = replace(facts, now=dict(now), history=tuple(history))
    pack = PACK.model_copy(update={"rules": tuple(rules)})
    assert judge(pack, replace(INSTRUMENT, items=items), mixed) == judged(facts)


@given(some_facts)
def test_missing_never_acts_as_a_value(facts: Facts) -> None:
    def without(answers: Answers) -> dict[str, Answer]:
        return {code: answer for code, answer in answers.items() if answer.value is not None}

    bare = tuple(replace(report, answers=without(report.answers)) for report in facts.history)
    assert judged(replace(facts, now=without(facts.now), history=bare)) == judged(facts)


@given(some_facts)
def test_grouping_hides_no_symptom_and_no_higher_level(facts: Facts) -> None:
    judgement = judged(facts)
    kept = {finding.symptom: finding.level.rank for finding in judgement.findings}
    assert all(finding.level.rank < kept[finding.symptom] for finding in judgement.covered)
    severe = {code for code in facts.now if (value_of(facts.now, code) or 0) >= 3}
    raised = {finding.item for finding in (*judgement.findings, *judgement.covered)}
    assert severe <= raised
    assert not severe or rank(judgement) >= Level.URGENT.rank


@given(some_facts)
def test_a_finding_shows_the_values_that_it_was_raised_on(facts: Facts) -> None:
    for finding in judged(facts).findings:
        assert finding.current == value_of(facts.now, finding.item)
        if finding.rule == "worse":
            assert finding.previous is not None
            assert finding.current - finding.previous >= 2


@given(some_facts)
def test_what_is_an_emergency_at_submit_was_one_when_it_was_saved(facts: Facts) -> None:
    whole, early = judged(facts), judge(PACK, INSTRUMENT, facts, EMERGENCY_ALONE)
    emergencies = [f for f in whole.findings if f.level is Level.EMERGENCY]
    assert list(early.findings) == emergencies


@given(some_facts, some_report)
def test_the_other_voice_changes_nothing(facts: Facts, report: Report) -> None:
    other = Reporter.SELF if facts.reporter is Reporter.PROXY else Reporter.PROXY
    more = replace(facts, history=(*facts.history, replace(report, reporter=other)))
    assert judged(more) == judged(facts)
