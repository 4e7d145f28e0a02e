"""Every pack in `alert_rules/`: no problem, and each worked case holds."""

import pytest

from rsm.alerts.cases import CaseResult, run_cases
from rsm.alerts.checks import check, publish_problems
from rsm.alerts.explain import explain
from rsm.alerts.packs import find_packs, folder, read_pack
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import find_shipped

PACKS = [read_pack(path)[0] for path in find_packs([folder()])]


def results() -> list[CaseResult]:
    found = []
    for pack in PACKS:
        instrument = find_shipped(pack.instrument)
        assert instrument is not None
        found += run_cases(pack, instrument)
    return found


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.key))
def test_a_shipped_pack_can_be_published_in_both_languages(pack: RulePack) -> None:
    instrument = find_shipped(pack.instrument)
    assert check(pack, instrument) == []
    assert publish_problems(pack, ["en", "es"]) == []
    assert pack.title in explain(pack, instrument)


@pytest.mark.parametrize("case", results(), ids=lambda case: str(case.name))
def test_a_worked_case_holds(case: CaseResult) -> None:
    assert case.given == case.expected


def test_alert_rules_holds_data_and_no_python() -> None:
    assert {path.suffix for path in folder().iterdir()} == {".toml", ".md"}
