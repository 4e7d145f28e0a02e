"""Recording rules and boards per site: each names what is there, and nothing of anybody."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from rsm.metrics import definitions
from rsm.metrics.series import EXPORTED, EXPORTED_NAMES

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
PLACE = re.compile(r"site:rsm_[a-z0-9_]+:[a-z0-9_]+")
SERIES = re.compile(r"(?<![:\w])rsm_[a-z_]+")


class Open(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Rule(Open):
    record: str
    expr: str


class Group(Open):
    rules: list[Rule]


class Rules(Open):
    groups: list[Group]


class Target(Open):
    expr: str
    legendFormat: str  # noqa: N815 - as Grafana has it


class Panel(Open):
    id: int
    title: str
    targets: list[Target]


class Board(Open):
    uid: str
    title: str
    panels: list[Panel]


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    text = (DEPLOY / "prometheus" / "recording.yml").read_text()
    groups = Rules.model_validate(yaml.safe_load(text)).groups
    return [rule for group in groups for rule in group.rules]


@pytest.fixture(scope="module")
def boards() -> list[Board]:
    files = sorted((DEPLOY / "grafana").glob("*.json"))
    return [Board.model_validate(json.loads(file.read_text())) for file in files]


def test_every_rule_is_made_of_series_that_we_export(rules: list[Rule]) -> None:
    assert rules
    assert {name for rule in rules for name in SERIES.findall(rule.expr)} - EXPORTED_NAMES == set()


def test_every_measure_that_a_rule_names_is_defined(rules: list[Rule]) -> None:
    named = {id_ for rule in rules for id_ in re.findall(r'measure="(\w+)"', rule.expr)}
    assert named
    assert named - definitions.BY_ID.keys() == set()


def test_a_rule_keeps_the_site_and_no_other_label(rules: list[Rule]) -> None:
    for rule in rules:
        assert "by (site)" in rule.expr
        assert PLACE.fullmatch(rule.record)


def test_every_rule_has_a_case(rules: list[Rule]) -> None:
    cases = (DEPLOY / "prometheus" / "recording.test.yml").read_text()
    assert [rule.record for rule in rules if cases.count(rule.record) < 1] == []


def test_every_expression_of_a_board_names_a_series_or_a_rule_that_is_there(
    boards: list[Board], rules: list[Rule]
) -> None:
    recorded = {rule.record for rule in rules}
    assert {board.uid for board in boards} == {"rsm", "rsm-site", "rsm-operations"}
    for board in boards:
        for panel in board.panels:
            for target in panel.targets:
                named = set(PLACE.findall(target.expr))
                plain = set(SERIES.findall(PLACE.sub("", target.expr)))
                assert named | plain, panel.title
                assert named - recorded == set()
                assert plain - EXPORTED_NAMES == set()


def test_every_rule_is_on_a_board(boards: list[Board], rules: list[Rule]) -> None:
    shown = {
        name
        for board in boards
        for panel in board.panels
        for target in panel.targets
        for name in PLACE.findall(target.expr)
    }
    assert {rule.record for rule in rules} == shown


def test_panels_of_a_board_are_told_apart(boards: list[Board]) -> None:
    for board in boards:
        assert len({panel.id for panel in board.panels}) == len(board.panels)


def test_no_label_is_a_persons() -> None:
    labels = {label for series in EXPORTED for label in series.labels}
    assert [label for label in labels if re.search(r"patient|staff|worker|name|phone", label)] == []


def test_compose_gives_prometheus_and_grafana_every_file() -> None:
    compose = (DEPLOY / "compose.yaml").read_text()
    files = [*(DEPLOY / "grafana").glob("*.json"), DEPLOY / "prometheus" / "recording.yml"]
    assert [file.name for file in files if f"/{file.name}:" not in compose] == []
    named = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["rule_files"]
    assert named == ["rules.yml", "recording.yml"]
