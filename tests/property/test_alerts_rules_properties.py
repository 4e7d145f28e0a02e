"""What must hold of any monotone pack and any answers; and that quiet hides nothing worse."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.alerts.conditions import AllOf, AnyOf, AtLeast, Condition, InARow, NewlyPresent, WorseBy
from rsm.alerts.decide import alert_groups, judge
from rsm.alerts.evaluate import Compiler, reach
from rsm.alerts.model import Facts, InstrumentSpec, ItemSpec, Judgement, Report
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.quiet import ExpectedLevel, Known, Quieted, Standing, quieten, worst_grades
from rsm.alerts.scan import dips
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.sheet import Sheet
from rsm.kernel.answers import REFUSED, SKIPPED, STRUCTURAL_ZERO, Answer, answered, value_of
from rsm.kernel.words import Level, Reporter

unhurried = settings(deadline=None)  # how fast it is says `make bench`
NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
SYMPTOMS = ("pain", "nausea", "fatigue")
CODES = tuple(f"{key}.{part}" for key in SYMPTOMS for part in ("severity", "interference"))
SPEC = InstrumentSpec(
    "weekly-symptoms",
    "1.0.0",
    tuple(ItemSpec(code, code.split(".", 1)[0], 4) for code in CODES),
)
BASE = read_pack(folder() / "first.toml")[0]

# --- any answers ---

some_answer: st.SearchStrategy[Answer] = st.one_of(
    st.integers(0, 4).map(answered), st.sampled_from([SKIPPED, REFUSED, STRUCTURAL_ZERO])
)
some_answers = st.dictionaries(st.sampled_from(CODES), some_answer)
some_report = st.builds(
    Report,
    at=st.integers(1, 60).map(lambda days: NOW - timedelta(days=days)),
    answers=some_answers,
    reporter=st.sampled_from(Reporter),
)
some_facts = st.builds(
    Facts,
    now=some_answers,
    at=st.just(NOW),
    history=st.lists(some_report, max_size=6).map(tuple),
    reporter=st.sampled_from(Reporter),
    baseline=st.none() | some_answers,
)

# --- any pack that is monotone: what rises with a grade, joined by all and any ---

grade = st.integers(1, 4)
since = st.sampled_from(["previous", "baseline", "best", "median"])


def worse_by(by: int, reference: str, weeks: int) -> WorseBy:
    far = weeks if reference in {"best", "median"} else None
    return WorseBy.model_validate({"kind": "worse_by", "by": by, "since": reference, "weeks": far})


simple: st.SearchStrategy[Condition] = st.one_of(
    st.builds(AtLeast, kind=st.just("at_least"), value=grade),
    st.builds(worse_by, grade, since, st.integers(1, 8)),
    st.builds(InARow, kind=st.just("in_a_row"), value=grade, reports=st.integers(2, 4)),
    st.builds(NewlyPresent, kind=st.just("newly_present"), value=grade),
)


def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    two = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(AllOf, kind=st.just("all"), conditions=two),
        st.builds(AnyOf, kind=st.just("any"), conditions=two),
    )


some_condition = st.recursive(simple, joined, max_leaves=4)
some_rule = st.builds(
    Rule,
    id=st.integers(0, 10**6).map(lambda number: f"rule-{number}"),
    title=st.just("A rule"),
    level=st.sampled_from(Level),
    items=st.lists(st.sampled_from(("*", *CODES)), min_size=1, max_size=3, unique=True).map(tuple),
    when=some_condition,
    if_missing=st.sampled_from(["false", "true"]),
    sure=st.just(BASE.rules[0].sure),
    source=st.just("This test."),
)
some_pack = st.lists(some_rule, min_size=1, max_size=4, unique_by=lambda rule: rule.id).map(
    lambda rules: BASE.model_copy(update={"rules": tuple(rules)})
)


def rank(level: Level | None) -> int:
    return -1 if level is None else level.rank


@unhurried
@given(some_pack, some_facts, st.data())
def test_raising_any_grade_never_lowers_the_level_of_a_monotone_pack(
    pack: RulePack, facts: Facts, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(CODES))
    before = value_of(facts.now, item) or 0
    worse = {**facts.now, item: answered(data.draw(st.integers(before, 4)))}
    after = judge(pack, SPEC, replace(facts, now=worse))
    assert rank(after.level) >= rank(judge(pack, SPEC, facts).level)


@unhurried
@given(some_pack)
def test_the_static_check_finds_no_dip_in_a_monotone_pack(pack: RulePack) -> None:
    assert dips(pack, SPEC) == []


@unhurried
@given(some_pack, some_facts)
def test_missing_never_acts_as_zero_nor_as_any_value(pack: RulePack, facts: Facts) -> None:
    def without(answers: dict[str, Answer]) -> dict[str, Answer]:
        return {code: answer for code, answer in answers.items() if answer.value is not None}

    bare = replace(
        facts,
        now=without(dict(facts.now)),
        history=tuple(replace(each, answers=without(dict(each.answers))) for each in facts.history),
    )
    judgement = judge(pack, SPEC, facts)
    assert judge(pack, SPEC, bare) == judgement
    given_now = {code for code, answer in facts.now.items() if answer.value is not None}
    assert {finding.item for finding in judgement.findings} <= given_now


@unhurried
@given(some_pack, some_facts, st.randoms(use_true_random=False))
def test_the_order_of_answers_reports_items_and_rules_is_irrelevant(
    pack: RulePack, facts: Facts, chance: random.Random
) -> None:
    history, now = list(facts.history), list(facts.now.items())
    items, rules = list(SPEC.items), list(pack.rules)
    for order in (history, now, items, rules):
        chance.shuffle(order)
    mixed = replace(facts, now=dict(now), history=tuple(history))
    shuffled = pack.model_copy(update={"rules": tuple(rules)})
    assert judge(shuffled, replace(SPEC, items=items), mixed) == judge(pack, SPEC, facts)


@unhurried
@given(some_condition, some_facts, st.sampled_from(CODES), st.integers(0, 4))
def test_what_a_value_decides_beforehand_is_what_the_whole_report_decides(
    condition: Condition, facts: Facts, code: str, now: int
) -> None:
    early = reach(condition, now)
    sheet = Sheet(replace(facts, now={**facts.now, code: answered(now)}))
    late = Compiler(SPEC, lambda _text, _tongue: False).test(condition)(sheet, code, now)
    assert early is None or early == late


# --- quiet ---

some_standing = st.builds(
    Standing,
    alert_id=st.just(UUID(int=1)),
    rule=st.sampled_from(["severe", "moderate", "worse"]),
    item=st.sampled_from(CODES),
    level=st.sampled_from(Level),
    value=st.integers(0, 4),
    acknowledged=st.booleans(),
)
some_expected = st.builds(
    ExpectedLevel,
    symptom=st.sampled_from(SYMPTOMS),
    grade=st.integers(0, 5),
    since=st.integers(0, 40).map(lambda days: NOW - timedelta(days=days)),
    until=st.integers(-5, 90).map(lambda days: NOW + timedelta(days=days)),
)
some_known = st.builds(
    Known,
    standing=st.lists(some_standing, max_size=4),
    expected=st.lists(some_expected, max_size=3),
)
QUIET = read_pack(folder() / "uab-like.toml")[0]


def both(facts: Facts, known: Known) -> tuple[Judgement, Quieted]:
    judgement = judge(QUIET, SPEC, facts)
    return judgement, quieten(judgement, known, worst_grades(SPEC, facts), NOW)


@unhurried
@given(some_facts, some_known)
def test_each_finding_is_told_or_kept_with_its_reason(facts: Facts, known: Known) -> None:
    judgement, quieted = both(facts, known)
    hushed = [each.finding for each in quieted.suppressed]
    assert sorted([*quieted.tell, *hushed], key=repr) == sorted(judgement.findings, key=repr)


@unhurried
@given(some_facts, some_known)
def test_quiet_never_hides_a_worse_value(facts: Facts, known: Known) -> None:
    judgement, quieted = both(facts, known)
    expected: dict[str, int] = {}
    for level in known.expected:
        whole = level.since <= NOW < min(level.until, level.since + timedelta(days=30))
        if whole and 1 <= level.grade <= 3:
            expected[level.symptom] = min(level.grade, expected.get(level.symptom, 9))
    for finding in judgement.findings:
        held = [
            each.value
            for each in known.standing
            if each.rule == finding.rule
            and each.item == finding.item
            and each.level.rank >= finding.level.rank
        ]
        worse_than_held = finding.current > max(held, default=-1)
        grades = [value_of(facts.now, c) or 0 for c in CODES if c.startswith(finding.symptom)]
        worse_than_expected = max(grades) > expected.get(finding.symptom, 0)
        if worse_than_held and worse_than_expected:
            assert finding in quieted.tell


@unhurried
@given(some_facts, some_known, st.data())
def test_a_worse_report_is_never_told_less_than_a_milder_one(
    facts: Facts, known: Known, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(CODES))
    before = value_of(facts.now, item) or 0
    worse = replace(facts, now={**facts.now, item: answered(data.draw(st.integers(before, 4)))})
    only_expected = Known(expected=known.expected)
    assert rank(both(worse, only_expected)[1].level) >= rank(both(facts, only_expected)[1].level)


@unhurried
@given(some_facts)
def test_grouping_into_alerts_loses_no_finding(facts: Facts) -> None:
    judgement = judge(QUIET, SPEC, facts)
    groups = alert_groups(judgement.findings)
    assert sum(len(group.findings) for group in groups) == len(judgement.findings)
    assert max((rank(group.level) for group in groups), default=-1) == rank(judgement.level)
