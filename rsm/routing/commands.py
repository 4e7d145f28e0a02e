"""`rsm routing explain`: where an alert would go and why, asked beforehand without a database."""

from datetime import datetime

from rsm.kernel.documents import Source, Strict, validate
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level
from rsm.routing.decide import asked, route
from rsm.routing.model import Route, RouteFacts, Service, Tree
from rsm.routing.trees import check
from rsm.routing.writing import read


class Facts(Strict):
    """What is known of an alert: `{"level": "urgent", "symptoms": ["pain"], "language": "es",
    "local": "2026-11-21T16:00", "service": "open"}`; all but the level may be left out."""

    level: Level
    symptoms: tuple[str, ...] = ()
    language: str = ""
    regimen: str = ""
    local: datetime | None = None
    service: Service | None = None

    def facts(self) -> RouteFacts:
        """As the tree is asked."""
        return RouteFacts(
            level=self.level,
            symptoms=frozenset(self.symptoms),
            language=self.language,
            regimen=self.regimen,
            local=self.local,
            service=self.service,
        )


def read_tree(text: str, name: str) -> Tree:
    """A tree from its TOML or JSON; raises `Invalid` with file and line of everything that is
    wrong with it, but for teams that a site may not have."""
    tree, source = read(text, name)
    if problems := check(tree, teams_named(tree), source):
        raise Invalid(problems)
    return tree


def teams_named(node: Route) -> frozenset[str]:
    """Every team that the tree names."""
    own = frozenset({node.team} if node.team else ())
    return own.union(*(teams_named(child) for child in node.children))


def explain_document(tree: Tree, document: object) -> dict[str, object]:
    """Facts as JSON → the team, the path to it, and why each node on the way took it or not.

    Raises `Invalid` for facts that cannot be read.
    """
    if not isinstance(document, dict):
        raise Invalid(Problem("facts", "must be an object"))
    given = validate(Facts, document, Source("facts"))
    if given.local is not None and given.local.tzinfo is not None:
        raise Invalid(Problem("facts: local", "is the clock on the wall", "leave the offset out"))
    facts = given.facts()
    decision = route(tree, facts)
    return {
        "team": decision.team,
        "path": list(decision.path),
        "reason": decision.reason.value,
        "asked": [
            {"node": each.node, "under": each.above, "took": each.took, "why": each.why}
            for each in asked(tree, facts)
        ],
    }


def in_words(answer: dict[str, object]) -> str:
    """The same for people: a line for the team and one for each node that was asked."""
    path = answer["path"] if isinstance(answer["path"], list) else []
    lines = [f"team {answer['team']}: {' > '.join(map(str, path))}"]
    nodes = answer["asked"] if isinstance(answer["asked"], list) else []
    for each in nodes:
        said = "took it" if each["took"] else f"no: {each['why']}"
        lines.append(f"  {each['under']} > {each['node']}: {said}")
    return "\n".join(lines)
