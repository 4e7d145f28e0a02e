"""Thresholds, facts and packs that cannot be meant: refused in words, and never a crash."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rsm.alerts.checks import check
from rsm.alerts.commands import eval_document, explain_path
from rsm.alerts.decide import judge
from rsm.alerts.explain import explain
from rsm.alerts.model import Facts, InstrumentSpec, NumberSpec, Report, ReviewKind, ScoreSpec
from rsm.alerts.packs import folder, parse_pack, read_pack
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import find_shipped, spec_of
from rsm.alerts.wording import condition_text
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Reporter

STAR = (folder() / "star.toml").read_text(encoding="utf-8")
NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
TEMPERATURE = 'numbers = ["temperature"]\nif_item_absent = "skip"'
WELL = ScoreSpec("well", "pain", ("pain.severity",), maximum=100, falling_is_worse=True)
BALANCE = NumberSpec("balance", "pain", minimum=-10, maximum=10)


def spec() -> InstrumentSpec:
    found = find_shipped(read_pack(folder() / "star.toml")[0].instrument)
    assert found is not None
    return replace(found, scores=(*found.scores, WELL), numbers=(*found.numbers, BALANCE))


def pack_with(
    when: str, subject: str = 'items = ["pain.severity"]', level: str = "urgent"
) -> RulePack:
    rule = f"""
[[rules]]
id = "odd"
title = "Odd"
level = "{level}"
{subject}
when = {when}
sure = "our_choice"
source = "A test."

"""
    return parse_pack(STAR.replace("[[rules]]", f"{rule}[[rules]]", 1), "star.toml")[0]


def problems(when: str, subject: str) -> list[Problem]:
    return check(pack_with(when, subject), spec())


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_no_number_is_no_threshold(value: str) -> None:
    with pytest.raises(Invalid, match="no threshold"):
        pack_with(f'{{ kind = "at_least", value = {value} }}')


@pytest.mark.parametrize(
    ("when", "subject", "part", "what"),
    [
        (
            '{ kind = "worse_by", by = 20, since = "previous" }',
            TEMPERATURE,
            "by",
            "can never be met: temperature goes from 30 to 45",
        ),
        (
            '{ kind = "worse_by", by = 1, since = "previous", below = 30.5 }',
            TEMPERATURE,
            "below",
            "can never be met",
        ),
        (
            '{ kind = "out_of_range", at_least = 35, below = 38 }',
            TEMPERATURE,
            "below",
            "is always met",
        ),
        ('{ kind = "at_least", value = 50 }', 'scores = ["well"]', "kind", "whoever is well"),
        (
            '{ kind = "in_a_row", value = 50, reports = 2 }',
            'scores = ["well"]',
            "kind",
            "whoever is well",
        ),
    ],
)
def test_a_threshold_that_the_scale_makes_nonsense_is_refused(
    when: str, subject: str, part: str, what: str
) -> None:
    found = problems(when, subject)
    assert any(f"when.{part}" in each.where and what in each.what for each in found), found


def test_where_less_is_worse_a_fall_may_end_below_its_own_size() -> None:
    when = '{ kind = "worse_by", by = 30, since = "previous", below = 20 }'
    found = problems(when, 'scores = ["well"]')
    assert [each.what for each in found] == ["no case triggers rule `odd`"]


def test_a_total_that_every_answer_reaches_is_refused() -> None:
    eortc = spec_of(find("eortc-qlq-c30"))
    codes = [item.code for item in eortc.items if item.minimum == 1][:2]
    listed = ", ".join(f'"{code}"' for code in codes)
    text = STAR.replace("weekly-symptoms", "eortc-qlq-c30")
    rule = f"""
[[rules]]
id = "odd"
title = "Odd"
level = "urgent"
about = "report"
when = {{ kind = "total", items = [{listed}], value = 2 }}
sure = "our_choice"
source = "A test."

