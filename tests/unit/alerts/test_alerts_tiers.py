"""One pack for an organisation, changed by site, team and patient, each change visible."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rsm.alerts.commands import explain_path
from rsm.alerts.conditions import WorseBy
from rsm.alerts.decide import judge
from rsm.alerts.explain import explain
from rsm.alerts.model import Facts
from rsm.alerts.packs import answers_of, folder, read_pack
from rsm.alerts.specs import find_shipped
from rsm.alerts.tiers import (
    EffectivePack,
    Override,
    checked_override,
    merge,
    override_problems,
    parse_override,
)
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Level

NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
PACK = read_pack(folder() / "star.toml")[0]
_FOUND = find_shipped(PACK.instrument)
assert _FOUND is not None
SPEC = _FOUND
P = "pain.severity"


def text(changes: str, tier: str = "site", until: str = "2026-12-01T00:00:00Z") -> str:
    return f"""\
tier = "{tier}"
of = "0199-site"
author = "Dr. Example"
reason = "Too many alerts for known pain"
since = 2026-10-01T00:00:00Z
until = {until}

[base]
key = "star"
version = "1.0.0"
hash = "{PACK.pin.hash}"

{changes}
"""


def change(rule: str, what: str) -> str:
    return f'[[changes]]\nrule = "{rule}"\n{what}'


def override(changes: str, tier: str = "site") -> Override:
    return parse_override(text(changes, tier), "override.toml")[0]


def level(effective: EffectivePack, grade: int) -> Level | None:
    return judge(effective.pack, SPEC, Facts(answers_of({P: grade}), NOW)).level


def test_without_overrides_the_base_judges() -> None:
    assert merge(PACK, (), NOW).pack == PACK


def test_a_threshold_a_level_and_a_rule_are_changed_and_the_page_says_by_whom() -> None:
    site = override(change("severe", "thresholds = { value = 4 }"))
    patient = override(change("severe", 'level = "soon"'), "patient")
    effective = merge(PACK, (patient, site), NOW)
    assert level(effective, 3) is None
    assert level(effective, 4) is Level.SOON
    assert effective.base == PACK.pin
    assert effective.pin.hash != PACK.pin.hash
    assert [each.tier for each in effective.provenance["severe"]] == ["site", "patient"]
    page = explain(effective.pack, SPEC, effective.provenance)
    assert (
        "Changed by site until 2026-11-30: value 4. "
        "Reason: Too many alerts for known pain (Dr. Example)."
    ) in page


def test_the_page_names_a_rule_that_was_switched_off(tmp_path: Path) -> None:
    path = tmp_path / "override.toml"
    path.write_text(text(change("worse", "disable = true")), encoding="utf-8")
    page = explain_path(folder() / "star.toml", find_shipped, overrides=[path])
    assert (
        "### Rule `worse` does not apply\n\nChanged by site until 2026-11-30: switched off." in page
    )
    assert "is worse by 2 or more" not in page


def test_an_override_holds_from_its_beginning_to_its_end() -> None:
    ours = override(change("severe", "disable = true"))
    assert level(merge(PACK, (ours,), NOW), 3) is None
    assert level(merge(PACK, (ours,), ours.until), 3) is Level.URGENT
    assert level(merge(PACK, (ours,), ours.since - timedelta(seconds=1)), 3) is Level.URGENT


@pytest.mark.parametrize(
    "what",
    ["disable = true", 'level = "urgent"', "thresholds = { value = 4 }"],
)
@pytest.mark.parametrize("rule", ["breathless"])
def test_nobody_switches_off_lowers_or_loosens_the_red_set(rule: str, what: str) -> None:
    (problem,) = override_problems(PACK, override(change(rule, what)))
    assert "may only be made stricter" in problem.what
    effective = merge(PACK, (override(change(rule, what)),), NOW)
    assert effective.pack == PACK
    assert len(effective.review) == 1  # what was asked for does not happen: a person looks


def test_the_red_set_may_be_made_stricter() -> None:
    ours = override(change("breathless", "thresholds = { value = 2 }"))
    assert override_problems(PACK, ours) == []
    found = judge(
        merge(PACK, (ours,), NOW).pack,
        SPEC,
        Facts(answers_of({"shortness-of-breath.severity": 2}), NOW),
    )
    assert found.level is Level.EMERGENCY


def test_how_far_an_emergency_looks_back_is_left_alone() -> None:
    when = WorseBy(kind="worse_by", by=2, since="best", weeks=8)
    rules = tuple(
        rule.model_copy(update={"when": when}) if rule.id == "breathless" else rule
        for rule in PACK.rules
    )
    upon = PACK.model_copy(update={"rules": rules})
    for weeks in (4, 12):
        ours = override(change("breathless", f"thresholds = {{ weeks = {weeks} }}"))
        assert override_problems(PACK, ours, upon) != []


def test_no_override_adds_a_crisis_rule() -> None:
    """Its line would stand in no published pack."""
    rule = """[[rules]]
id = "own-crisis"
title = "A crisis of our own"
level = "emergency"
items = ["pain.severity"]
when = { kind = "at_least", value = 4 }
crisis = true
sure = "our_choice"
source = "A test"
"""
    ours = override(rule)
    (problem,) = override_problems(PACK, ours)
    assert "a crisis rule needs the crisis line of its own pack" in problem.what
    effective = merge(PACK, (ours,), NOW)
    assert effective.pack == PACK
    assert len(effective.review) == 1


def test_an_override_for_another_content_is_left_out_and_a_person_looks() -> None:
    other = PACK.model_copy(update={"title": "Another"})
    effective = merge(other, (override(change("severe", "disable = true")),), NOW)
    assert effective.pack == other
    assert "of other content" in effective.review[0].what


@pytest.mark.parametrize(
    ("body", "what", "mend"),
    [
        (change("sever", "disable = true"), "no rule `sever`", "did you mean `severe`?"),
        (
            change("severe", "thresholds = { vlaue = 4 }"),
            "has no threshold `vlaue`",
            "did you mean `value`?",
        ),
    ],
)
def test_a_mistake_names_the_line_and_the_nearest_word(body: str, what: str, mend: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_override(PACK, text(body), "override.toml")
    (problem,) = caught.value.problems
    assert problem.where == "override.toml:13: changes[0]"
    assert what in problem.what
    assert problem.mend == mend


def test_an_override_has_an_author_a_reason_and_an_end_that_is_not_far() -> None:
    body = change("severe", "disable = true")
    with pytest.raises(Invalid, match="`author` is missing"):
        parse_override(text(body).replace('author = "Dr. Example"\n', ""), "x")
    with pytest.raises(Invalid, match="within 92 days"):
        parse_override(text(body, "patient", "2027-02-01T00:00:00Z"), "x")
    with pytest.raises(Invalid, match="it changes nothing"):
        parse_override(text(""), "x")
