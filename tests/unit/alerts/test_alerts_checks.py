"""What the static checks find in a pack before it judges anybody, and on which line."""

from dataclasses import replace

import pytest

from rsm.alerts.checks import check, publish_problems, warnings
from rsm.alerts.composing import compose
from rsm.alerts.crisis import crisis_items
from rsm.alerts.model import InstrumentSpec, ScoreSpec
from rsm.alerts.packs import folder, parse_pack, read_pack
from rsm.alerts.specs import find_shipped, with_needs
from rsm.kernel.errors import Invalid, Problem

HEAD = """\
key = "small"
version = "1.0.0"
title = "Small"
author = "A test"
source = "None"
limits = "For tests."

[instrument]
key = "weekly-symptoms"
at_least = "1.0.0"
below = "2.0.0"

"""
TAIL = """
[advice.en]
emergency = "Call {emergency_number}."
urgent = "Call {clinic_phone}."
soon = "Wait."
info = "Wait."
"""
STAR = read_pack(folder() / "star.toml")[0]


def rule(name: str, subject: str, when: str, level: str = "urgent", more: str = "") -> str:
    return f"""
[[rules]]
id = "{name}"
title = "{name}"
level = "{level}"
{subject}
when = {when}
sure = "our_choice"
source = "None"
{more}
"""


def case(name: str, now: str, symptom: str = "pain", level: str = "urgent") -> str:
    expect = f'[{{ rule = "{name}", symptom = "{symptom}", level = "{level}" }}]'
    return f'\n[[cases]]\nname = "{name}"\nnow = {now}\nexpect = {expect}\n'


SEVERE = rule("severe", 'items = "*"', '{ kind = "at_least", value = 3 }')
SEVERE_CASE = case("severe", '{ "pain.severity" = 3 }')
PAIN = 'items = ["pain.severity"]'


def spec() -> InstrumentSpec:
    found = find_shipped(STAR.instrument)
    assert found is not None
    return found


def problems(*rules: str, instrument: InstrumentSpec | None = None) -> list[Problem]:
    text = HEAD + "".join(rules) + SEVERE_CASE + TAIL
    pack, source = parse_pack(text, "small.toml")
    return check(pack, instrument or spec(), source)


def noted(*rules: str) -> list[str]:
    pack, source = parse_pack(HEAD + "".join(rules) + SEVERE_CASE + TAIL, "small.toml")
    return [problem.what for problem in warnings(pack, spec(), source)]


@pytest.mark.parametrize(
    ("subject", "when", "part", "what"),
    [
        (PAIN, '{ kind = "at_least", value = 5 }', "value", "5 is off the scale of pain.severity"),
        (PAIN, '{ kind = "in_a_row", value = 9, reports = 2 }', "value", "9 is off the scale"),
        (PAIN, '{ kind = "worse_by", by = 5, since = "previous" }', "by", "5 is off the scale"),
        (
            PAIN,
            (
                '{ kind = "all", conditions = [{ kind = "at_least", value = 2 }, '
                '{ kind = "not", condition = { kind = "at_least", value = 1 } }] }'
            ),
            "kind",
            "can never be met by pain.severity",
        ),
        (
            PAIN,
            (
                '{ kind = "any", conditions = [{ kind = "at_least", value = 2 }, '
                '{ kind = "not", condition = { kind = "at_least", value = 2 } }] }'
            ),
            "kind",
            "can always be met by pain.severity",
        ),
        (
            PAIN,
            (
                '{ kind = "all", conditions = [{ kind = "at_least", value = 2 }, '
                '{ kind = "at_least", value = 7 }] }'
            ),
            "conditions[1].value",
            "7 is off the scale of pain.severity",
        ),
        ('about = "x"', '{ kind = "symptoms", value = 3, count = 13 }', "count", "13 of 12"),
        (
            'about = "x"',
            '{ kind = "total", items = ["pain.severity", "nausea.severity"], value = 9 }',
            "value",
            "these items add up to 8 at most",
        ),
        ('about = "x"', '{ kind = "red_flag" }', "kind", "the pack has no red_flags"),
        ('about = "x"', '{ kind = "at_least", value = 3 }', "kind", "which item?"),
    ],
)
def test_a_threshold_that_can_never_or_always_be_met_is_refused(
    subject: str, when: str, part: str, what: str
) -> None:
    found = problems(SEVERE, rule("odd", subject, when))
    assert any(
        each.where == f"small.toml:29: rules[1].when.{part}" and what in each.what for each in found
    ), found


def test_a_threshold_of_zero_is_always_met_and_refused() -> None:
    with pytest.raises(Invalid, match="expected a number above 0: 0 is always met"):
        problems(rule("odd", PAIN, '{ kind = "at_least", value = 0 }'))