"""
    pack, source = parse_pack(text.replace("[[rules]]", f"{rule}[[rules]]", 1), "star.toml")
    found = [each.what for each in check(pack, eortc, source)]
    assert any("is always met: they add up to 2 at least" in what for what in found), found


# --- facts -----------------------------------------------------------------------------------


def test_a_rise_on_a_scale_that_begins_below_zero_is_seen() -> None:
    pack = pack_with('{ kind = "worse_by", by = 3, since = "previous" }', 'numbers = ["balance"]')
    before = Report(NOW - timedelta(days=7), {}, Reporter.SELF, {"balance": -5})
    facts = Facts(now={}, at=NOW, history=(before,), numbers={"balance": 1})
    assert [each.rule for each in judge(pack, spec(), facts).findings] == ["odd"]


def test_a_code_below_the_scale_is_for_a_person() -> None:
    eortc = spec_of(find("eortc-qlq-c30"))
    item = next(each for each in eortc.items if each.minimum == 1)
    pack = read_pack(folder() / "star.toml")[0]
    review = judge(pack, eortc, Facts({item.code: answered(0)}, NOW)).review
    assert (ReviewKind.OFF_SCALE, item.code) in {(each.kind, each.where) for each in review}


@pytest.mark.parametrize(
    "facts",
    [
        {"now": {"pain.severity": 10**400}},
        {"now": {"temperature": 10**400}},
        {"now": {}, "scores": {"pain.max": -(10**400)}},
    ],
)
def test_a_number_of_hundreds_of_digits_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="expected a"):
        eval_document(read_pack(folder() / "star.toml")[0], spec(), facts)


def test_a_relative_is_never_asked_what_a_crisis_rule_names_in_its_condition() -> None:
    when = '{ kind = "at_least", value = 1, item = "pain.severity" }'
    pack = pack_with(when, 'about = "harm"\ncrisis = true', "emergency")
    told = Facts({"pain.severity": answered(1)}, NOW, reporter=Reporter.PROXY)
    kinds = {each.kind for each in judge(pack, spec(), told).review}
    assert ReviewKind.ASKED_WRONGLY in kinds


# --- packs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tail",
    [
        f"x = {'[' * 50_000}",
        f"x = {'9' * 5_000}",
    ],
)
def test_a_text_that_no_reader_can_hold_is_told_in_words(tail: str) -> None:
    with pytest.raises(Invalid, match="holds"):
        parse_pack(f"{STAR}\n{tail}\n", "star.toml")


def test_conditions_within_each_other_without_end_are_told_in_words() -> None:
    nested = '{ kind = "not", condition = ' * 400 + '{ kind = "red_flag" }' + " }" * 400
    with pytest.raises(Invalid, match="too many brackets"):
        pack_with(nested)


def test_a_number_off_its_scale_in_a_case_is_told_there() -> None:
    text = STAR.replace(
        "[[cases]]", '[[cases]]\nname = "F"\nnow = {}\nnumbers = { temperature = 100.4 }\n'
        "expect = []\n\n[[cases]]", 1,
    )  # fmt: skip
    pack, source = parse_pack(text, "star.toml")
    found = [str(each) for each in check(pack, spec(), source)]
    assert any("100.4 is off the scale of temperature, 30 to 45" in each for each in found), found


# --- the page that is signed -------------------------------------------------------------------


def test_the_page_says_worse_and_not_higher_where_less_is_worse() -> None:
    pack = pack_with('{ kind = "worse_by", by = 10, since = "previous" }', 'scores = ["well"]')
    assert condition_text(pack.rules[0].when) == "is worse by 10 or more than the previous report"


def test_the_page_shows_the_earlier_numbers_of_a_case() -> None:
    text = STAR.replace(
        "[[cases]]", '[[cases]]\nname = "F"\nnow = {}\nnumbers = { temperature = 39.1 }\n'
        "history = [{ days_ago = 1, answers = {}, numbers = { temperature = 37.2 } }]\n"
        'expect = [{ rule = "fever", symptom = "temperature", level = "emergency" }]\n\n'
        "[[cases]]", 1,
    )  # fmt: skip
    page = explain(parse_pack(text, "star.toml")[0], spec())
    assert "1 days ago by the patient: temperature 37.2" in page


def test_an_override_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read: No such file"):
        explain_path(folder() / "star.toml", find_shipped, overrides=[tmp_path / "none.toml"])
