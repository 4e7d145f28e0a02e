"""A pack with a mistake is refused, with file, line, what was expected and the nearest name."""

from pathlib import Path

import pytest

from rsm.alerts.checks import check, publish_problems
from rsm.alerts.commands import load_pack
from rsm.alerts.explain import explain
from rsm.alerts.packs import find_packs, folder, pack_path, parse_pack, read_pack
from rsm.alerts.specs import find_shipped
from rsm.kernel.errors import Invalid, Problem

GOOD = """\
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

[[rules]]
id = "severe"
title = "Severe"
level = "urgent"
items = "*"
when = { kind = "at_least", value = 3 }
reason = "{symptom} is {now}"
sure = "our_choice"
source = "None"

[[cases]]
name = "severe pain"
now = { "pain.severity" = 3 }
expect = [{ rule = "severe", symptom = "pain", level = "urgent" }]

[advice.en]
reviewed_by = "Ann Example, RN"
emergency = "Call {emergency_number}."
urgent = "Call {clinic_phone}."
soon = "Wait."
info = "Wait."

[red_flags.en]
reviewed_by = "Ann Example, RN"
words = ["chest pain"]
"""

REASON_WORDS = "{first}, {item}, {maximum}, {now}, {previous}, {rise}, {symptom}"


def problems(old: str, new: str) -> list[Problem]:
    """What is said of the small pack with one thing changed."""
    assert old in GOOD
    try:
        pack, source = parse_pack(GOOD.replace(old, new), "small.toml")
    except Invalid as error:
        return list(error.problems)
    return check(pack, find_shipped(pack.instrument), source)


