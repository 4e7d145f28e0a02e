"""A tree that is written as text is the same tree when it is read again."""

from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.words import Level
from rsm.routing.model import WEEKDAYS, Match, Route, Service, Tree
from rsm.routing.writing import read, to_toml

WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
)
NAMES = WORDS.map(str.strip).filter(bool)
LISTS = st.lists(WORDS, max_size=2).map(tuple)
CLOCK = st.times().map(lambda at: at.replace(fold=0))
SPANS = st.none() | st.tuples(CLOCK, CLOCK).filter(lambda span: span[0] != span[1])


@st.composite
def matches(draw: st.DrawFn) -> Match:
    span: tuple[time, time] | None = draw(SPANS)
    return Match(
        level=tuple(draw(st.lists(st.sampled_from(Level), max_size=2))),
        symptom=draw(LISTS),
        language=draw(LISTS),
        regimen=draw(LISTS),
        weekday=tuple(draw(st.lists(st.sampled_from(WEEKDAYS), max_size=2))),
        service=draw(st.none() | st.sampled_from(Service)),
        from_time=span and span[0],
        until_time=span and span[1],
    )


NODES = st.recursive(
    st.builds(Route, name=NAMES, match=matches(), team=st.none() | NAMES),
    lambda below: st.builds(
        Route,
        name=NAMES,
        match=matches(),
        team=st.none() | NAMES,
        children=st.lists(below, max_size=3).map(tuple),
    ),
    max_leaves=6,
)
TREES = st.builds(
    Tree,
    name=NAMES,
    match=st.just(Match()),
    team=NAMES,
    children=st.lists(NODES, max_size=3).map(tuple),
)


@given(TREES)
def test_a_tree_comes_back_from_its_toml_and_its_json(tree: Tree) -> None:
    assert read(to_toml(tree), "tree")[0] == tree
    assert read(tree.model_dump_json(), "tree")[0] == tree
