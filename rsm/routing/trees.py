"""Reading a routing tree (TOML, or the plain data that a site's settings hold) and checking it.

name = "Lakeside"
team = "triage"

[[children]]
name = "emergencies"
team = "charge"
match = { level = ["emergency"] }
"""

from collections.abc import Collection, Iterator, Mapping

from rsm.kernel.documents import Loc, Source, nearest, parse, validate
from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.routing.model import Match, Route, Tree


def parse_tree(text: str, name: str) -> tuple[Tree, Source]:
    """A tree from its TOML; raises `Invalid` with file, line and what was expected."""
    return parse(Tree, text, name)


def tree_of(data: Mapping[str, object], name: str = "routing") -> Tree:
    """A tree from plain data; raises `Invalid`."""
    return validate(Tree, data, Source(name))


def single(team: str, name: str = "everything") -> Tree:
    """The smallest tree: one team takes everything."""
    return Tree(name=name, team=team)


def check(tree: Tree, teams: Collection[str], source: Source | None = None) -> list[Problem]:
    """Teams that the site does not have, and nodes that no alert can reach."""
    return [*_check(tree, (), frozenset(teams), source or Source(tree.name))]


def teams_of(tree: Tree, level: Level) -> frozenset[str]:
    """Every team that an alert of this level can be routed to."""
    return frozenset(_teams(tree, tree.team, level))


def _teams(node: Route, above: str, level: Level) -> Iterator[str]:
    team = node.team or above
    for child in node.children:
        match = child.match
        if match.level and level not in match.level:
            continue
        yield from _teams(child, team, level)
        if match.model_copy(update={"level": ()}).takes_all:
            return  # this child takes every alert of the level: none comes further
    yield team


def _check(node: Route, loc: Loc, teams: frozenset[str], source: Source) -> Iterator[Problem]:
    if node.team is not None and node.team not in teams:
        what = f"the site has no team `{node.team}`"
        yield Problem(source.place((*loc, "team")), what, nearest(node.team, teams))
    for place, child in enumerate(node.children):
        here: Loc = (*loc, "children", place)
        for earlier in node.children[:place]:
            if earlier.name == child.name:
                where = source.place((*here, "name"))
                yield Problem(where, f"`{child.name}` is there twice", "give each its own name")
            if _includes(earlier.match, child.match):
                what = f"no alert reaches `{child.name}`: `{earlier.name}` before it takes all"
                yield Problem(source.place(here), what, "put the narrower one first")
        yield from _check(child, here, teams, source)


def _includes(wide: Match, narrow: Match) -> bool:
    """Whether `wide` takes everything that `narrow` takes."""
    pairs = (
        (wide.level, narrow.level),
        (wide.symptom, narrow.symptom),
        (wide.language, narrow.language),
        (wide.regimen, narrow.regimen),
        (wide.weekday, narrow.weekday),
    )
    if not all(not some or (fewer and set(fewer) <= set(some)) for some, fewer in pairs):
        return False
    if wide.service is not None and wide.service is not narrow.service:
        return False
    span = (wide.from_time, wide.until_time)
    return span in {(None, None), (narrow.from_time, narrow.until_time)}


def asks_time(node: Route) -> bool:
    """Whether any node of it depends on when an alert is routed."""
    return node.match.asks_time or any(asks_time(child) for child in node.children)
