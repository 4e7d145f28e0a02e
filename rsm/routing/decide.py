"""Route an alert: the first child that takes it, and so on down; a node without one answers."""

from rsm.routing.model import Decision, Match, Route, RouteFacts, RouteReason, Tree


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
    """Whether all lists of a match that are not empty hold."""
    return (
        (not match.level or facts.level in match.level)
        and (not match.symptom or not facts.symptoms.isdisjoint(match.symptom))
        and (not match.language or facts.language in match.language)
        and (not match.regimen or facts.regimen in match.regimen)
    )
