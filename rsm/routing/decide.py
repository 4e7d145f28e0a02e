"""Route an alert: the first child that takes it, and so on down; a node without one answers."""

from collections.abc import Iterator
from datetime import time

from rsm.routing.model import (
    WEEKDAYS,
    Asked,
    Decision,
    Match,
    Route,
    RouteFacts,
    RouteReason,
    Tree,
)


def route(tree: Tree, facts: RouteFacts) -> Decision:
    """The team for these facts. Every alert gets one: the root takes all and has a team."""
    node: Route = tree
    team = tree.team
    path: tuple[str, ...] = (tree.name,)
    while child := next((c for c in node.children if takes(c.match, facts)), None):
        node, team, path = child, child.team or team, (*path, child.name)
    reason = RouteReason.NO_CHILD if node.children else RouteReason.LEAF
    return Decision(team, path, reason)


def takes(match: Match, facts: RouteFacts) -> bool:
    """Whether all that a match asks for holds."""
    return next(refusals(match, facts), None) is None


def refusals(match: Match, facts: RouteFacts) -> Iterator[str]:
    """What a match asks for and does not find, in words."""
    if match.level and facts.level not in match.level:
        yield f"level {facts.level} is not {_any(match.level)}"
    if match.symptom and facts.symptoms.isdisjoint(match.symptom):
        yield f"no symptom of {_any(match.symptom)}"
    if match.language and facts.language not in match.language:
        yield f"language {facts.language or 'unknown'} is not {_any(match.language)}"
    if match.regimen and facts.regimen not in match.regimen:
        yield f"regimen {facts.regimen or 'unknown'} is not {_any(match.regimen)}"
    yield from _of_time(match, facts)


def asked(tree: Tree, facts: RouteFacts) -> list[Asked]:
    """Every node that was asked on the way down, in order: which took it, why the others did not.

    Those behind the one that took it are named as well: they were not asked any more.
    """
    found: list[Asked] = []
    node: Route | None = tree
    while node is not None:
        taken: Route | None = None
        for child in node.children:
            if taken is not None:
                why = f"`{taken.name}` before it took the alert"
                found.append(Asked(child.name, node.name, took=False, why=why))
                continue
            why = "; ".join(refusals(child.match, facts))
            found.append(Asked(child.name, node.name, took=not why, why=why))
            taken = None if why else child
        node = taken
    return found


def _of_time(match: Match, facts: RouteFacts) -> Iterator[str]:
    if match.service is not None and facts.service is not match.service:
        known = facts.service is not None
        yield f"the site is not {match.service}" if known else "the service hours are not known"
    if facts.local is None:
        if match.weekday or match.from_time:
            yield "the local time is not known"
        return
    if match.weekday and WEEKDAYS[facts.local.weekday()] not in match.weekday:
        yield f"{WEEKDAYS[facts.local.weekday()]} is not {_any(match.weekday)}"
    begins, ends = match.from_time, match.until_time
    if begins and ends and not _within(facts.local.time(), begins, ends):
        yield f"{facts.local:%H:%M} is not within {begins:%H:%M} to {ends:%H:%M}"


def _within(at: time, begins: time, ends: time) -> bool:
    """Whether a clock shows a time in the span, which may run past midnight."""
    return begins <= at < ends if begins < ends else at >= begins or at < ends


def _any(words: tuple[str, ...]) -> str:
    return " or ".join(str(word) for word in words)