@pytest.mark.parametrize(
    ("subject", "when", "name", "mend"),
    [
        ('items = "*.severty"', '{ kind = "at_least", value = 3 }', "*.severty", ""),
        ('scores = ["pain.compsite"]', '{ kind = "at_least", value = 3 }', "pain.compsite", ""),
        (
            PAIN,
            '{ kind = "at_least", value = 3, item = "nausea.sverity" }',
            "nausea.sverity",
            "did you mean `nausea.severity`?",
        ),
    ],
)
def test_a_name_that_the_questionnaire_does_not_have_is_refused(
    subject: str, when: str, name: str, mend: str
) -> None:
    found = problems(SEVERE, rule("odd", subject, when))
    (problem,) = (each for each in found if f"has no `{name}`" in each.what)
    assert not mend or problem.mend == mend


def test_a_composite_never_stands_alone() -> None:
    composite = ScoreSpec(
        "pain.composite", "pain", ("pain.severity",), maximum=3, is_composite=True
    )
    scored = replace(spec(), scores=(composite,))
    on_score = rule("score", 'scores = ["pain.composite"]', '{ kind = "at_least", value = 3 }')
    alone = problems(on_score, instrument=scored)
    assert any("`pain.composite` stands alone" in problem.what for problem in alone)
    beside = problems(SEVERE, on_score, instrument=scored)
    assert not any("stands alone" in problem.what for problem in beside)


def test_a_rule_in_the_shadow_of_another_is_named() -> None:
    worse = rule("very", PAIN, '{ kind = "at_least", value = 4 }', "soon")
    assert any("`very` is in the shadow of `severe`" in what for what in noted(SEVERE, worse))
    higher = rule("very", PAIN, '{ kind = "at_least", value = 4 }', "emergency")
    assert not any("shadow" in what for what in noted(SEVERE, higher))
    since = '{ kind = "worse_by", by = 2, since = "previous" }'
    assert not any("shadow" in what for what in noted(SEVERE, rule("rise", PAIN, since, "soon")))


def test_of_two_equal_rules_the_later_is_in_the_shadow() -> None:
    again = SEVERE.replace('id = "severe"', 'id = "again"')
    assert [what for what in noted(SEVERE, again) if "shadow" in what] == [
        "rule `again` is in the shadow of `severe`: it decides nothing alone"
    ]


def test_where_a_worse_answer_raises_less_is_named() -> None:
    below = '{ kind = "worse_by", by = 1, since = "previous", below = 3 }'
    alone = rule("rise", PAIN, below)
    assert "pain.severity: a rise from 2 to 3 can lower the level" in noted(alone)
    assert not any("lower the level" in what for what in noted(SEVERE, alone))


def test_symptoms_that_no_rule_watches_and_a_missing_red_set_are_named() -> None:
    found = noted(rule("severe", PAIN, '{ kind = "at_least", value = 3 }'))
    assert "no rule watches `nausea`, which is asked" in found
    assert any("has no red set" in what for what in found)
    assert not any("watches" in what for what in noted(SEVERE))


def test_a_rule_without_a_level_that_a_crisis_needs_is_refused() -> None:
    with pytest.raises(Invalid, match="a rule with `crisis` is an emergency"):
        problems(rule("odd", PAIN, '{ kind = "at_least", value = 1 }', more="crisis = true"))


def test_a_crisis_rule_needs_the_crisis_line_in_each_language() -> None:
    assert publish_problems(STAR, ["en", "es"]) == []
    without = STAR.model_copy(update={"crisis": {}})
    where = [problem.where for problem in publish_problems(without, ["en"])]
    assert where == ["star 1.0.0: crisis.en", "star 1.0.0: crisis.es"]
    assert crisis_items(STAR, spec()) == ()
    assert crisis_items(STAR, with_needs(spec(), STAR)) == ("phq-9.9",)


# --- parts ---


def test_a_mistake_in_a_part_is_told_with_the_line_of_the_part() -> None:
    text = 'include = ["red-set"]\n' + HEAD + SEVERE + SEVERE_CASE + TAIL
    good = (folder() / "parts" / "red-set.toml").read_text(encoding="utf-8")
    line = good[: good.index('title = "Chest pain"')].count("\n") + 1
    bad = good.replace('title = "Chest pain"', 'titel = "Chest pain"')
    whole, source = compose(text, "small.toml", lambda _part: bad, ["red-set"])
    assert source.place(("rules", 1, "titel")) == f"parts/red-set.toml:{line}: rules[1].titel"
    assert source.place(("rules", 0, "level")) == "small.toml:18: rules[0].level"
    assert whole.startswith('# include = ["red-set"]\n')


def test_a_part_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(Invalid) as caught:
        parse_pack('key = "x"\ninclude = ["red-st"]\n' + TAIL, "small.toml")
    (problem,) = caught.value.problems
    assert problem == Problem(
        "small.toml:2: include", "there is no part `red-st`", "did you mean `red-set`?"
    )


def test_a_pack_is_made_ready_for_its_cases_only_once() -> None:
    assert with_needs(spec(), STAR) is with_needs(spec(), STAR)
    assert with_needs(spec(), STAR) is not spec()
