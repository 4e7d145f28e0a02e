"""A pack with a mistake: the message names the line, what was expected, and the nearest name."""

from dataclasses import replace

import pytest

from rsm.alerts.checks import check, warnings
from rsm.alerts.model import InstrumentSpec, NumberSpec, ScoreSpec
from rsm.alerts.packs import folder, parse_pack
from rsm.alerts.specs import find_shipped, spec_of
from rsm.instruments.library import shipped
from rsm.kernel.errors import Invalid, Problem

STAR = (folder() / "star.toml").read_text(encoding="utf-8")
SEVERE = 'items = "*"\nwhen = { kind = "at_least", value = 3 }'
CASE = 'now = { "pain.severity" = 3 }'


def problems(text: str, instrument: InstrumentSpec | None = None) -> list[Problem]:
    """What `rsm rules check` says of this text."""
    try:
        pack, source = parse_pack(text, "mine.toml")
    except Invalid as error:
        return list(error.problems)
    return check(pack, instrument or find_shipped(pack.instrument), source)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def changed(good: str, bad: str) -> str:
    assert good in STAR
    return STAR.replace(good, bad, 1)


@pytest.mark.parametrize(
    ("good", "bad", "at", "said"),
    [
        ('level = "urgent"', 'levle = "urgent"', "levle", "did you mean `level`?"),
        ("[instrument]", "[instrumnt]", "[instrumnt]", "did you mean `instrument`?"),
        (
            'kind = "at_least", value',
            'kind = "atleast", value',
            "when =",
            "did you mean `at_least`?",
        ),
        ('level = "urgent"', 'level = "urgnt"', "level =", "did you mean `urgent`?"),
        ('items = "*"', 'items = ["pain.severty"]', "items = ", "did you mean `pain.severity`?"),
        ('items = "*"', 'items = "*.severty"', "items = ", "did you mean `*.severity`?"),
        ('items = "*"', 'symptoms = ["paln"]', "symptoms = [", "did you mean `pain`?"),
        (
            SEVERE,
            SEVERE.replace('items = "*"', 'numbers = ["temprature"]'),
            'numbers = ["temp',
            "did you mean `temperature`?",
        ),
        ("value = 3 }", "value = 7 }", "when =", "7 is off the scale of pain.frequency, 0 to 4"),
        ("value = 3 }", "value = 0 }", "when =", "0 is always met"),
        ('version = "1.0.0"', 'version = "1.0"', "version", "such as `1.0.0`"),
        ('key = "star"', 'key = "Star pack"', "key", "such as `"),
        ('at_least = "1.0.0"', 'at_least = "1.9.0"', "[instrument]", "is version 1.0.0"),
        ('key = "weekly-symptoms"', 'key = "weekly"', "[instrument]", "there are "),
        ("[instrument]", "[instrument", "[instrument", "not TOML: Expected ']'"),
        (
            CASE,
            CASE.replace("3", "2"),
            'name = "Severe pain"',
            "expected severe for pain, urgent; the rules give nothing",
        ),
        (CASE, CASE.replace("3", "9"), CASE[:8], "9 is off the scale of pain.severity, 0 to 4"),
        (CASE, CASE.replace("sever", "svere"), CASE[:8], "did you mean `pain.severity`?"),
        (
            CASE,
            CASE + "\nnumbers = { temprature = 38 }",
            "numbers = { te",
            "did you mean `temperature`?",
        ),
        (CASE, CASE + '\nscores = { "pain.composit" = 3 }', "scores = {", "has no score"),
        (
            'rule = "severe"',
            'rule = "sever"',
            'expect = [{ rule = "sever"',
            "did you mean `severe`?",
        ),
        ('items = "*"', 'items = "*"\nsymptoms = ["pain"]', "[[rules]]", "not items and symptoms"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(
    good: str, bad: str, at: str, said: str
) -> None:
    text = changed(good, bad)
    place = f"mine.toml:{line_of(text, at)}"
    found = problems(text)
    assert any(
        each.where.split(": ")[0] == place and said in f"{each.what} {each.mend}" for each in found
    ), found


def test_an_array_of_tables_with_a_wrong_name_is_told_where_it_begins() -> None:
    text = changed("[[rules]]", "[[rule]]")
    (problem,) = problems(text)
    assert problem.where == f"mine.toml:{line_of(text, '[[rule]]')}: rule"


def test_two_rules_of_one_name_are_told_with_both_lines() -> None:
    text = changed('id = "severe"', 'id = "chest-pain"').replace(
        'rule = "severe"', 'rule = "chest-pain"'
    )
    (problem,) = problems(text)
    assert problem.where.startswith("parts/red-set.toml:")
    assert problem.what == (
        f"`chest-pain` is there twice, first at mine.toml:{line_of(text, 'id = ')}: rules[0].id"
    )


def test_what_an_included_part_holds_already_is_told() -> None:
    text = STAR + "\n[crisis.en]\n" + 'text = "Call."\n'
    (problem,) = problems(text)
    assert problem.mend == "an included part holds it already"


def test_a_rule_on_an_optional_question_learns_how_it_may_stand() -> None:
    cold = 'numbers = ["temperature"]\nwhen = { kind = "out_of_range", below = 35 }'
    text = changed(SEVERE, cold)
    assert any('if_item_absent = "skip"' in problem.mend for problem in problems(text))


def test_a_rule_that_no_case_triggers_is_refused() -> None:
    rule = STAR[STAR.index("[[rules]]") : STAR.index('[[rules]]\nid = "worse"')]
    alone = rule.replace('id = "severe"', 'id = "very"').replace("value = 3", "value = 4")
    text = STAR.replace('[[rules]]\nid = "worse"', alone + '[[rules]]\nid = "worse"')
    kept = text.replace(
        'now = { "pain.severity" = 1, "pain.frequency" = 4 }',
        'now = { "pain.severity" = 1, "pain.frequency" = 3 }',
    )
    (problem,) = problems(kept)
    assert problem.what == "no case triggers rule `very`"
    line = line_of(kept, 'id = "very"')
    assert problem.where == f"mine.toml:{line}: rules[1].id"


# --- scores ---

ON_SCORE = """
[[rules]]
id = "score"
title = "Score"
level = "soon"
{subject}
when = {{ kind = "at_least", value = 3{item} }}
sure = "our_choice"
source = "None"

"""


def with_score_rule(subject: str, item: str = "") -> str:
    rule = ON_SCORE.format(subject=subject, item=f', item = "{item}"' if item else "")
    return STAR.replace('[[rules]]\nid = "severe"', rule + '[[rules]]\nid = "severe"')


def scored(score: ScoreSpec) -> InstrumentSpec:
    return replace(spec_of(shipped()["weekly-symptoms"]), scores=(score,))


@pytest.mark.parametrize(
    ("subject", "item"), [('scores = ["pain.profile"]', ""), ('about = "state"', "pain.profile")]
)
def test_a_profile_has_no_threshold(subject: str, item: str) -> None:
    profile = ScoreSpec("pain.profile", "pain", ("pain.severity",), maximum=44, is_profile=True)
    found = problems(with_score_rule(subject, item), scored(profile))
    (problem,) = (each for each in found if "names a state and is no quantity" in each.what)
    assert problem.mend == "look at its answers, such as `pain.severity`"


def test_the_shipped_profile_is_known_as_one() -> None:
    (profile,) = (each for each in spec_of(shipped()["eq-5d-5l"]).scores if each.is_profile)
    assert profile.name == "eq-5d-5l.profile"


@pytest.mark.parametrize(
    ("subject", "item"),
    [('scores = ["pain.composite"]', ""), ('about = "grade"', "pain.composite")],
)
def test_a_composite_alone_is_refused_however_it_is_asked(subject: str, item: str) -> None:
    composite = ScoreSpec(
        "pain.composite", "pain", ("pain.severity",), maximum=3, is_composite=True
    )
    beside = problems(with_score_rule(subject, item), scored(composite))
    assert not any("stands alone" in problem.what for problem in beside)
    alone = with_score_rule(subject, item).replace(
        'items = "*"\nwhen = { kind = "at_least"',
        'items = ["nausea.severity"]\nwhen = { kind = "at_least"',
    )
    found = problems(alone, scored(composite))
    assert any("`pain.composite` stands alone" in problem.what for problem in found)


# --- what is only noted ---


def noted(text: str, instrument: InstrumentSpec | None = None) -> list[str]:
    pack, source = parse_pack(text, "mine.toml")
    spec = instrument or find_shipped(pack.instrument)
    assert spec is not None
    return [problem.what for problem in warnings(pack, spec, source)]


def test_a_number_that_no_rule_watches_is_named() -> None:
    weekly = spec_of(shipped()["weekly-symptoms"])
    asked = replace(weekly, numbers=(NumberSpec("weight", "weight", 20, 300, "kg"),))
    assert "no rule watches `weight`, which is asked" in noted(STAR, asked)
    fever = replace(weekly, numbers=(NumberSpec("temperature", "temperature", 30, 45, "°C"),))
    assert not any("watches" in what for what in noted(STAR, fever))
