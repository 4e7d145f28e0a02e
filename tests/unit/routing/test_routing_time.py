"""Trees that ask for the time, and why an alert went where: asked without a database."""

import io
import json
from datetime import datetime
from pathlib import Path

import pytest

from rsm.cli import main
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Level
from rsm.routing.commands import explain_document, read_tree
from rsm.routing.decide import route
from rsm.routing.model import Match, RouteFacts, Service, Tree
from rsm.routing.trees import asks_time, check, parse_tree, single, teams_of, tree_of

TEXT = """\
name = "Lakeside"
team = "triage"

[[children]]
name = "emergencies"
team = "charge"
match = { level = ["emergency"] }

[[children]]
name = "nights"
team = "night"
match = { from_time = 20:00:00, until_time = 07:00:00 }

[[children]]
name = "weekend"
team = "weekend"
match = { weekday = ["saturday", "sunday"] }

[[children]]
name = "closed"
team = "on call"
match = { service = "closed" }
"""
TREE, _ = parse_tree(TEXT, "routing.toml")
FRIDAY, SATURDAY = (datetime(2026, 11, day, 12) for day in (20, 21))  # noqa: DTZ001 - wall time


@pytest.mark.parametrize(
    ("facts", "team"),
    [
        (RouteFacts(Level.SOON, local=FRIDAY, service=Service.OPEN), "triage"),
        (RouteFacts(Level.SOON, local=FRIDAY, service=Service.CLOSED), "on call"),
        (RouteFacts(Level.SOON, local=SATURDAY), "weekend"),
        (RouteFacts(Level.SOON, local=FRIDAY.replace(hour=20)), "night"),
        (RouteFacts(Level.SOON, local=FRIDAY.replace(hour=3)), "night"),
        (RouteFacts(Level.SOON, local=FRIDAY.replace(hour=7), service=Service.OPEN), "triage"),
        (RouteFacts(Level.EMERGENCY, local=SATURDAY.replace(hour=3)), "charge"),
        (RouteFacts(Level.SOON), "triage"),
    ],
)
def test_an_alert_goes_by_the_wall_clock_and_the_service_hours(
    facts: RouteFacts, team: str
) -> None:
    assert route(TREE, facts).team == team


def test_without_the_time_no_node_that_asks_for_it_takes_an_alert() -> None:
    assert route(TREE, RouteFacts(Level.URGENT)).path == ("Lakeside",)


def test_a_tree_that_asks_for_the_time_says_so() -> None:
    assert asks_time(TREE)
    assert not asks_time(single("triage"))


def test_every_team_that_a_level_can_reach_counts_those_of_the_night() -> None:
    assert teams_of(TREE, Level.SOON) == {"triage", "night", "weekend", "on call"}
    assert teams_of(TREE, Level.EMERGENCY) == {"charge"}


def test_what_a_tree_stores_is_what_it_stored_before_there_was_a_time() -> None:
    stored = single("triage").model_dump(mode="json")
    assert set(stored["match"]) == {"level", "symptom", "language", "regimen"}
    assert tree_of(TREE.model_dump(mode="json")) == TREE


def test_a_node_behind_one_that_takes_the_same_hours_is_unreachable() -> None:
    wide = {"name": "a", "match": {"service": "closed"}}
    narrow = {"name": "b", "match": {"service": "closed", "level": ["soon"]}}
    tree = tree_of({"name": "x", "team": "t", "children": [wide, narrow]})
    assert [each.what for each in check(tree, {"t"})] == [
        "no alert reaches `b`: `a` before it takes all"
    ]
    turned = tree_of({"name": "x", "team": "t", "children": [narrow, wide]})
    assert check(turned, {"t"}) == []


@pytest.mark.parametrize(
    "match",
    [
        {"from_time": "20:00"},
        {"from_time": "08:00", "until_time": "08:00"},
        {"weekday": ["someday"]},
        {"service": "perhaps"},
    ],
)
def test_half_a_span_or_an_unknown_day_is_refused(match: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        tree_of({"name": "x", "team": "t", "children": [{"name": "a", "match": match}]})


def test_the_root_may_not_ask_for_the_time() -> None:
    with pytest.raises(ValueError, match="root takes everything"):
        Tree(name="x", team="t", match=Match(service=Service.OPEN))


# --- explained -----------------------------------------------------------------------------


def test_it_is_explained_why_each_node_took_the_alert_or_not() -> None:
    given = {"level": "soon", "local": "2026-11-21T12:00", "service": "closed"}
    answer = explain_document(TREE, given)
    assert (answer["team"], answer["path"]) == ("weekend", ["Lakeside", "weekend"])
    assert answer["asked"] == [
        _asked("emergencies", "level soon is not emergency"),
        _asked("nights", "12:00 is not within 20:00 to 07:00"),
        {"node": "weekend", "under": "Lakeside", "took": True, "why": ""},
        _asked("closed", "`weekend` before it took the alert"),
    ]


def _asked(node: str, why: str) -> dict[str, object]:
    return {"node": node, "under": "Lakeside", "took": False, "why": why}


def test_problems_of_a_tree_have_their_line() -> None:
    twice = TEXT + '\n[[children]]\nname = "again"\nmatch = { level = ["emergency"] }\n'
    with pytest.raises(Invalid) as refused:
        read_tree(twice, "routing.toml")
    assert "routing.toml:24" in str(refused.value)
    assert "no alert reaches `again`" in str(refused.value)


@pytest.mark.parametrize(
    "facts", [{}, {"level": "urgnt"}, {"level": "soon", "symptom": []}, [],
              {"level": "soon", "local": "2026-11-21T12:00Z"}]
)  # fmt: skip
def test_facts_that_cannot_be_read_are_refused(facts: object) -> None:
    with pytest.raises(Invalid):
        explain_document(TREE, facts)


def test_the_command_reads_facts_and_prints_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = tmp_path / "tree.toml"
    tree.write_text(TEXT)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"level": "emergency"}'))
    assert main(["routing", "explain", str(tree), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["team"] == "charge"
    monkeypatch.setattr("sys.stdin", io.StringIO('{"level": "emergency"}'))
    assert main(["routing", "explain", str(tree)]) == 0
    assert "Lakeside > emergencies: took it" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO('{"level": "worst"}\n{"level": "info"}\n'))
    assert main(["routing", "explain", str(tree), "--lines"]) == 0
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert "level" in bad["error"]
    assert good["team"] == "triage"
    assert main(["routing", "explain", str(tmp_path / "none.toml")]) == 2
