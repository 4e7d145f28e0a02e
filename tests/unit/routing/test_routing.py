"""Which team an alert goes to, and trees that are refused."""

import pytest

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level
from rsm.routing.decide import route
from rsm.routing.model import Decision, Match, Route, RouteFacts, RouteReason, Tree
from rsm.routing.trees import check, parse_tree, single, teams_of, tree_of

TEXT = """\
name = "Lakeside"
team = "triage"

[[children]]
name = "emergencies"
team = "charge"
match = { level = ["emergency"] }

[[children]]
name = "Spanish"
match = { language = ["es"] }

[[children.children]]
name = "Spanish pain"
team = "pain"
match = { symptom = ["pain", "headache"], level = ["urgent", "soon"] }

[[children.children]]
name = "Spanish trial"
team = "trial"
match = { regimen = ["FOLFOX"] }
"""
TREE, SOURCE = parse_tree(TEXT, "routing.toml")
TEAMS = {"triage", "charge", "pain", "trial"}


def flaws(text: str) -> list[Problem]:
    tree, source = parse_tree(text, "routing.toml")
    return check(tree, TEAMS, source)


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        (
            RouteFacts(Level.SOON),
            Decision("triage", ("Lakeside",), RouteReason.NO_CHILD),
        ),
        (
            RouteFacts(Level.EMERGENCY, frozenset({"pain"}), "es"),
            Decision("charge", ("Lakeside", "emergencies"), RouteReason.LEAF),
        ),
        (
            RouteFacts(Level.SOON, frozenset({"nausea", "pain"}), "es"),
            Decision("pain", ("Lakeside", "Spanish", "Spanish pain"), RouteReason.LEAF),
        ),
        (
            RouteFacts(Level.SOON, frozenset({"nausea"}), "es", "FOLFOX"),
            Decision("trial", ("Lakeside", "Spanish", "Spanish trial"), RouteReason.LEAF),
        ),
        (
            RouteFacts(Level.INFO, frozenset({"pain"}), "es"),
            Decision("triage", ("Lakeside", "Spanish"), RouteReason.NO_CHILD),
        ),
    ],
)
def test_the_first_child_that_takes_it_and_else_the_node_itself(
    facts: RouteFacts, decision: Decision
) -> None:
    assert route(TREE, facts) == decision


def test_a_child_without_a_team_has_its_parents() -> None:
    text = TEXT.replace('name = "Spanish"', 'name = "Spanish"\nteam = "charge"')
    tree, _ = parse_tree(text.replace('team = "pain"\n', ""), "routing.toml")
    facts = RouteFacts(Level.SOON, frozenset({"pain"}), "es")
    assert route(tree, facts).path[-1] == "Spanish pain"
    assert route(tree, facts).team == "charge"


def test_one_team_may_take_everything() -> None:
    assert route(single("triage"), RouteFacts(Level.INFO)).team == "triage"


def test_plain_data_from_the_settings_is_a_tree_too() -> None:
    assert tree_of({"name": "x", "team": "triage"}) == single("triage", "x")


def test_a_good_tree_has_no_problem() -> None:
    assert check(TREE, TEAMS, SOURCE) == []


def test_a_team_that_the_site_does_not_have_is_told_with_its_line() -> None:
    (problem,) = check(TREE, TEAMS - {"pain"} | {"pains"}, SOURCE)
    assert problem.where == "routing.toml:15: children[1].children[0].team"
    assert problem.mend == "did you mean `pains`?"


def test_a_node_that_no_alert_reaches_is_told() -> None:
    text = TEXT.replace('level = ["emergency"]', 'language = ["es", "pt"]')
    (problem,) = flaws(text)
    assert problem.where == "routing.toml:9: children[1]"
    assert problem.what == "no alert reaches `Spanish`: `emergencies` before it takes all"


def test_two_children_of_one_name_are_told() -> None:
    (problem,) = flaws(TEXT.replace('"Spanish trial"', '"Spanish pain"'))
    assert problem.what == "`Spanish pain` is there twice"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"', "`team` is missing"),
        ('name = "x"\nteam = "t"\nmatch = { level = ["soon"] }', "the root takes everything"),
        ('name = "x"\nteam = "t"\nmach = {}', "did you mean `match`?"),
        (
            'name = "x"\nteam = "t"\nchildren = [{ name = "y", match = { level = ["sun"] } }]',
            "soon",
        ),
    ],
)
def test_a_root_without_a_receiver_or_a_typo_is_refused(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_tree(text, "routing.toml")
    assert message in str(caught.value)


def test_the_teams_that_a_level_can_go_to_are_known_beforehand() -> None:
    charge = Route(name="emergencies", team="charge", match=Match(level=(Level.EMERGENCY,)))
    spanish = Route(name="spanish", team="bilingual", match=Match(language=("es",)))
    tree = Tree(name="Lakeside", team="triage", children=(spanish, charge))
    assert teams_of(tree, Level.EMERGENCY) == {"bilingual", "charge"}
    assert teams_of(tree, Level.SOON) == {"bilingual", "triage"}
