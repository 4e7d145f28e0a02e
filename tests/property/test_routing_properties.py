"""Nothing falls out of a routing tree."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.words import Level
from rsm.routing.decide import route, takes
from rsm.routing.model import Match, Route, RouteFacts, Tree

WORDS = st.sampled_from(["pain", "nausea", "en", "es", "FOLFOX", ""])
some_match = st.builds(
    Match,
    level=st.lists(st.sampled_from(Level), max_size=2).map(tuple),
    symptom=st.lists(WORDS, max_size=2).map(tuple),
    language=st.lists(WORDS, max_size=2).map(tuple),
    regimen=st.lists(WORDS, max_size=2).map(tuple),
)
NAMES = st.text("abcdef", min_size=1, max_size=6)
some_node = st.recursive(
    st.builds(Route, name=NAMES, match=some_match, team=st.none() | NAMES),
    lambda below: st.builds(
        Route,
        name=NAMES,
        match=some_match,
        team=st.none() | NAMES,
        children=st.lists(below, max_size=3).map(tuple),
    ),
    max_leaves=8,
)
some_tree = st.builds(
    Tree,
    name=NAMES,
    match=st.just(Match()),
    team=NAMES,
    children=st.lists(some_node, max_size=4).map(tuple),
)
some_facts = st.builds(
    RouteFacts,
    level=st.sampled_from(Level),
    symptoms=st.frozensets(WORDS, max_size=3),
    language=WORDS,
    regimen=WORDS,
)


def teams(node: Route) -> set[str]:
    found = {node.team} if node.team is not None else set()
    return found.union(*(teams(child) for child in node.children))


@given(some_tree, some_facts)
def test_every_alert_gets_a_team_of_the_tree(tree: Tree, facts: RouteFacts) -> None:
    decision = route(tree, facts)
    assert decision.team in teams(tree)
    assert decision.path[0] == tree.name


@given(some_tree, some_facts)
def test_only_a_node_whose_children_all_refuse_answers(tree: Tree, facts: RouteFacts) -> None:
    """The path is walked again by hand: each step is the first child that takes the alert."""
    node: Route = tree
    for name in route(tree, facts).path[1:]:
        node = next(child for child in node.children if takes(child.match, facts))
        assert node.name == name
    assert not any(takes(child.match, facts) for child in node.children)