def test_the_small_pack_is_good() -> None:
    assert problems("Small", "Small") == []


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "mend"),
    [
        (
            "level = ",
            "levle = ",
            "small.toml:16: rules[0].levle",
            "unknown key `levle`",
            "did you mean `level`?",
        ),
        (
            'id = "severe"',
            'id = "severe"\ncolour = 1',
            "small.toml:15: rules[0].colour",
            "unknown key `colour`",
            "",
        ),
        (
            '"at_least", value',
            '"at_lest", value',
            "small.toml:18: rules[0].when",
            (
                "`at_lest` is not one of 'at_least', 'worse_by', 'in_a_row', 'newly_present', "
                "'out_of_range', 'important_change', 'symptoms', 'total', 'red_flag', "
                "'own_urgency', 'not_reported', 'all', 'any', 'not'"
            ),
            "did you mean `at_least`?",
        ),
        (
            "value = 3",
            "value = 5",
            "small.toml:18: rules[0].when.value",
            "5 is off the scale of pain.frequency, 0 to 4",
            "",
        ),
        (
            'items = "*"',
            'items = ["pian.severity"]',
            "small.toml:17: rules[0].items",
            "weekly-symptoms 1.0.0 has no `pian.severity`",
            "did you mean `pain.severity`?",
        ),
        (
            'items = "*"',
            'symptoms = ["nausa"]',
            "small.toml:17: rules[0].symptoms",
            "weekly-symptoms 1.0.0 has no `nausa`",
            "did you mean `nausea`?",
        ),
        (
            'items = "*"',
            "",
            "small.toml:13: rules[0]",
            (
                'name one of `items` ("*" for every graded item), `symptoms`, `scores`, '
                "`numbers` or `about`"
            ),
            "",
        ),
        (
            "{symptom} is",
            "{symptoms} is",
            "small.toml:19: rules[0].reason",
            "unknown placeholder {symptoms}; there are " + REASON_WORDS,
            "",
        ),
        (
            '"pain.severity" = 3',
            '"pain.severty" = 3',
            "small.toml:25: cases[0].now.pain.severty",
            "weekly-symptoms has no item `pain.severty`",
            "did you mean `pain.severity`?",
        ),
        (
            '"pain.severity" = 3',
            "pain.severity = 3",
            "small.toml:25: cases[0].now.pain",
            'put item codes with a dot in quotes: "pain.severity" = 3',
            "",
        ),
        (
            '"pain.severity" = 3',
            '"pain.severity" = 9',
            "small.toml:25: cases[0].now.pain.severity",
            "9 is off the scale of pain.severity, 0 to 4",
            "",
        ),
        (
            'rule = "severe"',
            'rule = "sever"',
            "small.toml:26: cases[0].expect[0].rule",
            "no rule `sever`",
            "did you mean `severe`?",
        ),
        (
            "Call {clinic_phone}.",
            "Call {phone}.",
            "small.toml:31: advice.en.urgent",
            "unknown placeholder {phone}; there are {clinic_phone}, {emergency_number}",
            "",
        ),
        (
            'at_least = "1.0.0"',
            'at_least = "1.5.0"',
            "small.toml:8: instrument",
            "no instrument weekly-symptoms 1.5.0 to 2.0.0: not found",
            "the shipped weekly-symptoms is version 1.0.0",
        ),
        (
            'key = "weekly-symptoms"',
            'key = "weekly-symptom"',
            "small.toml:8: instrument",
            "no instrument weekly-symptom 1.0.0 to 2.0.0: not found",
            "did you mean `weekly-symptoms`?",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(
    old: str, new: str, where: str, what: str, mend: str
) -> None:
    assert Problem(where, what, mend) in problems(old, new)


def test_a_case_that_does_not_hold_is_refused_with_what_the_rules_give() -> None:
    wrong, _ = problems('"pain.severity" = 3', '"pain.severity" = 2')
    assert wrong.where == "small.toml:24: cases[0].name"
    assert "expected severe for pain, urgent; the rules give nothing" in wrong.what


def test_a_rule_that_no_case_triggers_is_refused() -> None:
    expected = '[{ rule = "severe", symptom = "pain", level = "urgent" }]'
    raised = GOOD.replace('"pain.severity" = 3', '"pain.severity" = 0').replace(expected, "[]")
    pack, source = parse_pack(raised, "small.toml")
    (problem,) = check(pack, find_shipped(pack.instrument), source)
    assert problem.where == "small.toml:14: rules[0].id"
    assert problem.what == "no case triggers rule `severe`"


def test_a_rise_that_can_never_be_met_is_refused() -> None:
    new = '{ kind = "worse_by", by = 3, since = "previous", below = 3 }'
    (problem,) = problems('{ kind = "at_least", value = 3 }', new)
    assert problem.where == "small.toml:18: rules[0].when.below"
    assert "never be met" in problem.what


def test_two_rules_of_one_name_are_refused() -> None:
    rule = GOOD[GOOD.index("[[rules]]") : GOOD.index("[[cases]]")]
    (problem,) = problems("[[cases]]", rule + "[[cases]]")
    assert problem.what == "`severe` is there twice, first at small.toml:14: rules[0].id"


def test_a_pack_is_published_only_with_a_named_reviewer_for_each_language() -> None:
    pack, _ = parse_pack(GOOD.replace('reviewed_by = "Ann Example, RN"\nwords', "words"), "x")
    assert [problem.where for problem in publish_problems(pack, ["en", "es"])] == [
        "small 1.0.0: red_flags.en",
        "small 1.0.0: advice.es",
        "small 1.0.0: red_flags.es",
    ]
    assert publish_problems(parse_pack(GOOD, "x")[0], ["en"]) == []


def test_the_pin_names_the_content_and_not_its_spelling() -> None:
    pin = parse_pack(GOOD, "x")[0].pin
    assert parse_pack("# a comment\n" + GOOD, "y")[0].pin == pin
    assert parse_pack(GOOD.replace("value = 3", "value = 2"), "x")[0].pin.hash != pin.hash


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="No such file"):
        read_pack(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="not UTF-8"):
        read_pack(tmp_path / "bytes.toml")


def test_packs_are_found_by_folder_file_name_and_key(tmp_path: Path) -> None:
    assert folder() / "first.toml" in find_packs([folder()])
    assert pack_path("first") == pack_path("first-pack") == folder() / "first.toml"
    with pytest.raises(Invalid, match="did you mean `first`"):
        pack_path("frist")
    with pytest.raises(Invalid, match="no pack in this folder"):
        find_packs([tmp_path])


def test_a_pack_with_a_problem_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(GOOD.replace("value = 3", "value = 4"), encoding="utf-8")
    with pytest.raises(Invalid, match="does not hold"):
        load_pack(path, find_shipped)


def test_the_explanation_reads_as_a_page() -> None:
    pack, _ = parse_pack(GOOD, "x")
    page = explain(pack, find_shipped(pack.instrument))
    assert "# Small\n" in page
    assert "Raises **urgent** when any question that is graded 0 to 4 is 3 or more." in page
    assert "| severe pain | pain.severity 3 | nothing | urgent: pain (severe) |" in page
    assert "reviewed by Ann Example, RN" in page
    assert "Signature: ____" in page
