"""Every pack in `alert_rules/`: no problem, and each worked case holds."""

import json

import pytest

from rsm.alerts.cases import CaseResult, run_cases
from rsm.alerts.checks import publish_problems, warnings, whole
from rsm.alerts.commands import json_schema
from rsm.alerts.explain import explain, explain_html
from rsm.alerts.packs import find_packs, folder, parse_pack, read_pack, whole_text
from rsm.alerts.red_set import red_set_gaps
from rsm.alerts.scan import dips, shadows
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import find_shipped, with_needs
from rsm.kernel.words import Level

PATHS = find_packs([folder()])
PACKS = [read_pack(path)[0] for path in PATHS]
RED = {"chest-pain", "breathless", "bleeding", "fever", "confusion", "self-harm"}


def results() -> list[tuple[str, CaseResult]]:
    found = []
    for pack in PACKS:
        instrument = find_shipped(pack.instrument)
        assert instrument is not None
        found += [(pack.key, case) for case in run_cases(pack, instrument)]
    return found


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.key))
def test_a_shipped_pack_can_be_published_in_both_languages(pack: RulePack) -> None:
    instrument = find_shipped(pack.instrument)
    assert whole(pack, instrument) == []
    assert publish_problems(pack, ["en", "es"]) == []
    assert pack.title in explain(pack, instrument)
    assert f"<h1>{pack.title}</h1>" in explain_html(pack, instrument)


@pytest.mark.parametrize(
    ("pack", "case"), results(), ids=lambda each: str(getattr(each, "name", each))
)
def test_a_worked_case_holds(pack: str, case: CaseResult) -> None:
    assert case.given == case.expected, pack


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.key))
def test_in_no_shipped_pack_does_worse_raise_less_or_a_rule_hide_another(pack: RulePack) -> None:
    instrument = find_shipped(pack.instrument)
    assert instrument is not None
    assert dips(pack, with_needs(instrument, pack)) == []
    assert shadows(pack, instrument) == []


def test_the_packs_that_we_ship_are_named_in_the_readme() -> None:
    readme = (folder() / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in PATHS} == {
        "first",
        "pro-tect-like",
        "severe-only",
        "star",
        "uab-like",
    }
    assert all(f"`{path.name}`" in readme for path in PATHS)


def test_the_first_pack_keeps_the_hash_that_it_was_published_with() -> None:
    pack = next(pack for pack in PACKS if pack.key == "first-pack")
    assert (pack.pin.version, pack.pin.hash) == (
        "1.1.0",
        "c648acb75247c5c186d0a20626b09e8f10d0f474511066bc7104a60995806b76",
    )


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.key))
def test_every_pack_has_the_red_set_and_none_of_it_is_less_than_an_emergency(
    pack: RulePack,
) -> None:
    red = {rule.id: rule for rule in pack.rules if rule.red}
    assert set(red) >= RED
    assert {red[name].level for name in RED} == {Level.EMERGENCY}
    assert red["self-harm"].crisis
    assert set(pack.crisis) == {"en", "es"}
    instrument = find_shipped(pack.instrument)
    assert instrument is not None
    assert red_set_gaps(pack, instrument) == ()


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.key))
def test_what_the_questionnaire_does_not_ask_of_the_red_set_is_named(pack: RulePack) -> None:
    instrument = find_shipped(pack.instrument)
    assert instrument is not None
    told = " ".join(each.what for each in warnings(pack, instrument))
    for code in ("chest-pain.presence", "bleeding.presence", "temperature", "confusion.presence"):
        assert f"does not ask `{code}`" in told


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.name))
def test_what_is_published_stands_for_itself_and_is_the_same_pack(path: object) -> None:
    text = (folder() / str(path)).read_text(encoding="utf-8")
    whole = whole_text(text, "pack")
    assert "\ninclude" not in whole
    assert whole_text(whole, "pack") == whole
    assert parse_pack(whole, "a")[0].pin == parse_pack(text, "b")[0].pin


def test_the_schema_beside_the_packs_is_the_one_that_is_used() -> None:
    kept = json.loads((folder() / "pack.schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "rsm rules schema > alert_rules/pack.schema.json"


def test_alert_rules_holds_data_and_no_python() -> None:
    files = (path for path in folder().rglob("*") if path.is_file())
    assert {path.suffix for path in files} == {".toml", ".md", ".json"}
