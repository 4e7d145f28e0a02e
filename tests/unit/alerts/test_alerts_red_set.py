"""The red set of a pack: whole, or told what it lacks; a pack without it is tried, not used."""

import pytest

from rsm.alerts.checks import check, warnings, whole
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.alerts.red_set import red_set_gaps
from rsm.alerts.specs import spec_of
from rsm.instruments.library import shipped

STAR = (folder() / "star.toml").read_text(encoding="utf-8")
WHOLE = whole_text(STAR, "star")
WITHOUT = STAR.replace('include = ["red-set", "advice"]', 'include = ["advice"]')
ALL_RED = (
    "chest pain",
    "severe breathlessness",
    "bleeding",
    "fever",
    "confusion",
    "thoughts of self-harm",
)


def gaps(text: str) -> tuple[str, ...]:
    weekly = spec_of(shipped()["weekly-symptoms"])
    return red_set_gaps(parse_pack(text, "pack.toml")[0], weekly)


def changed(rule: str, old: str, new: str) -> str:
    """The whole text of a pack with its red set, of which one rule reads otherwise."""
    before, after = WHOLE.split(f'id = "{rule}"', maxsplit=1)
    assert old in after
    return f'{before}id = "{rule}"{after.replace(old, new, 1)}'


def test_a_pack_that_includes_the_red_set_has_all_of_it() -> None:
    assert gaps(STAR) == ()
    assert gaps(WITHOUT) == ALL_RED


@pytest.mark.parametrize(
    ("rule", "old", "new", "gap"),
    [
        ("breathless", "value = 3", "value = 4", "severe breathlessness"),
        ("fever", "38.0", "38.5", "fever"),
        ("bleeding", 'level = "emergency"', 'level = "urgent"', "bleeding"),
        ("chest-pain", "red = true", "", "chest pain"),
        ("confusion", "red = true", "red = true\nsubgroup = { regimens = ['X'] }", "confusion"),
        ("self-harm", "crisis = true", "", "thoughts of self-harm"),
    ],
)
def test_a_rule_of_the_red_set_that_was_loosened_is_a_gap(
    rule: str, old: str, new: str, gap: str
) -> None:
    assert gaps(changed(rule, old, new)) == (gap,)


def test_a_rule_that_is_stricter_than_the_red_set_is_no_gap() -> None:
    assert gaps(changed("breathless", "value = 3", "value = 2")) == ()
    assert gaps(changed("fever", "38.0", "37.8")) == ()


def test_a_pack_without_its_red_set_may_be_tried_but_not_used() -> None:
    pack, source = parse_pack(WITHOUT, "pack.toml")
    weekly = spec_of(shipped()["weekly-symptoms"])
    tried = pack.model_copy(
        update={"cases": tuple(case for case in pack.cases if "red set" not in case.name)}
    )
    assert check(tried, weekly, source) == []
    (problem,) = whole(tried, weekly, source)
    assert "pack star has no red set: chest pain, severe breathlessness" in problem.what
    assert problem.mend == 'add include = ["red-set"]'
    assert "has no red set" in " ".join(each.what for each in warnings(tried, weekly, source))
